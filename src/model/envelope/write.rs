//! A record → its line: one pass, nothing allocated but in the line itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::IgnoredAny;

use super::Encoding;
use super::escape::write_text;
use crate::model::name::TopicName;
use crate::model::record::{OutgoingRecord, RecordView, SentTime};
use crate::model::timestamp::Timestamp;

/// Appends the envelope of a record to `out`, without a line end.
pub fn write(topic: &TopicName, partition: i32, record: &RecordView<'_>, out: &mut Vec<u8>) {
    let RecordView { offset, timestamp, timestamp_type, key, value, headers } = *record;
    out.extend_from_slice(b"{\"topic\":");
    write_text(topic.as_str(), out);
    out.extend_from_slice(b",\"partition\":");
    write_integer(partition, out);
    out.extend_from_slice(b",\"offset\":");
    write_integer(offset, out);
    out.extend_from_slice(b",\"timestamp\":");
    match timestamp {
        Some(timestamp) => write_timestamp(timestamp, out),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"timestamp_type\":\"");
    out.extend_from_slice(timestamp_type.name().as_bytes());
    out.push(b'"');
    write_content(key, value, headers.iter(), out);
}

/// Appends the envelope of a record that is not written yet: no offset, and where the producer is
/// to choose, no partition and no timestamp.
pub fn write_outgoing(record: &OutgoingRecord, out: &mut Vec<u8>) {
    let OutgoingRecord { topic, partition, timestamp, key, value, headers } = record;
    out.extend_from_slice(b"{\"topic\":");
    write_text(topic.as_str(), out);
    out.extend_from_slice(b",\"partition\":");
    match partition {
        Some(partition) => write_integer(*partition, out),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"offset\":null,\"timestamp\":");
    match timestamp {
        SentTime::At(timestamp) => write_timestamp(*timestamp, out),
        SentTime::Now | SentTime::Absent => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"timestamp_type\":null");
    let headers = headers.iter().map(|header| (&*header.name, header.value.as_deref()));
    write_content(key.as_deref(), value.as_deref(), headers, out);
}

/// Writes key, value and headers, and closes the line.
fn write_content<'a>(
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    headers: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b",\"key\":");
    // A key of digits stays text: in one topic `1` and `a` should not differ in type.
    let encoding = write_bytes(key, |key| is_container(key) && is_splicable(key), out);
    out.extend_from_slice(b",\"key_encoding\":");
    write_encoding(encoding, out);
    out.extend_from_slice(b",\"value\":");
    let encoding = write_bytes(value, is_splicable, out);
    out.extend_from_slice(b",\"value_encoding\":");
    write_encoding(encoding, out);
    out.extend_from_slice(b",\"headers\":[");
    for (index, (name, value)) in headers.enumerate() {
        out.extend_from_slice(if index == 0 { b"[" } else { b",[" });
        write_header_part(Some(name), out);
        out.push(b',');
        write_header_part(value, out);
        out.push(b']');
    }
    out.extend_from_slice(b"],\"schema_id\":null}");
}

/// Writes bytes and returns how; `None` is null.
fn write_bytes(
    bytes: Option<&[u8]>,
    is_json: impl Fn(&str) -> bool,
    out: &mut Vec<u8>,
) -> Option<Encoding> {
    let Some(bytes) = bytes else {
        out.extend_from_slice(b"null");
        return None;
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        out.push(b'"');
        write_base64(bytes, out);
        out.push(b'"');
        return Some(Encoding::Base64);
    };
    if is_json(text) {
        out.extend_from_slice(bytes);
        Some(Encoding::Json)
    } else {
        write_text(text, out);
        Some(Encoding::Utf8)
    }
}

fn write_encoding(encoding: Option<Encoding>, out: &mut Vec<u8>) {
    match encoding {
        Some(encoding) => {
            out.push(b'"');
            out.extend_from_slice(encoding.name().as_bytes());
            out.push(b'"');
        }
        None => out.extend_from_slice(b"null"),
    }
}

/// Writes a header's name or value: text, null, or an object with its base64.
fn write_header_part(bytes: Option<&[u8]>, out: &mut Vec<u8>) {
    let Some(bytes) = bytes else {
        out.extend_from_slice(b"null");
        return;
    };
    if let Ok(text) = std::str::from_utf8(bytes) {
        write_text(text, out);
    } else {
        out.extend_from_slice(b"{\"base64\":\"");
        write_base64(bytes, out);
        out.extend_from_slice(b"\"}");
    }
}

fn write_base64(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, b'=');
    if let Some(space) = out.get_mut(start..) {
        // The space is exactly as long as the encoding is, so this cannot fail.
        let written = BASE64.encode_slice(bytes, space);
        debug_assert_eq!(written, Ok(bytes.len().div_ceil(3) * 4));
    }
}

/// Tells whether a text can stand in the line as it is and come back byte for byte: valid JSON
/// without a line end in it or space around it. `null` is not: in the line it means no value.
fn is_splicable(text: &str) -> bool {
    let (Some(first), Some(last)) = (text.as_bytes().first(), text.as_bytes().last()) else {
        return false;
    };
    // What no JSON begins with is ruled out first: most keys and all plain text.
    matches!(first, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f')
        && !last.is_ascii_whitespace()
        && memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_none()
        && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

fn is_container(text: &str) -> bool {
    text.starts_with(['{', '['])
}

/// Writes a time as RFC 3339 text; one outside of the years 0 to 9999 as its milliseconds.
fn write_timestamp(timestamp: Timestamp, out: &mut Vec<u8>) {
    let start = out.len();
    out.push(b'"');
    if timestamp.write_rfc3339(out) {
        out.push(b'"');
    } else {
        out.truncate(start);
        write_integer(timestamp.0, out);
    }
}

fn write_integer(number: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}
