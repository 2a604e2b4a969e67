//! What the reading of record batches promises, for every codec and for bytes that are broken.

mod broken;

use proptest::prelude::*;

use super::codec::MAX_DECOMPRESSED;
use super::sample::{Compression, SampleBatch, SampleRecord};
use super::*;
use crate::model::codec::Codec;
use crate::model::timestamp::{Timestamp, TimestampType};

/// Reads all values of all whole batches, as text.
fn values(bytes: &[u8]) -> Result<Vec<String>, BatchError> {
    let mut scratch = Scratch::default();
    let mut values = Vec::new();
    for batch in Batches::new(bytes) {
        for record in batch?.records(&mut scratch)? {
            values.push(String::from_utf8(record?.value.unwrap_or_default().to_vec()).unwrap());
        }
    }
    Ok(values)
}

/// Reads all there is, for its errors.
fn read(bytes: &[u8]) -> Result<usize, BatchError> {
    let mut scratch = Scratch::default();
    let mut count = 0;
    let mut aborted =
        AbortedTransactions::new(&[AbortedTransaction { producer_id: 0, first_offset: 0 }]);
    for batch in Batches::new(bytes) {
        let batch = batch?;
        aborted.hides(&batch, &mut scratch)?;
        for record in batch.records(&mut scratch)? {
            count += record?.headers.iter().count() + 1;
        }
    }
    Ok(count)
}

fn bytes() -> impl Strategy<Value = Option<Vec<u8>>> {
    proptest::option::of(proptest::collection::vec(any::<u8>(), 0..300))
}

fn sample_batch() -> impl Strategy<Value = SampleBatch> {
    let header = (proptest::collection::vec(any::<u8>(), 0..20), bytes());
    let record = (
        1..1000_i64,
        -1000..1_000_000_i64,
        bytes(),
        bytes(),
        proptest::collection::vec(header, 0..4),
    );
    (0..i64::from(u32::MAX), 0..i64::from(u32::MAX), proptest::collection::vec(record, 0..20))
        .prop_map(|(base_offset, base_timestamp, records)| {
            let mut offset_delta = -1;
            let records: Vec<_> = records
                .into_iter()
                .map(|(step, timestamp_delta, key, value, headers)| {
                    // Steps greater than one are the gaps that compaction leaves.
                    offset_delta += step;
                    SampleRecord { offset_delta, timestamp_delta, key, value, headers }
                })
                .collect();
            let last_offset_delta = i32::try_from(offset_delta.max(0)).unwrap() + 3;
            SampleBatch {
                base_offset,
                last_offset_delta,
                base_timestamp,
                records,
                ..SampleBatch::of(0, &["x"])
            }
        })
}

proptest! {
    #[test]
    fn what_is_encoded_is_read_whatever_the_codec(batch in sample_batch()) {
        let mut scratch = Scratch::default();
        for compression in Compression::ALL {
            let bytes = batch.encode(compression);
            let read = Batches::new(&bytes).next().unwrap().unwrap();
            prop_assert_eq!(read.header.next_offset(), batch.base_offset + i64::from(batch.last_offset_delta) + 1);
            let mut records = read.records(&mut scratch).unwrap();
            for sample in &batch.records {
                let view = records.next().unwrap().unwrap();
                prop_assert!(sample.is(&batch, &view), "{:?} became {:?}", sample, view);
            }
            prop_assert!(records.next().is_none());
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _result = read(&bytes);
        let mut scratch = Scratch::default();
        for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
            let _result = scratch.decompress_up_to(MAX_DECOMPRESSED, codec, &bytes).map(<[u8]>::len);
        }
    }

    /// A checksum proves nothing about what the producer put under it.
    #[test]
    fn arbitrary_records_under_a_right_checksum_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        count in any::<i32>(),
        codec in 0..8_i16,
        attributes in (0..16_i16).prop_map(|bits| bits << 3),
        last_offset_delta in any::<i32>(),
        base_offset in any::<i64>(),
    ) {
        let batch = SampleBatch {
            attributes, last_offset_delta, base_offset, producer_id: 0, ..SampleBatch::of(0, &["x"])
        };
        let _result = read(&batch.encode_raw(count, codec, &bytes));
    }

    #[test]
    fn a_changed_byte_under_the_checksum_is_detected(
        batch in sample_batch(), at in any::<prop::sample::Index>(), change in 1..=255_u8,
    ) {
        let mut bytes = batch.encode(Compression::None);
        // Base offset and leader epoch are the broker's: they stand outside of the checksum.
        let checked = 16..bytes.len();
        bytes[16 + at.index(checked.len())] ^= change;
        prop_assert!(read(&bytes).is_err());
    }

    #[test]
    fn a_broken_compressed_body_is_an_error_or_other_records(
        at in any::<prop::sample::Index>(), change in 1..=255_u8,
    ) {
        for compression in Compression::ALL {
            let batch = SampleBatch::of(0, &["some value", "some other value", "some value"]);
            let mut bytes = batch.encode(compression);
            let index = 61 + at.index(bytes.len() - 61);
            bytes[index] ^= change;
            let checksum = crc32c::crc32c(&bytes[21..]);
            bytes[17..21].copy_from_slice(&checksum.to_be_bytes());
            let _result = read(&bytes);
        }
    }
}

