//! Records for people: where it is from, key, headers, and the value with JSON indented.

use super::json_text::write_indented;
use super::template::write_timestamp;
use crate::model::name::TopicName;
use crate::model::record::RecordView;
use crate::output::sanitize::{self, Lines};

/// Colours, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Paint {
    is_on: bool,
}

impl Paint {
    /// Chooses whether there is colour.
    pub(super) fn new(is_on: bool) -> Self {
        Self { is_on }
    }

    /// Appends a name of a JSON member.
    pub(super) fn member(self, text: &str, out: &mut Vec<u8>) {
        self.paint("34", text.as_bytes(), out);
    }

    /// Appends a JSON string.
    pub(super) fn text(self, text: &str, out: &mut Vec<u8>) {
        self.paint("32", text.as_bytes(), out);
    }

    /// Appends what only says where something is or what it is.
    fn faint(self, text: &[u8], out: &mut Vec<u8>) {
        self.paint("2", text, out);
    }

    /// Appends a key.
    fn key(self, text: &[u8], out: &mut Vec<u8>) {
        self.paint("1;33", text, out);
    }

    /// Appends a header's name.
    fn header(self, text: &[u8], out: &mut Vec<u8>) {
        self.paint("36", text, out);
    }

    fn paint(self, color: &str, text: &[u8], out: &mut Vec<u8>) {
        if self.is_on {
            out.extend_from_slice(format!("\x1b[{color}m").as_bytes());
        }
        out.extend_from_slice(text);
        if self.is_on {
            out.extend_from_slice(b"\x1b[0m");
        }
    }
}

/// What stands for null; a key or value of these letters looks the same here, not in the envelope.
const NULL: &[u8] = b"(null)";

/// Appends a record and an empty line.
pub(super) fn write(
    topic: &TopicName,
    partition: i32,
    record: &RecordView<'_>,
    paint: Paint,
    is_terminal: bool,
    out: &mut Vec<u8>,
) {
    let safe = |bytes: &[u8], lines| {
        let mut safe = Vec::with_capacity(bytes.len());
        if is_terminal {
            sanitize::write(bytes, lines, &mut safe);
        } else {
            safe.extend_from_slice(bytes);
        }
        safe
    };
    let mut place = format!("{topic}[{partition}]@{} ", record.offset).into_bytes();
    write_timestamp(record, &mut place);
    paint.faint(&place, out);
    out.push(b'\n');
    paint.faint(b"key ", out);
    match record.key {
        Some(key) => paint.key(&safe(key, Lines::Escape), out),
        None => paint.faint(NULL, out),
    }
    out.push(b'\n');
    for (name, value) in record.headers.iter() {
        paint.header(&safe(name, Lines::Escape), out);
        out.extend_from_slice(b": ");
        match value {
            Some(value) => out.extend_from_slice(&safe(value, Lines::Escape)),
            None => paint.faint(NULL, out),
        }
        out.push(b'\n');
    }
    match record.value {
        None => paint.faint(NULL, out),
        Some(value) => match std::str::from_utf8(value) {
            Ok(text) if is_terminal => {
                let mut safe_json = Vec::with_capacity(value.len());
                sanitize::write_json(text, &mut safe_json);
                if !write_indented(&String::from_utf8_lossy(&safe_json), paint, out) {
                    sanitize::write(value, Lines::Keep, out);
                }
            }
            Ok(text) => {
                if !write_indented(text, paint, out) {
                    out.extend_from_slice(value);
                }
            }
            Err(_) => out.extend_from_slice(&safe(value, Lines::Keep)),
        },
    }
    out.extend_from_slice(b"\n\n");
}
