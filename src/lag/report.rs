//! What a lag report says.

use crate::error::Report;
use crate::model::group::GroupState;
use crate::model::name::{FlowId, GroupId};
use crate::model::offset::TopicPartition;
use crate::model::timestamp::Timestamp;

/// The lag of some groups at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LagReport {
    /// The cluster's id, if it is known.
    pub cluster_id: Option<String>,
    /// When the offsets were read.
    pub at: Timestamp,
    /// The groups.
    pub groups: Vec<GroupLag>,
    /// What could not be found out; not empty means that the report is partial.
    pub errors: Vec<Report>,
}

/// The lag of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupLag {
    /// The group.
    pub group: GroupId,
    /// The flow whose consumer it is, if the topology says so.
    pub flow: Option<FlowId>,
    /// The state: `Dead` for a group that does not exist (yet), `None` when it is not known.
    pub state: Option<GroupState>,
    /// The assignor; `None` while there is none, or when it is not known.
    pub assignor: Option<String>,
    /// The broker that coordinates the group, if it is known.
    pub coordinator: Option<i32>,
    /// How many members it has; `None` when the group could not be described.
    pub members: Option<usize>,
    /// Its partitions: those with a committed offset, those of its members, those of its flow.
    pub partitions: Vec<PartitionLag>,
}

impl GroupLag {
    /// Adds up the partitions.
    pub fn total(&self) -> Total {
        Total::of(&self.partitions)
    }
}

/// The lag of a group in a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionLag {
    /// The partition.
    pub topic_partition: TopicPartition,
    /// The committed offset; `None` when the group has not committed.
    pub committed: Option<i64>,
    /// The log start offset, if it is known.
    pub log_start: Option<i64>,
    /// The log end offset (high watermark), if it is known.
    pub end: Option<i64>,
    /// End − committed; `None` when one of them is unknown or they do not belong to one log.
    pub lag: Option<i64>,
    /// The member that reads it, if one does.
    pub member: Option<Member>,
    /// What is odd about it.
    pub oddity: Option<Oddity>,
}

/// The member that reads a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The id that the coordinator gave it.
    pub member_id: String,
    /// The client's id.
    pub client_id: String,
    /// The client's address.
    pub host: String,
}

/// What is odd about a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oddity {
    /// The group has not committed an offset here, so nobody knows where it would start.
    NeverCommitted,
    /// Records were deleted before the group read them: this many at most.
    Lost(i64),
    /// The committed offset lies after the end: the topic was created again or truncated.
    Reset,
}

/// A sum of lag over partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Total {
    /// The sum over the partitions whose lag is known; `None` when there is none of them.
    pub lag: Option<i64>,
    /// How many partitions there are.
    pub partitions: usize,
    /// In how many of them the lag is unknown.
    pub unknown: usize,
    /// In how many of those there are records that may be unread.
    pub unknown_with_records: usize,
}

impl Total {
    /// Adds up partitions.
    pub fn of<'a>(partitions: impl IntoIterator<Item = &'a PartitionLag>) -> Self {
        let mut total = Self::default();
        for partition in partitions {
            total.partitions += 1;
            if let Some(lag) = partition.lag {
                total.lag = Some(total.lag.unwrap_or(0) + lag);
            } else {
                let is_empty = partition.end.is_some() && partition.end == partition.log_start;
                total.unknown += 1;
                total.unknown_with_records += usize::from(!is_empty);
            }
        }
        total
    }

    /// Tells whether there may be more than the sum says: an empty log hides nothing.
    pub fn is_lower_bound(&self) -> bool {
        self.lag.is_some() && self.unknown_with_records > 0
    }

    /// Tells whether the lag is, or may be, above a threshold: not knowing is no all-clear.
    pub fn may_exceed(&self, threshold: i64) -> bool {
        self.unknown_with_records > 0 || self.lag.is_some_and(|lag| lag > threshold)
    }
}

impl LagReport {
    /// Adds up the groups of each flow, in the order of the groups.
    pub fn flows(&self) -> Vec<(FlowId, Total)> {
        let mut flows: Vec<FlowId> = Vec::new();
        for flow in self.groups.iter().filter_map(|group| group.flow.as_ref()) {
            if !flows.contains(flow) {
                flows.push(flow.clone());
            }
        }
        flows
            .into_iter()
            .map(|flow| {
                let groups = self.groups.iter().filter(|group| group.flow.as_ref() == Some(&flow));
                let total = Total::of(groups.flat_map(|group| &group.partitions));
                (flow, total)
            })
            .collect()
    }

    /// Gives the groups whose lag is, or may be, above a threshold.
    pub fn above(&self, threshold: i64) -> Vec<&GroupLag> {
        self.groups.iter().filter(|group| group.total().may_exceed(threshold)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(lag: Option<i64>, log_start: i64, end: i64) -> PartitionLag {
        PartitionLag {
            topic_partition: TopicPartition::new("orders".into(), 0),
            committed: lag.map(|lag| end - lag),
            log_start: Some(log_start),
            end: Some(end),
            lag,
            member: None,
            oddity: None,
        }
    }

    #[test]
    fn unknown_lag_is_counted_and_never_added_as_zero() {
        let total = Total::of(&[partition(Some(3), 0, 10), partition(None, 0, 10)]);
        assert_eq!(total.lag, Some(3));
        assert_eq!((total.partitions, total.unknown), (2, 1));
        assert!(total.is_lower_bound());
        assert!(!Total::of(&[partition(Some(3), 0, 10), partition(None, 7, 7)]).is_lower_bound());
        assert!(!Total::of(&[partition(None, 0, 10)]).is_lower_bound(), "nothing is no bound");
        assert_eq!(Total::of(&[partition(None, 0, 10)]).lag, None);
    }

    #[test]
    fn a_threshold_is_passed_by_more_and_by_not_knowing() {
        assert!(!Total::of(&[partition(Some(3), 0, 10)]).may_exceed(3));
        assert!(Total::of(&[partition(Some(4), 0, 10)]).may_exceed(3));
        assert!(Total::of(&[partition(None, 0, 10)]).may_exceed(3));
        assert!(!Total::of(&[partition(None, 7, 7)]).may_exceed(0), "an empty log hides nothing");
    }
}
