//! A record: as it stands in fetched bytes (`RecordView`) and on its own (`Record`).

use bytes::Bytes;

use super::header::{Header, Headers};
use super::name::TopicName;
use super::offset::TopicPartition;
use super::timestamp::{Timestamp, TimestampType};

/// A record that borrows from the buffer it was received or decompressed in.
#[derive(Debug, Clone, Copy)]
pub struct RecordView<'a> {
    /// The offset in its partition.
    pub offset: i64,
    /// The timestamp; `None` where the record has none (−1 on the wire).
    pub timestamp: Option<Timestamp>,
    /// Who set the timestamp.
    pub timestamp_type: TimestampType,
    /// The key; `None` is null.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is null: a tombstone.
    pub value: Option<&'a [u8]>,
    /// The headers.
    pub headers: Headers<'a>,
}

/// A record with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Topic and partition it was read from.
    pub topic_partition: TopicPartition,
    /// The offset in its partition.
    pub offset: i64,
    /// The timestamp; `None` where the record has none.
    pub timestamp: Option<Timestamp>,
    /// Who set the timestamp.
    pub timestamp_type: TimestampType,
    /// The key; `None` is null.
    pub key: Option<Bytes>,
    /// The value; `None` is null: a tombstone.
    pub value: Option<Bytes>,
    /// The headers in order.
    pub headers: Vec<Header>,
}

impl Record {
    /// Copies a record out of the buffer that it was read in.
    pub fn copy(topic_partition: TopicPartition, view: &RecordView<'_>) -> Self {
        let RecordView { offset, timestamp, timestamp_type, key, value, headers } = *view;
        Self {
            topic_partition,
            offset,
            timestamp,
            timestamp_type,
            key: key.map(Bytes::copy_from_slice),
            value: value.map(Bytes::copy_from_slice),
            headers: headers
                .iter()
                .map(|(name, value)| Header {
                    name: Bytes::copy_from_slice(name),
                    value: value.map(Bytes::copy_from_slice),
                })
                .collect(),
        }
    }

    /// Returns the size of key, value and headers in bytes.
    pub fn size(&self) -> usize {
        let headers: usize = self
            .headers
            .iter()
            .map(|h| h.name.len() + h.value.as_ref().map_or(0, Bytes::len))
            .sum();
        self.key.as_ref().map_or(0, Bytes::len)
            + self.value.as_ref().map_or(0, Bytes::len)
            + headers
    }
}

/// A record on its way to a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingRecord {
    /// The topic to write to.
    pub topic: TopicName,
    /// The partition; `None` leaves it to the partitioner (murmur2 of the key, as in Java).
    pub partition: Option<i32>,
    /// The timestamp; `None` is the time of sending.
    pub timestamp: Option<Timestamp>,
    /// The key; `None` is null.
    pub key: Option<Bytes>,
    /// The value; `None` is null: a tombstone.
    pub value: Option<Bytes>,
    /// The headers in order.
    pub headers: Vec<Header>,
}
