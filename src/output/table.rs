//! Tables for people: no borders, headers in capitals, numbers to the right, easy for awk when piped.

use super::sanitize;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};

/// How a column is aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// Lays out rows under headers. Without a `width` nothing is wrapped or cut.
pub fn layout(columns: &[(&str, Align)], rows: &[Vec<String>], width: Option<u16>) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    match width {
        Some(width) => {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        None => {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    table.set_header(columns.iter().map(|(name, align)| cell(name, *align)));
    for row in rows {
        table.add_row(row.iter().zip(columns).map(|(text, (_, align))| {
            // On a terminal, and only there, names of others must not move the cursor.
            match width {
                Some(_) => cell(&sanitize::line(text.as_bytes()), *align),
                None => cell(text, *align),
            }
        }));
    }
    for index in 0..columns.len() {
        if let Some(column) = table.column_mut(index) {
            column.set_padding((0, 2));
        }
    }
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn cell(text: &str, align: Align) -> Cell {
    Cell::new(text).set_alignment(match align {
        Align::Left => CellAlignment::Left,
        Align::Right => CellAlignment::Right,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_right_and_no_line_has_trailing_space() {
        let rows = vec![
            vec!["orders".to_owned(), "7".to_owned()],
            vec!["a-much-longer-name".to_owned(), "1200".to_owned()],
        ];
        let text = layout(&[("TOPIC", Align::Left), ("LAG", Align::Right)], &rows, None);
        assert_eq!(
            text,
            "TOPIC                LAG\norders                 7\na-much-longer-name  1200\n"
        );
    }
}
