//! Finds offsets by what is asked of them: the ends, a time, the greatest timestamp.

use std::ops::Range;

use super::read::Isolation;
use super::segment::Stored;
use super::validate::weight;
use super::{LEADER_EPOCH, Log};
use crate::kafka::batch::Scratch;

/// What `ListOffsets` may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Position {
    /// The log start; it is the same on the broker's own disk without tiered storage.
    Earliest,
    /// The first offset that the reader may not see.
    Latest,
    /// The first record that has the greatest timestamp.
    MaxTimestamp,
    /// The last record in tiered storage: there is none.
    LatestTiered,
    /// The first record with this timestamp or a greater one.
    Time(i64),
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) struct Found {
    /// The offset; −1 if there is none.
    pub(in crate::sandbox) offset: i64,
    /// The record's timestamp; −1 where no record was looked at.
    pub(in crate::sandbox) timestamp: i64,
    /// The epoch of the leader then; −1 without an offset.
    pub(in crate::sandbox) leader_epoch: i32,
}

impl Found {
    /// There is no such offset.
    const NOTHING: Self = Self { offset: -1, timestamp: -1, leader_epoch: -1 };

    /// An end of the log.
    fn end(offset: i64) -> Self {
        Self { offset, timestamp: -1, leader_epoch: LEADER_EPOCH }
    }
}

impl Position {
    /// Reads the number in a request; `None` if the version does not know it.
    pub(in crate::sandbox) fn of(number: i64, version: i16) -> Option<Self> {
        match number {
            -1 => Some(Self::Latest),
            -2 => Some(Self::Earliest),
            -3 if version >= 7 => Some(Self::MaxTimestamp),
            -4 if version >= 8 => Some(Self::Earliest),
            -5 if version >= 9 => Some(Self::LatestTiered),
            ..0 => None,
            time => Some(Self::Time(time)),
        }
    }
}

/// What is left to be done without the log, because records have to be unpacked.
#[derive(Debug)]
pub(in crate::sandbox) struct Search {
    /// What was found without it, and otherwise the batches that may hold it, in their order.
    found: Result<Found, Vec<Stored>>,
    /// The time that the record is not older than.
    time: i64,
    /// The offsets among which it is: the log start and the first one that may not be read.
    range: Range<i64>,
}

impl Log {
    /// Begins to look for an offset. A record that the reader may not see yet is not found.
    pub(in crate::sandbox) fn search(&self, position: Position, isolation: Isolation) -> Search {
        let range = self.start..self.readable_to(isolation);
        let time = match position {
            Position::Time(time) => Some(time),
            Position::MaxTimestamp => self.newest(),
            Position::Earliest | Position::Latest | Position::LatestTiered => None,
        };
        let found = match (position, time) {
            (Position::Earliest, _) => Ok(Found::end(range.start)),
            (Position::Latest, _) => Ok(Found::end(range.end)),
            (_, Some(time)) => Err(self.candidates(time)),
            (_, None) => Ok(Found::NOTHING),
        };
        Search { found, time: time.unwrap_or_default(), range }
    }

    /// Returns the batches in which the first record is that is not older than a time. The last of
    /// them certainly has one, should there be any.
    fn candidates(&self, time: i64) -> Vec<Stored> {
        let mut candidates = Vec::new();
        let batches = self
            .segments
            .iter()
            .filter(|segment| segment.max_timestamp >= time)
            .flat_map(|segment| &segment.batches)
            .filter(|batch| batch.max_timestamp >= time && batch.last_offset >= self.start);
        for stored in batches {
            candidates.push(stored.clone());
            let header = stored.batch().map(|batch| batch.header);
            // Of others the records may have been deleted or compacted away.
            if header.is_some_and(|it| it.base_offset >= self.start && it.record_count > 0) {
                break;
            }
        }
        candidates
    }

    /// Returns the greatest timestamp, if any record has one.
    fn newest(&self) -> Option<i64> {
        let greatest = self.batches_from(self.start).map(|batch| batch.max_timestamp).max()?;
        (greatest >= 0).then_some(greatest)
    }
}

impl Search {
    /// Returns how heavy the batches are that are to be looked into.
    pub(in crate::sandbox) fn weight(&self) -> usize {
        let candidates = self.found.as_ref().err().into_iter().flatten();
        candidates.map(|stored| weight(&stored.bytes)).fold(0, usize::saturating_add)
    }

    /// Finds the offset.
    pub(in crate::sandbox) fn run(self, scratch: &mut Scratch) -> Found {
        let Self { found, time, range } = self;
        let candidates = match found {
            Ok(found) => return found,
            Err(candidates) => candidates,
        };
        let found =
            candidates.iter().find_map(|stored| first_in(stored, time, range.start, scratch));
        found.filter(|found| found.offset < range.end).unwrap_or(Found::NOTHING)
    }
}

