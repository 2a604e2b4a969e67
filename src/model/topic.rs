//! Topics: what a cluster says of one, and what is asked for when one is made.

use std::collections::BTreeMap;
use std::fmt;

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

/// The ids of topics, by which they are known again; `None` from brokers without topic ids.
pub type TopicIds = BTreeMap<TopicName, Option<String>>;

/// What became of a topic since its id was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// It was deleted.
    Deleted,
    /// It was deleted, and there is another one of its name: its offsets mean other records.
    CreatedAgain,
}

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deleted => "deleted",
            Self::CreatedAgain => "deleted and created again",
        })
    }
}

/// A partition was named that the topic does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("topic `{topic}` has no partition {partition}: it has {count}, counted from 0")]
pub struct NoSuchPartition {
    /// The topic.
    pub topic: TopicName,
    /// The partition that was named.
    pub partition: i32,
    /// How many there are.
    pub count: usize,
}

/// Checks that partitions that were named exist: Kafka counts a topic's from 0, without gaps.
pub fn check_partitions(
    topic: &TopicName,
    named: impl IntoIterator<Item = i32>,
    count: usize,
) -> Result<(), NoSuchPartition> {
    let is_there = |partition: &i32| usize::try_from(*partition).is_ok_and(|it| it < count);
    match named.into_iter().find(|partition| !is_there(partition)) {
        None => Ok(()),
        Some(partition) => Err(NoSuchPartition { topic: topic.clone(), partition, count }),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_counted_from_0() {
        let check = |named: &[i32]| check_partitions(&"orders".into(), named.iter().copied(), 2);
        assert_eq!(check(&[0, 1]), Ok(()));
        assert!(check(&[-1]).is_err());
        assert_eq!(
            check(&[1, 2]).unwrap_err().to_string(),
            "topic `orders` has no partition 2: it has 2, counted from 0"
        );
    }
}
