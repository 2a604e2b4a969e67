//! A change on a narrow terminal: it goes on below, between two settings.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

/// With less than this beside the names, what changes goes on below them.
const LEAST_BESIDE: usize = 48;

/// How far reasons stand in, and what goes on below the names.
const INDENT: usize = 4;

/// Appends the parts of a line that has come to column `begin`; where the terminal ends, it goes on
/// below.
pub(super) fn fold<'a>(
    text: &mut String,
    parts: impl Iterator<Item = &'a str>,
    begin: usize,
    width: Option<usize>,
) {
    let width = width.unwrap_or(usize::MAX);
    let is_beside = width.saturating_sub(begin) >= LEAST_BESIDE;
    let indent = if is_beside { begin } else { INDENT };
    let mut column = begin;
    for part in parts {
        let end = column.saturating_add(part.trim_end().width());
        let part = if end > width && column > indent {
            text.truncate(text.trim_end().len());
            let _ = write!(text, "\n{:indent$}", "");
            column = indent;
            part.trim_start()
        } else {
            part
        };
        text.push_str(part);
        column += part.width();
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: [&str; 4] = [
        "create: partitions 3, ",
        "replication 1, ",
        "cleanup.policy=delete",
        "  # topology.yaml:58",
    ];

    fn folded(names: &str, width: Option<usize>) -> String {
        let mut text = names.to_owned();
        fold(&mut text, PARTS.into_iter(), names.width(), width);
        text
    }

    #[test]
    fn a_change_goes_on_below_where_the_terminal_ends_and_loses_nothing() {
        let whole = format!("+ additive     orders  {}\n", PARTS.concat());
        assert_eq!(folded("+ additive     orders  ", None), whole);
        assert_eq!(folded("+ additive     orders  ", Some(101)), whole);
        assert_eq!(
            folded("+ additive     orders  ", Some(80)),
            "+ additive     orders  create: partitions 3, replication 1,\n                       \
             cleanup.policy=delete  # topology.yaml:58\n"
        );
        assert_eq!(
            folded("+ additive     a-topic-with-a-long-name  ", Some(60)),
            "+ additive     a-topic-with-a-long-name\n    create: partitions 3, replication 1,\n    \
             cleanup.policy=delete  # topology.yaml:58\n"
        );
    }
}
