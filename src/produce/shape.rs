//! The flags over what the input says: from input records to outgoing ones.

use bytes::Bytes;

use super::input::{InputError, InputRecord};
use crate::model::header::Header;
use crate::model::name::TopicName;
use crate::model::record::{OutgoingRecord, SentTime};
use crate::model::timestamp::Timestamp;

/// What the flags say about every record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// The topic; `None` leaves it to the input.
    pub topic: Option<TopicName>,
    /// Where in the topic.
    pub partition: PartitionChoice,
    /// The key, instead of the input's.
    pub key: Option<Bytes>,
    /// Headers after those of the input.
    pub headers: Vec<Header>,
    /// The timestamp, instead of the input's.
    pub timestamp: Option<Timestamp>,
    /// Whether an empty key or value is sent as null.
    pub empty_as_null: bool,
}

/// Which partition a record goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionChoice {
    /// By the key, as Java's producer does it; anywhere without a key.
    ByKey,
    /// This one.
    Number(i32),
    /// The one that the input names.
    Same,
}

impl Shape {
    /// Stands for a shape of which a unit test says only what matters to it.
    #[cfg(test)]
    pub(super) fn for_test() -> Self {
        Self {
            topic: Some("t".into()),
            partition: PartitionChoice::ByKey,
            key: None,
            headers: Vec::new(),
            timestamp: None,
            empty_as_null: false,
        }
    }

    /// Makes the record that is sent.
    pub fn apply(&self, record: InputRecord) -> Result<OutgoingRecord, InputError> {
        let InputRecord { topic, partition, timestamp, key, value, mut headers } = record;
        let topic = self
            .topic
            .clone()
            .or(topic)
            .ok_or_else(|| InputError::new("the record names no topic, and none is given"))?;
        let partition = match self.partition {
            PartitionChoice::ByKey => None,
            PartitionChoice::Number(number) => Some(number),
            PartitionChoice::Same => {
                Some(partition.ok_or_else(|| InputError::new("the record names no partition"))?)
            }
        };
        let null_if_empty =
            |bytes: Option<Bytes>| bytes.filter(|b| !(self.empty_as_null && b.is_empty()));
        headers.extend(self.headers.iter().cloned());
        Ok(OutgoingRecord {
            topic,
            partition,
            timestamp: SentTime::chosen(self.timestamp.or(timestamp)),
            key: null_if_empty(self.key.clone().or(key)),
            value: null_if_empty(value),
            headers,
        })
    }
}

/// Reads `NAME=VALUE`; `NAME` alone is a header with a null value, `NAME=` one with an empty value.
pub fn parse_header(text: &str) -> Result<Header, String> {
    match text.split_once('=') {
        Some(("", _)) => Err(format!("`{text}` has no header name")),
        Some((name, value)) => Ok(Header::new(name, Bytes::copy_from_slice(value.as_bytes()))),
        None if text.is_empty() => Err("the header name is missing".to_owned()),
        None => Ok(Header { name: Bytes::copy_from_slice(text.as_bytes()), value: None }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> InputRecord {
        InputRecord {
            topic: Some("from".into()),
            partition: Some(2),
            timestamp: Some(Timestamp(5)),
            key: Some(Bytes::new()),
            value: Some(Bytes::new()),
            headers: vec![Header::new("a", "1")],
        }
    }

    #[test]
    fn flags_win_and_headers_add_up() {
        let shape = Shape {
            partition: PartitionChoice::Number(1),
            key: Some(Bytes::from("k")),
            headers: vec![Header::new("a", "2")],
            timestamp: Some(Timestamp(9)),
            ..Shape::for_test()
        };
        let record = shape.apply(input()).unwrap();
        assert_eq!(record.topic, "t".into());
        assert_eq!((record.partition, record.timestamp), (Some(1), SentTime::At(Timestamp(9))));
        assert_eq!(record.key, Some(Bytes::from("k")));
        assert_eq!(record.headers, [Header::new("a", "1"), Header::new("a", "2")]);
    }

    #[test]
    fn without_flags_the_input_stays() {
        let shape = Shape { topic: None, partition: PartitionChoice::Same, ..Shape::for_test() };
        let record = shape.apply(input()).unwrap();
        assert_eq!((record.topic, record.partition), ("from".into(), Some(2)));
        assert_eq!(record.timestamp, SentTime::At(Timestamp(5)));
        assert_eq!((record.key, record.value), (Some(Bytes::new()), Some(Bytes::new())));
        assert!(shape.apply(InputRecord::default()).is_err());
    }

    #[test]
    fn empty_becomes_null_when_asked_for() {
        let record = Shape { empty_as_null: true, ..Shape::for_test() }.apply(input()).unwrap();
        assert_eq!((record.key, record.value), (None, None));
    }

    #[test]
    fn a_header_without_a_sign_is_null() {
        assert_eq!(parse_header("a=b=c"), Ok(Header::new("a", "b=c")));
        assert_eq!(parse_header("a="), Ok(Header::new("a", "")));
        assert_eq!(parse_header("a").unwrap().value, None);
        assert!(parse_header("=a").is_err() && parse_header("").is_err());
    }
}
