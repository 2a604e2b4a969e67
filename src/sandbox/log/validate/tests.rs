//! What a producer may send and what not.

use proptest::prelude::*;

use super::super::sample::{Sample, check};
use super::*;
use crate::kafka::batch::put_record;
use crate::kafka::batch::sample::{Compression, SampleBatch};
use crate::model::header::Headers;

const NOW: i64 = 10_000_000;

fn error(sample: &Sample, config: &LogConfig) -> ResponseError {
    check(&sample.bytes(), config, NOW).unwrap_err().error
}

fn refusal(sample: &Sample) -> ResponseError {
    error(sample, &LogConfig::default())
}

/// A sample that was changed.
fn with(change: impl FnOnce(&mut Sample)) -> Sample {
    let mut sample = Sample::of(&["a", "b"]);
    change(&mut sample);
    sample
}

#[test]
fn every_codec_is_taken() {
    for compression in Compression::ALL {
        let sample = Sample::of(&["a", "b"]).compressed(compression);
        let produced = check(&sample.bytes(), &LogConfig::default(), NOW).unwrap();
        assert_eq!(
            produced.header.encode(&produced.body).unwrap(),
            sample.bytes(),
            "{compression:?}"
        );
    }
}

#[test]
fn records_are_compressed_as_the_topic_has_it() {
    let mut scratch = Scratch::default();
    let values: Vec<_> = (0..100).map(|count| format!("value {count}")).collect();
    let values: Vec<_> = values.iter().map(String::as_str).collect();
    for compression in Compression::ALL {
        let sample = Sample::of(&values).compressed(compression);
        let sent = check(&sample.bytes(), &LogConfig::default(), NOW).unwrap();
        for codec in Codec::ALL {
            let config = LogConfig { codec: Some(codec), ..LogConfig::default() };
            let produced = check(&sample.bytes(), &config, NOW).unwrap();
            assert_eq!(produced.header, sent.header.compressed(codec));
            if sent.header.codec() == Ok(codec) {
                assert_eq!(produced.body, sent.body, "what is right stays as it came");
            }
            let stored = produced.header.encode(&produced.body).unwrap();
            let batch = Batches::new(&stored).next().unwrap().unwrap();
            assert_eq!(batch.header.codec(), Ok(codec));
            let records = batch.records(&mut scratch).unwrap().map(|it| it.unwrap().offset);
            assert!(records.eq(0..100), "{compression:?} to {codec:?}");
        }
    }
}

#[test]
fn what_is_too_large_when_it_is_compressed_anew_is_refused() {
    let sample = Sample::of(&["a".repeat(10_000).as_str()]).compressed(Compression::Zstd);
    let config = LogConfig { max_batch_bytes: 5_000, ..LogConfig::default() };
    assert!(check(&sample.bytes(), &config, NOW).is_ok());
    let config = LogConfig { codec: Some(Codec::None), ..config };
    assert_eq!(error(&sample, &config), ResponseError::MessageTooLarge);
}

#[test]
fn there_is_one_batch_of_the_present_format() {
    let bytes = Sample::of(&["a"]).bytes();
    let refused = |bytes: &[u8]| {
        check(&Bytes::copy_from_slice(bytes), &LogConfig::default(), NOW).unwrap_err().error
    };
    assert_eq!(refused(&[]), ResponseError::InvalidRecord);
    assert_eq!(refused(&[bytes.as_ref(), &bytes].concat()), ResponseError::InvalidRecord);
    assert_eq!(refused(&bytes[..bytes.len() - 1]), ResponseError::InvalidRecord);
    for (magic, expected) in [
        (0, ResponseError::InvalidRecord),
        (1, ResponseError::InvalidRecord),
        (3, ResponseError::CorruptMessage),
    ] {
        let mut other = bytes.to_vec();
        other[16] = magic;
        assert_eq!(refused(&other), expected, "magic {magic}");
    }
    let with_rest = Bytes::from([bytes.as_ref(), &bytes[..20]].concat());
    let produced = check(&with_rest, &LogConfig::default(), NOW).unwrap();
    assert_eq!(produced.body, bytes[61..], "half a batch is left out");
}

