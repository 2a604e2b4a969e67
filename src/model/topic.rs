//! Topics: what a cluster says of one, and what is asked for when one is made.

use std::collections::BTreeMap;

use super::name::TopicName;

/// A topic as the cluster's metadata describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicDescription {
    /// The name.
    pub name: TopicName,
    /// The id of this incarnation, as Kafka prints it (base64url of a UUID); a topic that was
    /// deleted and created again has another one. `None` from a broker without topic ids.
    pub id: Option<String>,
    /// Whether Kafka itself uses the topic.
    pub is_internal: bool,
    /// The partitions by number.
    pub partitions: BTreeMap<i32, PartitionDescription>,
}

impl TopicDescription {
    /// Returns how many partitions there are.
    pub fn partition_count(&self) -> i32 {
        i32::try_from(self.partitions.len()).unwrap_or(i32::MAX)
    }

    /// Returns the replication factor: that of the partition with the most replicas.
    pub fn replication_factor(&self) -> i16 {
        let most = self.partitions.values().map(|p| p.replicas.len()).max().unwrap_or(0);
        i16::try_from(most).unwrap_or(i16::MAX)
    }
}

/// A partition as the cluster's metadata describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionDescription {
    /// The leader's broker id; `None` while there is none.
    pub leader: Option<i32>,
    /// The broker ids of the replicas, the preferred leader first.
    pub replicas: Vec<i32>,
    /// The broker ids of the in-sync replicas.
    pub in_sync: Vec<i32>,
}

/// A topic to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTopic {
    /// The name.
    pub name: TopicName,
    /// The partition count.
    pub partitions: i32,
    /// The replication factor.
    pub replication: i16,
    /// The configs to set.
    pub configs: BTreeMap<String, String>,
}
