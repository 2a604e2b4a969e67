//! What the ledger remembers of one DLQ: made from its records, asked offset by offset.

use std::collections::BTreeMap;

use super::entry::{Entry, Outcome, Run, Unreadable};
use super::key::EntryKey;
use crate::model::name::TopicName;
use crate::model::offset_set::OffsetSet;
use crate::model::timestamp::Timestamp;

/// Takes the records of the ledger partition in order, as compaction would see them.
#[derive(Debug)]
pub struct Collector {
    dlq: TopicName,
    topic_id: Option<String>,
    entries: BTreeMap<(i32, i64), Entry>,
    foreign: u64,
}

impl Collector {
    /// Starts to collect what concerns this incarnation of a DLQ.
    pub fn new(dlq: TopicName, topic_id: Option<String>) -> Self {
        Self { dlq, topic_id, entries: BTreeMap::new(), foreign: 0 }
    }

    /// Takes the next record. Records about other things are passed over; one about this DLQ that
    /// cannot be understood is an error.
    pub fn take(&mut self, key: Option<&[u8]>, value: Option<&[u8]>) -> Result<(), Unreadable> {
        let Some(key) = key.and_then(EntryKey::parse) else { return Ok(()) };
        if key.dlq != self.dlq {
            return Ok(());
        }
        if key.topic_id != self.topic_id {
            self.foreign += 1;
            return Ok(());
        }
        let place = (key.partition, key.first_offset);
        match value {
            Some(value) => {
                self.entries.insert(place, Entry::parse(&key.to_string(), value)?);
            }
            None => {
                self.entries.remove(&place);
            }
        }
        Ok(())
    }

    /// Ends the reading.
    pub fn finish(self) -> Memory {
        let mut partitions: BTreeMap<i32, Remembered> = BTreeMap::new();
        for ((partition, first_offset), entry) in self.entries {
            partitions.entry(partition).or_default().entries.insert(first_offset, entry);
        }
        partitions.values_mut().for_each(Remembered::index);
        Memory { foreign: self.foreign, disproved: 0, partitions }
    }
}

/// What is remembered of one DLQ.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memory {
    foreign: u64,
    disproved: u64,
    partitions: BTreeMap<i32, Remembered>,
}

/// What is remembered of one DLQ partition.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Remembered {
    /// The entries by their first offset.
    entries: BTreeMap<i64, Entry>,
    /// The runs of all entries by their first offset, each with the first offset of its entry.
    /// They never overlap: an offset is resolved once.
    runs: BTreeMap<i64, (Run, i64)>,
    /// All remembered offsets.
    resolved: OffsetSet,
}

impl Remembered {
    /// Makes the runs and the set of offsets anew from the entries.
    fn index(&mut self) {
        self.runs.clear();
        self.resolved = OffsetSet::default();
        for (first_offset, entry) in &self.entries {
            for run in &entry.runs {
                self.runs.insert(run.dlq_offset, (*run, *first_offset));
                self.resolved.insert_range(run.dlq_offset..run.dlq_offset + run.count);
            }
        }
    }
}

/// A dead letter that the ledger knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done<'a> {
    /// What became of it.
    pub outcome: &'a Outcome,
    /// Partition and offset where it went, unless it went nowhere.
    pub target: Option<(i32, i64)>,
    /// The id of the command that did it.
    pub job: &'a str,
}

