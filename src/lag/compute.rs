//! From offsets to lag: pure arithmetic over what was observed.

use std::collections::{BTreeMap, BTreeSet};

use super::report::{GroupLag, Member, Oddity, PartitionLag};
use super::select::WantedGroup;
use crate::model::group::{GroupDescription, GroupState};
use crate::model::name::TopicName;
use crate::model::offset::TopicPartition;

/// What the cluster said of a group.
#[derive(Debug, Clone, Default)]
pub struct ObservedGroup {
    /// The description; `None` when it could not be had or the group does not exist.
    pub description: Option<GroupDescription>,
    /// The committed offsets.
    pub committed: BTreeMap<TopicPartition, i64>,
    /// Whether something could not be read, so that what is absent here may be there.
    pub is_partial: bool,
}

impl ObservedGroup {
    /// Tells whether the cluster knows nothing of the group.
    pub fn is_missing(&self) -> bool {
        let is_described =
            self.description.as_ref().is_some_and(|group| group.state != Some(GroupState::Dead));
        !is_described && self.committed.is_empty() && !self.is_partial
    }
}

/// The ends of a log, as far as they are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    /// The log start offset.
    pub log_start: Option<i64>,
    /// The log end offset.
    pub end: Option<i64>,
}

/// Finds the partitions a group is concerned with: committed, assigned, or of its flow's main
/// topic.
pub fn partitions(
    wanted: &WantedGroup,
    observed: &ObservedGroup,
    counts: &BTreeMap<TopicName, i32>,
    only: Option<&TopicName>,
) -> BTreeSet<TopicPartition> {
    let mut partitions: BTreeSet<_> = observed.committed.keys().cloned().collect();
    partitions.extend(assignments(observed).into_keys());
    if let Some((_, main)) = &wanted.flow {
        let count = counts.get(main).copied().unwrap_or(0);
        partitions.extend((0..count).map(|number| TopicPartition::new(main.clone(), number)));
    }
    partitions.retain(|partition| only.is_none_or(|topic| partition.topic == *topic));
    partitions
}

/// Computes the lag of a group over its partitions.
pub fn group_lag(
    wanted: &WantedGroup,
    observed: &ObservedGroup,
    partitions: BTreeSet<TopicPartition>,
    marks: &BTreeMap<TopicPartition, Marks>,
) -> GroupLag {
    let members = assignments(observed);
    let description = observed.description.as_ref();
    GroupLag {
        group: wanted.group.clone(),
        flow: wanted.flow.as_ref().map(|(flow, _)| flow.clone()),
        state: description.and_then(|group| group.state.clone()),
        assignor: description.and_then(|group| group.assignor.clone()),
        coordinator: description.and_then(|group| group.coordinator),
        members: description.map(|group| group.members.len()),
        partitions: partitions
            .into_iter()
            .map(|partition| {
                let marks = marks.get(&partition).copied().unwrap_or_default();
                let committed = observed.committed.get(&partition).copied();
                let (lag, oddity) = match committed {
                    // It may have committed: nobody could see.
                    None if observed.is_partial => (None, None),
                    committed => lag(committed, marks),
                };
                PartitionLag {
                    member: members.get(&partition).cloned(),
                    topic_partition: partition,
                    committed,
                    log_start: marks.log_start,
                    end: marks.end,
                    lag,
                    oddity,
                }
            })
            .collect(),
    }
}

/// Computes the lag in a partition and says what is odd about it.
fn lag(committed: Option<i64>, marks: Marks) -> (Option<i64>, Option<Oddity>) {
    let Some(committed) = committed else {
        return (None, Some(Oddity::NeverCommitted));
    };
    // The end was read after the committed offset: one beyond it belongs to another log.
    let Some(lag) = marks.end.map(|end| end - committed) else {
        return (None, None);
    };
    if lag < 0 {
        return (None, Some(Oddity::Reset));
    }
    let lost = marks.log_start.map(|start| start - committed).filter(|lost| *lost > 0);
    (Some(lag), lost.map(Oddity::Lost))
}

