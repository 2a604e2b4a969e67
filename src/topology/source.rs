//! The text with its lines, and the findings that point into it.

use std::sync::Arc;

use super::diagnostic::{Diagnostic, Diagnostics, Severity};
use super::overrides::SetOption;
use super::position::Position;

/// Where something stands in the text, and which layer put it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The length in characters on that line, at least 1.
    pub length: usize,
    /// How it came to stand where it is read.
    pub origin: Origin,
}

/// How a value came to stand where it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// It is written there.
    File,
    /// `environments.E.overrides` put it there.
    Overrides,
    /// The `--set` of this number put it there; it has no place in the file.
    CommandLine(usize),
}

/// A topology file as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    file: Arc<str>,
    lines: Vec<String>,
}

/// What marks a key whose value is a secret: such values are masked in every quoted line.
const SECRET_KEYS: [&str; 6] = ["password", "secret", "jaas", "token", ".pem", "credential"];

impl Source {
    /// Splits a text into lines, secrets masked.
    pub(super) fn new(file: &str, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut in_key = false;
        let lines = text.lines().map(|line| printable(&mask_key(&mask(line), &mut in_key)));
        Self { file: file.into(), lines: lines.collect() }
    }

    /// Returns the file as the user named it.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// Returns the position of a place; `None` when it is not in the file.
    pub(super) fn position(&self, place: Place) -> Option<Position> {
        match place.origin {
            Origin::File | Origin::Overrides => Some(self.declared_at(place)),
            Origin::CommandLine(_) => None,
        }
    }

    /// Returns the position of something that is declared in the file.
    pub(super) fn declared_at(&self, place: Place) -> Position {
        Position { file: Arc::clone(&self.file), line: place.line, column: place.column }
    }

    /// Returns the place of the word that stands at a position.
    pub(super) fn place_at(&self, position: &Position) -> Place {
        let Position { file: _, line, column } = *position;
        let place = Place { line, column, length: 1, origin: Origin::File };
        let rest = self.line(place).chars().skip(column.saturating_sub(1));
        let length = rest.take_while(|c| !c.is_whitespace() && !matches!(c, ',' | '}')).count();
        Place { length: length.max(1), ..place }
    }

    fn line(&self, place: Place) -> &str {
        place.line.checked_sub(1).and_then(|line| self.lines.get(line)).map_or("", String::as_str)
    }
}

/// Tells whether the value of a client property is a secret.
pub(super) fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    SECRET_KEYS.iter().any(|secret| key.contains(secret))
}

/// Replaces what follows the first secret key of a line by as many stars, so that columns stay;
/// a reference to a variable is no secret and stays.
fn mask(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let secret = SECRET_KEYS.iter().filter_map(|key| lower.find(key)).min();
    let value = secret
        .and_then(|start| lower.get(start..)?.find([':', '=']).map(|colon| start + colon + 1))
        .and_then(|at| line.split_at_checked(at));
    match value {
        Some((before, value))
            if !value.trim_start().trim_start_matches(['"', '\'']).starts_with("${") =>
        {
            let stars = value.chars().map(|c| if c.is_whitespace() { c } else { '*' });
            before.chars().chain(stars).collect()
        }
        Some(_) | None => line.to_owned(),
    }
}

/// Replaces the lines of a private key in PEM, which stand below their key.
fn mask_key(line: &str, in_key: &mut bool) -> String {
    let is_border = line.contains("-----BEGIN ") || line.contains("-----END ");
    if is_border {
        *in_key = line.contains("-----BEGIN ") && line.contains("PRIVATE KEY");
    }
    if *in_key && !is_border {
        return line.chars().map(|c| if c.is_whitespace() { c } else { '*' }).collect();
    }
    line.to_owned()
}

/// Replaces what a terminal would obey instead of show: control characters and those that turn the
/// direction of text. Each one by one, so that columns stay; tabs stay too.
fn printable(text: &str) -> String {
    let is_harmful = |c: char| {
        (c.is_control() && c != '\t')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if is_harmful(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Collects what is found while a text is read.
#[derive(Debug)]
pub(super) struct Findings<'s> {
    source: &'s Source,
    sets: &'s [SetOption],
    found: Diagnostics,
}

impl<'s> Findings<'s> {
    /// Starts with nothing.
    pub(super) fn new(source: &'s Source) -> Self {
        Self { source, sets: &[], found: Diagnostics::default() }
    }

    /// Starts with nothing, for a text into which the command line has put values.
    pub(super) fn with_sets(source: &'s Source, sets: &'s [SetOption]) -> Self {
        Self { source, sets, found: Diagnostics::default() }
    }

    /// Returns the text that the findings are about.
    pub(super) fn source(&self) -> &'s Source {
        self.source
    }

    /// Adds an error.
    pub(super) fn error(&mut self, place: Place, code: &'static str, message: impl Into<String>) {
        self.add(Severity::Error, place, code, message.into(), None);
    }

    /// Adds an error with a way out.
    pub(super) fn error_with_hint(
        &mut self,
        place: Place,
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.add(Severity::Error, place, code, message.into(), Some(hint.into()));
    }

    /// Adds a warning with a way out.
    pub(super) fn warning(
        &mut self,
        place: Place,
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.add(Severity::Warning, place, code, message.into(), Some(hint.into()));
    }

    fn add(
        &mut self,
        severity: Severity,
        place: Place,
        code: &'static str,
        message: String,
        hint: Option<String>,
    ) {
        let message = match place.origin {
            Origin::File | Origin::Overrides => message,
            Origin::CommandLine(number) => match self.sets.get(number) {
                Some(set) => format!("--set {}: {message}", set.path),
                None => message,
            },
        };
        let (message, hint) = (printable(&message), hint.map(|hint| printable(&hint)));
        let position = self.source.position(place);
        let source_line = position.as_ref().map_or("", |_| self.source.line(place)).to_owned();
        let length = place.length;
        self.found.push(Diagnostic {
            severity,
            code,
            message,
            position,
            source_line,
            length,
            hint,
        });
    }

    /// Gives what was found.
    pub(super) fn finish(self) -> Diagnostics {
        self.found
    }

    /// Tells whether an error was found.
    pub(super) fn has_errors(&self) -> bool {
        self.found.has_errors()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_keys_are_masked() {
        let text = "a: |\n  -----BEGIN PRIVATE KEY-----\n  MIIE\n  -----END PRIVATE KEY-----\nb: c";
        let shown = Source::new("t.yaml", text).lines.join("\n");
        assert_eq!(shown, text.replace("MIIE", "****"));
    }

    #[test]
    fn secrets_are_masked_and_columns_stay() {
        for (line, masked) in [
            ("  sasl.password: hunter2", "  sasl.password: *******"),
            ("  \"sasl.password\": 'a b'", "  \"sasl.password\": ** **"),
            ("  sasl.password: \"${KAFKA_PASSWORD}\"", "  sasl.password: \"${KAFKA_PASSWORD}\""),
            ("  Login required password=\"x\";", "  Login required password=****"),
            ("  partitions: 3", "  partitions: 3"),
            ("  # a password", "  # a password"),
            (
                "{sasl.username: ü, ssl.key.password: päß}",
                "{sasl.username: ü, ssl.key.password: ****",
            ),
        ] {
            let got = mask(line);
            assert_eq!(got.trim_end_matches('*'), masked.trim_end_matches('*'), "{line}");
            assert_eq!(got.chars().count(), line.chars().count());
        }
    }
}
