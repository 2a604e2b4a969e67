//! Committing offsets of a group that nobody is in: `OffsetCommit`.

use std::collections::BTreeMap;

use kafka_protocol::messages::OffsetCommitRequest;
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};

use super::cluster::Cluster;
use super::connection::Connection;
use super::denied::{self, Api};
use super::describe_groups;
use super::router::{Answers, Manner, Target};
use super::topics::wire_name;
use crate::clock::Deadline;
use crate::kafka::Error;
use crate::model::name::{GroupId, TopicName};
use crate::model::offset::{CommittedOffset, TopicPartition};

/// What a client that is no member gives as its generation.
const NO_GENERATION: i32 = -1;

impl Cluster {
    /// Commits offsets as a client that is no member of the group, which a group with members
    /// refuses. Doing so twice is doing it once.
    pub async fn commit_offsets(
        &self,
        group: &GroupId,
        offsets: &BTreeMap<TopicPartition, CommittedOffset>,
        deadline: Deadline,
    ) -> Result<(), Error> {
        let manner = Manner { request: "OffsetCommit", most: 1 };
        let target = |group: &GroupId| Target::Coordinator(group.clone());
        let call = |connection, groups| commit(connection, groups, offsets, deadline);
        let answered = self.settle(manner, [group.clone()], target, call, deadline).await;
        answered.whole()?.remove(group).unwrap_or(Ok(()))
    }
}

/// Asks the coordinator; the first partition that was refused speaks for all.
async fn commit(
    connection: Connection,
    groups: Vec<GroupId>,
    offsets: &BTreeMap<TopicPartition, CommittedOffset>,
    deadline: Deadline,
) -> Answers<GroupId, ()> {
    let mut outcomes = Vec::new();
    for group in groups {
        let request = request(&group, offsets);
        let response = connection.call(|_| request, deadline).await?;
        let codes = response.topics.iter().flat_map(|topic| &topic.partitions);
        let refused = codes.map(|partition| partition.error_code).find(|code| *code != 0);
        let outcome = refused
            .map_or(Ok(()), |code| Err(denied::error(Api::OffsetCommit, code, None, &group)));
        outcomes.push((group, outcome));
    }
    Ok(outcomes)
}

/// Makes the request.
fn request(
    group: &GroupId,
    offsets: &BTreeMap<TopicPartition, CommittedOffset>,
) -> OffsetCommitRequest {
    let mut topics: BTreeMap<&TopicName, Vec<OffsetCommitRequestPartition>> = BTreeMap::new();
    for (TopicPartition { topic, partition }, CommittedOffset { offset, metadata }) in offsets {
        let metadata = metadata.as_deref().unwrap_or_default().to_owned();
        topics.entry(topic).or_default().push(
            OffsetCommitRequestPartition::default()
                .with_partition_index(*partition)
                .with_committed_offset(*offset)
                .with_committed_metadata(Some(metadata.into())),
        );
    }
    let topics = topics.into_iter().map(|(topic, partitions)| {
        OffsetCommitRequestTopic::default().with_name(wire_name(topic)).with_partitions(partitions)
    });
    OffsetCommitRequest::default()
        .with_group_id(describe_groups::wire_name(group))
        .with_generation_id_or_member_epoch(NO_GENERATION)
        .with_topics(topics.collect())
}
