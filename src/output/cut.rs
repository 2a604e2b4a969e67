//! Text cut to a number of columns, with `…` where something is left out. For terminals only.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Leaves out the end: of a value, the beginning tells most.
pub(super) fn end(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut short: String = fitting(text.chars(), width.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// Leaves out the middle: names differ in how they begin (`orders-`) and in how they end (`-dlq`).
pub(super) fn middle(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let left = width.saturating_sub(1);
    let tail: Vec<char> = fitting(text.chars().rev(), left / 2).collect();
    let mut short: String = fitting(text.chars(), left - left / 2).collect();
    short.push('…');
    short.extend(tail.into_iter().rev());
    short
}

/// Takes characters as long as there are columns for them.
fn fitting(text: impl Iterator<Item = char>, columns: usize) -> impl Iterator<Item = char> {
    text.scan(columns, |left, c| {
        *left = left.checked_sub(c.width().unwrap_or(0))?;
        Some(c)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_left_alone_and_the_rest_is_marked() {
        assert_eq!(end("orders", 6), "orders");
        assert_eq!(end("orders", 5), "orde…");
        assert_eq!(middle("orders", 6), "orders");
        assert_eq!(middle("user-activity-logs-dlq", 12), "user-a…s-dlq");
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(end("日本語の話題", 6), "日本…");
        assert_eq!(middle("日本語の話題", 6), "日…題");
    }
}