/// Finds out which member reads which partition.
fn assignments(observed: &ObservedGroup) -> BTreeMap<TopicPartition, Member> {
    let members = observed.description.iter().flat_map(|group| &group.members);
    members
        .flat_map(|member| {
            let assigned = member.assignment.iter().flatten();
            assigned.flat_map(move |(topic, numbers)| {
                numbers.iter().map(move |number| {
                    let reader = Member {
                        member_id: member.member_id.clone(),
                        client_id: member.client_id.clone(),
                        host: member.host.clone(),
                    };
                    (TopicPartition::new(topic.clone(), *number), reader)
                })
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::group::GroupMember;

    fn marks(log_start: i64, end: i64) -> Marks {
        Marks { log_start: Some(log_start), end: Some(end) }
    }

    #[test]
    fn lag_is_end_minus_committed_and_unknown_is_never_zero() {
        assert_eq!(lag(Some(7), marks(0, 10)), (Some(3), None));
        assert_eq!(lag(Some(10), marks(0, 10)), (Some(0), None));
        assert_eq!(lag(None, marks(0, 10)), (None, Some(Oddity::NeverCommitted)));
        assert_eq!(lag(Some(7), Marks::default()), (None, None));
    }

    #[test]
    fn records_deleted_unread_are_lost_and_an_offset_after_the_end_is_no_lag() {
        assert_eq!(lag(Some(2), marks(5, 10)), (Some(8), Some(Oddity::Lost(3))));
        assert_eq!(lag(Some(11), marks(0, 10)), (None, Some(Oddity::Reset)));
    }

    #[test]
    fn offsets_that_could_not_be_read_are_not_called_uncommitted() {
        let wanted = WantedGroup { group: "g".into(), flow: None };
        let partition = TopicPartition::new("orders".into(), 0);
        let logs = BTreeMap::from([(partition.clone(), marks(0, 9))]);
        let report = |is_partial| {
            let observed = ObservedGroup { is_partial, ..ObservedGroup::default() };
            let lag = group_lag(&wanted, &observed, BTreeSet::from([partition.clone()]), &logs);
            lag.partitions.first().unwrap().oddity
        };
        assert_eq!(report(false), Some(Oddity::NeverCommitted));
        assert_eq!(report(true), None);
    }

    #[test]
    fn a_group_that_could_not_be_read_is_not_missing() {
        assert!(ObservedGroup::default().is_missing());
        assert!(!ObservedGroup { is_partial: true, ..ObservedGroup::default() }.is_missing());
    }

    #[test]
    fn partitions_are_those_committed_assigned_or_of_the_flow() {
        let wanted =
            WantedGroup { group: "g".into(), flow: Some(("orders".into(), "orders".into())) };
        let member = GroupMember {
            member_id: "m".to_owned(),
            instance_id: None,
            client_id: "c".to_owned(),
            host: "/127.0.0.1".to_owned(),
            assignment: Some(vec![("retry".into(), vec![1])]),
        };
        let observed = ObservedGroup {
            description: Some(GroupDescription {
                id: "g".into(),
                state: Some(GroupState::Stable),
                protocol_type: "consumer".to_owned(),
                assignor: Some("range".to_owned()),
                coordinator: Some(1),
                members: vec![member],
            }),
            committed: BTreeMap::from([(TopicPartition::new("other".into(), 4), 9)]),
            is_partial: false,
        };
        let counts = BTreeMap::from([("orders".into(), 2)]);
        let all = partitions(&wanted, &observed, &counts, None);
        let shown: Vec<_> = all.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["orders[0]", "orders[1]", "other[4]", "retry[1]"]);

        let marks = BTreeMap::from([(TopicPartition::new("other".into(), 4), marks(0, 12))]);
        let report = group_lag(&wanted, &observed, all, &marks);
        assert_eq!(report.partitions.last().unwrap().member.as_ref().unwrap().client_id, "c");
        assert_eq!(report.total().lag, Some(3));
        assert_eq!(report.total().unknown, 3);
    }
}