#[test]
fn a_flipped_bit_is_seen() {
    let bytes = Sample::of(&["a"]).bytes();
    for place in 17..bytes.len() {
        let mut broken = bytes.to_vec();
        broken[place] ^= 1;
        let refused = check(&Bytes::from(broken), &LogConfig::default(), NOW).unwrap_err();
        // A length that does not fit is seen first.
        assert_eq!(refused.error, ResponseError::CorruptMessage, "byte {place}");
        assert!(!refused.tells_log_start());
    }
}

#[test]
fn offsets_count_from_zero_without_gaps() {
    assert_eq!(refusal(&Sample::of(&["a"]).at(5)), ResponseError::InvalidRecord);
    assert_eq!(refusal(&with(|it| it.batch.last_offset_delta = 2)), ResponseError::InvalidRecord);
    let gap = with(|it| it.batch.records[1].offset_delta = 2);
    assert_eq!(refusal(&gap), ResponseError::InvalidRecord);
    let twice = with(|it| it.batch.records[1].offset_delta = 0);
    assert_eq!(refusal(&twice), ResponseError::InvalidRecord);
    let empty = with(|it| {
        it.batch.records.clear();
        it.batch.last_offset_delta = -1;
    });
    assert_eq!(refusal(&empty), ResponseError::InvalidRecord);
}

#[test]
fn a_count_that_lies_is_refused() {
    let batch = SampleBatch::of(0, &["a", "b"]);
    let mut body = Vec::new();
    for delta in 0..2 {
        put_record(&mut body, delta, 0, None, Some(b"a"), Headers::default());
    }
    for count in [1, 3, i32::MAX] {
        let mut batch = batch.clone();
        batch.last_offset_delta = count - 1;
        let bytes = Bytes::from(batch.encode_raw(count, 0, &body));
        let refused = check(&bytes, &LogConfig::default(), i64::MAX).unwrap_err();
        assert_eq!(refused.error, ResponseError::InvalidRecord, "{count}");
    }
}

#[test]
fn clients_write_no_markers_and_number_what_they_send() {
    assert_eq!(refusal(&with(|it| it.batch.attributes |= 0x20)), ResponseError::InvalidRecord);
    assert_eq!(refusal(&Sample::of_producer(7, 0, -1)), ResponseError::InvalidRecord);
}

#[test]
fn sizes_are_bounded_before_and_after_decompression() {
    let size = Sample::of(&["a"]).bytes().len();
    let config = |max_batch_bytes| LogConfig { max_batch_bytes, ..LogConfig::default() };
    assert!(check(&Sample::of(&["a"]).bytes(), &config(size), NOW).is_ok());
    let too_large = error(&Sample::of(&["a"]), &config(size - 1));
    assert_eq!(too_large, ResponseError::MessageTooLarge);
    let zeros = vec![0; MOST_DECOMPRESSED + 1];
    let bomb = SampleBatch::of(0, &["a"]).encode_raw(1, 4, &Compression::Zstd.compress(&zeros));
    assert!(bomb.len() < 100_000);
    let refused = check(&Bytes::from(bomb), &LogConfig::default(), NOW).unwrap_err();
    assert_eq!(refused.error, ResponseError::MessageTooLarge);
}

#[test]
fn codecs_that_are_not_known_or_allowed_are_refused() {
    assert_eq!(refusal(&with(|it| it.batch.attributes |= 5)), ResponseError::UnknownServerError);
    let garbage = Bytes::from(SampleBatch::of(0, &["a"]).encode_raw(1, 4, b"garbage"));
    let refused = check(&garbage, &LogConfig::default(), NOW).unwrap_err();
    assert_eq!(refused.error, ResponseError::UnknownServerError);
    let config = LogConfig::default();
    let now = Timestamp(NOW);
    let rules = Rules { config: &config, partition: "orders-0", now, allows_zstd: false };
    let zstd = Sample::of(&["a"]).compressed(Compression::Zstd).bytes();
    let refused = validate(&zstd, rules, &mut Scratch::default()).unwrap_err();
    assert_eq!(refused.error, ResponseError::UnsupportedCompressionType);
}

