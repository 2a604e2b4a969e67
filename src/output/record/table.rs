//! Records as a table that grows: widths are fixed at the start, one line a record.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::template::{write_headers, write_timestamp};
use crate::model::record::RecordView;
use crate::output::{cut, sanitize};

/// The widths of columns of one width: a partition's name, an offset of ten digits, a time.
const PARTITION: usize = 9;
const OFFSET: usize = 10;
const TIMESTAMP: usize = 24;

/// Most keys are ids: 36 is a UUID, but that would leave little for the value.
const KEYS: [usize; 2] = [20, 12];
const HEADERS: [usize; 2] = [30, 16];

/// With less than this for the value, the other columns give way: it is what the table is read for.
const VALUE: usize = 24;

/// What is left for the value where nothing more gives way; longer lines wrap.
const LEAST_VALUE: usize = 8;

/// A table of records.
#[derive(Debug)]
pub(super) struct Table {
    columns: Columns,
    /// The columns of the terminal; without them nothing is cut.
    width: Option<usize>,
}

/// The columns that are not of one width on every terminal.
#[derive(Debug, Clone, Copy)]
struct Columns {
    has_timestamp: bool,
    key: usize,
    headers: Option<usize>,
}

impl Columns {
    /// Chooses the columns: on a narrow terminal headers and keys are cut to less, and where that
    /// is not enough the time goes. Nobody reads half of a time, and `-o pretty` has it whole.
    fn choose(with_headers: bool, width: Option<usize>) -> Self {
        let [key, short_key] = KEYS;
        let [headers, short_headers] = HEADERS.map(|width| with_headers.then_some(width));
        let sizes = [(key, headers), (key, short_headers), (short_key, short_headers)];
        let narrowest = Self { has_timestamp: false, key: short_key, headers: short_headers };
        let Some(width) = width else { return Self { has_timestamp: true, key, headers } };
        let mut choices = [true, false].into_iter().flat_map(|has_timestamp| {
            sizes.map(|(key, headers)| Self { has_timestamp, key, headers })
        });
        choices.find(|columns| columns.before_value() + VALUE <= width).unwrap_or(narrowest)
    }

    /// Returns where the value begins.
    fn before_value(self) -> usize {
        let Self { has_timestamp, key, headers } = self;
        let timestamp = has_timestamp.then_some(TIMESTAMP);
        let shown = [Some(PARTITION), Some(OFFSET), timestamp, Some(key), headers];
        shown.into_iter().flatten().map(|width| width + GAP.len()).sum()
    }
}

/// What stands between two columns.
const GAP: &str = "  ";

impl Table {
    pub(super) fn new(with_headers: bool, width: Option<u16>) -> Self {
        let width = width.map(usize::from);
        Self { columns: Columns::choose(with_headers, width), width }
    }

    /// Appends the line with the names of the columns.
    pub(super) fn write_heading(&self, out: &mut Vec<u8>) {
        let Columns { has_timestamp, key, headers } = self.columns;
        let mut line = format!("{:>PARTITION$}{GAP}{:>OFFSET$}{GAP}", "PARTITION", "OFFSET");
        if has_timestamp {
            let _ = write!(line, "{:<TIMESTAMP$}{GAP}", "TIMESTAMP");
        }
        let _ = write!(line, "{:<key$}{GAP}", "KEY");
        if let Some(headers) = headers {
            let _ = write!(line, "{:<headers$}{GAP}", "HEADERS");
        }
        line.push_str("VALUE\n");
        out.extend_from_slice(line.as_bytes());
    }

    /// Appends a record. Text is made safe everywhere, not only on a terminal: a line must stay
    /// one.
    pub(super) fn write(&self, partition: i32, record: &RecordView<'_>, out: &mut Vec<u8>) {
        let Columns { has_timestamp, key, headers } = self.columns;
        let mut line = format!("{partition:>PARTITION$}{GAP}{:>OFFSET$}{GAP}", record.offset);
        if has_timestamp {
            let mut bytes = Vec::new();
            write_timestamp(record, &mut bytes);
            let timestamp = String::from_utf8_lossy(&bytes);
            let _ = write!(line, "{timestamp:<TIMESTAMP$}{GAP}");
        }
        self.push_cell(&show(record.key), key, &mut line);
        if let Some(headers) = headers {
            let mut bytes = Vec::new();
            write_headers(record, false, &mut bytes);
            self.push_cell(&sanitize::line(&bytes), headers, &mut line);
        }
        let value = show(record.value);
        match self.width {
            Some(width) => {
                let left = width.saturating_sub(line.width()).max(LEAST_VALUE);
                line.push_str(&cut::end(&value, left));
            }
            None => line.push_str(&value),
        }
        out.extend_from_slice(line.trim_end().as_bytes());
        out.push(b'\n');
    }

    fn push_cell(&self, text: &str, width: usize, line: &mut String) {
        let text = if self.width.is_some() { cut::middle(text, width) } else { text.to_owned() };
        let padding = width.saturating_sub(text.width());
        line.push_str(&text);
        line.extend(std::iter::repeat_n(' ', padding));
        line.push_str(GAP);
    }
}

fn show(bytes: Option<&[u8]>) -> String {
    bytes.map_or_else(|| "(null)".to_owned(), sanitize::line)
}
