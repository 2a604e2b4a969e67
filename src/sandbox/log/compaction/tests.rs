//! What compaction leaves and what it takes away.

use bytes::Bytes;
use proptest::prelude::*;

use super::super::config::LogConfig;
use super::super::read::{Bounds, Isolation};
use super::super::sample::{Sample, end, records};
use super::*;
use crate::kafka::batch::Batches;
use crate::kafka::batch::sample::Compression;
use crate::sandbox::transactions::Outcome;

const ALL: Bounds = Bounds { max_bytes: usize::MAX, at_least_one: true };

/// Compacts whatever there is; segments are rolled by [`roll`].
fn config() -> LogConfig {
    LogConfig {
        compacts: true,
        deletes: false,
        min_dirty_ratio: 0.0,
        delete_retention_ms: 1_000,
        after_max_ms: i64::MAX,
        ..LogConfig::default()
    }
}

/// Puts everything so far behind the active segment.
fn roll(log: &mut Log) {
    let next = Segment::new(log.end, Timestamp(0));
    log.segments.push_back(next);
}

/// Compacts everything so far; tells whether there was something to do.
fn compact(log: &mut Log, config: &LogConfig, now: i64) -> bool {
    compact_within(log, config, now, MOST_KEYS)
}

/// The same with so much room for keys.
fn compact_within(log: &mut Log, config: &LogConfig, now: i64, room: usize) -> bool {
    roll(log);
    let at = At { config, now: Timestamp(now) };
    let Some(compaction) = log.compaction(at) else { return false };
    log.compacted(compaction.run_within(room, &mut Scratch::default()));
    true
}

fn append(log: &mut Log, sample: &Sample) {
    sample.append(log, &config(), 0).unwrap();
}

/// Offsets and values of all records, without those of markers.
fn left(log: &Log) -> Vec<(i64, Option<String>)> {
    let slice = log.read(log.start(), ALL, Isolation::Uncommitted).unwrap();
    let is_data = |bytes: &Bytes| {
        let batch = Batches::new(bytes).next().unwrap().unwrap();
        !batch.header.is_control()
    };
    let data: Vec<_> = slice.batches.into_iter().filter(is_data).collect();
    records(&data)
}

fn value(offset: i64, text: &str) -> (i64, Option<String>) {
    (offset, Some(text.to_owned()))
}

#[test]
fn the_last_record_of_each_key_stays_where_it_was() {
    for compression in Compression::ALL {
        let mut log = Log::default();
        let batch = [("a", Some("1")), ("b", Some("2")), ("a", Some("3")), ("c", Some("4"))];
        append(&mut log, &Sample::keyed(&batch).times(&[1, 2, 3, 4]).compressed(compression));
        append(&mut log, &Sample::keyed(&[("b", Some("5"))]).compressed(compression));
        assert!(compact(&mut log, &config(), 0));
        assert_eq!(left(&log), [value(2, "3"), value(3, "4"), value(4, "5")], "{compression:?}");
        assert_eq!((log.start(), log.end()), (0, 5));
        let first = log.segments[0].batches[0].batch().unwrap().header;
        assert_eq!((first.base_offset, first.last_offset(), first.record_count), (0, 3, 2));
        assert!(!compact(&mut log, &config(), 0), "nothing new");
    }
}

#[test]
fn what_follows_is_judged_as_before() {
    let mut log = Log::default();
    let sample = |sequence| {
        let mut sample = Sample::keyed(&[("k", Some("v"))]);
        sample.batch.producer_id = 7;
        sample.batch.producer_epoch = 0;
        sample.batch.base_sequence = sequence;
        sample
    };
    append(&mut log, &sample(0));
    append(&mut log, &sample(1));
    append(&mut log, &Sample::keyed(&[("k", Some("newer"))]));
    append(&mut log, &Sample::keyed(&[("other", Some("last"))]));
    assert!(compact(&mut log, &config(), 0));
    assert_eq!(left(&log), [value(2, "newer"), value(3, "last")]);
    let header = log.segments[0].batches[0].batch().unwrap().header;
    assert_eq!((header.base_sequence, header.record_count), (1, 0), "the producer's last batch");
    assert_eq!(sample(1).append(&mut log, &config(), 0).unwrap().base_offset, 1);
    assert_eq!(sample(2).append(&mut log, &config(), 0).unwrap().base_offset, 4);
}