#[test]
fn a_compacted_topic_wants_keys_and_names_the_records_without() {
    let config = LogConfig { compacts: true, ..LogConfig::default() };
    assert!(check(&Sample::keyed(&[("k", None)]).bytes(), &config, NOW).is_ok());
    let mut sample = Sample::keyed(&[("a", None), ("b", None), ("c", None)]);
    sample.batch.records[1].key = None;
    let refused = check(&sample.bytes(), &config, NOW).unwrap_err();
    assert_eq!(refused.error, ResponseError::InvalidRecord);
    assert!(refused.tells_log_start());
    let message = "Compacted topic cannot accept message without key in topic partition orders-0";
    assert_eq!(refused.records, [WrongRecord { index: 1, message: message.to_owned() }]);
    let summary = format!(
        "One or more records have been rejected due to 1 record errors in total, and only showing \
         the first three errors at most: [RecordError(batchIndex=1, message='{message}')]"
    );
    assert_eq!(refused.message.as_deref(), Some(summary.as_str()));
}

#[test]
fn not_more_wrong_records_are_named_than_anybody_reads() {
    let config = LogConfig { compacts: true, ..LogConfig::default() };
    let refused = check(&Sample::of(&["v"]).records(5_000).bytes(), &config, NOW).unwrap_err();
    assert_eq!(refused.records.len(), MOST_NAMED);
}

#[test]
fn times_have_their_bounds() {
    let config = LogConfig { before_max_ms: 1_000, after_max_ms: 500, ..LogConfig::default() };
    for (time, is_right) in [
        (NOW - 1_000, true),
        (NOW - 1_001, false),
        (NOW + 500, true),
        (NOW + 501, false),
        (i64::MAX, false),
        (-1, true),
    ] {
        let sample = Sample::of(&["a"]).times(&[time]);
        let result = check(&sample.bytes(), &config, NOW);
        assert_eq!(result.is_ok(), is_right, "{time}");
        if let Err(refused) = result {
            assert_eq!(refused.error, ResponseError::InvalidTimestamp);
            assert_eq!(refused.records.len(), 1);
        }
    }
}

#[test]
fn who_sets_the_time_is_not_for_the_producer_to_say() {
    let claims = with(|it| it.batch.attributes |= 0x08);
    let by_broker =
        LogConfig { timestamp_type: TimestampType::LogAppendTime, ..LogConfig::default() };
    assert_eq!(error(&claims, &by_broker), ResponseError::InvalidTimestamp);
    let produced = check(&claims.bytes(), &LogConfig::default(), NOW).unwrap();
    assert_eq!(produced.header.timestamp_type(), TimestampType::CreateTime);
    let lies = with(|it| it.batch.max_timestamp = 77_777);
    let produced = check(&lies.bytes(), &LogConfig::default(), NOW).unwrap();
    assert_eq!(produced.header.max_timestamp, 1_000, "the records have it");
}

proptest! {
    /// Whatever comes, there is an answer; and what is taken can be read.
    #[test]
    fn garbage_is_an_error(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        count in 1..4_i32,
        codec in 0..8_i16,
    ) {
        let config = LogConfig { after_max_ms: i64::MAX, ..LogConfig::default() };
        let _refused = check(&Bytes::from(bytes.clone()), &config, NOW);
        let mut batch = SampleBatch::of(0, &["a"]);
        batch.last_offset_delta = count - 1;
        let bytes = Bytes::from(batch.encode_raw(count, codec, &bytes));
        if let Ok(produced) = check(&bytes, &config, NOW) {
            let stored = produced.header.encode(&produced.body).unwrap();
            let batch = Batches::new(&stored).next().unwrap().unwrap();
            let mut scratch = Scratch::default();
            let records: Result<Vec<_>, _> = batch.records(&mut scratch).unwrap().collect();
            prop_assert_eq!(i32::try_from(records.unwrap().len()), Ok(count));
        }
    }
}
