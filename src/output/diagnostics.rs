//! What is wrong with a topology file: on stderr, as people read it or one JSON object a line.

use serde::Serialize;

use super::Output;
use super::style::ErrorFormat;
use crate::topology::{Diagnostic, Diagnostics, Severity};

/// A diagnostic as JSON has it.
#[derive(Debug, Serialize)]
pub struct DiagnosticItem<'a> {
    severity: &'static str,
    code: &'static str,
    message: &'a str,
    /// Null, with line and column, for what stands in no file (`--set`).
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    hints: Vec<&'a str>,
}

impl<'a> From<&'a Diagnostic> for DiagnosticItem<'a> {
    fn from(diagnostic: &'a Diagnostic) -> Self {
        let Diagnostic { severity, code, message, position, source_line: _, length: _, hint } =
            diagnostic;
        Self {
            severity: severity.name(),
            code,
            message,
            file: position.as_ref().map(|position| &*position.file),
            line: position.as_ref().map(|position| position.line),
            column: position.as_ref().map(|position| position.column),
            hints: hint.iter().map(String::as_str).collect(),
        }
    }
}

impl Output {
    /// Shows diagnostics in the order of the file, each followed by an empty line.
    pub fn diagnostics(&mut self, diagnostics: &Diagnostics) {
        for diagnostic in diagnostics.iter() {
            let text = match self.error_format() {
                ErrorFormat::Json => {
                    let item = DiagnosticItem::from(diagnostic);
                    serde_json::json!({ "diagnostic": item }).to_string()
                }
                ErrorFormat::Text => text(diagnostic, self.stderr_has_color()),
            };
            self.say(&text);
        }
    }
}

/// Lays out a diagnostic; only its first word is coloured.
fn text(diagnostic: &Diagnostic, color: bool) -> String {
    let plain = format!("{diagnostic}\n\n");
    let name = diagnostic.severity.name();
    let paint = match diagnostic.severity {
        Severity::Error => "\x1b[1;31m",
        Severity::Warning => "\x1b[33m",
    };
    match plain.strip_prefix(name).and_then(|rest| rest.strip_prefix(':')) {
        Some(rest) if color => format!("{paint}{name}:\x1b[0m{rest}"),
        Some(_) | None => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::parse;

    fn found() -> Diagnostics {
        parse("apiVersion: flowctl/v1\nproject: shop\nflow: {}\n", "t.yaml").unwrap_err()
    }

    #[test]
    fn only_the_first_word_is_coloured() {
        let found = found();
        let diagnostic = found.iter().next().unwrap();
        assert!(
            text(diagnostic, true).starts_with("\x1b[1;31merror:\x1b[0m a topology has no key")
        );
        let plain = "error: a topology has no key `flow`\n --> t.yaml:3:1\n  |\n3 | flow: {}\n  | ^^^^\n\
                     hint: did you mean `flows`?\n\n";
        assert_eq!(text(diagnostic, false), plain);
    }

    #[test]
    fn json_names_the_place() {
        let found = found();
        let item = serde_json::to_value(DiagnosticItem::from(found.iter().next().unwrap()));
        assert_eq!(
            item.unwrap(),
            serde_json::json!({
                "severity": "error", "code": "unknown_key",
                "message": "a topology has no key `flow`",
                "file": "t.yaml", "line": 3, "column": 1, "hints": ["did you mean `flows`?"],
            })
        );
    }
}