#[test]
fn tombstones_stay_for_a_while() {
    let mut log = Log::default();
    append(&mut log, &Sample::keyed(&[("a", Some("1")), ("b", Some("2"))]));
    append(&mut log, &Sample::keyed(&[("a", None)]));
    assert!(compact(&mut log, &config(), 5_000));
    assert_eq!(left(&log), [value(1, "2"), (2, None)]);
    append(&mut log, &Sample::keyed(&[("c", Some("3"))]));
    assert!(compact(&mut log, &config(), 5_999));
    assert_eq!(left(&log), [value(1, "2"), (2, None), value(3, "3")]);
    append(&mut log, &Sample::keyed(&[("d", Some("4"))]));
    assert!(compact(&mut log, &config(), 6_000));
    assert_eq!(left(&log), [value(1, "2"), value(3, "3"), value(4, "4")]);
}

#[test]
fn times_are_still_right_when_there_is_a_horizon() {
    let mut log = Log::default();
    append(&mut log, &Sample::keyed(&[("a", Some("1")), ("b", None)]).times(&[10, 20]));
    assert!(compact(&mut log, &config(), 5_000));
    let batch = log.segments[0].batches[0].batch().unwrap();
    assert_eq!(batch.header.delete_horizon(), Some(6_000));
    let mut scratch = Scratch::default();
    let times: Vec<_> =
        batch.records(&mut scratch).unwrap().map(|it| it.unwrap().timestamp.unwrap().0).collect();
    assert_eq!(times, [10, 20]);
}

#[test]
fn what_was_aborted_goes_and_its_marker_later() {
    let mut log = Log::default();
    let transactional = |sequence, text| {
        let mut sample = Sample::keyed(&[("k", Some(text))]).transactional();
        sample.batch.producer_id = 7;
        sample.batch.producer_epoch = 0;
        sample.batch.base_sequence = sequence;
        sample
    };
    let markers = |log: &Log| {
        let all = log.segments.iter().flat_map(|it| &it.batches);
        all.filter(|it| it.batch().unwrap().header.is_control()).count()
    };
    let aborted = |log: &Log| log.read(0, ALL, Isolation::Committed).unwrap().aborted.len();
    append(&mut log, &transactional(0, "committed"));
    end(&mut log, (7, 0), Outcome::Commit, 0);
    append(&mut log, &transactional(1, "aborted"));
    end(&mut log, (7, 0), Outcome::Abort, 0);
    append(&mut log, &transactional(2, "open"));
    append(&mut log, &Sample::keyed(&[("other", Some("1"))]));
    assert_eq!(log.last_stable_offset(), 4);
    assert!(!compact(&mut log, &config(), 0), "the segment has an open transaction");
    end(&mut log, (7, 0), Outcome::Abort, 0);
    append(&mut log, &Sample::keyed(&[("other", Some("2"))]));
    assert!(compact(&mut log, &config(), 0));
    assert_eq!(left(&log), [value(0, "committed"), value(7, "2")]);
    assert_eq!(markers(&log), 3);
    assert_eq!(aborted(&log), 2);
    for (text, now, expected) in [("3", 0, 3), ("4", 999, 3), ("5", 1_000, 2)] {
        append(&mut log, &Sample::keyed(&[("other", Some(text))]));
        assert!(compact(&mut log, &config(), now));
        assert_eq!(markers(&log), expected, "at {now}");
    }
    assert_eq!(aborted(&log), 1, "the header of the producer's last batch is still there");
}

