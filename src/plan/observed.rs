//! What the cluster has, in the words of `model`.

use std::collections::BTreeMap;

use crate::error::Report;
use crate::model::cluster::ClusterDescription;
use crate::model::config_entry::ConfigEntry;
use crate::model::name::TopicName;
use crate::model::timestamp::Timestamp;
use crate::model::topic::TopicDescription;
use crate::model::topic_config::is_equal;

use super::undeclared::LeftOver;

/// A cluster as one gathering found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// When it was looked at.
    pub as_of: Timestamp,
    /// The cluster and its brokers.
    pub cluster: ClusterDescription,
    /// Every topic that was asked for.
    pub topics: BTreeMap<TopicName, Presence>,
    /// Those that nothing declares, and that belong to a flow by their name.
    pub left_over: BTreeMap<TopicName, LeftOver>,
}

/// Whether a topic is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// It does not exist.
    Missing,
    /// It exists.
    Present(ObservedTopic),
    /// Nobody knows: the cluster did not say.
    Unknown(Report),
}

/// A topic that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedTopic {
    /// Its partitions and replicas.
    pub description: TopicDescription,
    /// Its configs with the values in force; the reason where they could not be read.
    pub configs: Result<BTreeMap<String, ConfigEntry>, Report>,
}

impl ObservedTopic {
    /// Returns the value in force of a config.
    pub fn config(&self, key: &str) -> Option<&str> {
        self.configs.as_ref().ok()?.get(key)?.value.as_deref()
    }
}

/// Whether a cluster shows what was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    /// It does.
    Yes,
    /// It does not; the text says what is missing.
    NotYet(String),
}

/// Tells whether a topic has its partitions and each of them a leader. A count below zero was left
/// to the broker.
pub(super) fn shows_partitions(topic: &TopicDescription, wanted: i32) -> Shown {
    let count = topic.partition_count();
    if count < wanted.max(1) {
        return Shown::NotYet(format!("{count} of {wanted} partitions are there"));
    }
    let without_leader: Vec<_> = topic
        .partitions
        .iter()
        .filter(|(_, partition)| partition.leader.is_none())
        .map(|(number, _)| number.to_string())
        .collect();
    match without_leader.as_slice() {
        [] => Shown::Yes,
        [one] => Shown::NotYet(format!("partition {one} has no leader")),
        many => Shown::NotYet(format!("partitions {} have no leader", many.join(", "))),
    }
}

/// Tells whether all configs have their values.
pub(super) fn shows_configs(
    current: &BTreeMap<String, ConfigEntry>,
    wanted: &BTreeMap<String, String>,
) -> Shown {
    let differs = wanted.iter().find(|(key, wanted)| {
        let current = current.get(*key).and_then(|entry| entry.value.as_deref());
        !current.is_some_and(|current| is_equal(key, current, wanted))
    });
    match differs {
        None => Shown::Yes,
        Some((key, _)) => Shown::NotYet(format!("{key} has its old value")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::topic::PartitionDescription;

    fn topic(leaders: &[Option<i32>]) -> TopicDescription {
        let partition =
            |leader| PartitionDescription { leader, replicas: vec![1], in_sync: vec![1] };
        TopicDescription {
            name: "orders".into(),
            id: None,
            is_internal: false,
            partitions: (0..).zip(leaders.iter().map(|leader| partition(*leader))).collect(),
        }
    }

    #[test]
    fn a_topic_is_there_when_every_partition_has_a_leader() {
        assert_eq!(shows_partitions(&topic(&[Some(1), Some(1)]), 2), Shown::Yes);
        assert_eq!(shows_partitions(&topic(&[Some(1)]), -1), Shown::Yes);
        for (leaders, missing) in [
            (&[Some(1)][..], "1 of 2 partitions are there"),
            (&[Some(1), None], "partition 1 has no leader"),
            (&[None, None], "partitions 0, 1 have no leader"),
        ] {
            assert_eq!(shows_partitions(&topic(leaders), 2), Shown::NotYet(missing.to_owned()));
        }
        assert_ne!(shows_partitions(&topic(&[]), -1), Shown::Yes);
    }
}
