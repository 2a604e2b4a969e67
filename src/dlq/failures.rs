//! What the broker did not take in one run: what follows from that for others.

use std::collections::BTreeMap;

use super::dead_letter::DeadLetter;
use super::duplicates::Known;

/// The dead letters that failed.
#[derive(Debug, Clone, Default)]
pub(super) struct Failures {
    /// What they stand for: a duplicate of one that failed is not sent either, and stays pending.
    known: Known,
    lowest: BTreeMap<i32, i64>,
}

impl Failures {
    /// Notes a dead letter that failed.
    pub(super) fn note(&mut self, dead_letter: &DeadLetter) {
        let partition = dead_letter.record.topic_partition.partition;
        let offset = dead_letter.record.offset;
        let lowest = self.lowest.entry(partition).or_insert(offset);
        *lowest = offset.min(*lowest);
        self.known.insert(dead_letter);
    }

    /// Tells whether one that stands for the same record has failed.
    pub(super) fn have(&self, dead_letter: &DeadLetter) -> bool {
        self.known.has(dead_letter)
    }

    /// Returns the lowest offset of each partition that failed.
    pub(super) fn lowest(&self) -> &BTreeMap<i32, i64> {
        &self.lowest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dlq::Expected;
    use crate::dlq::testing::{origin, record};

    fn dead_letter(offset: i64, value: &[u8]) -> DeadLetter {
        let mut record = record(Some(value), origin("orders", 1, 7));
        record.offset = offset;
        DeadLetter::read(record, Expected::Auto, None)
    }

    #[test]
    fn another_value_of_the_same_origin_has_not_failed_along() {
        let mut failures = Failures::default();
        failures.note(&dead_letter(5, br#"{"n":1,"error":{"code":"A"}}"#));
        assert!(failures.have(&dead_letter(6, br#"{"n":1,"error":{"code":"B"}}"#)));
        assert!(!failures.have(&dead_letter(7, br#"{"n":2,"error":{"code":"A"}}"#)));
        let mut other_key = dead_letter(8, br#"{"n":1}"#);
        other_key.record.key = None;
        assert!(!failures.have(&other_key));
    }

    #[test]
    fn the_lowest_failed_offset_stays_pending() {
        let mut failures = Failures::default();
        for offset in [9, 4, 6] {
            failures.note(&dead_letter(offset, b"x"));
        }
        assert_eq!(failures.lowest(), &BTreeMap::from([(0, 4)]));
    }
}
