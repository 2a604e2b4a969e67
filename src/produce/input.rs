//! From the bytes of a record in the input to key, value and headers.

use bytes::Bytes;

use super::delimiter::Delimiter;
use super::pointer::Pointer;
use crate::model::envelope::{self, EnvelopeError, EnvelopeRecord};
use crate::model::header::Header;
use crate::model::name::TopicName;
use crate::model::timestamp::Timestamp;

/// What a record looks like in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The bytes as they are.
    Lines,
    /// One JSON value, which is checked and then sent as it is.
    Json,
    /// The record envelope, as `tail -o jsonl` writes it.
    Envelope,
}

/// How the input is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputOptions {
    /// What a record looks like.
    pub format: Format,
    /// What stands between records.
    pub record_delimiter: Delimiter,
    /// What stands between key and value; `None` when there is no key in the input.
    pub key_delimiter: Option<Delimiter>,
    /// Where in the JSON value the key is.
    pub key_from: Option<Pointer>,
}

impl InputOptions {
    /// Stands for lines of a format, in a unit test.
    #[cfg(test)]
    pub(super) fn for_test(format: Format) -> Self {
        let record_delimiter = Delimiter::newline();
        Self { format, record_delimiter, key_delimiter: None, key_from: None }
    }
}

/// A record as the input has it; the flags are applied later.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InputRecord {
    /// The topic, if the input names one.
    pub topic: Option<TopicName>,
    /// The partition, if the input names one.
    pub partition: Option<i32>,
    /// The timestamp, if the input has one.
    pub timestamp: Option<Timestamp>,
    /// The key; `None` is null.
    pub key: Option<Bytes>,
    /// The value; `None` is null.
    pub value: Option<Bytes>,
    /// The headers in order.
    pub headers: Vec<Header>,
}

/// Why a record of the input cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputError {
    /// The byte in the record, from 1, where that is known.
    pub column: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl InputError {
    /// Says what is wrong with the record as a whole.
    pub fn new(message: impl Into<String>) -> Self {
        Self { column: None, message: message.into() }
    }

    /// Says what is wrong with JSON that begins `offset` bytes into the record. The parser's text
    /// ends with its own place, which is left out.
    pub fn json(error: &serde_json::Error, offset: usize) -> Self {
        let text = error.to_string();
        let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
        // An unknown field, or one of another type, is valid JSON.
        let what = if error.is_data() { "not a record envelope" } else { "not valid JSON" };
        let message = format!("{what}: {message}");
        Self { column: Some(offset + error.column()), message }
    }
}

/// Reads a record. `None`: a blank line between JSON records, which is no record.
pub fn parse(options: &InputOptions, record: &Bytes) -> Result<Option<InputRecord>, InputError> {
    let InputOptions { format, record_delimiter: _, key_delimiter, key_from } = options;
    if *format != Format::Lines && record.trim_ascii().is_empty() {
        return Ok(None);
    }
    let (key, value) = match key_delimiter {
        None => (None, record.clone()),
        Some(delimiter) => {
            let at = delimiter.find(record).ok_or_else(|| {
                let shown = delimiter.bytes().escape_ascii();
                InputError::new(format!("no key: the key delimiter `{shown}` is missing"))
            })?;
            (Some(record.slice(..at)), record.slice(at + delimiter.bytes().len()..))
        }
    };
    let offset = record.len() - value.len();
    match format {
        Format::Lines => Ok(Some(InputRecord { key, value: Some(value), ..Default::default() })),
        Format::Json => {
            let json: &serde_json::value::RawValue =
                serde_json::from_slice(&value).map_err(|error| InputError::json(&error, offset))?;
            let key = match key_from {
                None => key,
                Some(pointer) => pointer.key(json).map_err(InputError::new)?,
            };
            Ok(Some(InputRecord { key, value: Some(value), ..Default::default() }))
        }
        Format::Envelope => envelope(&value, offset).map(Some),
    }
}