impl Memory {
    /// Looks a dead letter up.
    pub fn find(&self, partition: i32, offset: i64) -> Option<Done<'_>> {
        let place = self.partitions.get(&partition)?;
        let (_, (run, entry)) = place.runs.range(..=offset).next_back()?;
        let distance = offset - run.dlq_offset;
        if distance >= run.count {
            return None;
        }
        let entry = place.entries.get(entry)?;
        let target = (run.target_offset >= 0)
            .then_some((run.target_partition, run.target_offset + distance));
        Some(Done { outcome: &entry.outcome, target, job: &entry.job })
    }

    /// Compares a record of the DLQ with the entry that starts at its offset, if one does. When the
    /// timestamps differ the offset holds another record now (a log that was truncated, a topic
    /// without ids that was created again), so the entry is forgotten and `true` is returned.
    pub fn disprove(&mut self, partition: i32, offset: i64, timestamp: Option<Timestamp>) -> bool {
        let Some(place) = self.partitions.get_mut(&partition) else { return false };
        let Some(entry) = place.entries.get(&offset) else { return false };
        if entry.first_timestamp == timestamp {
            return false;
        }
        place.entries.remove(&offset);
        place.index();
        self.disproved += 1;
        true
    }

    /// Returns the first offset at or after `from` that is not remembered.
    pub fn first_unresolved(&self, partition: i32, from: i64) -> i64 {
        self.partitions.get(&partition).map_or(from, |place| place.resolved.first_missing(from))
    }

    /// Returns the id of a command that has written, other than this one.
    pub fn other_than(&self, job: &str) -> Option<&str> {
        let mut entries = self.partitions.values().flat_map(|place| place.entries.values());
        entries.find(|entry| entry.job != job).map(|entry| entry.job.as_str())
    }

    /// Tells whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }

    /// Returns how many offsets of a range are remembered.
    pub fn count_in(&self, partition: i32, range: std::ops::Range<i64>) -> i64 {
        self.partitions.get(&partition).map_or(0, |place| place.resolved.count_in(range))
    }

    /// Returns, for each partition with entries, the first and the last remembered offset.
    pub fn spans(&self) -> BTreeMap<i32, (i64, i64)> {
        self.partitions
            .iter()
            .filter_map(|(partition, place)| Some((*partition, place.resolved.span()?)))
            .collect()
    }

    /// Returns how many entries were passed over because they belong to a former topic of this
    /// name, and how many because their first record is another one now.
    pub fn ignored(&self) -> (u64, u64) {
        (self.foreign, self.disproved)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::entry::entries;
    use super::*;

    const DLQ: &str = "orders-dlq";

    fn key(partition: i32, first_offset: i64) -> EntryKey {
        let topic_id = Some("id".to_owned());
        EntryKey { dlq: TopicName::from(DLQ), topic_id, partition, first_offset }
    }

    fn collector() -> Collector {
        Collector::new(TopicName::from(DLQ), Some("id".to_owned()))
    }

    fn redriven() -> Outcome {
        Outcome::Redriven { to: TopicName::from("orders") }
    }

    fn take(collector: &mut Collector, key: &EntryKey, entry: &Entry) {
        collector.take(Some(key.to_string().as_bytes()), Some(&entry.to_json().unwrap())).unwrap();
    }

    #[test]
    fn only_this_incarnation_of_this_topic_counts() {
        let entry = entries("j", &redriven(), [(5, None, Some((0, 50)))]).remove(0);
        let mut collector = collector();
        take(&mut collector, &EntryKey { dlq: TopicName::from("other"), ..key(0, 5) }, &entry);
        take(&mut collector, &EntryKey { topic_id: Some("old".to_owned()), ..key(0, 5) }, &entry);
        collector.take(Some(b"j|01J"), Some(b"not an entry")).unwrap();
        collector.take(None, Some(b"nor this")).unwrap();
        let memory = collector.finish();
        assert_eq!(memory.find(0, 5), None);
        assert_eq!(memory.ignored(), (1, 0));
    }

    #[test]
    fn a_tombstone_forgets_and_an_unreadable_entry_stops() {
        let entry = entries("j", &redriven(), [(5, None, Some((0, 50)))]).remove(0);
        let mut collector = collector();
        take(&mut collector, &key(0, 5), &entry);
        collector.take(Some(key(0, 5).to_string().as_bytes()), None).unwrap();
        assert!(collector.take(Some(key(0, 6).to_string().as_bytes()), Some(b"{}")).is_err());
        assert_eq!(collector.finish().find(0, 5), None);
    }

    #[test]
    fn an_entry_whose_first_record_has_another_timestamp_is_forgotten() {
        let placed =
            [(5, Some(Timestamp(1)), Some((0, 50))), (9, Some(Timestamp(2)), Some((0, 51)))];
        let mut collector = collector();
        take(&mut collector, &key(0, 5), &entries("j", &redriven(), placed).remove(0));
        let mut memory = collector.finish();
        assert!(!memory.disprove(0, 5, Some(Timestamp(1))));
        assert!(!memory.disprove(0, 9, Some(Timestamp(7))), "only the first one is checked");
        let done = memory.find(0, 9).unwrap();
        assert_eq!((done.target, done.job), (Some((0, 51)), "j"));
        assert!(memory.disprove(0, 5, Some(Timestamp(3))));
        assert_eq!(memory.find(0, 9), None);
        assert_eq!(memory.first_unresolved(0, 5), 5);
        assert_eq!(memory.ignored(), (0, 1));
    }

    proptest! {
        /// Any number of selective runs, each over what is not yet remembered and each written
        /// after the other into a compacted topic: nothing is overwritten, nothing comes twice.
        #[test]
        fn selective_runs_never_share_a_key(
            selections in prop::collection::vec(prop::collection::btree_set(0_i64..40, 0..20), 1..8),
        ) {
            let mut topic: BTreeMap<String, Vec<u8>> = BTreeMap::new();
            let mut sent = BTreeSet::new();
            let mut target = 0;
            for selection in selections {
                let mut collector = collector();
                for (key, value) in &topic {
                    collector.take(Some(key.as_bytes()), Some(value)).unwrap();
                }
                let memory = collector.finish();
                let mut placed = Vec::new();
                for offset in selection.into_iter().filter(|o| memory.find(0, *o).is_none()) {
                    prop_assert!(sent.insert(offset), "{} is sent twice", offset);
                    placed.push((offset, Some(Timestamp(offset)), Some((0, target))));
                    target += 1;
                }
                for entry in entries("j", &redriven(), placed) {
                    let key = key(0, entry.runs[0].dlq_offset).to_string();
                    prop_assert!(topic.insert(key, entry.to_json().unwrap()).is_none(), "overwritten");
                }
            }
            let mut collector = collector();
            for (key, value) in &topic {
                collector.take(Some(key.as_bytes()), Some(value)).unwrap();
            }
            let memory = collector.finish();
            for offset in 0..40 {
                prop_assert_eq!(memory.find(0, offset).is_some(), sent.contains(&offset));
            }
        }
    }
}
