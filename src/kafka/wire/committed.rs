//! What groups committed: `OffsetFetch`, many groups at once.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestGroup;
use kafka_protocol::messages::{OffsetFetchRequest, OffsetFetchResponse};
use kafka_protocol::protocol::StrBytes;

use super::cluster::Cluster;
use super::connection::Connection;
use super::denied::{self, Api};
use super::describe_groups::wire_name;
use super::router::{Answers, Manner, Target};
use crate::clock::Deadline;
use crate::kafka::{Error, PerItem};
use crate::model::name::{GroupId, TopicName};
use crate::model::offset::{CommittedOffset, TopicPartition};

/// What to do about offsets that a transaction is about to commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stability {
    /// Takes the last committed ones.
    AsIs,
    /// Waits until the transaction has ended (`require_stable`, KIP-447).
    Stable,
}

/// The first version that takes many groups (KIP-709).
const BATCHED: i16 = 8;
/// The first version that can wait for transactions.
const STABLE: i16 = 7;

/// How many groups a request names at most: an answer is about 50 bytes a partition.
const MOST_GROUPS: usize = 2000;

/// The committed offsets of a group.
type Committed = BTreeMap<TopicPartition, CommittedOffset>;

impl Cluster {
    /// Fetches all committed offsets of groups. Partitions that this client may not describe are
    /// hidden without a word; a group that does not exist has none.
    pub async fn committed_offsets(
        &self,
        groups: &[GroupId],
        stability: Stability,
        deadline: Deadline,
    ) -> Result<PerItem<GroupId, Committed>, Error> {
        let manner = Manner { request: "OffsetFetch", most: MOST_GROUPS };
        let target = |group: &GroupId| Target::Coordinator(group.clone());
        let call = |connection, groups| fetch(connection, groups, stability, deadline);
        self.settle(manner, groups.iter().cloned(), target, call, deadline).await.whole()
    }
}

/// Asks one broker.
async fn fetch(
    connection: Connection,
    groups: Vec<GroupId>,
    stability: Stability,
    deadline: Deadline,
) -> Answers<GroupId, Committed> {
    let version = connection.version::<OffsetFetchRequest>()?;
    if version >= BATCHED {
        let request = |_| batched_request(&groups, stability);
        let response = connection.call(request, deadline).await?;
        return Ok(batched_answers(&response));
    }
    let asked = groups.iter().map(|group| fetch_one(&connection, group, stability, deadline));
    join_all(asked).await.into_iter().collect()
}

/// Asks for one group, as old brokers want it.
async fn fetch_one(
    connection: &Connection,
    group: &GroupId,
    stability: Stability,
    deadline: Deadline,
) -> Result<(GroupId, Result<Committed, Error>), Error> {
    let request = |version| {
        OffsetFetchRequest::default()
            .with_group_id(wire_name(group))
            .with_topics(None)
            .with_require_stable(version >= STABLE && stability == Stability::Stable)
    };
    let response = connection.call(request, deadline).await?;
    Ok((group.clone(), single_answer(group, &response)))
}

/// Makes the request for many groups.
fn batched_request(groups: &[GroupId], stability: Stability) -> OffsetFetchRequest {
    let group = |group: &GroupId| {
        OffsetFetchRequestGroup::default()
            .with_group_id(wire_name(group))
            .with_member_epoch(-1)
            .with_topics(None)
    };
    OffsetFetchRequest::default()
        .with_groups(groups.iter().map(group).collect())
        .with_require_stable(stability == Stability::Stable)
}

/// Reads the answer for many groups.
fn batched_answers(response: &OffsetFetchResponse) -> Vec<(GroupId, Result<Committed, Error>)> {
    let mut answers = Vec::with_capacity(response.groups.len());
    for group in &response.groups {
        let id = GroupId::from(group.group_id.as_str());
        let partitions = group.topics.iter().flat_map(|topic| {
            let of_topic = TopicName::from(topic.name.as_str());
            topic.partitions.iter().map(move |p| Partition {
                name: TopicPartition::new(of_topic.clone(), p.partition_index),
                offset: p.committed_offset,
                metadata: p.metadata.as_ref(),
                code: p.error_code,
            })
        });
        let result = committed(&id, group.error_code, partitions);
        answers.push((id, result));
    }
    answers
}

/// Reads the answer for one group.
fn single_answer(group: &GroupId, response: &OffsetFetchResponse) -> Result<Committed, Error> {
    let partitions = response.topics.iter().flat_map(|topic| {
        let of_topic = TopicName::from(topic.name.as_str());
        topic.partitions.iter().map(move |p| Partition {
            name: TopicPartition::new(of_topic.clone(), p.partition_index),
            offset: p.committed_offset,
            metadata: p.metadata.as_ref(),
            code: p.error_code,
        })
    });
    committed(group, response.error_code, partitions)
}

/// A partition of an answer, the same in all versions.
struct Partition<'a> {
    name: TopicPartition,
    offset: i64,
    metadata: Option<&'a StrBytes>,
    code: i16,
}

/// Collects the offsets of a group. When one partition cannot be told (a transaction is about to
/// commit it), the group is asked for again as a whole, so that all of it is of one moment.
fn committed<'a>(
    group: &GroupId,
    code: i16,
    partitions: impl Iterator<Item = Partition<'a>>,
) -> Result<Committed, Error> {
    if code != 0 {
        return Err(denied::error(Api::OffsetFetch, code, None, group));
    }
    let mut committed = Committed::new();
    for Partition { name, offset, metadata, code } in partitions {
        if code != 0 {
            return Err(denied::error(Api::OffsetFetch, code, None, &name));
        }
        // −1: nothing is committed.
        if offset >= 0 {
            let metadata = metadata.map(ToString::to_string).filter(|text| !text.is_empty());
            committed.insert(name, CommittedOffset { offset, metadata });
        }
    }
    Ok(committed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(offset: i64, code: i16) -> Partition<'static> {
        let name = TopicPartition::new(TopicName::from("t"), 0);
        Partition { name, offset, metadata: None, code }
    }

    #[test]
    fn a_partition_without_a_commit_is_left_out() {
        let group = GroupId::from("g");
        assert_eq!(committed(&group, 0, [partition(-1, 0)].into_iter()), Ok(Committed::new()));
        let one = committed(&group, 0, [partition(0, 0)].into_iter()).expect("an offset");
        assert_eq!(one.len(), 1);
    }

    #[test]
    fn errors_name_the_group_or_the_topic() {
        let group = GroupId::from("g");
        let error = committed(&group, 30, std::iter::empty()).expect_err("denied");
        assert!(error.to_string().contains("DESCRIBE on group `g`"), "{error}");
        let error = committed(&group, 0, [partition(0, 29)].into_iter()).expect_err("denied");
        assert!(error.to_string().contains("DESCRIBE on topic `t`"), "{error}");
    }
}
