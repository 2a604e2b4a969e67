//! A line → the record it stands for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{Encoding, EnvelopeRecord};
use crate::model::header::Header;
use crate::model::name::TopicName;
use crate::model::timestamp::{Timestamp, TimestampType};

/// Why a line is not a record.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// It is not JSON, a field is missing or unknown, or has another type.
    #[error("not a record envelope: {0}")]
    Json(serde_json::Error),
    /// A field does not hold what its encoding says.
    #[error("`{field}` {problem}")]
    Field {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

/// The line as it stands. An unknown field is an error: it may be a mistyped one, and what it says
/// would be lost silently.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    topic: Option<String>,
    partition: Option<i32>,
    offset: Option<i64>,
    #[serde(borrow, default, deserialize_with = "present")]
    timestamp: Option<&'a RawValue>,
    timestamp_type: Option<TimestampType>,
    #[serde(borrow, default, deserialize_with = "present")]
    key: Option<&'a RawValue>,
    key_encoding: Option<Encoding>,
    #[serde(borrow)]
    value: &'a RawValue,
    value_encoding: Option<Encoding>,
    #[serde(default)]
    headers: Option<Vec<(Part, Option<Part>)>>,
    schema_id: Option<i32>,
}

/// A header's name or value.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a string or {\"base64\": …}")]
enum Part {
    Text(String),
    Base64(Base64Part),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Base64Part {
    base64: String,
}

/// Keeps `null` as what stands there: an absent field is something else.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(from).map(Some)
}

/// Reads a line of the envelope.
///
/// Lines written by hand may be short: only `value` must be there. Without an encoding a JSON
/// string is its text, and any other JSON is its bytes. `null` is null under every encoding, so
/// that a value set to null by jq is a tombstone.
pub fn parse(line: &[u8]) -> Result<EnvelopeRecord, EnvelopeError> {
    let Line {
        topic,
        partition,
        offset,
        timestamp,
        timestamp_type,
        key,
        key_encoding,
        value,
        value_encoding,
        headers,
        schema_id,
    } = serde_json::from_slice(line).map_err(EnvelopeError::Json)?;
    if schema_id.is_some() {
        return Err(field("schema_id", "is set, but no encoding here has a schema"));
    }
    let key = match key {
        Some(key) => decode("key", key, key_encoding)?,
        None => None,
    };
    Ok(EnvelopeRecord {
        topic: topic.map(TopicName::new),
        partition,
        offset,
        timestamp: timestamp.map_or(Ok(None), decode_timestamp)?,
        timestamp_type,
        key,
        value: decode("value", value, value_encoding)?,
        headers: decode_headers(headers.unwrap_or_default())?,
    })
}

fn field(field: &'static str, problem: impl Into<String>) -> EnvelopeError {
    EnvelopeError::Field { field, problem: problem.into() }
}

fn decode(
    name: &'static str,
    raw: &RawValue,
    encoding: Option<Encoding>,
) -> Result<Option<Bytes>, EnvelopeError> {
    let json = raw.get();
    if json == "null" {
        return Ok(None);
    }
    let is_text = json.starts_with('"');
    let encoding = encoding.unwrap_or(if is_text { Encoding::Utf8 } else { Encoding::Json });
    let text = || {
        serde_json::from_str::<String>(json)
            .map_err(|_| field(name, format!("must be a string when it is {}", encoding.name())))
    };
    let bytes = match encoding {
        Encoding::Json => Bytes::copy_from_slice(json.as_bytes()),
        Encoding::Utf8 => Bytes::from(text()?),
        Encoding::Base64 => decode_base64(name, &text()?)?,
    };
    Ok(Some(bytes))
}

fn decode_base64(name: &'static str, text: &str) -> Result<Bytes, EnvelopeError> {
    BASE64
        .decode(text)
        .map(Bytes::from)
        .map_err(|cause| field(name, format!("is not base64: {cause}")))
}

fn decode_headers(parts: Vec<(Part, Option<Part>)>) -> Result<Vec<Header>, EnvelopeError> {
    let decode_part = |part| match part {
        Part::Text(text) => Ok(Bytes::from(text)),
        Part::Base64(Base64Part { base64 }) => decode_base64("headers", &base64),
    };
    parts
        .into_iter()
        .map(|(name, value)| {
            Ok(Header { name: decode_part(name)?, value: value.map(decode_part).transpose()? })
        })
        .collect()
}

/// Reads RFC 3339 text with any offset, or milliseconds since 1970.
fn decode_timestamp(raw: &RawValue) -> Result<Option<Timestamp>, EnvelopeError> {
    let json = raw.get();
    if json == "null" {
        return Ok(None);
    }
    if let Ok(milliseconds) = json.parse() {
        return Ok(Some(Timestamp(milliseconds)));
    }
    serde_json::from_str::<String>(json)
        .ok()
        .and_then(|text| text.parse::<jiff::Timestamp>().ok())
        .map(|time| Some(Timestamp::from(time)))
        .ok_or_else(|| {
            field("timestamp", format!("is {json}, which is neither RFC 3339 nor milliseconds"))
        })
}
