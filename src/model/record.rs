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

/// The timestamp of a record on its way to a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SentTime {
    /// The time of sending.
    #[default]
    Now,
    /// None: −1 on the wire. Only a copy of such a record has it.
    Absent,
    /// This one.
    At(Timestamp),
}

impl SentTime {
    /// Returns that of the copy of a record with this timestamp.
    pub fn copied(timestamp: Option<Timestamp>) -> Self {
        timestamp.map_or(Self::Absent, Self::At)
    }

    /// Returns the one that was chosen; who chose none wants the time of sending.
    pub fn chosen(timestamp: Option<Timestamp>) -> Self {
        timestamp.map_or(Self::Now, Self::At)
    }
}

/// A record on its way to a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingRecord {
    /// The topic to write to.
    pub topic: TopicName,
    /// The partition; `None` leaves it to the partitioner (murmur2 of the key, as in Java).
    pub partition: Option<i32>,
    /// The timestamp.
    pub timestamp: SentTime,
    /// The key; `None` is null.
    pub key: Option<Bytes>,
    /// The value; `None` is null: a tombstone.
    pub value: Option<Bytes>,
    /// The headers in order.
    pub headers: Vec<Header>,
}

impl OutgoingRecord {
    /// Stands for a record of which a unit test says only what matters to it.
    #[cfg(test)]
    pub(crate) fn for_test() -> Self {
        Self {
            topic: "t".into(),
            partition: None,
            timestamp: SentTime::Now,
            key: None,
            value: None,
            headers: Vec::new(),
        }
    }

    /// Returns how many bytes it has as the only record of a batch, without the batch's own header:
    /// the format of magic 2, uncompressed.
    pub fn encoded_size(&self) -> usize {
        let Self { topic: _, partition: _, timestamp: _, key, value, headers } = self;
        let header = |header: &Header| {
            let Header { name, value } = header;
            varint_size(name.len()) + name.len() + nullable_size(value.as_deref())
        };
        // Attributes, the difference of the timestamp and that of the offset: a byte each.
        let body = 3
            + nullable_size(key.as_deref())
            + nullable_size(value.as_deref())
            + varint_size(headers.len())
            + headers.iter().map(header).sum::<usize>();
        varint_size(body) + body
    }
}

/// Returns the size of bytes behind their length; null is the length −1.
fn nullable_size(bytes: Option<&[u8]>) -> usize {
    bytes.map_or(1, |bytes| varint_size(bytes.len()) + bytes.len())
}

/// Returns the size of a length as a zigzag varint: 7 bits a byte, one of them for the sign.
fn varint_size(length: usize) -> usize {
    let bits = usize::BITS - length.leading_zeros() + 1;
    usize::try_from(bits.div_ceil(7)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoded_size_is_that_of_the_record_format() {
        let empty = OutgoingRecord::for_test();
        // Length, attributes, two differences, two lengths of −1, no headers.
        assert_eq!(empty.encoded_size(), 7);
        let bytes = |length| Some(Bytes::from(vec![b'x'; length]));
        let of = |key, value| OutgoingRecord { key, value, ..empty.clone() }.encoded_size();
        assert_eq!(of(bytes(0), bytes(0)), 7, "empty is as long as null");
        assert_eq!(of(bytes(1), bytes(50)), 7 + 51);
        // From 64 on a length takes two bytes, from 8,192 on three.
        assert_eq!(of(None, bytes(63)), 7 + 63 + 1, "the record is longer than 63");
        assert_eq!(of(None, bytes(64)), 7 + 64 + 2);
        assert_eq!(of(None, bytes(8_192)), 7 + 8_192 + 4);
        let headers = vec![Header::new("h", "12"), Header { name: Bytes::new(), value: None }];
        assert_eq!(
            OutgoingRecord { headers, ..empty }.encoded_size(),
            7 + (1 + 1 + 1 + 2) + (1 + 1)
        );
    }
}
