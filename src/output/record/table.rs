//! Records as a table that grows: widths are fixed at the start, one line a record.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::template::{write_headers, write_timestamp};
use crate::model::record::RecordView;
use crate::output::sanitize;

/// The widths of the columns before the value: a partition's name, an offset of ten digits, a time.
const PARTITION: usize = 9;
const OFFSET: usize = 10;
const TIMESTAMP: usize = 24;
/// Most keys are ids: 36 is a UUID, but on 80 columns that would leave nothing for the value.
const KEY: usize = 20;
const HEADERS: usize = 30;

/// The least that is left for the value on a narrow terminal; longer lines wrap.
const LEAST_VALUE: usize = 20;

/// A table of records.
#[derive(Debug)]
pub(super) struct Table {
    with_headers: bool,
    /// The columns of the terminal; without them nothing is cut.
    width: Option<usize>,
}

impl Table {
    pub(super) fn new(with_headers: bool, width: Option<u16>) -> Self {
        Self { with_headers, width: width.map(usize::from) }
    }

    /// Appends the line with the names of the columns.
    pub(super) fn write_heading(&self, out: &mut Vec<u8>) {
        let mut line = format!("{:>PARTITION$}  {:>OFFSET$}  ", "PARTITION", "OFFSET");
        let _ = write!(line, "{:<TIMESTAMP$}  {:<KEY$}  ", "TIMESTAMP", "KEY");
        if self.with_headers {
            let _ = write!(line, "{:<HEADERS$}  ", "HEADERS");
        }
        line.push_str("VALUE\n");
        out.extend_from_slice(line.as_bytes());
    }

    /// Appends a record. Text is made safe everywhere, not only on a terminal: a line must stay one.
    pub(super) fn write(&self, partition: i32, record: &RecordView<'_>, out: &mut Vec<u8>) {
        let mut bytes = Vec::new();
        write_timestamp(record, &mut bytes);
        let timestamp = String::from_utf8_lossy(&bytes);
        let mut line = format!("{partition:>PARTITION$}  {:>OFFSET$}  ", record.offset);
        let _ = write!(line, "{timestamp:<TIMESTAMP$}  ");
        self.push_cell(&show(record.key), KEY, &mut line);
        if self.with_headers {
            let mut headers = Vec::new();
            write_headers(record, false, &mut headers);
            self.push_cell(&sanitize::line(&headers), HEADERS, &mut line);
        }
        let value = show(record.value);
        match self.width {
            Some(width) => {
                let left = width.saturating_sub(line.width()).max(LEAST_VALUE);
                line.push_str(&cut(&value, left));
            }
            None => line.push_str(&value),
        }
        out.extend_from_slice(line.trim_end().as_bytes());
        out.push(b'\n');
    }

    fn push_cell(&self, text: &str, width: usize, line: &mut String) {
        let text = if self.width.is_some() { cut(text, width) } else { text.to_owned() };
        let padding = width.saturating_sub(text.width());
        line.push_str(&text);
        line.extend(std::iter::repeat_n(' ', padding + 2));
    }
}

fn show(bytes: Option<&[u8]>) -> String {
    bytes.map_or_else(|| "(null)".to_owned(), sanitize::line)
}

/// Cuts text to a width in columns and marks the cut.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut left = width.saturating_sub(1);
    let mut short: String = text
        .chars()
        .take_while(|c| {
            let columns = c.width().unwrap_or(0);
            let fits = columns <= left;
            left = left.saturating_sub(columns);
            fits
        })
        .collect();
    short.push('…');
    short
}
