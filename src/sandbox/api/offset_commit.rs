//! `OffsetCommit`, and what it shares with other calls about offsets of partitions.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::offset_commit_response::{
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use kafka_protocol::messages::{OffsetCommitRequest, OffsetCommitResponse, TopicName};
use kafka_protocol::protocol::{StrBytes, VersionRange};

use super::{Call, Caller, GroupsOf, TopicsOf, code, owned, versions};
use crate::model::name::GroupId;
use crate::model::offset::TopicPartition;
use crate::sandbox::access::needs::{READ_GROUP, READ_TOPIC};
use crate::sandbox::access::{Need, Who};
use crate::sandbox::broker::Broker;
use crate::sandbox::groups::{PartitionResults, Speaker, StoredOffset};

/// From this version on a client knows that a group may not exist (KIP-848).
const GROUP_ERRORS: i16 = 9;

impl Call for OffsetCommitRequest {
    const OFFERED: VersionRange = versions(2, 9);

    const TOPICS: Option<TopicsOf<Self>> = Some(|request, _topics| {
        request.topics.iter().map(|topic| topic.name.to_string()).collect()
    });

    const GROUPS: Option<GroupsOf<Self>> = Some(|request| vec![request.group_id.to_string()]);

    async fn answer(self, caller: &mut Caller) -> OffsetCommitResponse {
        let speaker = Speaker {
            group: GroupId::new(self.group_id.as_str()),
            member_id: self.member_id.to_string(),
            instance_id: owned(self.group_instance_id.as_ref()),
            generation: self.generation_id_or_member_epoch,
        };
        let wanted = self.topics.iter().flat_map(|topic| {
            topic.partitions.iter().map(|partition| {
                let stored = stored(
                    partition.committed_offset,
                    partition.committed_leader_epoch,
                    partition.committed_metadata.as_ref(),
                );
                (named(&topic.name, partition.partition_index), stored)
            })
        });
        let wanted: Vec<_> = wanted.collect();
        let has_group_errors = caller.version >= GROUP_ERRORS;
        let who = caller.who();
        let codes = caller.broker.change(|broker| {
            commit_existing(broker, &who, wanted, |broker, offsets| {
                let now = broker.now();
                broker.groups.commit(&speaker, offsets, has_group_errors, now)
            })
        });
        respond(self, codes)
    }

    fn needs(&self) -> Vec<(Need, String)> {
        vec![(READ_GROUP, self.group_id.to_string())]
    }

    fn refuse(self, error: ResponseError) -> OffsetCommitResponse {
        respond(self, std::iter::repeat(error.code()))
    }
}

/// Answers with one code for each partition, in the order asked.
fn respond(
    request: OffsetCommitRequest,
    codes: impl IntoIterator<Item = i16>,
) -> OffsetCommitResponse {
    let mut codes = codes.into_iter();
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.into_iter().zip(&mut codes);
        let partitions = partitions.map(|(partition, code)| {
            OffsetCommitResponsePartition::default()
                .with_partition_index(partition.partition_index)
                .with_error_code(code)
        });
        OffsetCommitResponseTopic::default()
            .with_name(topic.name)
            .with_partitions(partitions.collect())
    });
    OffsetCommitResponse::default().with_topics(topics.collect())
}

/// Names a partition as the machines do.
pub(super) fn named(topic: &TopicName, partition: i32) -> TopicPartition {
    TopicPartition::new(crate::model::name::TopicName::new(topic.as_str()), partition)
}

/// Reads an offset to store; no metadata is empty metadata.
pub(super) fn stored(offset: i64, leader_epoch: i32, metadata: Option<&StrBytes>) -> StoredOffset {
    StoredOffset { offset, leader_epoch, metadata: owned(metadata).unwrap_or_default() }
}

/// Commits offsets of those partitions that exist and that the caller may read. Returns a code for
/// each partition, in the order asked; an error of the group is one of each partition that exists.
pub(super) fn commit_existing(
    broker: &mut Broker,
    who: &Who,
    wanted: Vec<(TopicPartition, StoredOffset)>,
    commit: impl FnOnce(
        &mut Broker,
        Vec<(TopicPartition, StoredOffset)>,
    ) -> Result<PartitionResults, ResponseError>,
) -> Vec<i16> {
    let exists = existing(broker, who, READ_TOPIC, wanted.iter().map(|(partition, _)| partition));
    let present: Vec<_> = wanted
        .into_iter()
        .zip(&exists)
        .filter(|(_, exists)| exists.is_ok())
        .map(|(one, _)| one)
        .collect();
    if present.is_empty() {
        // The group does not hear of it.
        return codes(&exists, Vec::new());
    }
    let count = present.len();
    let results = match commit(broker, present) {
        Ok(results) => results.iter().map(|(_, result)| code(result)).collect(),
        Err(error) => vec![error.code(); count],
    };
    codes(&exists, results)
}

/// Tells of each partition whether it exists, to those who may do with it what they want.
pub(super) fn existing<'a>(
    broker: &Broker,
    who: &Who,
    need: Need,
    partitions: impl Iterator<Item = &'a TopicPartition>,
) -> Vec<Result<(), ResponseError>> {
    let exists = |partition: &TopicPartition| {
        let topic = partition.topic.as_str();
        if !broker.allows(who, need, topic) {
            return Err(need.error());
        }
        let log = broker.topics.log(topic, partition.partition);
        log.map(|_| ()).ok_or(ResponseError::UnknownTopicOrPartition)
    };
    partitions.map(exists).collect()
}

/// Puts the codes of those partitions that exist between the others.
pub(super) fn codes(exists: &[Result<(), ResponseError>], present: Vec<i16>) -> Vec<i16> {
    let mut present = present.into_iter();
    let missing = ResponseError::UnknownTopicOrPartition.code();
    let code = |exists: &Result<(), ResponseError>| match exists {
        Ok(()) => present.next().unwrap_or(missing),
        Err(error) => error.code(),
    };
    exists.iter().map(code).collect()
}
