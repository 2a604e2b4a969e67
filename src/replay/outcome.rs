//! What a replay has done: counted batch by batch, and what is left of the plan.

use std::collections::BTreeMap;

use super::plan::{PartitionRange, Replay};
use crate::model::lost::Lost;
use crate::model::offset_set::OffsetSet;

/// What a replay has done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// The records that were copied.
    pub copied: u64,
    /// The records that the broker did not take: their offsets, by partition of the source.
    pub refused: BTreeMap<i32, OffsetSet>,
    /// The next offset to copy, of each partition that was begun.
    pub next: BTreeMap<i32, i64>,
    /// Offsets that retention deleted before they were read.
    pub expired: i64,
    /// What of the copied records is not there any more.
    pub lost: Option<Lost>,
}

impl Outcome {
    /// Returns how many records the broker did not take.
    pub fn refusals(&self) -> u64 {
        u64::try_from(self.refused.values().map(OffsetSet::count).sum::<i64>()).unwrap_or(0)
    }

    /// Returns how many records are copied or refused.
    pub fn done(&self) -> u64 {
        self.copied.saturating_add(self.refusals())
    }

    /// Tells whether nothing of the plan is left.
    pub fn covers(&self, plan: &Replay) -> bool {
        let reaches = |(partition, range): (&i32, &PartitionRange)| {
            self.next.get(partition).is_some_and(|next| *next >= range.end)
        };
        plan.limit.is_some_and(|limit| self.done() >= limit) || plan.ranges.iter().all(reaches)
    }

    /// Returns how many offsets of the plan are done.
    pub(super) fn reached(&self, plan: &Replay) -> u64 {
        let done = |(partition, range): (&i32, &PartitionRange)| {
            self.next.get(partition).map_or(0, |next| next - range.start)
        };
        u64::try_from(plan.ranges.iter().map(done).sum::<i64>()).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_covered_by_its_ends_or_by_its_limit() {
        let range = |start, end| PartitionRange { start, end, since: None, until: None };
        let mut plan = Replay {
            source: "a".into(),
            target: "b".into(),
            ranges: BTreeMap::from([(0, range(0, 5)), (2, range(3, 9))]),
            keeps_partitions: true,
            hidden: 0,
            moved: Vec::new(),
            limit: None,
            is_everything: true,
        };
        let mut outcome =
            Outcome { copied: 5, next: BTreeMap::from([(0, 5)]), ..Outcome::default() };
        assert!(!outcome.covers(&plan), "partition 2 was not begun");
        plan.limit = Some(6);
        outcome.next.insert(2, 8);
        assert!(!outcome.covers(&plan));
        outcome.refused.entry(2).or_default().insert(7);
        assert!(outcome.covers(&plan), "what is refused counts");
        plan.limit = None;
        assert!(!outcome.covers(&plan));
        outcome.next.insert(2, 9);
        assert!(outcome.covers(&plan));
    }
}
