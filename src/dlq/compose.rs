//! Makes the record that is sent in a dead letter's place.
//!
//! Key, value and headers are those of the dead letter, byte for byte, but for what its writer
//! added: the `error` member of the value (the flow's own convention) and the DLQ headers. Trace
//! headers are appended behind the others, unless they are not wanted.

use bytes::{Bytes, BytesMut};

use super::convention::Convention;
use super::dead_letter::DeadLetter;
use super::error_member;
use super::strip;
use super::target::Target;
use crate::model::header::Header;
use crate::model::record::{OutgoingRecord, SentTime};
use crate::model::timestamp::Timestamp;

/// The dead letter's id: the same on every copy, so that a `read_uncommitted` consumer, which sees
/// aborted copies too, can tell them apart from new records.
const REDRIVE_ID: &str = "flowctl-redrive-id";
/// How often the record has been redriven, this time included.
const REDRIVE_COUNT: &str = "flowctl-redrive-count";
/// When it was redriven, where its timestamp does not tell.
const REDRIVE_AT: &str = "flowctl-redrive-at";
/// The timestamp it had at its origin, where its own timestamp does not tell.
const ORIGINAL_TIMESTAMP: &str = "flowctl-original-timestamp";

/// Which timestamp the sent record has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum RecordTime {
    /// The time of sending
    #[default]
    Now,
    /// The one it had at its origin
    Original,
}

/// How records are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Composition {
    /// Which timestamp they have.
    pub time: RecordTime,
    /// Whether the headers of the dead letter stay on.
    pub keeps_headers: bool,
    /// Whether trace headers are appended.
    pub adds_trace: bool,
    /// The time of the command.
    pub now: Timestamp,
}

/// Makes the record.
pub fn compose(
    dead_letter: &DeadLetter,
    target: &Target,
    composition: Composition,
) -> OutgoingRecord {
    let Composition { time, keeps_headers, adds_trace, now } = composition;
    let record = &dead_letter.record;
    let original = original_timestamp(dead_letter);
    let mut headers =
        if keeps_headers { record.headers.clone() } else { strip::strip(&record.headers) };
    if adds_trace || !keeps_headers {
        headers.retain(|header| !is_trace(header));
    }
    if adds_trace {
        headers.push(Header::new(REDRIVE_ID, dead_letter.id().to_string()));
        let count = redrive_count(dead_letter).saturating_add(1);
        headers.push(Header::new(REDRIVE_COUNT, count.to_string()));
        let other_time = match time {
            RecordTime::Now => original.map(|time| (ORIGINAL_TIMESTAMP, time)),
            RecordTime::Original => Some((REDRIVE_AT, now)),
        };
        if let Some((name, Timestamp(ms))) = other_time {
            headers.push(Header::new(name, ms.to_string()));
        }
    }
    OutgoingRecord {
        topic: target.topic.clone(),
        partition: target.partition.number(),
        timestamp: match time {
            RecordTime::Now => SentTime::Now,
            RecordTime::Original => SentTime::chosen(original),
        },
        key: record.key.clone(),
        value: value(dead_letter),
        headers,
    }
}

/// Returns the value without what the convention added.
pub(super) fn value(dead_letter: &DeadLetter) -> Option<Bytes> {
    let value = dead_letter.record.value.as_ref()?;
    let parts = match dead_letter.convention {
        Some(Convention::Flowctl) => error_member::split(value),
        // Their errors are headers: an `error` in the value is the application's.
        Some(Convention::Spring | Convention::Connect) | None => None,
    };
    Some(match parts {
        None => value.clone(),
        Some((before, after)) => {
            let mut left = BytesMut::with_capacity(before.len() + after.len());
            left.extend_from_slice(before);
            left.extend_from_slice(after);
            left.freeze()
        }
    })
}

/// Returns the timestamp at the very first origin, if the dead letter tells it: a record that was
/// redriven before has it in our header, since its own timestamp is that of the redrive.
pub(super) fn original_timestamp(dead_letter: &DeadLetter) -> Option<Timestamp> {
    number(dead_letter, ORIGINAL_TIMESTAMP).map(Timestamp).or(dead_letter.origin.timestamp)
}

/// Returns how often a dead letter has been redriven before it came back.
pub(super) fn redrive_count(dead_letter: &DeadLetter) -> u32 {
    number(dead_letter, REDRIVE_COUNT).and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
}

fn number(dead_letter: &DeadLetter, name: &str) -> Option<i64> {
    let header = dead_letter.record.headers.iter().rev().find(|h| h.name == name.as_bytes())?;
    std::str::from_utf8(header.value.as_deref()?).ok()?.parse().ok()
}

