//! The record envelope: a record as one line of JSON, from which the same bytes can be made again.
//!
//! ```json
//! {"topic":"orders","partition":0,"offset":42,"timestamp":"2026-11-21T04:07:00.123Z",
//!  "timestamp_type":"CreateTime","key":"o-1","key_encoding":"utf8","value":{"total":7},
//!  "value_encoding":"json","headers":[["source","web"],["trace",{"base64":"AAE="}],["x",null]],
//!  "schema_id":null}
//! ```
//!
//! [`write()`] and [`parse()`] are each other's inverse for topic, partition, offset, timestamp,
//! key, value and headers, whatever their bytes are.

mod escape;
mod parse;
#[cfg(test)]
mod tests;
mod write;

use bytes::Bytes;

use super::header::Header;
use super::name::TopicName;
use super::timestamp::{Timestamp, TimestampType};

pub use escape::write_text;
pub use parse::{EnvelopeError, parse};
pub use write::{write, write_outgoing};

/// How the bytes of a key or a value are written in the envelope; null has no encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// The bytes are JSON and stand in the line as they are.
    Json,
    /// The bytes are text and stand in the line as a JSON string.
    Utf8,
    /// The bytes are anything.
    Base64,
}

impl Encoding {
    /// Returns the name in `key_encoding` and `value_encoding`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Utf8 => "utf8",
            Self::Base64 => "base64",
        }
    }
}

/// What a line of the envelope says; only the value must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeRecord {
    /// The topic it was read from.
    pub topic: Option<TopicName>,
    /// The partition it was read from.
    pub partition: Option<i32>,
    /// The offset it had.
    pub offset: Option<i64>,
    /// The timestamp.
    pub timestamp: Option<Timestamp>,
    /// Who set the timestamp.
    pub timestamp_type: Option<TimestampType>,
    /// The key; `None` is null.
    pub key: Option<Bytes>,
    /// The value; `None` is null: a tombstone.
    pub value: Option<Bytes>,
    /// The headers in order.
    pub headers: Vec<Header>,
}
