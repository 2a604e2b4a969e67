//! Templates in kcat's language, compiled once into steps.

use crate::model::escapes::unescape;
use crate::model::name::TopicName;
use crate::model::record::RecordView;
use crate::output::record::Fields;
use crate::output::sanitize::{self, Lines};

/// A compiled template.
#[derive(Debug)]
pub(super) struct Template {
    steps: Vec<Step>,
    null: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
enum Step {
    Literal(Vec<u8>),
    Topic,
    Partition,
    Offset,
    Key,
    KeyLength,
    Value,
    ValueLength,
    ValueLengthBinary,
    Headers,
    TimestampMilliseconds,
    TimestampText,
}

impl Template {
    /// Compiles a template: `%t` topic, `%p` partition, `%o` offset, `%k` key, `%K` its length,
    /// `%s` value, `%S` its length, `%R` its length as four bytes, `%h` headers, `%T` timestamp in
    /// milliseconds, `%%`, and the escapes of [`unescape`]. The length of null is −1.
    pub(super) fn compile(template: &str, null: &[u8]) -> Result<Self, String> {
        let mut steps = Vec::new();
        let mut rest = template;
        while let Some((literal, after)) = rest.split_once('%') {
            push_literal(literal, &mut steps)?;
            let mut chars = after.chars();
            steps.push(match chars.next() {
                Some('t') => Step::Topic,
                Some('p') => Step::Partition,
                Some('o') => Step::Offset,
                Some('k') => Step::Key,
                Some('K') => Step::KeyLength,
                Some('s') => Step::Value,
                Some('S') => Step::ValueLength,
                Some('R') => Step::ValueLengthBinary,
                Some('h') => Step::Headers,
                Some('T') => Step::TimestampMilliseconds,
                Some('%') => Step::Literal(b"%".to_vec()),
                Some(other) => {
                    return Err(format!(
                        "`%{other}` stands for nothing; use %t topic, %p partition, %o offset, \
                         %k key, %s value, %h headers, %T timestamp, %K %S lengths, %R binary \
                         length, or %% for a percent sign"
                    ));
                }
                None => return Err("a lone `%` at the end; write `%%`".to_owned()),
            });
            rest = chars.as_str();
        }
        push_literal(rest, &mut steps)?;
        Ok(Self { steps, null: null.to_vec() })
    }

    /// Makes the template of the raw format.
    pub(super) fn raw(fields: Fields, separator: &[u8], delimiter: &[u8], null: &[u8]) -> Self {
        let Fields { timestamp, headers, key } = fields;
        let mut steps = Vec::new();
        for (is_shown, step) in
            [(timestamp, Step::TimestampText), (headers, Step::Headers), (key, Step::Key)]
        {
            if is_shown {
                steps.push(step);
                steps.push(Step::Literal(separator.to_vec()));
            }
        }
        steps.push(Step::Value);
        steps.push(Step::Literal(delimiter.to_vec()));
        Self { steps, null: null.to_vec() }
    }

    /// Appends a record.
    pub(super) fn write(
        &self,
        topic: &TopicName,
        partition: i32,
        record: &RecordView<'_>,
        is_terminal: bool,
        out: &mut Vec<u8>,
    ) {
        for step in &self.steps {
            match step {
                Step::Literal(bytes) => out.extend_from_slice(bytes),
                Step::Value => {
                    write_bytes(record.value.unwrap_or(&self.null), Lines::Keep, is_terminal, out);
                }
                Step::Key => {
                    write_bytes(record.key.unwrap_or(&self.null), Lines::Escape, is_terminal, out);
                }
                Step::Topic => {
                    write_bytes(topic.as_str().as_bytes(), Lines::Escape, is_terminal, out);
                }
                Step::Partition => write_integer(partition, out),
                Step::Offset => write_integer(record.offset, out),
                Step::KeyLength => write_integer(length(record.key), out),
                Step::ValueLength => write_integer(length(record.value), out),
                Step::ValueLengthBinary => {
                    let length = length(record.value).to_be_bytes();
                    write_bytes(&length, Lines::Escape, is_terminal, out);
                }
                Step::Headers => write_headers(record, is_terminal, out),
                Step::TimestampMilliseconds => {
                    write_integer(record.timestamp.map_or(-1, |timestamp| timestamp.0), out);
                }
                Step::TimestampText => write_timestamp(record, out),
            }
        }
    }
}

fn push_literal(text: &str, steps: &mut Vec<Step>) -> Result<(), String> {
    if !text.is_empty() {
        steps.push(Step::Literal(unescape(text)?));
    }
    Ok(())
}

fn write_bytes(bytes: &[u8], lines: Lines, is_terminal: bool, out: &mut Vec<u8>) {
    if is_terminal {
        sanitize::write(bytes, lines, out);
    } else {
        out.extend_from_slice(bytes);
    }
}

/// Returns a length as the protocol has it: −1 for null.
fn length(bytes: Option<&[u8]>) -> i32 {
    bytes.map_or(-1, |bytes| i32::try_from(bytes.len()).unwrap_or(i32::MAX))
}

/// Appends headers as kcat does: `a=1,b=NULL`.
pub(super) fn write_headers(record: &RecordView<'_>, is_terminal: bool, out: &mut Vec<u8>) {
    for (index, (name, value)) in record.headers.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_bytes(name, Lines::Escape, is_terminal, out);
        out.push(b'=');
        write_bytes(value.unwrap_or(b"NULL"), Lines::Escape, is_terminal, out);
    }
}

/// Appends the timestamp as text, `-` when there is none.
pub(super) fn write_timestamp(record: &RecordView<'_>, out: &mut Vec<u8>) {
    match record.timestamp {
        Some(timestamp) if timestamp.write_rfc3339(out) => {}
        Some(timestamp) => write_integer(timestamp.0, out),
        None => out.push(b'-'),
    }
}

fn write_integer(number: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_steps_and_literals() {
        assert_eq!(
            Template::compile(r"%t[%p]\t%%%s\x0a", b"").unwrap().steps,
            [
                Step::Topic,
                Step::Literal(b"[".to_vec()),
                Step::Partition,
                Step::Literal(b"]\t".to_vec()),
                Step::Literal(b"%".to_vec()),
                Step::Value,
                Step::Literal(b"\n".to_vec()),
            ]
        );
    }

    #[test]
    fn mistakes_are_named() {
        for (template, expected) in [
            ("%z", "`%z` stands for nothing"),
            ("%s%", "lone `%`"),
            (r"%s\q", r"`\q` is no escape"),
        ] {
            assert!(Template::compile(template, b"").unwrap_err().contains(expected));
        }
    }
}
