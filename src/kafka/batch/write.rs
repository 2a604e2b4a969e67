//! Writes batches and their records.

use super::header::{CHECKED_START, HEADER_SIZE, LENGTH_END};
use super::{BatchError, BatchHeader};
use crate::model::header::Headers;

/// The only format that is written.
const MAGIC: u8 = 2;
/// Where the checksum stands: right before what it covers.
const CHECKSUM_START: usize = CHECKED_START - 4;

impl BatchHeader {
    /// Returns a whole batch: this header, with the right length and checksum, and `body` behind
    /// it.
    pub(crate) fn encode(&self, body: &[u8]) -> Result<Vec<u8>, BatchError> {
        let Self {
            base_offset,
            leader_epoch,
            checksum: _,
            attributes,
            last_offset_delta,
            base_timestamp,
            max_timestamp,
            producer_id,
            producer_epoch,
            base_sequence,
            record_count,
        } = *self;
        let size = HEADER_SIZE + body.len();
        let length = i32::try_from(size - LENGTH_END)
            .map_err(|_| BatchError::Malformed("the batch is longer than 2 GiB"))?;
        let mut batch = Vec::with_capacity(size);
        batch.extend(base_offset.to_be_bytes());
        batch.extend(length.to_be_bytes());
        batch.extend(leader_epoch.to_be_bytes());
        batch.push(MAGIC);
        batch.extend([0; CHECKED_START - CHECKSUM_START]);
        batch.extend(attributes.to_be_bytes());
        batch.extend(last_offset_delta.to_be_bytes());
        batch.extend(base_timestamp.to_be_bytes());
        batch.extend(max_timestamp.to_be_bytes());
        batch.extend(producer_id.to_be_bytes());
        batch.extend(producer_epoch.to_be_bytes());
        batch.extend(base_sequence.to_be_bytes());
        batch.extend(record_count.to_be_bytes());
        batch.extend(body);
        let checksum = crc32c::crc32c(batch.get(CHECKED_START..).unwrap_or_default());
        if let Some(place) = batch.get_mut(CHECKSUM_START..CHECKED_START) {
            place.copy_from_slice(&checksum.to_be_bytes());
        }
        Ok(batch)
    }
}

/// Writes a record behind `output`.
pub(crate) fn put_record(
    output: &mut Vec<u8>,
    offset_delta: i64,
    timestamp_delta: i64,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
    headers: Headers<'_>,
) {
    // The record's own attributes are unused in format v2.
    let mut record = vec![0];
    put_varint(&mut record, timestamp_delta);
    put_varint(&mut record, offset_delta);
    put_sized(&mut record, key);
    put_sized(&mut record, value);
    put_length(&mut record, headers.len());
    record.extend(headers.block());
    put_length(output, record.len());
    output.extend(record);
}

/// Writes a length and the bytes; length −1 is null.
pub(super) fn put_sized(output: &mut Vec<u8>, bytes: Option<&[u8]>) {
    match bytes {
        None => put_varint(output, -1),
        Some(bytes) => {
            put_length(output, bytes.len());
            output.extend(bytes);
        }
    }
}

/// Writes a length. No memory holds more than `i64` counts.
fn put_length(output: &mut Vec<u8>, length: usize) {
    put_varint(output, i64::try_from(length).unwrap_or(i64::MAX));
}

/// Writes a zigzag varint.
pub(super) fn put_varint(output: &mut Vec<u8>, value: i64) {
    let mut left = ((value << 1) ^ (value >> 63)).cast_unsigned();
    loop {
        let [low, ..] = left.to_le_bytes();
        left >>= 7;
        if left == 0 {
            output.push(low);
            return;
        }
        output.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample::{Compression, SampleBatch};
    use super::super::{Batches, Scratch};
    use super::*;
    use crate::model::header::take_varint;

    proptest! {
        #[test]
        fn a_varint_can_be_read_again(value: i64) {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, value);
            let mut rest = bytes.as_slice();
            prop_assert_eq!(take_varint(&mut rest), Some(value));
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn a_batch_that_is_written_again_is_the_same(values in prop::collection::vec(".{0,9}", 1..9)) {
            let values: Vec<_> = values.iter().map(String::as_str).collect();
            let bytes = SampleBatch::of(7, &values).transactional(42).encode(Compression::None);
            let batch = Batches::new(&bytes).next().unwrap().unwrap();
            let mut body = Vec::new();
            for record in batch.records(&mut Scratch::default()).unwrap() {
                let record = record.unwrap();
                put_record(&mut body, record.offset - 7, 0, record.key, record.value, record.headers);
            }
            prop_assert_eq!(batch.header.encode(&body), Ok(bytes));
        }
    }
}
