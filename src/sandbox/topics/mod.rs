//! The topics: which there are, how many partitions they have, how they are configured.

mod configs;
mod definitions;
mod name;
mod new;
mod upkeep;

use std::collections::BTreeMap;

use kafka_protocol::ResponseError;
use uuid::Uuid;

pub(super) use configs::{Change, Configs};
pub(super) use definitions::{BROKER_CONFIGS, Definition, definition, definitions};
pub(super) use name::is_legal;
pub(super) use new::NewTopic;

use super::log::{At, Log, LogConfig, Refused};
use super::transactions::{Outcome, Producer};
use crate::model::timestamp::Timestamp;

/// The most partitions of a topic, and of all topics together: each costs some memory.
const MOST_PARTITIONS: usize = 10_000;

/// The epoch of the only transaction coordinator.
const COORDINATOR_EPOCH: i32 = 0;

/// All topics.
#[derive(Default)]
pub(super) struct Topics {
    by_name: BTreeMap<String, Topic>,
    names: BTreeMap<Uuid, String>,
    /// The names by what their metrics are called.
    metrics: BTreeMap<String, String>,
}

/// A topic.
pub(super) struct Topic {
    /// Its id; a topic that is deleted and made again has another one.
    pub(super) id: Uuid,
    /// Its configs that are set.
    pub(super) configs: Configs,
    /// Its partitions.
    pub(super) partitions: Vec<Log>,
}

/// Why something about a topic was refused: an error code and Kafka's way to say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The error.
    pub(super) error: ResponseError,
    /// What is wrong.
    pub(super) message: String,
}

impl Refusal {
    /// Refuses with an error and what is wrong.
    pub(super) fn new(error: ResponseError, message: impl Into<String>) -> Self {
        Self { error, message: message.into() }
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        Self::new(refused.error, refused.message.unwrap_or_default())
    }
}

impl Topics {
    /// Returns a topic.
    pub(super) fn get(&self, name: &str) -> Option<&Topic> {
        self.by_name.get(name)
    }

    /// Returns a topic, or refuses because there is none.
    pub(super) fn find(&self, name: &str) -> Result<&Topic, Refusal> {
        self.get(name).ok_or_else(unknown)
    }

    /// Returns a topic to change it, or refuses because there is none.
    pub(super) fn find_mut(&mut self, name: &str) -> Result<&mut Topic, Refusal> {
        self.get_mut(name).ok_or_else(unknown)
    }

    /// Returns a topic to change it.
    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Topic> {
        self.by_name.get_mut(name)
    }

