//! The plan of a replay: which offsets of which partitions, resolved against the marks of the log.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::name::TopicName;
use crate::model::position::{self, LogMarks, Moved, NoCommittedOffset, Position};
use crate::model::record::Record;
use crate::model::timestamp::Timestamp;

/// What is copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The topic that is read.
    pub source: TopicName,
    /// The topic that is written.
    pub target: TopicName,
    /// What is read, by partition.
    pub ranges: BTreeMap<i32, PartitionRange>,
    /// Whether records keep their partition: both topics have as many. Else they go by key.
    pub keeps_partitions: bool,
    /// Offsets behind an open transaction, which a wish for everything does not reach.
    pub hidden: i64,
    /// Offsets that were asked for and are not in the log.
    pub moved: Vec<(i32, Moved)>,
    /// The most records that are copied, if somebody limits them.
    pub limit: Option<u64>,
    /// Whether nothing narrows it down: the topic is copied as a whole.
    pub is_everything: bool,
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// From where to where.
    pub range: position::Range,
    /// These partitions; none means all.
    pub partitions: BTreeSet<i32>,
    /// At most so many records.
    pub limit: Option<u64>,
}

impl Wanted {
    /// Tells whether a partition is not meant.
    pub fn leaves_out(&self, partition: i32) -> bool {
        self.range.leaves_out(partition)
            || (!self.partitions.is_empty() && !self.partitions.contains(&partition))
    }

    /// Tells whether nothing narrows it down.
    fn is_everything(&self) -> bool {
        let Self { range, partitions, limit } = self;
        *range == position::Range::default() && partitions.is_empty() && limit.is_none()
    }
}

/// The part of a partition that is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartitionRange {
    /// The first offset.
    pub start: i64,
    /// Behind the last offset.
    pub end: i64,
    /// Only records of this time or later. The start by time is exact where timestamps are in
    /// order; where they are not, older ones follow and are left out.
    pub since: Option<Timestamp>,
    /// Only records before this time.
    pub until: Option<Timestamp>,
}

impl PartitionRange {
    /// Tells whether a record of these offsets belongs to the range.
    pub fn holds(&self, record: &Record) -> bool {
        let time = record.timestamp;
        self.since.is_none_or(|since| time.is_some_and(|time| time >= since))
            && self.until.is_none_or(|until| time.is_some_and(|time| time < until))
    }
}

/// The marks of a partition, and what a time stands for in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The log start offset and the last stable offset.
    pub marks: LogMarks,
    /// The high watermark.
    pub high_watermark: i64,
    /// The first offset at or after the time where the range begins.
    pub at_since: Option<i64>,
}

impl Replay {
    /// Decides what is copied. A range that ends at a time is read to the end of the log as it is
    /// now: timestamps may be out of order, so each record's own time decides.
    pub fn resolve(
        source: TopicName,
        target: TopicName,
        wanted: &Wanted,
        extents: &BTreeMap<i32, Extent>,
        keeps_partitions: bool,
    ) -> Result<Self, NoCommittedOffset> {
        let mut ranges = BTreeMap::new();
        let (mut moved, mut hidden) = (Vec::new(), 0);
        for (&partition, extent) in extents {
            let from = wanted.range.from.get(partition).unwrap_or(Position::Start);
            let to = wanted.range.until.get(partition).unwrap_or(Position::End);
            let start = position::resolve(from, &extent.marks, |_| extent.at_since)?;
            let end = position::resolve(to, &extent.marks, |_| None)?;
            moved.extend([start, end].iter().filter_map(|place| Some((partition, place.moved?))));
            if end.offset == extent.marks.end {
                hidden += extent.high_watermark - extent.marks.end;
            }
            let range = PartitionRange {
                start: start.offset,
                end: end.offset,
                since: from.time(),
                until: to.time(),
            };
            if range.start < range.end {
                ranges.insert(partition, range);
            }
        }
        Ok(Self {
            source,
            target,
            ranges,
            keeps_partitions,
            hidden,
            moved,
            limit: wanted.limit,
            is_everything: wanted.is_everything(),
        })
    }

    /// Returns how many offsets the ranges have.
    pub fn offsets(&self) -> u64 {
        let offsets = self.ranges.values().map(|range| range.end - range.start).sum::<i64>();
        u64::try_from(offsets).unwrap_or(0)
    }

    /// Returns how many records are copied at most: markers of transactions and what compaction
    /// removed have offsets too.
    pub fn most_records(&self) -> u64 {
        let offsets = self.offsets();
        self.limit.map_or(offsets, |limit| limit.min(offsets))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_233_600_000);

    fn extents() -> BTreeMap<i32, Extent> {
        let extent = |log_start, end, at_since| Extent {
            marks: LogMarks { log_start, end, committed: None },
            high_watermark: end + 2,
            at_since,
        };
        BTreeMap::from([
            (0, extent(0, 10, Some(4))),
            (1, extent(5, 5, None)),
            (2, extent(3, 9, None)),
        ])
    }

    fn resolve(from: &[&str], to: &[&str]) -> Replay {
        let texts = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        let range = position::Range::parse(&texts(from), &texts(to), None, NOW).unwrap();
        let wanted = Wanted { range, ..Wanted::default() };
        Replay::resolve("a".into(), "b".into(), &wanted, &extents(), true).unwrap()
    }

    fn bounds(replay: &Replay) -> Vec<(i32, i64, i64)> {
        replay.ranges.iter().map(|(p, range)| (*p, range.start, range.end)).collect()
    }

    #[test]
    fn everything_is_all_that_is_there_now() {
        let replay = resolve(&[], &[]);
        assert_eq!(bounds(&replay), [(0, 0, 10), (2, 3, 9)]);
        assert_eq!((replay.most_records(), replay.hidden), (16, 6));
    }

    #[test]
    fn a_limit_and_partitions_narrow_it_down() {
        let of = |wanted: &Wanted| {
            Replay::resolve("a".into(), "b".into(), wanted, &extents(), true).unwrap()
        };
        let all = Wanted::default();
        assert!(of(&all).is_everything);
        let limited = Wanted { limit: Some(5), ..Wanted::default() };
        assert_eq!((of(&limited).most_records(), of(&limited).is_everything), (5, false));
        let plenty = Wanted { limit: Some(500), ..Wanted::default() };
        assert_eq!(of(&plenty).most_records(), 16);
        let partitions = Wanted { partitions: BTreeSet::from([2]), ..Wanted::default() };
        assert!(partitions.leaves_out(0) && !partitions.leaves_out(2));
        assert!(!of(&partitions).is_everything);
    }

    #[test]
    fn offsets_bound_and_what_is_not_there_is_told() {
        let replay = resolve(&["0=2", "*=1"], &["0=7", "*=+2"]);
        assert_eq!(bounds(&replay), [(0, 2, 7), (2, 3, 5)]);
        assert_eq!(replay.moved.len(), 2);
        assert_eq!(replay.hidden, 2, "partition 1 is read to its end");
    }

    #[test]
    fn a_time_bounds_the_start_by_offset_and_both_ends_by_each_record() {
        let replay = resolve(&["-1h"], &["-5m"]);
        assert_eq!(bounds(&replay), [(0, 4, 10)]);
        let range = replay.ranges[&0];
        assert_eq!(range.since, Some(Timestamp(NOW.0 - 3_600_000)));
        assert_eq!(range.until, Some(Timestamp(NOW.0 - 300_000)));
    }
}
