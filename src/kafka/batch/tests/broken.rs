//! Batches that are cut off, that lie or that are not of this format are errors, and cost no
//! memory.

use super::{read, values};
use crate::kafka::batch::iter::Whole;
use crate::kafka::batch::sample::{Compression, SampleBatch};
use crate::kafka::batch::write::put_varint;
use crate::kafka::batch::{BatchError, Scratch, whole_batches};
use crate::model::codec::Codec;

#[test]
fn a_batch_that_is_cut_off_anywhere_is_left_for_the_next_fetch() {
    let whole = SampleBatch::of(5, &["a", "b"]).encode(Compression::Zstd);
    let next = SampleBatch::of(7, &["c"]).encode(Compression::Gzip);
    for cut in 0..next.len() {
        let bytes = [whole.as_slice(), &next[..cut]].concat();
        assert_eq!(
            whole_batches(&bytes),
            Ok(Whole { size: whole.len(), next_offset: Some(7) }),
            "cut at {cut}"
        );
        assert_eq!(values(&bytes).unwrap(), ["a", "b"]);
    }
    let bytes = [whole, next].concat();
    assert_eq!(whole_batches(&bytes).unwrap().next_offset, Some(8));
    assert_eq!(values(&bytes).unwrap(), ["a", "b", "c"]);
    assert_eq!(whole_batches(&[]), Ok(Whole { size: 0, next_offset: None }));
}

#[test]
fn records_that_are_cut_off_are_an_error() {
    let batch = SampleBatch::of(0, &["some value", "some value"]);
    for compression in Compression::ALL {
        let body = batch.encode(compression)[61..].to_vec();
        let codec = batch.encode(compression)[22];
        for cut in 0..body.len() {
            let bytes = batch.encode_raw(2, i16::from(codec), &body[..cut]);
            // The ends of an LZ4 and a gzip stream say nothing that the records do not.
            if let Ok(count) = read(&bytes) {
                assert!(cut + 12 >= body.len() && count == 2, "{compression:?} cut at {cut}");
            }
        }
    }
}

#[test]
fn more_or_fewer_records_than_stated_are_an_error() {
    let batch = SampleBatch::of(0, &["a", "b"]);
    let body = batch.encode(Compression::None)[61..].to_vec();
    assert_eq!(read(&batch.encode_raw(2, 0, &body)), Ok(2));
    for wrong in [0, 1, 3, i32::MAX, -1] {
        assert!(read(&batch.encode_raw(wrong, 0, &body)).is_err(), "{wrong}");
    }
}

#[test]
fn offsets_must_grow_and_stay_in_the_batch() {
    for deltas in [[0, 0], [1, 0], [0, 2], [-1, 0]] {
        let mut batch = SampleBatch::of(0, &["a", "b"]);
        for (record, delta) in batch.records.iter_mut().zip(deltas) {
            record.offset_delta = delta;
        }
        assert!(read(&batch.encode(Compression::None)).is_err(), "{deltas:?}");
    }
}

#[test]
fn old_and_unknown_formats_are_named() {
    for (magic, error) in [
        (0, BatchError::OldFormat(0)),
        (1, BatchError::OldFormat(1)),
        (3, BatchError::UnknownFormat(3)),
    ] {
        let mut bytes = SampleBatch::of(0, &["a"]).encode(Compression::None);
        bytes[16] = magic;
        assert_eq!(whole_batches(&bytes), Err(error));
    }
}

#[test]
fn impossible_lengths_and_offsets_are_errors() {
    for length in [-1, 0, 48, i32::MIN] {
        let mut bytes = SampleBatch::of(0, &["a"]).encode(Compression::None);
        bytes[8..12].copy_from_slice(&i32::to_be_bytes(length));
        assert!(whole_batches(&bytes).is_err(), "{length}");
    }
    for offset in [-1, i64::MIN, i64::MAX] {
        let bytes = SampleBatch::of(offset, &["a"]).encode(Compression::None);
        assert!(whole_batches(&bytes).is_err(), "{offset}");
    }
}

#[test]
fn a_claimed_length_takes_no_memory() {
    let batch = SampleBatch::of(0, &["a"]);
    let mut record = Vec::new();
    put_varint(&mut record, i64::from(i32::MAX));
    assert!(read(&batch.encode_raw(1, 0, &record)).is_err());
    // Raw snappy that claims 4 GiB - 1.
    assert!(read(&batch.encode_raw(1, 2, &[0xff, 0xff, 0xff, 0xff, 0x0f, 0])).is_err());
    // A header count of two thousand million in a record of eight bytes.
    let mut body = vec![0, 0, 0, 1, 1];
    put_varint(&mut body, i64::from(i32::MAX));
    let mut record = Vec::new();
    put_varint(&mut record, i64::try_from(body.len()).unwrap());
    record.extend(body);
    assert!(read(&batch.encode_raw(1, 0, &record)).is_err());
}

#[test]
fn a_decompression_bomb_stops_at_the_limit() {
    let bomb = vec![0; 1024 * 1024];
    for (codec, compression) in [
        (Codec::Gzip, Compression::Gzip),
        (Codec::Snappy, Compression::SnappyRaw),
        (Codec::Snappy, Compression::SnappyXerial),
        (Codec::Lz4, Compression::Lz4),
        (Codec::Zstd, Compression::Zstd),
    ] {
        let compressed = compression.compress(&bomb);
        let mut scratch = Scratch::default();
        assert_eq!(
            scratch.decompress_up_to(100_000, codec, &compressed),
            Err(BatchError::TooLarge { limit: 100_000 }),
            "{compression:?}"
        );
        assert_eq!(scratch.decompress_up_to(bomb.len(), codec, &compressed).unwrap(), bomb);
    }
}
