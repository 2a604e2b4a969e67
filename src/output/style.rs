//! How things are shown, as the flags say it.

/// When colour is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How much is said on stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors and warnings only.
    Quiet,
    /// Notes too.
    Normal,
    /// Details too.
    Verbose,
}

/// How errors are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorFormat {
    /// As text with causes and hints.
    Text,
    /// As one JSON object a line.
    Json,
}

/// Everything that decides how things are shown; made once, from the flags.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// How much is said on stderr.
    pub verbosity: Verbosity,
    /// When colour is used.
    pub color: Color,
    /// Whether `NO_COLOR` is set.
    pub no_color: bool,
    /// How errors are shown.
    pub errors: ErrorFormat,
    /// How wide the terminal is that shows stdout in the end, where stdout itself is none.
    pub width: Option<u16>,
}