/// Finds the first record of a batch that is still there and is not older than a time.
fn first_in(stored: &Stored, time: i64, start: i64, scratch: &mut Scratch) -> Option<Found> {
    let batch = stored.batch()?;
    let records = batch.records(scratch).ok()?;
    records.filter_map(Result::ok).find_map(|record| {
        let timestamp = record.timestamp?.0;
        let is_it = record.offset >= start && timestamp >= time;
        is_it.then_some(Found { offset: record.offset, timestamp, leader_epoch: LEADER_EPOCH })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::config::LogConfig;
    use super::super::sample::{Sample, end};
    use super::*;
    use crate::kafka::batch::sample::Compression;
    use crate::model::timestamp::TimestampType;
    use crate::sandbox::transactions::Outcome;

    /// Takes any time.
    fn config() -> LogConfig {
        LogConfig { after_max_ms: i64::MAX, segment_bytes: 200, ..LogConfig::default() }
    }

    fn filled(batches: &[&[i64]]) -> Log {
        let mut log = Log::default();
        for times in batches {
            let sample = Sample::of(&vec![""; times.len()]).times(times);
            sample.append(&mut log, &config(), 0).unwrap();
        }
        log
    }

    fn found(log: &Log, position: Position, isolation: Isolation) -> Found {
        log.search(position, isolation).run(&mut Scratch::default())
    }

    fn find(log: &Log, position: Position) -> (i64, i64) {
        let Found { offset, timestamp, .. } = found(log, position, Isolation::Uncommitted);
        (offset, timestamp)
    }

    #[test]
    fn the_numbers_are_those_of_the_protocol() {
        assert_eq!(Position::of(-1, 1), Some(Position::Latest));
        assert_eq!(Position::of(-2, 1), Some(Position::Earliest));
        assert_eq!(
            (Position::of(-3, 6), Position::of(-3, 7)),
            (None, Some(Position::MaxTimestamp))
        );
        assert_eq!((Position::of(-4, 7), Position::of(-4, 8)), (None, Some(Position::Earliest)));
        assert_eq!(
            (Position::of(-5, 8), Position::of(-5, 9)),
            (None, Some(Position::LatestTiered))
        );
        assert_eq!(Position::of(-6, 11), None);
        assert_eq!(Position::of(0, 1), Some(Position::Time(0)));
    }

    #[test]
    fn an_empty_log_has_only_ends() {
        let log = Log::default();
        assert_eq!(find(&log, Position::Earliest), (0, -1));
        assert_eq!(find(&log, Position::Latest), (0, -1));
        for nothing in [Position::MaxTimestamp, Position::LatestTiered, Position::Time(0)] {
            assert_eq!(found(&log, nothing, Isolation::Uncommitted), Found::NOTHING);
        }
    }

    #[test]
    fn a_time_is_found_to_the_record() {
        let log = filled(&[&[10, 30, 20], &[5], &[40, 40]]);
        for (time, expected) in [(0, (0, 10)), (11, (1, 30)), (31, (4, 40)), (40, (4, 40))] {
            assert_eq!(find(&log, Position::Time(time)), expected, "{time}");
        }
        assert_eq!(find(&log, Position::Time(41)), (-1, -1));
        assert_eq!(find(&log, Position::MaxTimestamp), (4, 40));
    }

    #[test]
    fn what_was_deleted_is_not_found() {
        let mut log = filled(&[&[50, 10], &[20]]);
        log.delete_before(1, &config()).unwrap();
        assert_eq!(find(&log, Position::Earliest), (1, -1));
        assert_eq!(find(&log, Position::Time(0)), (1, 10));
        assert_eq!(find(&log, Position::Time(11)), (2, 20));
    }

    #[test]
    fn compressed_batches_and_times_of_the_broker_are_read_too() {
        for compression in Compression::ALL {
            let mut log = Log::default();
            let sample = Sample::of(&["", "", ""]).times(&[10, 30, 20]).compressed(compression);
            sample.append(&mut log, &config(), 0).unwrap();
            assert_eq!(find(&log, Position::Time(20)), (1, 30), "{compression:?}");
        }
        let mut log = Log::default();
        let by_broker = LogConfig { timestamp_type: TimestampType::LogAppendTime, ..config() };
        Sample::of(&["", ""]).append(&mut log, &by_broker, 70).unwrap();
        assert_eq!(find(&log, Position::Time(20)), (0, 70));
    }

    #[test]
    fn a_record_behind_the_last_stable_offset_is_not_found() {
        let mut log = filled(&[&[10]]);
        let open = Sample::of_producer(1, 0, 0).transactional().times(&[20]);
        open.append(&mut log, &config(), 0).unwrap();
        let committed = |log: &Log, position| found(log, position, Isolation::Committed).offset;
        assert_eq!(committed(&log, Position::Latest), 1);
        assert_eq!(committed(&log, Position::Time(15)), -1);
        assert_eq!(find(&log, Position::Time(15)), (1, 20));
        end(&mut log, (1, 0), Outcome::Commit, 0);
        assert_eq!(committed(&log, Position::Latest), 3);
        assert_eq!(committed(&log, Position::Time(15)), 1);
    }

    proptest! {
        #[test]
        fn a_search_is_as_exact_as_looking_at_every_record(
            batches in prop::collection::vec(prop::collection::vec(0..50_i64, 1..5), 0..8),
            start in 0..20_i64,
            time in 0..55_i64,
        ) {
            let borrowed: Vec<_> = batches.iter().map(Vec::as_slice).collect();
            let mut log = filled(&borrowed);
            let start = start.min(log.end());
            log.delete_before(start, &config()).unwrap();
            let all: Vec<_> = batches.concat().into_iter().zip(0..).collect();
            let left = all.iter().filter(|(_, offset)| *offset >= start);
            let found = left.clone().find(|(found, _)| *found >= time);
            let expected = found.map_or((-1, -1), |(time, offset)| (*offset, *time));
            prop_assert_eq!(find(&log, Position::Time(time)), expected);
        }
    }
}