    /// Returns the name of the topic with an id.
    pub(super) fn name_of(&self, id: Uuid) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }

    /// Returns a partition.
    pub(super) fn log(&self, name: &str, partition: i32) -> Option<&Log> {
        self.get(name)?.partitions.get(usize::try_from(partition).ok()?)
    }

    /// Returns a partition to change it.
    pub(super) fn log_mut(&mut self, name: &str, partition: i32) -> Option<&mut Log> {
        self.get_mut(name)?.partitions.get_mut(usize::try_from(partition).ok()?)
    }

    /// Iterates over the topics by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Topic)> {
        self.by_name.iter().map(|(name, topic)| (name.as_str(), topic))
    }

    /// Checks a new topic and says how many partitions it gets.
    pub(super) fn check(&self, new: &NewTopic) -> Result<usize, Refusal> {
        new.check()?;
        if self.by_name.contains_key(&new.name) {
            let message = format!("Topic '{}' already exists.", new.name);
            return Err(Refusal::new(ResponseError::TopicAlreadyExists, message));
        }
        if let Some(other) = self.metrics.get(&name::of_metrics(&new.name)) {
            let message = format!("Topic '{}' collides with existing topic: {other}", new.name);
            return Err(Refusal::new(ResponseError::InvalidTopicException, message));
        }
        let count = new.partition_count()?;
        self.check_room(count)?;
        Ok(count)
    }

    /// Creates a topic.
    pub(super) fn create(&mut self, new: NewTopic, id: Uuid) -> Result<&Topic, Refusal> {
        let count = self.check(&new)?;
        let configs = new.configs()?;
        let partitions = (0..count).map(|_| Log::default()).collect();
        self.names.insert(id, new.name.clone());
        self.metrics.insert(name::of_metrics(&new.name), new.name.clone());
        Ok(self.by_name.entry(new.name).or_insert(Topic { id, configs, partitions }))
    }

    /// Deletes a topic with all its records.
    pub(super) fn delete(&mut self, name: &str) -> Result<Topic, Refusal> {
        let topic = self.by_name.remove(name).ok_or_else(unknown)?;
        self.names.remove(&topic.id);
        self.metrics.remove(&name::of_metrics(name));
        Ok(topic)
    }

    /// Adds partitions up to a count.
    pub(super) fn add_partitions(
        &mut self,
        name: &str,
        count: i32,
        assignments: Option<&[Vec<i32>]>,
        validate_only: bool,
    ) -> Result<(), Refusal> {
        let present = self.get(name).ok_or_else(unknown)?.partitions.len();
        let invalid = |message: String| Refusal::new(ResponseError::InvalidPartitions, message);
        let wanted = usize::try_from(count).unwrap_or_default();
        if wanted == present {
            return Err(invalid(format!("Topic already has {present} partition(s).")));
        }
        let Some(more) = wanted.checked_sub(present).filter(|_| wanted > 0) else {
            return Err(invalid(format!(
                "The topic {name} currently has {present} partition(s); {count} would not be an \
                 increase."
            )));
        };
        if let Some(assignments) = assignments {
            new::check_additional(assignments, more)?;
        }
        self.check_room(more)?;
        if !validate_only && let Some(topic) = self.by_name.get_mut(name) {
            topic.partitions.resize_with(wanted, Log::default);
        }
        Ok(())
    }

    /// Writes the marker that ends a producer's transaction into a partition, if it is still there.
    pub(super) fn end_transaction(
        &mut self,
        topic: &str,
        partition: i32,
        (producer, outcome): (Producer, Outcome),
        now: Timestamp,
    ) {
        let Some(config) = self.get(topic).map(|topic| LogConfig::of(&topic.configs)) else {
            return;
        };
        let at = At { config: &config, now };
        let producer = (producer.id, producer.epoch);
        if let Some(log) = self.log_mut(topic, partition) {
            // A partition that has seen a later epoch has had the end of this one.
            let _fenced = log.end_transaction(producer, outcome, COORDINATOR_EPOCH, at);
        }
    }

    /// Returns how much memory all partitions and configs take.
    pub(super) fn memory(&self) -> u64 {
        let logs = self.by_name.values().flat_map(|topic| &topic.partitions).map(Log::memory);
        let configs: usize = self.by_name.values().map(|topic| topic.configs.memory()).sum();
        logs.sum::<u64>().saturating_add(u64::try_from(configs).unwrap_or(u64::MAX))
    }

    /// Checks that there may be so many more partitions.
    fn check_room(&self, more: usize) -> Result<(), Refusal> {
        let present: usize = self.by_name.values().map(|topic| topic.partitions.len()).sum();
        if present.saturating_add(more) <= MOST_PARTITIONS {
            return Ok(());
        }
        let message = format!("The sandbox holds at most {MOST_PARTITIONS} partitions.");
        Err(Refusal::new(ResponseError::PolicyViolation, message))
    }
}

/// Refuses because there is no such topic.
fn unknown() -> Refusal {
    let message = "This server does not host this topic-partition.";
    Refusal::new(ResponseError::UnknownTopicOrPartition, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics(name: &str, partitions: i32) -> Topics {
        let mut topics = Topics::default();
        topics.create(NewTopic::of(name, partitions), Uuid::from_u128(1)).map(|_| ()).unwrap();
        topics
    }

    #[test]
    fn a_topic_is_there_once() {
        let mut topics = topics("orders", 3);
        assert_eq!(topics.get("orders").unwrap().partitions.len(), 3);
        assert_eq!(topics.name_of(Uuid::from_u128(1)), Some("orders"));
        let again = topics.check(&NewTopic::of("orders", 1)).unwrap_err();
        assert_eq!(again.error, ResponseError::TopicAlreadyExists);
        topics.delete("orders").map(|_| ()).unwrap();
        assert_eq!(topics.name_of(Uuid::from_u128(1)), None);
        let gone = topics.delete("orders").map(|_| ()).unwrap_err();
        assert_eq!(gone.error, ResponseError::UnknownTopicOrPartition);
    }

    #[test]
    fn names_that_make_the_same_metric_collide() {
        let refusal = topics("a.b", 1).check(&NewTopic::of("a_b", 1)).unwrap_err();
        assert_eq!(refusal.error, ResponseError::InvalidTopicException);
        assert!(refusal.message.contains("a.b"));
        let mut topics = topics("a.b", 1);
        topics.delete("a.b").map(|_| ()).unwrap();
        assert!(topics.check(&NewTopic::of("a_b", 1)).is_ok());
    }

    #[test]
    fn partitions_only_grow() {
        let mut topics = topics("orders", 3);
        for count in [3, 2, 0, -1] {
            let refusal = topics.add_partitions("orders", count, None, false).unwrap_err();
            assert_eq!(refusal.error, ResponseError::InvalidPartitions, "{count}");
        }
        topics.add_partitions("orders", 5, None, true).unwrap();
        assert_eq!(topics.get("orders").unwrap().partitions.len(), 3, "only validated");
        topics.add_partitions("orders", 5, None, false).unwrap();
        assert_eq!(topics.get("orders").unwrap().partitions.len(), 5);
    }

    #[test]
    fn there_is_an_end_of_partitions() {
        let refusal = topics("orders", 3).check(&NewTopic::of("many", 10_000)).unwrap_err();
        assert_eq!(refusal.error, ResponseError::PolicyViolation);
    }
}
