//! The transactions of a partition that were aborted, for those who read only what was committed.

use std::collections::VecDeque;

use crate::kafka::batch::AbortedTransaction;

/// A transaction that was aborted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Aborted {
    /// Who aborted it.
    pub(super) producer_id: i64,
    /// The offset of its first record.
    pub(super) first_offset: i64,
    /// The offset of its marker.
    pub(super) last_offset: i64,
    /// The last stable offset when it had ended: transactions that end later begin there or behind
    /// it.
    pub(super) last_stable_offset: i64,
}

/// Aborted transactions in the order in which they ended.
#[derive(Debug, Clone, Default)]
pub(super) struct AbortedIndex(VecDeque<Aborted>);

impl AbortedIndex {
    /// Adds the one that ended last.
    pub(super) fn push(&mut self, aborted: Aborted) {
        self.0.push_back(aborted);
    }

    /// Returns those that have something between two offsets, the second not included.
    pub(super) fn between(&self, from: i64, to: i64) -> Vec<Aborted> {
        let first = self.0.partition_point(|aborted| aborted.last_offset < from);
        let mut found = Vec::new();
        for aborted in self.0.range(first..) {
            if aborted.first_offset < to {
                found.push(*aborted);
            }
            if aborted.last_stable_offset >= to {
                break;
            }
        }
        found
    }

    /// Forgets those that ended before an offset.
    pub(super) fn forget_before(&mut self, offset: i64) {
        let gone = self.0.partition_point(|aborted| aborted.last_offset < offset);
        self.0.drain(..gone);
    }

    /// Forgets those that ended before an offset and are not named.
    pub(super) fn keep_before(&mut self, offset: i64, kept: &[Aborted]) {
        self.0.retain(|aborted| aborted.last_offset >= offset || kept.contains(aborted));
    }

    /// Returns how much memory this takes.
    pub(super) fn memory(&self) -> usize {
        self.0.len() * size_of::<Aborted>()
    }
}

impl From<Aborted> for AbortedTransaction {
    fn from(aborted: Aborted) -> Self {
        Self { producer_id: aborted.producer_id, first_offset: aborted.first_offset }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn index(all: &[Aborted]) -> AbortedIndex {
        AbortedIndex(all.iter().copied().collect())
    }

    proptest! {
        /// Stopping early loses none: transactions of a handful of producers that begin and end as
        /// in a log, one event an offset.
        #[test]
        fn all_that_overlap_are_found(
            producers in prop::collection::vec(0..4_usize, 0..40),
            from in 0..40_i64,
            length in 0..20_i64,
        ) {
            let mut open = [None; 4];
            let mut all = Vec::new();
            for (producer, offset) in producers.into_iter().zip(0..) {
                match open[producer].take() {
                    None => open[producer] = Some(offset),
                    Some(first_offset) => all.push(Aborted {
                        producer_id: i64::try_from(producer).unwrap(),
                        first_offset,
                        last_offset: offset,
                        last_stable_offset: open.iter().flatten().copied().min().unwrap_or(offset + 1),
                    }),
                }
            }
            let to = from + length;
            let overlapping: Vec<_> = all
                .iter()
                .copied()
                .filter(|aborted| aborted.last_offset >= from && aborted.first_offset < to)
                .collect();
            prop_assert_eq!(index(&all).between(from, to), overlapping);
        }
    }

    #[test]
    fn what_ended_is_forgotten() {
        let aborted = |first_offset, last_offset| Aborted {
            producer_id: 1,
            first_offset,
            last_offset,
            last_stable_offset: last_offset + 1,
        };
        let mut index = index(&[aborted(0, 5), aborted(6, 9), aborted(10, 12)]);
        index.forget_before(6);
        assert_eq!(index.between(0, 100), [aborted(6, 9), aborted(10, 12)]);
        index.keep_before(10, &[]);
        assert_eq!(index.between(0, 100), [aborted(10, 12)]);
    }
}