#[test]
fn it_begins_only_when_it_is_worth_it_and_not_too_soon() {
    let begins = |log: &Log, config: &LogConfig, now| {
        log.compaction(At { config, now: Timestamp(now) }).is_some()
    };
    let mut log = Log::default();
    append(&mut log, &Sample::keyed(&[("a", Some("1"))]).times(&[1_000]));
    assert!(!begins(&log, &config(), 0), "the active segment");
    roll(&mut log);
    let lags = LogConfig { min_compaction_lag_ms: 500, ..config() };
    assert!(!begins(&log, &lags, 1_499));
    assert!(begins(&log, &lags, 1_500));
    let ratio = LogConfig { min_dirty_ratio: 1.0, ..config() };
    assert!(!begins(&log, &ratio, 1_000));
    let late = LogConfig { max_compaction_lag_ms: 500, ..ratio };
    assert!(!begins(&log, &late, 1_500));
    assert!(begins(&log, &late, 1_501));
    let deletes = LogConfig { compacts: false, ..config() };
    assert!(!begins(&log, &deletes, 1_500));
}

#[test]
fn what_was_deleted_meanwhile_stays_deleted() {
    let mut log = Log::default();
    for text in ["1", "2", "3"] {
        append(&mut log, &Sample::keyed(&[(text, Some(text))]));
        roll(&mut log);
    }
    let settings = config();
    let at = At { config: &settings, now: Timestamp(0) };
    let compacted = log.compaction(at).unwrap().run(&mut Scratch::default());
    let again = log.compaction(at).unwrap().run(&mut Scratch::default());
    log.delete_before(2, &LogConfig::default()).unwrap();
    log.compacted(compacted);
    assert_eq!(left(&log), [value(2, "3")]);
    append(&mut log, &Sample::keyed(&[("4", Some("4"))]));
    log.compacted(again);
    assert_eq!(left(&log), [value(2, "3"), value(3, "4")], "it came too late");
}

proptest! {
    /// A reader of the compacted log ends with the same values as one of the whole log, however
    /// many keys are looked at together and whenever tombstones go.
    #[test]
    fn the_last_values_are_the_same(
        batches in prop::collection::vec(
            prop::collection::vec(("[a-c]", prop::option::of("[a-z]{1,3}")), 1..4),
            1..12,
        ),
        compact_after in prop::collection::vec(any::<bool>(), 12),
        room in 0..400_usize,
    ) {
        let mut log = Log::default();
        let mut now = 0;
        let mut expected = BTreeMap::new();
        for (batch, compacts) in batches.iter().zip(compact_after) {
            let keyed: Vec<_> =
                batch.iter().map(|(key, value)| (key.as_str(), value.as_deref())).collect();
            append(&mut log, &Sample::keyed(&keyed));
            for (key, value) in batch {
                expected.insert(key.clone(), value.clone());
            }
            if compacts {
                compact_within(&mut log, &config(), now, room);
                now += 600;
            }
        }
        while compact_within(&mut log, &config(), now, room) {
            now += 600;
        }
        let size = log.segments.iter().flat_map(|it| &it.batches).map(Stored::size).sum::<u64>();
        prop_assert_eq!(log.size(), size);
        let mut found = BTreeMap::new();
        let mut scratch = Scratch::default();
        let mut next = 0;
        for stored in log.segments.iter().flat_map(|segment| &segment.batches) {
            prop_assert!(stored.batch().unwrap().header.base_offset >= next, "offsets only grow");
            next = stored.last_offset + 1;
            for record in stored.batch().unwrap().records(&mut scratch).unwrap() {
                let record = record.unwrap();
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                let before = found.insert(text(record.key.unwrap()), record.value.map(text));
                prop_assert!(before.is_none(), "one record a key");
            }
        }
        prop_assert_eq!(next, log.end());
        for values in [&mut found, &mut expected] {
            values.retain(|_, value| value.is_some());
        }
        prop_assert_eq!(found, expected);
    }
}
