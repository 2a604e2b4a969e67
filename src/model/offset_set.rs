//! A set of offsets, kept as ranges: failures come in runs, so millions of them stay small.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

/// A set of offsets of one partition.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OffsetSet {
    /// Start → end (exclusive) of ranges that neither overlap nor touch.
    ranges: BTreeMap<i64, i64>,
}

impl OffsetSet {
    /// Tells whether an offset is in the set.
    pub fn contains(&self, offset: i64) -> bool {
        self.ranges.range(..=offset).next_back().is_some_and(|(_, end)| offset < *end)
    }

    /// Adds an offset; returns whether it was new.
    pub fn insert(&mut self, offset: i64) -> bool {
        if self.contains(offset) {
            return false;
        }
        self.insert_range(offset..offset.saturating_add(1));
        true
    }

    /// Adds a range of offsets.
    pub fn insert_range(&mut self, range: Range<i64>) {
        let Range { mut start, mut end } = range;
        if start >= end {
            return;
        }
        // Everything that overlaps or touches becomes one range; those are the last ranges that
        // start at or before `end`.
        while let Some((&other_start, &other_end)) = self.ranges.range(..=end).next_back()
            && other_end >= start
        {
            self.ranges.remove(&other_start);
            start = start.min(other_start);
            end = end.max(other_end);
        }
        self.ranges.insert(start, end);
    }

    /// Returns the first offset at or after `offset` that is not in the set.
    pub fn first_missing(&self, offset: i64) -> i64 {
        match self.ranges.range(..=offset).next_back() {
            Some((_, &end)) if offset < end => end,
            Some(_) | None => offset,
        }
    }

    /// Returns how many offsets of a range are in the set.
    pub fn count_in(&self, range: Range<i64>) -> i64 {
        self.ranges
            .range(..range.end)
            .rev()
            .take_while(|(_, end)| **end > range.start)
            .map(|(start, end)| (range.end.min(*end) - range.start.max(*start)).max(0))
            .sum()
    }

    /// Returns the first and the last offset; `None` when the set is empty.
    pub fn span(&self) -> Option<(i64, i64)> {
        let (first, _) = self.ranges.first_key_value()?;
        let (_, end) = self.ranges.last_key_value()?;
        Some((*first, end - 1))
    }

    /// Returns the ranges, in order; they do not touch.
    pub fn ranges(&self) -> impl Iterator<Item = RangeInclusive<i64>> {
        self.ranges.iter().map(|(start, end)| *start..=*end - 1)
    }

    /// Returns how many offsets are in the set.
    pub fn count(&self) -> i64 {
        self.ranges.iter().map(|(start, end)| end - start).sum()
    }

    /// Tells whether the set has no offsets.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn touching_ranges_become_one() {
        let mut set = OffsetSet::default();
        assert!(set.insert(5));
        assert!(set.insert(7));
        assert!(set.insert(6));
        assert!(!set.insert(6));
        assert_eq!(set.ranges, BTreeMap::from([(5, 8)]));
        assert_eq!(set.first_missing(5), 8);
        assert_eq!(set.first_missing(4), 4);
        assert_eq!(set.span(), Some((5, 7)));
        set.insert(9);
        assert_eq!(set.ranges().collect::<Vec<_>>(), [5..=7, 9..=9]);
        assert_eq!(set.count(), 4);
    }

    proptest! {
        #[test]
        fn it_is_a_set(ranges in prop::collection::vec((0_i64..60, 0_i64..8), 0..30)) {
            let mut set = OffsetSet::default();
            let mut model = BTreeSet::new();
            for (start, length) in ranges {
                set.insert_range(start..start + length);
                model.extend(start..start + length);
            }
            for offset in 0..70 {
                prop_assert_eq!(set.contains(offset), model.contains(&offset));
                let missing = (offset..100).find(|o| !model.contains(o));
                prop_assert_eq!(Some(set.first_missing(offset)), missing);
                let counted = model.range(10..offset.max(10)).count();
                prop_assert_eq!(usize::try_from(set.count_in(10..offset)).ok(), Some(counted));
            }
            prop_assert_eq!(set.span(), model.first().copied().zip(model.last().copied()));
            prop_assert_eq!(set.is_empty(), model.is_empty());
        }
    }
}
