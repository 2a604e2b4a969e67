//! Records for the tests of this room.

use bytes::Bytes;

use crate::model::header::Header;
use crate::model::name::TopicName;
use crate::model::offset::TopicPartition;
use crate::model::record::Record;
use crate::model::timestamp::{Timestamp, TimestampType};

/// Makes a record of `orders-dlq`, partition 0, offset 0.
pub(super) fn record(value: Option<&[u8]>, headers: Vec<Header>) -> Record {
    Record {
        topic_partition: TopicPartition::new(TopicName::from("orders-dlq"), 0),
        offset: 0,
        timestamp: Some(Timestamp(1_000)),
        timestamp_type: TimestampType::CreateTime,
        key: Some(Bytes::from_static(b"k")),
        value: value.map(Bytes::copy_from_slice),
        headers,
    }
}

/// Makes the headers of the flow's own convention.
pub(super) fn origin(topic: &str, partition: i32, offset: i64) -> Vec<Header> {
    vec![
        Header::new("originalTopic", topic.to_owned()),
        Header::new("originalPartition", partition.to_string()),
        Header::new("originalOffset", offset.to_string()),
    ]
}
