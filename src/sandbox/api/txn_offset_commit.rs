//! `TxnOffsetCommit`: offsets that count when the transaction is committed.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::txn_offset_commit_response::{
    TxnOffsetCommitResponsePartition, TxnOffsetCommitResponseTopic,
};
use kafka_protocol::messages::{TxnOffsetCommitRequest, TxnOffsetCommitResponse};
use kafka_protocol::protocol::VersionRange;

use super::offset_commit::{commit_existing, named, stored};
use super::{Call, Caller, GroupsOf, TopicsOf, owned, versions};
use crate::model::name::GroupId;
use crate::sandbox::access::Need;
use crate::sandbox::access::needs::{READ_GROUP, WRITE_TRANSACTIONAL_ID};
use crate::sandbox::broker::Broker;
use crate::sandbox::groups::{NewOffsets, PartitionResults, Speaker};

use crate::sandbox::transactions::Producer;

/// From this version on a client knows that it can abort and go on (KIP-890).
const ABORTABLE: i16 = 4;

impl Call for TxnOffsetCommitRequest {
    // Version 5 adds the group to the transaction by itself: transactions of version 2 (KIP-890).
    const OFFERED: VersionRange = versions(0, 4);

    const TOPICS: Option<TopicsOf<Self>> = Some(|request, _topics| {
        request.topics.iter().map(|topic| topic.name.to_string()).collect()
    });

    const GROUPS: Option<GroupsOf<Self>> =
        Some(|request| vec![request.group_id.to_string(), request.transactional_id.to_string()]);

    async fn answer(self, caller: &mut Caller) -> TxnOffsetCommitResponse {
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
        let knows_abortable = caller.version >= ABORTABLE;
        let who = caller.who();
        let codes = caller.broker.change(|broker| {
            commit_existing(broker, &who, wanted, |broker, offsets| {
                commit(broker, &self, offsets, knows_abortable)
            })
        });
        respond(self, codes)
    }

    fn needs(&self) -> Vec<(Need, String)> {
        vec![
            (WRITE_TRANSACTIONAL_ID, self.transactional_id.to_string()),
            (READ_GROUP, self.group_id.to_string()),
        ]
    }

    fn refuse(self, error: ResponseError) -> TxnOffsetCommitResponse {
        respond(self, std::iter::repeat(error.code()))
    }
}

/// Commits if the producer's transaction has the group, and the group has the member.
fn commit(
    broker: &mut Broker,
    request: &TxnOffsetCommitRequest,
    offsets: NewOffsets,
    knows_abortable: bool,
) -> Result<PartitionResults, ResponseError> {
    let group = GroupId::new(request.group_id.as_str());
    if group.as_str().is_empty() {
        return Err(ResponseError::InvalidGroupId);
    }
    let producer = Producer { id: request.producer_id.0, epoch: request.producer_epoch };
    let transactional_id = request.transactional_id.as_str();
    let checked = broker.transactions.check_group(transactional_id, producer, &group);
    checked.map_err(|reason| reason.error(knows_abortable))?;
    let speaker = Speaker {
        group,
        member_id: request.member_id.to_string(),
        instance_id: owned(request.group_instance_id.as_ref()),
        generation: request.generation_id,
    };
    let now = broker.now();
    broker.groups.commit_in_transaction(&speaker, producer.id, offsets, now)
}

/// Answers with one code for each partition, in the order asked.
fn respond(
    request: TxnOffsetCommitRequest,
    codes: impl IntoIterator<Item = i16>,
) -> TxnOffsetCommitResponse {
    let mut codes = codes.into_iter();
    let topics = request.topics.into_iter().map(|topic| {
        let partitions = topic.partitions.into_iter().zip(&mut codes);
        let partitions = partitions.map(|(partition, code)| {
            TxnOffsetCommitResponsePartition::default()
                .with_partition_index(partition.partition_index)
                .with_error_code(code)
        });
        TxnOffsetCommitResponseTopic::default()
            .with_name(topic.name)
            .with_partitions(partitions.collect())
    });
    TxnOffsetCommitResponse::default().with_topics(topics.collect())
}
