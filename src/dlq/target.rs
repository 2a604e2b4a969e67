//! Where a dead letter is sent: the topic, and the partition that keeps the order of its key.

use std::collections::BTreeMap;
use std::fmt;

use super::dead_letter::{DeadLetter, Origin};
use super::refusal::Refusal;
use super::select::Rule;
use crate::model::name::TopicName;
use crate::model::partitioner::partition_of_key;

/// What the cluster says of the topics that dead letters name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Topics {
    known: BTreeMap<TopicName, Result<i32, String>>,
}

impl Topics {
    /// Notes a topic's partition count, or why there is none.
    pub fn insert(&mut self, topic: TopicName, partition_count: Result<i32, String>) {
        self.known.insert(topic, partition_count);
    }

    /// Tells whether the cluster has been asked for a topic.
    pub fn knows(&self, topic: &TopicName) -> bool {
        self.known.contains_key(topic)
    }

    /// Returns a topic's partition count, or why there is none.
    pub fn partition_count(&self, topic: &TopicName) -> Result<i32, String> {
        match self.known.get(topic) {
            Some(known) => known.clone(),
            None => Err(format!("the cluster was not asked for topic `{topic}`")),
        }
    }
}

/// Which topic dead letters are sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetRule {
    /// The one that they come from.
    Origin,
    /// This one.
    Topic(TopicName),
}

impl TargetRule {
    /// Returns the topic for an origin.
    pub fn topic<'a>(&'a self, origin: &'a Origin) -> Option<&'a TopicName> {
        match self {
            Self::Origin => origin.topic.as_ref(),
            Self::Topic(topic) => Some(topic),
        }
    }
}

/// Where a dead letter is sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The topic.
    pub topic: TopicName,
    /// The partition.
    pub partition: TargetPartition,
}

/// How the partition is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TargetPartition {
    /// The one that the record came from.
    Original(i32),
    /// The one that a Java producer gives its key.
    OfKey(i32),
    /// Any: it has no key.
    Any,
}

impl TargetPartition {
    /// Returns the number, if it is decided.
    pub fn number(self) -> Option<i32> {
        match self {
            Self::Original(partition) | Self::OfKey(partition) => Some(partition),
            Self::Any => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let topic = &self.topic;
        match self.partition {
            TargetPartition::Original(partition) => write!(f, "{topic}[{partition}]"),
            TargetPartition::OfKey(partition) => write!(f, "{topic}[{partition}] by key"),
            TargetPartition::Any => write!(f, "{topic}[any]"),
        }
    }
}

/// Finds the target of a dead letter whose origin has been checked.
pub(super) fn target(
    dead_letter: &DeadLetter,
    rule: &Rule,
    topics: &Topics,
) -> Result<Target, Refusal> {
    let origin = &dead_letter.origin;
    let Some(topic) = rule.target.topic(origin) else {
        let flaw = origin.flaws.first().map(ToString::to_string);
        return Err(Refusal::NoOrigin(flaw));
    };
    if *topic == dead_letter.record.topic_partition.topic {
        return Err(Refusal::SameTopic);
    }
    if rule.own_topics.contains(topic) || topic.as_str().starts_with("__") {
        return Err(Refusal::Internal(topic.clone()));
    }
    let partition_count =
        topics.partition_count(topic).map_err(|why| Refusal::NoTarget(topic.clone(), why))?;
    let key = dead_letter.record.key.as_deref();
    // Only a partition of the topic itself means something: another topic's may hold other keys.
    let original = origin.partition.filter(|_| origin.topic.as_ref() == Some(topic));
    let partition = match (original, key) {
        (Some(partition), _) => TargetPartition::Original(partition),
        (None, Some(key)) => partition_of_key(key, partition_count)
            .map_or(TargetPartition::Any, TargetPartition::OfKey),
        (None, None) => TargetPartition::Any,
    };
    Ok(Target { topic: topic.clone(), partition })
}
