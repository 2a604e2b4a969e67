//! From [`OutgoingRecord`] to librdkafka's record, without changing a byte: what librdkafka cannot
//! write as it is, is refused.

use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::BaseRecord;

use crate::kafka::Error;
use crate::model::record::{OutgoingRecord, SentTime};

/// A record as librdkafka's wrapper takes it.
pub(super) type Outgoing<'a> = BaseRecord<'a, [u8], [u8], usize>;

/// Kafka's number for a record without a timestamp; brokers keep it.
const NO_TIMESTAMP: i64 = -1;

/// Converts a record; null and empty stay different, headers keep their order and number.
pub(super) fn convert(record: &OutgoingRecord, tag: u64) -> Result<Outgoing<'_>, Error> {
    let OutgoingRecord { topic, partition, timestamp, key, value, headers } = record;
    if topic.as_str().contains('\0') {
        return Err(Error::Client("a topic name cannot contain a NUL character".to_owned()));
    }
    let tag = usize::try_from(tag)
        .map_err(|_| Error::Client("the tag does not fit into a pointer".to_owned()))?;
    let mut out = BaseRecord::with_opaque_to(topic.as_str(), tag);
    if let Some(partition) = *partition {
        if partition < 0 {
            return Err(Error::Client(format!("{partition} is not a partition")));
        }
        out = out.partition(partition);
    }
    match *timestamp {
        SentTime::Now => {}
        SentTime::Absent => out = out.timestamp(NO_TIMESTAMP),
        // librdkafka takes 0 for "now", and Java's producer takes no negative ones.
        SentTime::At(timestamp) if timestamp.0 <= 0 => {
            return Err(Error::Client(format!(
                "the timestamp {timestamp} cannot be written: it is not after 1970-01-01T00:00:00Z"
            )));
        }
        SentTime::At(timestamp) => out = out.timestamp(timestamp.0),
    }
    if let Some(key) = key {
        out = out.key(key.as_ref());
    }
    if let Some(value) = value {
        out = out.payload(value.as_ref());
    }
    if !headers.is_empty() {
        let mut owned = OwnedHeaders::new_with_capacity(headers.len());
        for header in headers {
            let name = std::str::from_utf8(&header.name).map_err(|_| {
                Error::Client(format!(
                    "the header name `{}` is not UTF-8, librdkafka cannot write it",
                    header.name.escape_ascii()
                ))
            })?;
            owned = owned.insert(Header { key: name, value: header.value.as_deref() });
        }
        out = out.headers(owned);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use rdkafka::message::Headers;

    use super::*;
    use crate::model::header;
    use crate::model::timestamp::Timestamp;

    #[test]
    fn null_and_empty_stay_different() {
        let null = OutgoingRecord::for_test();
        let out = convert(&null, 1).unwrap();
        assert!(out.key.is_none() && out.payload.is_none() && out.headers.is_none());
        let empty = OutgoingRecord {
            key: Some(Bytes::new()),
            value: Some(Bytes::new()),
            ..OutgoingRecord::for_test()
        };
        let out = convert(&empty, 1).unwrap();
        assert!(out.key.is_some() && out.payload.is_some());
    }

    #[test]
    fn headers_keep_order_duplicates_and_nulls() {
        let null = header::Header { name: Bytes::from_static(b"a"), value: None };
        let headers = vec![header::Header::new("a", "1"), null, header::Header::new("", "")];
        let record = OutgoingRecord { headers, ..OutgoingRecord::for_test() };
        let out = convert(&record, 1).unwrap().headers.unwrap();
        let all: Vec<_> = out.as_borrowed().iter().map(|h| (h.key, h.value)).collect();
        assert_eq!(all, [("a", Some(&b"1"[..])), ("a", None), ("", Some(&b""[..]))]);
    }

    #[test]
    fn a_record_without_a_timestamp_gets_none() {
        let of = |timestamp| {
            let record = OutgoingRecord { timestamp, ..OutgoingRecord::for_test() };
            convert(&record, 1).unwrap().timestamp
        };
        assert_eq!(of(SentTime::Absent), Some(-1));
        assert_eq!(of(SentTime::At(Timestamp(7))), Some(7));
        assert_eq!(of(SentTime::Now), None, "librdkafka's own time");
    }

    #[test]
    fn what_cannot_be_written_as_it_is_is_refused() {
        let name = header::Header { name: Bytes::from_static(b"\xff"), value: None };
        for (record, why) in [
            (
                OutgoingRecord { headers: vec![name], ..OutgoingRecord::for_test() },
                "`\\xff` is not UTF-8",
            ),
            (
                OutgoingRecord {
                    timestamp: SentTime::At(Timestamp(0)),
                    ..OutgoingRecord::for_test()
                },
                "1970-01-01",
            ),
            (
                OutgoingRecord { partition: Some(-1), ..OutgoingRecord::for_test() },
                "-1 is not a partition",
            ),
            (OutgoingRecord { topic: "a\0".into(), ..OutgoingRecord::for_test() }, "NUL"),
        ] {
            let error = convert(&record, 1).map(drop).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