fn is_trace(header: &Header) -> bool {
    [REDRIVE_ID, REDRIVE_COUNT, REDRIVE_AT, ORIGINAL_TIMESTAMP]
        .iter()
        .any(|name| header.name == name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dlq::target::TargetPartition;
    use crate::dlq::testing::{origin, record};
    use crate::dlq::{Expected, Origin};

    const PLAIN: Composition = Composition {
        time: RecordTime::Now,
        keeps_headers: false,
        adds_trace: false,
        now: Timestamp(9_000),
    };

    fn target() -> Target {
        Target { topic: "orders".into(), partition: TargetPartition::Original(2) }
    }

    fn dead_letter(value: &[u8], mut more: Vec<Header>) -> DeadLetter {
        more.extend(origin("orders", 2, 7));
        DeadLetter::read(record(Some(value), more), Expected::Auto, None)
    }

    fn texts(headers: &[Header]) -> Vec<(String, Option<String>)> {
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        headers.iter().map(|h| (text(&h.name), h.value.as_ref().map(text))).collect()
    }

    #[test]
    fn without_trace_it_is_the_record_that_failed() {
        let app = vec![
            Header::new("source", "web"),
            Header { name: Bytes::from_static(b"n"), value: None },
            Header::new("source", ""),
        ];
        let dead_letter = dead_letter(br#"{"a": 1.0, "error": {"code": "X"}}"#, app.clone());
        let sent = compose(&dead_letter, &target(), PLAIN);
        let OutgoingRecord { topic, partition, timestamp, key, value, headers } = sent;
        assert_eq!((topic.as_str(), partition, timestamp), ("orders", Some(2), SentTime::Now));
        assert_eq!(key.as_deref(), Some(&b"k"[..]));
        assert_eq!(value.as_deref(), Some(&br#"{"a": 1.0}"#[..]));
        assert_eq!(headers, app);
    }

    #[test]
    fn trace_headers_count_up_and_keep_the_first_timestamp() {
        let more = vec![
            Header::new("flowctl-redrive-count", "2"),
            Header::new("flowctl-redrive-id", "old/0/1"),
            Header::new("flowctl-original-timestamp", "77"),
            Header::new("a", "b"),
        ];
        let dead_letter = dead_letter(b"x", more);
        let traced = Composition { adds_trace: true, ..PLAIN };
        let pair = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        assert_eq!(
            texts(&compose(&dead_letter, &target(), traced).headers),
            [
                pair("a", "b"),
                pair("flowctl-redrive-id", "orders-dlq/0/0"),
                pair("flowctl-redrive-count", "3"),
                pair("flowctl-original-timestamp", "77"),
            ]
        );
        let original = Composition { time: RecordTime::Original, ..traced };
        let sent = compose(&dead_letter, &target(), original);
        assert_eq!(sent.timestamp, SentTime::At(Timestamp(77)));
        assert_eq!(texts(&sent.headers).pop(), Some(pair("flowctl-redrive-at", "9000")));
    }

    #[test]
    fn an_unknown_original_timestamp_is_not_made_up() {
        let dead_letter = dead_letter(b"x", Vec::new());
        let sent = compose(&dead_letter, &target(), Composition { adds_trace: true, ..PLAIN });
        assert_eq!(sent.headers.len(), 2);
    }

    #[test]
    fn the_error_of_another_convention_belongs_to_the_application() {
        let headers = vec![Header::new("__connect.errors.topic", "orders")];
        let value = br#"{"error":{"code":"X"}}"#;
        let connect = DeadLetter::read(record(Some(value), headers), Expected::Auto, None);
        assert_eq!(compose(&connect, &target(), PLAIN).value.as_deref(), Some(&value[..]));
        let unknown = DeadLetter { convention: None, origin: Origin::default(), ..connect };
        assert_eq!(compose(&unknown, &target(), PLAIN).value.as_deref(), Some(&value[..]));
    }

    #[test]
    fn kept_headers_are_all_of_them() {
        let dead_letter = dead_letter(b"x", vec![Header::new("flowctl-redrive-count", "1")]);
        let sent = compose(&dead_letter, &target(), Composition { keeps_headers: true, ..PLAIN });
        assert_eq!(sent.headers, dead_letter.record.headers);
    }

    #[test]
    fn a_tombstone_stays_one() {
        let mut dead_letter = dead_letter(b"x", Vec::new());
        dead_letter.record.value = None;
        assert_eq!(compose(&dead_letter, &target(), PLAIN).value, None);
    }
}
