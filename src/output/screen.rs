//! Where results are shown: a pipe, which gets everything as it is, or a terminal of some width.

/// What is known of the place where results are shown; the default is a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Screen {
    /// Whether it is a terminal: text is made safe.
    pub is_terminal: bool,
    /// Whether there is colour.
    pub has_color: bool,
    /// The columns of a terminal; without them nothing is cut.
    pub width: Option<u16>,
}

impl Screen {
    /// Returns the same screen without a width: what is asked for in full is not cut.
    #[must_use]
    pub fn uncut(self) -> Self {
        Self { width: None, ..self }
    }
}
