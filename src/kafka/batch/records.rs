//! Iterates over the records of a decompressed batch without copying or allocating.

use super::{BatchError, BatchHeader};
use crate::model::header::{Headers, take_sized, take_varint};
use crate::model::record::RecordView;
use crate::model::timestamp::{Timestamp, TimestampType};

/// The records of one batch; ends behind the first error.
#[derive(Debug, Clone)]
pub(crate) struct Records<'a> {
    header: BatchHeader,
    timestamp_type: TimestampType,
    rest: &'a [u8],
    left: i32,
    /// The offset delta of the last record, to see that offsets only grow.
    last_delta: i64,
}

impl<'a> Records<'a> {
    /// Starts at the first record in `bytes`.
    pub(super) fn new(header: BatchHeader, bytes: &'a [u8]) -> Self {
        let timestamp_type = header.timestamp_type();
        Self { header, timestamp_type, rest: bytes, left: header.record_count, last_delta: -1 }
    }

    /// Returns the bytes of those that have not been taken yet.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.rest
    }

    /// Takes the next record; `None` when its bytes do not follow the format.
    fn take_record(&mut self) -> Option<RecordView<'a>> {
        let length = usize::try_from(take_varint(&mut self.rest)?).ok()?;
        let (mut record, after) = self.rest.split_at_checked(length)?;
        self.rest = after;
        // The record's own attributes are unused in format v2.
        let (_attributes, fields) = record.split_first()?;
        record = fields;
        let timestamp_delta = take_varint(&mut record)?;
        let delta = take_varint(&mut record)?;
        if delta <= self.last_delta || delta > i64::from(self.header.last_offset_delta) {
            return None;
        }
        self.last_delta = delta;
        let key = take_sized(&mut record)?;
        let value = take_sized(&mut record)?;
        let headers = take_headers(record)?;
        let timestamp = match self.timestamp_type {
            TimestampType::CreateTime => self.header.base_timestamp.checked_add(timestamp_delta)?,
            TimestampType::LogAppendTime => self.header.max_timestamp,
        };
        Some(RecordView {
            offset: self.header.base_offset + delta,
            timestamp: (timestamp != NO_TIMESTAMP).then_some(Timestamp(timestamp)),
            timestamp_type: self.timestamp_type,
            key,
            value,
            headers,
        })
    }
}

/// Kafka's number for a record without a timestamp.
const NO_TIMESTAMP: i64 = -1;

/// Checks the header block at the end of a record, so that iterating over it later cannot fail.
fn take_headers(mut rest: &[u8]) -> Option<Headers<'_>> {
    let count = usize::try_from(take_varint(&mut rest)?).ok()?;
    let block = rest;
    // Each header takes at least two bytes: a wrong count ends at the first missing one.
    for _ in 0..count {
        let _name = take_sized(&mut rest)??;
        let _value = take_sized(&mut rest)?;
    }
    rest.is_empty().then(|| Headers::new(count, block))
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<RecordView<'a>, BatchError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            if self.rest.is_empty() {
                return None;
            }
            self.rest = &[];
            return Some(Err(BatchError::Malformed("there are more bytes than records")));
        }
        self.left -= 1;
        let record = self.take_record();
        if record.is_none() {
            self.left = 0;
            self.rest = &[];
        }
        Some(record.ok_or(BatchError::Malformed("a record does not follow the format")))
    }
}
