//! Which dead letters stand for the same record: those of one origin with the same key and value.
//!
//! The origin alone is not enough. A topic that was deleted and created again gives its offsets to
//! other records, and some writers put the same numbers everywhere; a record that is left out
//! because of such an origin is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};

use super::compose;
use super::dead_letter::DeadLetter;
use crate::model::name::TopicName;

/// The records that are sent or were.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// The offset and the hash of what is sent, by topic and partition of the origin.
    records: BTreeMap<(TopicName, i32), BTreeSet<(i64, u64)>>,
    /// Seeded at random: nobody can write another record with the same hash on purpose.
    hasher: RandomState,
}

impl Known {
    /// Adds a dead letter; returns whether it was new. One whose origin is not complete always is.
    pub(super) fn insert(&mut self, dead_letter: &DeadLetter) -> bool {
        let Some((topic, partition, offset)) = dead_letter.origin.coordinates() else {
            return true;
        };
        let content = self.content(dead_letter);
        self.records.entry((topic.clone(), partition)).or_default().insert((offset, content))
    }

    /// Tells whether a dead letter of the same origin with the same key and value was added.
    pub(super) fn has(&self, dead_letter: &DeadLetter) -> bool {
        dead_letter.origin.coordinates().is_some_and(|(topic, partition, offset)| {
            let records = self.records.get(&(topic.clone(), partition));
            records.is_some_and(|records| records.contains(&(offset, self.content(dead_letter))))
        })
    }

    /// Hashes what would be sent.
    fn content(&self, dead_letter: &DeadLetter) -> u64 {
        self.hasher.hash_one((dead_letter.record.key.as_deref(), compose::value(dead_letter)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dlq::Expected;
    use crate::dlq::testing::{origin, record};

    fn dead_letter(value: &[u8]) -> DeadLetter {
        DeadLetter::read(record(Some(value), origin("orders", 1, 7)), Expected::Auto, None)
    }

    #[test]
    fn the_same_origin_with_another_key_or_value_is_another_record() {
        let mut known = Known::default();
        assert!(known.insert(&dead_letter(br#"{"n":1,"error":{"code":"A"}}"#)));
        assert!(known.has(&dead_letter(br#"{"n":1,"error":{"code":"B"}}"#)), "but for the error");
        assert!(!known.has(&dead_letter(br#"{"n":2,"error":{"code":"A"}}"#)));
        let mut other_key = dead_letter(br#"{"n":1}"#);
        other_key.record.key = None;
        assert!(!known.has(&other_key));
    }
}
