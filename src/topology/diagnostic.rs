//! What is wrong with a topology file, or looks wrong: the place, the line, a caret, a way out.

use std::fmt;

use super::position::Position;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The topology cannot be used.
    Error,
    /// It can be used, but is probably not what was meant.
    Warning,
}

impl Severity {
    /// Returns the word that is printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// The stable code for machines, such as `unknown_key`.
    pub code: &'static str,
    /// What is wrong, in the user's words.
    pub message: String,
    /// Where; `None` for something that stands in no file (a wrong `--set`).
    pub position: Option<Position>,
    /// The line that it stands on, without its line break. A secret never stands in the file, so
    /// the line can be shown; values of variables are never part of a diagnostic.
    pub source_line: String,
    /// How many characters the carets underline, at least 1.
    pub length: usize,
    /// What to do about it.
    pub hint: Option<String>,
}

/// How much of a long line is shown before and after the place, in characters.
const WINDOW: usize = 60;

impl Diagnostic {
    /// Cuts a long line to what stands around the place, and makes the line with the carets below
    /// it.
    fn window(&self, column: usize) -> (String, String) {
        let before = column.saturating_sub(1);
        let is_long = self.source_line.chars().nth(2 * WINDOW).is_some();
        let skipped = if is_long { before.saturating_sub(WINDOW) } else { 0 };
        let mut rest = self.source_line.chars().skip(skipped);
        let shown: String = rest.by_ref().take(before.max(WINDOW) - skipped + WINDOW).collect();
        let (start, end) = (if skipped > 0 { "…" } else { "" }, rest.next().map_or("", |_| "…"));
        // Tabs before the caret are kept, so that it stands under its place however wide they are.
        let blank = |c: char| if c == '\t' { '\t' } else { ' ' };
        let indent: String =
            start.chars().chain(shown.chars().take(before - skipped)).map(blank).collect();
        let carets = "^".repeat(self.length.clamp(1, WINDOW));
        (format!("{start}{shown}{end}"), format!("{indent}{carets}"))
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.severity.name(), self.message)?;
        if let Some(Position { file, line, column }) = &self.position {
            let number = line.to_string();
            let margin = " ".repeat(number.len());
            let (source, marks) = self.window(*column);
            write!(f, "\n{margin}--> {file}:{line}:{column}")?;
            write!(f, "\n{margin} |\n{number} | {source}")?;
            write!(f, "\n{margin} | {marks}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

/// Everything that was found, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds those of `others` that are not there yet: environments share most of what is wrong.
    pub fn extend_with_new(&mut self, others: Self) {
        for other in others.0 {
            if !self.0.contains(&other) {
                self.0.push(other);
            }
        }
    }

    /// Gives them in the order of the file, those without a place first.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        let mut sorted: Vec<_> = self.0.iter().collect();
        sorted.sort_by(|a, b| a.position.cmp(&b.position));
        sorted.into_iter()
    }

    /// Tells whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns how many are errors.
    pub fn errors(&self) -> usize {
        self.0.iter().filter(|d| d.severity == Severity::Error).count()
    }

    /// Tells whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.errors() > 0
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}
