//! The fixed 61 bytes at the head of a record batch.

use super::{BatchError, take};
use crate::model::codec::Codec;
use crate::model::timestamp::TimestampType;

/// The bytes before the part that the batch's own length counts: base offset and length.
pub(super) const LENGTH_END: usize = 12;
/// Where the checksummed part begins: everything behind the checksum itself.
pub(super) const CHECKED_START: usize = 21;
/// The size of the header.
pub(super) const HEADER_SIZE: usize = 61;

/// The header of a record batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BatchHeader {
    /// The offset of the first record when the batch was written; compaction may have removed it.
    pub(crate) base_offset: i64,
    /// The leader's epoch when it appended the batch.
    pub(crate) leader_epoch: i32,
    /// CRC32C of everything behind it.
    pub(crate) checksum: u32,
    /// Codec, timestamp type, the two transaction bits and that of the delete horizon.
    pub(crate) attributes: i16,
    /// The last offset of the batch, less the base offset; compaction does not change it.
    pub(crate) last_offset_delta: i32,
    /// What the records' timestamps are relative to.
    pub(crate) base_timestamp: i64,
    /// The greatest timestamp, and with `LogAppendTime` that of all records.
    pub(crate) max_timestamp: i64,
    /// The producer's id; −1 without one.
    pub(crate) producer_id: i64,
    /// The epoch of the producer's id.
    pub(crate) producer_epoch: i16,
    /// The first record's number in the producer's sequence; −1 without one.
    pub(crate) base_sequence: i32,
    /// How many records the batch says it has.
    pub(crate) record_count: i32,
}

/// The bits of `attributes` for the codec.
const CODEC: i16 = 0x07;
/// The bit of `attributes` for `LogAppendTime`.
const LOG_APPEND_TIME: i16 = 0x08;
/// The bit of `attributes` for batches in a transaction.
const TRANSACTIONAL: i16 = 0x10;
/// The bit of `attributes` for markers that the broker wrote.
const CONTROL: i16 = 0x20;
/// The bit of `attributes` for batches whose base timestamp is their delete horizon.
const DELETE_HORIZON: i16 = 0x40;

impl BatchHeader {
    /// Reads the header of a batch that has format v2.
    pub(super) fn read(bytes: &[u8; HEADER_SIZE]) -> Option<Self> {
        let mut rest = bytes.as_slice();
        let base_offset = i64::from_be_bytes(take(&mut rest)?);
        let _batch_length: [u8; 4] = take(&mut rest)?;
        let leader_epoch = i32::from_be_bytes(take(&mut rest)?);
        let _magic: [u8; 1] = take(&mut rest)?;
        let checksum = u32::from_be_bytes(take(&mut rest)?);
        let attributes = i16::from_be_bytes(take(&mut rest)?);
        let last_offset_delta = i32::from_be_bytes(take(&mut rest)?);
        let base_timestamp = i64::from_be_bytes(take(&mut rest)?);
        let max_timestamp = i64::from_be_bytes(take(&mut rest)?);
        let producer_id = i64::from_be_bytes(take(&mut rest)?);
        let producer_epoch = i16::from_be_bytes(take(&mut rest)?);
        let base_sequence = i32::from_be_bytes(take(&mut rest)?);
        let record_count = i32::from_be_bytes(take(&mut rest)?);
        Some(Self {
            base_offset,
            leader_epoch,
            checksum,
            attributes,
            last_offset_delta,
            base_timestamp,
            max_timestamp,
            producer_id,
            producer_epoch,
            base_sequence,
            record_count,
        })
    }

    /// Checks what the numbers say about offsets and counts, so that later sums cannot overflow.
    pub(super) fn check(self) -> Result<Self, BatchError> {
        if self.base_offset < 0 || self.last_offset_delta < 0 || self.record_count < 0 {
            return Err(BatchError::Malformed("the batch has a negative offset or record count"));
        }
        if self.base_offset.checked_add(i64::from(self.last_offset_delta) + 1).is_none() {
            return Err(BatchError::Malformed("the batch's last offset is out of range"));
        }
        Ok(self)
    }

    /// Returns the offset of the last record that was written.
    pub(crate) fn last_offset(&self) -> i64 {
        self.base_offset.saturating_add(i64::from(self.last_offset_delta))
    }

    /// Returns the offset behind the batch: where reading goes on, even past a batch that
    /// compaction left without records.
    pub(crate) fn next_offset(&self) -> i64 {
        self.last_offset().saturating_add(1)
    }

    /// Returns how the records are compressed.
    pub(crate) fn codec(&self) -> Result<Codec, BatchError> {
        let number = self.attributes & CODEC;
        Codec::numbered(number).ok_or(BatchError::UnknownCodec(number))
    }

    /// Returns who set the timestamps.
    pub(crate) fn timestamp_type(&self) -> TimestampType {
        if self.attributes & LOG_APPEND_TIME == 0 {
            TimestampType::CreateTime
        } else {
            TimestampType::LogAppendTime
        }
    }

    /// Tells whether the batch belongs to a transaction.
    pub(crate) fn is_transactional(&self) -> bool {
        self.attributes & TRANSACTIONAL != 0
    }

    /// Tells whether the batch is a marker of the broker and not data.
    pub(crate) fn is_control(&self) -> bool {
        self.attributes & CONTROL != 0
    }

    /// Tells whether the producer numbers what it sends.
    pub(crate) fn has_producer(&self) -> bool {
        self.producer_id >= 0
    }

    /// Returns when compaction may remove the batch's tombstones; `None` until it has seen them.
    pub(crate) fn delete_horizon(&self) -> Option<i64> {
        (self.attributes & DELETE_HORIZON != 0).then_some(self.base_timestamp)
    }

    /// Returns the header of the marker that ends a producer's transaction: it holds one record.
    pub(crate) fn of_marker(producer_id: i64, producer_epoch: i16, time: i64) -> Self {
        Self {
            base_offset: 0,
            leader_epoch: 0,
            checksum: 0,
            attributes: TRANSACTIONAL | CONTROL,
            last_offset_delta: 0,
            base_timestamp: time,
            max_timestamp: time,
            producer_id,
            producer_epoch,
            base_sequence: -1,
            record_count: 1,
        }
    }

    /// Returns the header with the producer's timestamps, the greatest of which is this one.
    pub(crate) fn created(self, max_timestamp: i64) -> Self {
        Self { attributes: self.attributes & !LOG_APPEND_TIME, max_timestamp, ..self }
    }

    /// Returns the header with this time as that of all its records.
    pub(crate) fn appended(self, time: i64) -> Self {
        Self { attributes: self.attributes | LOG_APPEND_TIME, max_timestamp: time, ..self }
    }

    /// Returns the header for records that are compressed like this.
    pub(crate) fn compressed(self, codec: Codec) -> Self {
        Self { attributes: (self.attributes & !CODEC) | codec.number(), ..self }
    }

    /// Returns the header with the time from which on compaction may remove the batch's tombstones.
    pub(crate) fn with_delete_horizon(self, time: i64) -> Self {
        Self { attributes: self.attributes | DELETE_HORIZON, base_timestamp: time, ..self }
    }

    /// Returns the header of the batch without its records. Offsets and sequence numbers stay, so
    /// that a reader goes on behind it and the producer's next batch follows it.
    pub(crate) fn emptied(self) -> Self {
        let attributes = self.attributes & !(CODEC | DELETE_HORIZON);
        Self { attributes, base_timestamp: -1, record_count: 0, ..self }
    }
}
