//! The consumer that the tour plays: which records fail, and what their dead letters look like.

use bytes::Bytes;

use crate::model::header::Header;
use crate::model::name::TopicName;
use crate::model::record::{OutgoingRecord, Record, SentTime};
use crate::model::timestamp::Timestamp;

/// Why a record fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// The code in the dead letter's error object.
    pub code: &'static str,
    /// The message beside it.
    pub message: &'static str,
    /// How often it was tried again.
    pub retries: u32,
}

/// A failure that passes: worth a redrive.
pub const TIMEOUT: Failure =
    Failure { code: "DB_TIMEOUT", message: "no connection within 5 s", retries: 6 };
/// A failure of the record itself, until somebody mends the consumer.
pub const INVALID: Failure =
    Failure { code: "INVALID_SESSION", message: "sessionId is unknown", retries: 3 };

/// One record in this many fails for each reason: enough to see, few enough to look at.
const ONE_IN: i64 = 16;

/// Decides whether a record fails; by its offset, so that every run tells the same story.
pub fn failure(record: &Record) -> Option<Failure> {
    match record.offset.rem_euclid(ONE_IN) {
        3 => Some(TIMEOUT),
        11 => Some(INVALID),
        _ => None,
    }
}

/// Makes the dead letter of a record: the value with an error object, the origin in headers. `None`
/// when the value is no JSON object that could take one.
pub fn dead_letter(
    record: &Record,
    failure: Failure,
    dlq: &TopicName,
    now: Timestamp,
) -> Option<OutgoingRecord> {
    let Failure { code, message, retries } = failure;
    let error = serde_json::json!({
        "code": code,
        "message": message,
        "timestamp": now.rfc3339(),
        "retryCount": retries,
    });
    let value = record.value.as_ref()?.trim_ascii_end().strip_suffix(b"}")?;
    let mut value = value.to_vec();
    value.extend_from_slice(format!(",\"error\":{error}}}").as_bytes());
    let mut headers = record.headers.clone();
    let origin = &record.topic_partition;
    headers.push(Header::new("originalTopic", origin.topic.as_str().to_owned()));
    headers.push(Header::new("originalPartition", origin.partition.to_string()));
    headers.push(Header::new("originalOffset", record.offset.to_string()));
    Some(OutgoingRecord {
        topic: dlq.clone(),
        partition: Some(origin.partition),
        timestamp: SentTime::Now,
        key: record.key.clone(),
        value: Some(Bytes::from(value)),
        headers,
    })
}

/// Makes the record for the analytics topic: the same, elsewhere.
pub fn analytics(record: &Record, topic: &TopicName) -> OutgoingRecord {
    OutgoingRecord {
        topic: topic.clone(),
        partition: None,
        timestamp: SentTime::copied(record.timestamp),
        key: record.key.clone(),
        value: record.value.clone(),
        headers: record.headers.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::offset::TopicPartition;
    use crate::model::timestamp::TimestampType;

    #[test]
    fn a_dead_letter_keeps_the_value_and_names_its_origin() {
        let record = Record {
            topic_partition: TopicPartition::new("logs".into(), 2),
            offset: 19,
            timestamp: Some(Timestamp(0)),
            timestamp_type: TimestampType::CreateTime,
            key: Some(Bytes::from_static(b"user-1")),
            value: Some(Bytes::from_static(br#"{"userId":"user-1"}"#)),
            headers: vec![Header::new("source", "web")],
        };
        let failure = failure(&record).unwrap();
        let letter = dead_letter(&record, failure, &"dlq".into(), Timestamp(0)).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&letter.value.unwrap()).unwrap();
        assert_eq!(value["userId"], "user-1");
        assert_eq!(value["error"]["code"], "DB_TIMEOUT");
        assert_eq!(value["error"]["retryCount"], 6);
        let names: Vec<_> = letter.headers.iter().map(|header| &header.name[..]).collect();
        assert_eq!(
            names,
            [&b"source"[..], b"originalTopic", b"originalPartition", b"originalOffset"]
        );
        assert_eq!(letter.headers[3].value.as_deref(), Some(&b"19"[..]));
    }
}
