//! An error as text: the message, its causes, the hints.

use std::fmt::Write as _;

use crate::error::Report;

/// Lays out an error.
pub(super) fn lay_out(report: &Report, color: bool) -> String {
    let (error, hint) = if color {
        ("\x1b[1;31merror:\x1b[0m", "\x1b[36mhint:\x1b[0m")
    } else {
        ("error:", "hint:")
    };
    let mut text = format!("{error} {}", report.message);
    for cause in &report.causes {
        let _ = write!(text, "\n  cause: {}", cause.replace('\n', "\n  "));
    }
    for line in &report.hints {
        let _ = write!(text, "\n{hint} {line}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_message_causes_and_hints_in_this_order() {
        let report = Report {
            code: "refused".to_owned(),
            message: "cannot apply".to_owned(),
            causes: vec!["nobody to ask".to_owned()],
            hints: vec!["add --yes".to_owned()],
            exit_code: 4,
        };
        assert_eq!(
            lay_out(&report, false),
            "error: cannot apply\n  cause: nobody to ask\nhint: add --yes"
        );
    }
}
