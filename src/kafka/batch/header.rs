//! The fixed 61 bytes at the head of a record batch.

use super::{BatchError, take};
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
    /// CRC32C of everything behind it.
    pub(super) checksum: u32,
    /// Codec, timestamp type and the two transaction bits.
    pub(super) attributes: i16,
    /// The last offset of the batch, less the base offset; compaction does not change it.
    pub(super) last_offset_delta: i32,
    /// What the records' timestamps are relative to.
    pub(super) base_timestamp: i64,
    /// The greatest timestamp, and with `LogAppendTime` that of all records.
    pub(super) max_timestamp: i64,
    /// The producer's id; −1 without one.
    pub(super) producer_id: i64,
    /// How many records the batch says it has.
    pub(super) record_count: i32,
}

/// The bit of `attributes` for `LogAppendTime`.
const LOG_APPEND_TIME: i16 = 0x08;
/// The bit of `attributes` for batches in a transaction.
const TRANSACTIONAL: i16 = 0x10;
/// The bit of `attributes` for markers that the broker wrote.
const CONTROL: i16 = 0x20;

impl BatchHeader {
    /// Reads the header of a batch that has format v2.
    pub(super) fn read(bytes: &[u8; HEADER_SIZE]) -> Option<Self> {
        let mut rest = bytes.as_slice();
        let base_offset = i64::from_be_bytes(take(&mut rest)?);
        let _batch_length: [u8; 4] = take(&mut rest)?;
        let _partition_leader_epoch: [u8; 4] = take(&mut rest)?;
        let _magic: [u8; 1] = take(&mut rest)?;
        let checksum = u32::from_be_bytes(take(&mut rest)?);
        let attributes = i16::from_be_bytes(take(&mut rest)?);
        let last_offset_delta = i32::from_be_bytes(take(&mut rest)?);
        let base_timestamp = i64::from_be_bytes(take(&mut rest)?);
        let max_timestamp = i64::from_be_bytes(take(&mut rest)?);
        let producer_id = i64::from_be_bytes(take(&mut rest)?);
        let _producer_epoch: [u8; 2] = take(&mut rest)?;
        let _base_sequence: [u8; 4] = take(&mut rest)?;
        let record_count = i32::from_be_bytes(take(&mut rest)?);
        Some(Self {
            base_offset,
            checksum,
            attributes,
            last_offset_delta,
            base_timestamp,
            max_timestamp,
            producer_id,
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

    /// Returns the number of the codec.
    pub(super) fn codec(&self) -> i16 {
        self.attributes & 0x07
    }

    /// Returns who set the timestamps.
    pub(super) fn timestamp_type(&self) -> TimestampType {
        if self.attributes & LOG_APPEND_TIME == 0 {
            TimestampType::CreateTime
        } else {
            TimestampType::LogAppendTime
        }
    }

    /// Tells whether the batch belongs to a transaction.
    pub(super) fn is_transactional(&self) -> bool {
        self.attributes & TRANSACTIONAL != 0
    }

    /// Tells whether the batch is a marker of the broker and not data.
    pub(crate) fn is_control(&self) -> bool {
        self.attributes & CONTROL != 0
    }
}
