//! What was written, what failed, and what the caller is told meanwhile.

use std::collections::BTreeMap;

use super::place::{InputPlace, Tag};
use crate::error::Report;
use crate::model::name::TopicName;

/// What became of the records so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// How many were delivered.
    pub delivered: u64,
    /// How many failed.
    pub failed: u64,
    /// The first failures; `failed` counts them all.
    pub failures: Vec<Failure>,
    /// The topics, in the order in which they were met.
    pub topics: Vec<TopicWritten>,
    /// How many of the delivered records have no key.
    pub without_key: u64,
    /// The last record that was sent.
    pub last_sent: Option<InputPlace>,
    /// The first record of the input that was read and not delivered: later ones may have been.
    pub first_undelivered: Option<InputPlace>,
}

/// What was written to a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicWritten {
    /// The topic.
    pub name: TopicName,
    /// By partition.
    pub partitions: BTreeMap<i32, PartitionWritten>,
}

/// What was written to a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartitionWritten {
    /// How many records.
    pub records: u64,
    /// The lowest offset; others may have written between this one and the last. `None` when the
    /// broker was not asked to say it (`acks=0`).
    pub first_offset: Option<i64>,
    /// The highest offset.
    pub last_offset: Option<i64>,
}

/// A record that was not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Where in the input it stands.
    pub place: InputPlace,
    /// Why.
    pub report: Report,
}

/// What the caller is told while records are written.
#[derive(Debug)]
pub enum Event<'a> {
    /// This is how far it is.
    Progress(&'a Written),
    /// A record failed; only the first of many are told.
    Failed(&'a Failure),
}

/// How many failures are kept and told: after as many alike nobody reads on.
pub const MOST_FAILURES: usize = 20;

impl Written {
    /// Adds a topic and returns its number.
    pub fn add_topic(&mut self, name: TopicName) -> usize {
        self.topics.push(TopicWritten { name, partitions: BTreeMap::new() });
        self.topics.len() - 1
    }

    /// Counts a delivered record.
    pub fn deliver(&mut self, tag: Tag, partition: i32, offset: Option<i64>) {
        self.delivered += 1;
        self.without_key += u64::from(!tag.has_key);
        let Some(topic) = self.topics.get_mut(usize::from(tag.topic)) else { return };
        let both = |one: Option<i64>, pick: fn(i64, i64) -> i64| Some(pick(one?, offset?));
        topic
            .partitions
            .entry(partition)
            .and_modify(|written| {
                written.records += 1;
                written.first_offset = both(written.first_offset, i64::min);
                written.last_offset = both(written.last_offset, i64::max);
            })
            .or_insert(PartitionWritten { records: 1, first_offset: offset, last_offset: offset });
    }

    /// Counts a failure and returns it if it is one of the first.
    pub fn fail(&mut self, place: InputPlace, report: impl FnOnce() -> Report) -> Option<&Failure> {
        self.failed += 1;
        self.leave(place);
        if self.failures.len() >= MOST_FAILURES {
            return None;
        }
        self.failures.push(Failure { place, report: report() });
        self.failures.last()
    }

    /// Notes a record that was not delivered.
    pub fn leave(&mut self, place: InputPlace) {
        self.first_undelivered =
            Some(self.first_undelivered.map_or(place, |first| first.min(place)));
    }

    /// Returns how many partitions were written to.
    pub fn partition_count(&self) -> usize {
        self.topics.iter().map(|topic| topic.partitions.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report {
            code: "x".to_owned(),
            message: "x".to_owned(),
            causes: Vec::new(),
            hints: Vec::new(),
            exit_code: 1,
        }
    }

    fn tag(has_key: bool) -> Tag {
        Tag { place: InputPlace { source: 0, number: 1 }, topic: 0, has_key }
    }

    #[test]
    fn offsets_are_kept_by_partition() {
        let mut written = Written::default();
        let topic = written.add_topic("t".into());
        for (partition, offset) in [(0, 5), (1, 9), (0, 4), (0, 7)] {
            written.deliver(tag(true), partition, Some(offset));
        }
        assert_eq!((written.delivered, written.partition_count()), (4, 2));
        let zero = PartitionWritten { records: 3, first_offset: Some(4), last_offset: Some(7) };
        assert_eq!(written.topics[topic].partitions[&0], zero);
    }

    #[test]
    fn an_offset_that_no_broker_said_is_unknown() {
        let mut written = Written::default();
        let topic = written.add_topic("t".into());
        for offset in [Some(5), None, Some(6)] {
            written.deliver(tag(true), 0, offset);
        }
        let zero = PartitionWritten { records: 3, first_offset: None, last_offset: None };
        assert_eq!(written.topics[topic].partitions[&0], zero);
    }

    #[test]
    fn records_without_a_key_count_once_they_are_delivered() {
        let mut written = Written::default();
        written.add_topic("t".into());
        written.deliver(tag(true), 0, Some(0));
        written.deliver(tag(false), 0, Some(1));
        written.fail(InputPlace { source: 0, number: 3 }, report);
        assert_eq!((written.delivered, written.without_key), (2, 1));
    }

    #[test]
    fn the_first_of_the_input_that_was_not_delivered_is_known() {
        let mut written = Written::default();
        for (source, number) in [(1, 2), (0, 9), (0, 7), (1, 1)] {
            written.fail(InputPlace { source, number }, report);
        }
        assert_eq!(written.first_undelivered, Some(InputPlace { source: 0, number: 7 }));
        written.leave(InputPlace { source: 0, number: 3 });
        assert_eq!(written.first_undelivered, Some(InputPlace { source: 0, number: 3 }));
    }

    #[test]
    fn all_failures_are_counted_but_only_the_first_kept() {
        let mut written = Written::default();
        for number in 1..=100 {
            let told = written.fail(InputPlace { source: 0, number }, report).is_some();
            assert_eq!(told, number <= 20);
        }
        assert_eq!((written.failed, written.failures.len()), (100, MOST_FAILURES));
    }
}
