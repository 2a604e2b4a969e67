//! What is done for all partitions as time passes. Forgetting is quick; compaction takes its time,
//! and is done without the topics: one call says what there is to do, another takes what is left.

use uuid::Uuid;

use super::{Topic, Topics};
use crate::model::timestamp::Timestamp;
use crate::sandbox::log::{At, Compacted, Compaction, LogConfig};

/// Where a partition is. A topic that is deleted and made again has other ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) struct Place {
    topic: Uuid,
    partition: usize,
}

impl Topics {
    /// Forgets what is due; tells whether anything changed.
    pub(in crate::sandbox) fn upkeep(&mut self, now: Timestamp) -> bool {
        let mut is_changed = false;
        for topic in self.by_name.values_mut() {
            let config = LogConfig::of(&topic.configs);
            for log in &mut topic.partitions {
                is_changed |= log.upkeep(At { config: &config, now });
            }
        }
        is_changed
    }

    /// Returns the partitions that are to be compacted from time to time.
    pub(in crate::sandbox) fn compacting(&self) -> Vec<Place> {
        let topics = self.by_name.values().filter(|topic| topic.configs.cleans_by("compact"));
        let places = |topic: &Topic| {
            let topic_id = topic.id;
            (0..topic.partitions.len()).map(move |partition| Place { topic: topic_id, partition })
        };
        topics.flat_map(places).collect()
    }

    /// Returns what is to be compacted of a partition now, if it is worth it.
    pub(in crate::sandbox) fn compaction(
        &self,
        place: Place,
        now: Timestamp,
    ) -> Option<Compaction> {
        let topic = self.get(self.name_of(place.topic)?)?;
        let config = LogConfig::of(&topic.configs);
        topic.partitions.get(place.partition)?.compaction(At { config: &config, now })
    }

    /// Puts what compaction left in its place, if the topic is still there.
    pub(in crate::sandbox) fn compacted(&mut self, place: Place, compacted: Compacted) {
        let topic = self.names.get(&place.topic).and_then(|name| self.by_name.get_mut(name));
        if let Some(log) = topic.and_then(|topic| topic.partitions.get_mut(place.partition)) {
            log.compacted(compacted);
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::{Change, NewTopic};
    use super::*;
    use crate::kafka::batch::Scratch;
    use crate::kafka::batch::sample::{Compression, SampleBatch};
    use crate::sandbox::log::{Rules, validate};

    const NOW: Timestamp = Timestamp(1_000_000);

    /// Topics of which only `orders` is compacted: it has one partition with one key three times.
    fn topics(id: u128) -> Topics {
        let mut topics = Topics::default();
        topics.create(NewTopic::of("others", 2), Uuid::from_u128(9)).map(|_| ()).unwrap();
        topics.create(NewTopic::of("orders", 1), Uuid::from_u128(id)).map(|_| ()).unwrap();
        let topic = topics.find_mut("orders").unwrap();
        let set = |value: &str| Change::Set(Some(value.to_owned()));
        topic.configs.change("cleanup.policy", &set("compact")).unwrap();
        topic.configs.change("min.cleanable.dirty.ratio", &set("0")).unwrap();
        // Every batch gets a segment of its own.
        let config = LogConfig { segment_bytes: 100, ..LogConfig::of(&topic.configs) };
        let log = topic.partitions.first_mut().unwrap();
        for _ in 0..3 {
            let mut batch = SampleBatch::of(0, &["v"]);
            batch.records[0].key = Some(b"k".to_vec());
            batch.base_timestamp = NOW.0;
            batch.max_timestamp = NOW.0;
            let bytes = Bytes::from(batch.encode(Compression::None));
            let rules =
                Rules { config: &config, partition: "orders-0", now: NOW, allows_zstd: true };
            let produced = validate(&bytes, rules, &mut Scratch::default()).unwrap();
            log.append(&produced, At { config: &config, now: NOW }).unwrap();
        }
        topics
    }

    #[test]
    fn what_is_to_be_compacted_is_compacted_once() {
        let mut topics = topics(1);
        let [place] = topics.compacting().try_into().unwrap();
        let memory = topics.memory();
        let compaction = topics.compaction(place, NOW).unwrap();
        topics.compacted(place, compaction.run(&mut Scratch::default()));
        assert!(topics.memory() < memory);
        assert!(topics.compaction(place, NOW).is_none(), "there is nothing left to do");
    }

    #[test]
    fn what_is_left_of_a_topic_is_not_given_to_its_successor() {
        let mut topics = topics(1);
        let [place] = topics.compacting().try_into().unwrap();
        let compaction = topics.compaction(place, NOW).unwrap();
        let mut successors = self::topics(2);
        let memory = successors.memory();
        successors.compacted(place, compaction.run(&mut Scratch::default()));
        assert_eq!(successors.memory(), memory);
        assert!(successors.compaction(place, NOW).is_none(), "it is another topic");
        topics.delete("orders").map(|_| ()).unwrap();
        assert!(topics.compaction(place, NOW).is_none());
    }
}