#[test]
fn an_empty_batch_still_moves_the_position() {
    let mut batch = SampleBatch::of(10, &[]);
    batch.last_offset_delta = 4;
    batch.attributes = 4;
    let bytes = batch.encode_raw(0, 0, &[]);
    assert_eq!(whole_batches(&bytes).unwrap().next_offset, Some(15));
    assert_eq!(values(&bytes).unwrap(), Vec::<String>::new());
}

#[test]
fn log_append_time_is_the_batch_s_greatest_timestamp() {
    let mut batch = SampleBatch::of(0, &["a"]);
    batch.attributes = 0x08;
    batch.max_timestamp = 42;
    let bytes = batch.encode(Compression::None);
    let mut scratch = Scratch::default();
    let batch = Batches::new(&bytes).next().unwrap().unwrap();
    let record = batch.records(&mut scratch).unwrap().next().unwrap().unwrap();
    assert_eq!(record.timestamp, Some(Timestamp(42)));
    assert_eq!(record.timestamp_type, TimestampType::LogAppendTime);
}

#[test]
fn a_record_without_timestamp_has_none() {
    let mut batch = SampleBatch::of(0, &["a"]);
    batch.base_timestamp = -1;
    let bytes = batch.encode(Compression::None);
    let mut scratch = Scratch::default();
    let batch = Batches::new(&bytes).next().unwrap().unwrap();
    let record = batch.records(&mut scratch).unwrap().next().unwrap().unwrap();
    assert_eq!(record.timestamp, None);
}

#[test]
fn streams_of_several_frames_are_read_whole() {
    for (codec, compression) in [
        (Codec::Gzip, Compression::Gzip),
        (Codec::Snappy, Compression::SnappyXerial),
        (Codec::Zstd, Compression::Zstd),
    ] {
        let input = [compression.compress(b"one"), compression.compress(b"two")].concat();
        assert_eq!(
            Scratch::default().decompress_up_to(MAX_DECOMPRESSED, codec, &input).unwrap(),
            b"onetwo",
            "{compression:?}"
        );
    }
}

#[test]
fn an_aborted_transaction_is_hidden_up_to_its_marker() {
    let bytes = [
        SampleBatch::of(0, &["before"]).transactional(7),
        SampleBatch::marker(1, 7, true),
        SampleBatch::of(2, &["aborted"]).transactional(7),
        SampleBatch::of(3, &["other producer"]).transactional(8),
        SampleBatch::of(4, &["no transaction"]),
        SampleBatch::of(5, &["aborted too"]).transactional(7),
        SampleBatch::marker(6, 7, false),
        SampleBatch::of(7, &["after"]).transactional(7),
        SampleBatch::marker(8, 8, true),
        SampleBatch::marker(9, 7, true),
    ]
    .map(|batch| batch.encode(Compression::None))
    .concat();
    let mut aborted =
        AbortedTransactions::new(&[AbortedTransaction { producer_id: 7, first_offset: 2 }]);
    let mut scratch = Scratch::default();
    let hidden: Vec<bool> = Batches::new(&bytes)
        .map(|batch| aborted.hides(&batch.unwrap(), &mut scratch).unwrap())
        .collect();
    assert_eq!(hidden, [false, false, true, false, false, true, false, false, false, false]);
}
