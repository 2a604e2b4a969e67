//! `AddPartitionsToTxn` and `AddOffsetsToTxn`: what belongs to a transaction.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::add_partitions_to_txn_response::{
    AddPartitionsToTxnPartitionResult, AddPartitionsToTxnTopicResult,
};
use kafka_protocol::messages::{
    AddOffsetsToTxnRequest, AddOffsetsToTxnResponse, AddPartitionsToTxnRequest,
    AddPartitionsToTxnResponse,
};
use kafka_protocol::protocol::VersionRange;

use super::offset_commit::{existing, named};
use super::{Call, Caller, GroupsOf, TopicsOf, code, since, versions};
use crate::model::name::GroupId;
use crate::model::offset::TopicPartition;
use crate::sandbox::access::needs::{READ_GROUP, WRITE_TOPIC, WRITE_TRANSACTIONAL_ID};
use crate::sandbox::access::{Need, Who};
use crate::sandbox::broker::Broker;

use crate::sandbox::transactions::Producer;

/// From this version on a client knows that it was fenced (KIP-588).
const FENCED: i16 = 2;

impl Call for AddPartitionsToTxnRequest {
    // From version 4 on it is a call between brokers.
    const OFFERED: VersionRange = versions(0, 3);

    const TOPICS: Option<TopicsOf<Self>> = Some(|request, _topics| {
        request.v3_and_below_topics.iter().map(|topic| topic.name.to_string()).collect()
    });

    const GROUPS: Option<GroupsOf<Self>> =
        Some(|request| vec![request.v3_and_below_transactional_id.to_string()]);

    async fn answer(self, caller: &mut Caller) -> AddPartitionsToTxnResponse {
        let partitions = self.v3_and_below_topics.iter().flat_map(|topic| {
            topic.partitions.iter().map(|partition| named(&topic.name, *partition))
        });
        let partitions: Vec<_> = partitions.collect();
        let (who, version) = (caller.who(), caller.version);
        let codes = caller.broker.change(|broker| add(broker, &who, &self, partitions, version));
        respond(self, codes)
    }

    fn needs(&self) -> Vec<(Need, String)> {
        vec![(WRITE_TRANSACTIONAL_ID, self.v3_and_below_transactional_id.to_string())]
    }

    fn refuse(self, error: ResponseError) -> AddPartitionsToTxnResponse {
        respond(self, std::iter::repeat(error.code()))
    }
}

/// Adds all partitions, or none if one of them does not exist or is not for the caller.
fn add(
    broker: &mut Broker,
    who: &Who,
    request: &AddPartitionsToTxnRequest,
    partitions: Vec<TopicPartition>,
    version: i16,
) -> Vec<i16> {
    let exists = existing(broker, who, WRITE_TOPIC, partitions.iter());
    if exists.iter().any(Result::is_err) {
        let code = |exists: &Result<(), ResponseError>| match exists {
            Ok(()) => ResponseError::OperationNotAttempted.code(),
            Err(error) => error.code(),
        };
        return exists.iter().map(code).collect();
    }
    let producer = Producer {
        id: request.v3_and_below_producer_id.0,
        epoch: request.v3_and_below_producer_epoch,
    };
    // Each transaction writes its end into each of its partitions, which cannot be refused.
    if let Err(full) = broker.check_memory() {
        return vec![full.error.code(); partitions.len()];
    }
    let now = broker.now();
    let transactional_id = request.v3_and_below_transactional_id.as_str();
    let count = partitions.len();
    let added = broker.transactions.add_partitions(transactional_id, producer, partitions, now);
    vec![code(&added.map_err(|error| since(FENCED, version, error))); count]
}

/// Answers with one code for each partition, in the order asked.
fn respond(
    request: AddPartitionsToTxnRequest,
    codes: impl IntoIterator<Item = i16>,
) -> AddPartitionsToTxnResponse {
    let mut codes = codes.into_iter();
    let topics = request.v3_and_below_topics.into_iter().map(|topic| {
        let partitions = topic.partitions.into_iter().zip(&mut codes);
        let partitions = partitions.map(|(partition, code)| {
            AddPartitionsToTxnPartitionResult::default()
                .with_partition_index(partition)
                .with_partition_error_code(code)
        });
        AddPartitionsToTxnTopicResult::default()
            .with_name(topic.name)
            .with_results_by_partition(partitions.collect())
    });
    AddPartitionsToTxnResponse::default().with_results_by_topic_v3_and_below(topics.collect())
}

impl Call for AddOffsetsToTxnRequest {
    const OFFERED: VersionRange = versions(0, 4);

    const GROUPS: Option<GroupsOf<Self>> =
        Some(|request| vec![request.group_id.to_string(), request.transactional_id.to_string()]);

    async fn answer(self, caller: &mut Caller) -> AddOffsetsToTxnResponse {
        let producer = Producer { id: self.producer_id.0, epoch: self.producer_epoch };
        let group = GroupId::new(self.group_id.as_str());
        let added = caller.broker.change(|broker| {
            let now = broker.now();
            broker.transactions.add_group(self.transactional_id.as_str(), producer, group, now)
        });
        let added = added.map_err(|error| since(FENCED, caller.version, error));
        AddOffsetsToTxnResponse::default().with_error_code(code(&added))
    }

    fn needs(&self) -> Vec<(Need, String)> {
        vec![
            (WRITE_TRANSACTIONAL_ID, self.transactional_id.to_string()),
            (READ_GROUP, self.group_id.to_string()),
        ]
    }

    fn refuse(self, error: ResponseError) -> AddOffsetsToTxnResponse {
        AddOffsetsToTxnResponse::default().with_error_code(error.code())
    }
}
