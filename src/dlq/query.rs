//! Which dead letters are wanted.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::dead_letter::{DeadLetter, Failure};
use crate::ledger::Outcome;
use crate::model::record::Record;
use crate::model::timestamp::Timestamp;

/// A selection: a dead letter must meet every condition that is set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// These records alone (partition, offset), unless empty.
    pub places: BTreeSet<(i32, i64)>,
    /// These partitions alone, unless empty.
    pub partitions: BTreeSet<i32>,
    /// The offsets from `start` to before `end`, in every partition.
    pub offsets: Option<Range<i64>>,
    /// One of these error codes, unless empty.
    pub error_codes: BTreeSet<String>,
    /// One of these keys, unless empty.
    pub keys: BTreeSet<Vec<u8>>,
    /// The part of each partition that positions select; a partition without one is wanted whole.
    pub windows: BTreeMap<i32, Window>,
    /// At most so many are sent.
    pub limit: Option<u64>,
}

/// A part of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The offsets. Timestamps need not rise with them, so a time bounds these and the record too.
    pub offsets: Range<i64>,
    /// The time of the dead letter: at or after.
    pub since: Option<Timestamp>,
    /// The time of the dead letter: before.
    pub until: Option<Timestamp>,
}

impl Window {
    /// Tells whether it holds no offset.
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }
}

/// Which dead letters are shown, by what the ledger says of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum StatusFilter {
    /// Those that were not redriven yet
    #[default]
    Pending,
    /// Those that were
    Redriven,
    /// Those in whose place another one of the same origin was redriven
    Duplicate,
    /// All
    All,
}

impl StatusFilter {
    /// Tells whether a dead letter with this outcome is shown.
    pub fn admits(self, outcome: Option<&Outcome>) -> bool {
        match (self, outcome) {
            (Self::All, _) | (Self::Pending, None) => true,
            (Self::Redriven, Some(Outcome::Redriven { .. })) => true,
            (Self::Duplicate, Some(Outcome::Duplicate)) => true,
            (Self::Pending | Self::Redriven | Self::Duplicate, _) => false,
        }
    }
}

impl Query {
    /// Returns the part of a partition that can hold selected records, for a partition that is read
    /// from `available.start` to before `available.end`; `None` when it has none.
    pub fn range(&self, partition: i32, available: &Range<i64>) -> Option<Range<i64>> {
        if !self.partitions.is_empty() && !self.partitions.contains(&partition) {
            return None;
        }
        let Range { mut start, mut end } = available.clone();
        if let Some(offsets) = &self.offsets {
            start = start.max(offsets.start);
            end = end.min(offsets.end);
        }
        if let Some(window) = self.windows.get(&partition) {
            start = start.max(window.offsets.start);
            end = end.min(window.offsets.end);
        }
        if !self.places.is_empty() {
            let mut wanted =
                self.places.range((partition, i64::MIN)..=(partition, i64::MAX)).map(|(_, o)| *o);
            let first = wanted.next()?;
            let last = wanted.next_back().unwrap_or(first);
            start = start.max(first);
            end = end.min(last.saturating_add(1));
        }
        (start < end).then_some(start..end)
    }

    /// Tells whether a dead letter meets every condition but the limit.
    pub fn matches(&self, dead_letter: &DeadLetter) -> bool {
        let Self { places, partitions, offsets, error_codes, keys, windows, limit: _ } = self;
        let record = &dead_letter.record;
        let partition = record.topic_partition.partition;
        (places.is_empty() || places.contains(&(partition, record.offset)))
            && (partitions.is_empty() || partitions.contains(&partition))
            && offsets.as_ref().is_none_or(|range| range.contains(&record.offset))
            && (error_codes.is_empty() || has_code(dead_letter.failure.as_ref(), error_codes))
            && (keys.is_empty() || record.key.as_deref().is_some_and(|key| keys.contains(key)))
            && windows.get(&partition).is_none_or(|window| window.holds(record))
    }
}

impl Window {
    fn holds(&self, record: &Record) -> bool {
        let Self { offsets, since, until } = self;
        let time = record.timestamp;
        offsets.contains(&record.offset)
            && since.is_none_or(|since| time.is_some_and(|time| time >= since))
            && until.is_none_or(|until| time.is_some_and(|time| time < until))
    }
}

fn has_code(failure: Option<&Failure>, codes: &BTreeSet<String>) -> bool {
    failure.is_some_and(|failure| codes.iter().any(|code| failure.has_code(code)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dlq::Expected;
    use crate::dlq::testing::{origin, record};

    fn dead_letter() -> DeadLetter {
        let value = br#"{"error":{"code":"TIMEOUT"}}"#;
        DeadLetter::read(record(Some(value), origin("orders", 0, 7)), Expected::Auto, None)
    }

    #[test]
    fn every_condition_must_be_met() {
        let all = Query::default();
        assert!(all.matches(&dead_letter()));
        let meets = |change: &dyn Fn(&mut Query)| {
            let mut query = Query::default();
            change(&mut query);
            query.matches(&dead_letter())
        };
        assert!(meets(&|q| q.error_codes = ["X".to_owned(), "TIMEOUT".to_owned()].into()));
        assert!(!meets(&|q| q.error_codes = ["X".to_owned()].into()));
        assert!(meets(&|q| q.keys = [b"k".to_vec()].into()));
        assert!(!meets(&|q| q.keys = [b"K".to_vec()].into()));
        let window = |since: Option<i64>, until: Option<i64>, end: i64| Window {
            offsets: 0..end,
            since: since.map(Timestamp),
            until: until.map(Timestamp),
        };
        assert!(meets(&|q| q.windows = [(0, window(Some(1_000), None, 1))].into()));
        assert!(!meets(&|q| q.windows = [(0, window(Some(1_001), None, 1))].into()));
        assert!(!meets(&|q| q.windows = [(0, window(None, Some(1_000), 1))].into()));
        assert!(meets(&|q| q.windows = [(0, window(None, Some(1_001), 1))].into()));
        assert!(!meets(&|q| q.windows = [(0, window(None, None, 0))].into()));
        assert!(meets(&|q| q.windows = [(1, window(None, None, 0))].into()));
        assert!(!meets(&|q| q.partitions = [1].into()));
        assert!(!meets(&|q| q.offsets = Some(1..9)));
        assert!(meets(&|q| q.places = [(0, 0), (1, 5)].into()));
        assert!(!meets(&|q| {
            q.error_codes = ["TIMEOUT".to_owned()].into();
            q.partitions = [1].into();
        }));
    }

    #[test]
    fn only_what_can_be_selected_is_read() {
        let available = 10..100;
        let mut query = Query::default();
        assert_eq!(query.range(0, &available), Some(10..100));
        query.offsets = Some(5..20);
        assert_eq!(query.range(0, &available), Some(10..20));
        query.places = [(0, 12), (0, 15), (1, 3), (3, 18)].into();
        assert_eq!(query.range(0, &available), Some(12..16));
        assert_eq!(query.range(1, &available), None, "3 is below the start");
        assert_eq!(query.range(2, &available), None);
        assert_eq!(query.range(3, &available), Some(18..19));
        query.partitions = [0].into();
        assert_eq!(query.range(3, &available), None);
    }
}