/// Reads an envelope. Offset and timestamp type are those of the record that it was written from:
/// the new one gets its own.
fn envelope(line: &[u8], offset: usize) -> Result<InputRecord, InputError> {
    let EnvelopeRecord {
        topic,
        partition,
        offset: _,
        timestamp,
        timestamp_type: _,
        key,
        value,
        headers,
    } = envelope::parse(line).map_err(|error| match error {
        EnvelopeError::Json(error) => InputError::json(&error, offset),
        EnvelopeError::Field { .. } => InputError::new(error.to_string()),
    })?;
    Ok(InputRecord { topic, partition, timestamp, key, value, headers })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &InputOptions, text: &'static str) -> Result<Option<InputRecord>, InputError> {
        parse(options, &Bytes::from_static(text.as_bytes()))
    }

    fn pair(key: Option<&'static str>, value: &'static str) -> InputRecord {
        InputRecord {
            key: key.map(Bytes::from),
            value: Some(Bytes::from(value)),
            ..Default::default()
        }
    }

    #[test]
    fn a_line_is_the_value_as_it_is() {
        let options = InputOptions::for_test(Format::Lines);
        assert_eq!(read(&options, " a:b\r"), Ok(Some(pair(None, " a:b\r"))));
        assert_eq!(read(&options, ""), Ok(Some(pair(None, ""))));
    }

    #[test]
    fn the_key_ends_at_the_first_delimiter() {
        let key_delimiter = Some(Delimiter::parse(":").unwrap());
        let options = InputOptions { key_delimiter, ..InputOptions::for_test(Format::Lines) };
        assert_eq!(read(&options, "a:b:c"), Ok(Some(pair(Some("a"), "b:c"))));
        assert_eq!(read(&options, ":"), Ok(Some(pair(Some(""), ""))));
        let error = read(&options, "abc").unwrap_err();
        assert_eq!(error.message, "no key: the key delimiter `:` is missing");
    }

    #[test]
    fn json_is_checked_and_stays_as_it_is() {
        let options = InputOptions::for_test(Format::Json);
        assert_eq!(
            read(&options, r#"{"b":1.0,"a" :2}"#),
            Ok(Some(pair(None, r#"{"b":1.0,"a" :2}"#)))
        );
        assert_eq!(read(&options, "  "), Ok(None));
        let error = read(&options, r#"{"a":}"#).unwrap_err();
        assert_eq!(
            (error.column, error.message.as_str()),
            (Some(6), "not valid JSON: expected value")
        );
        let key_delimiter = Some(Delimiter::parse("|").unwrap());
        let keyed = InputOptions { key_delimiter, ..options };
        assert_eq!(read(&keyed, r#"k|{"a":}"#).unwrap_err().column, Some(8));
    }

    #[test]
    fn an_envelope_keeps_nulls_and_names_what_is_wrong() {
        let options = InputOptions::for_test(Format::Envelope);
        let line = r#"{"topic":"t","partition":1,"offset":5,"timestamp":7,"key":null,"value":"v","headers":[["a",null]]}"#;
        let record = read(&options, line).unwrap().unwrap();
        let null = Header { name: Bytes::from("a"), value: None };
        assert_eq!(record.headers, [null]);
        assert_eq!((record.partition, record.timestamp), (Some(1), Some(Timestamp(7))));
        assert_eq!((record.key, record.value), (None, Some(Bytes::from("v"))));
        let error = read(&options, r#"{"value":1,"valeu":2}"#).unwrap_err();
        assert!(
            error.message.starts_with("not a record envelope: unknown field `valeu`"),
            "{error:?}"
        );
        let error = read(&options, r#"{"value":"?","value_encoding":"base64"}"#).unwrap_err();
        assert!(error.message.contains("base64"), "{error:?}");
    }

    #[test]
    fn the_key_can_come_from_the_value() {
        let key_from = Some(Pointer::parse("/user/id").unwrap());
        let options = InputOptions { key_from, ..InputOptions::for_test(Format::Json) };
        let text = r#"{"user":{"id":"ü"}}"#;
        assert_eq!(read(&options, text), Ok(Some(pair(Some("ü"), text))));
        assert!(read(&options, "{}").unwrap_err().message.contains("/user/id"));
    }
}
