//! `ListOffsets`.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::list_offsets_request::ListOffsetsPartition;
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::{ListOffsetsRequest, ListOffsetsResponse, TopicName};
use kafka_protocol::protocol::VersionRange;

use super::{Call, Caller, Repeated, leader_epoch_error, versions};
use crate::sandbox::access::needs::SEE_TOPIC;
use crate::sandbox::broker::Broker;
use crate::sandbox::log::{Found, Isolation, Position};
use crate::sandbox::topics::Topics;

/// The first version that tells the epoch of the leader (KIP-320).
const WITH_EPOCH: i16 = 4;

impl Call for ListOffsetsRequest {
    const OFFERED: VersionRange = versions(1, 10);

    async fn answer(self, caller: &mut Caller) -> ListOffsetsResponse {
        let named = self.topics.iter().flat_map(|topic| {
            topic.partitions.iter().map(|partition| (&topic.name, partition.partition_index))
        });
        let mut repeated = Repeated::of(named);
        let isolation = Isolation::of(self.isolation_level);
        let (who, version) = (caller.who(), caller.version);
        caller.broker.look(|broker| {
            each(&self, |topic, partition| {
                let is_repeated = repeated.check(&(topic, partition.partition_index)).is_some();
                let found = if !broker.allows(&who, SEE_TOPIC, topic) {
                    Err(SEE_TOPIC.error())
                } else if is_repeated {
                    Err(ResponseError::InvalidRequest)
                } else {
                    find(broker, topic, partition, version, isolation)
                };
                let mut response = response(partition, found);
                if version < WITH_EPOCH {
                    response.leader_epoch = -1;
                }
                response
            })
        })
    }

    fn refuse(self, error: ResponseError) -> ListOffsetsResponse {
        each(&self, |_, partition| response(partition, Err(error)))
    }

    fn topics(&self, _topics: &Topics) -> Vec<String> {
        self.topics.iter().map(|topic| topic.name.to_string()).collect()
    }
}

/// Answers for each partition that is asked for.
fn each<'r>(
    request: &'r ListOffsetsRequest,
    mut answer: impl FnMut(&'r TopicName, &'r ListOffsetsPartition) -> ListOffsetsPartitionResponse,
) -> ListOffsetsResponse {
    let topics = request.topics.iter().map(|topic| {
        let answers = topic.partitions.iter().map(|partition| answer(&topic.name, partition));
        ListOffsetsTopicResponse::default()
            .with_name(topic.name.clone())
            .with_partitions(answers.collect())
    });
    ListOffsetsResponse::default().with_topics(topics.collect())
}

/// Finds an offset of a partition.
fn find(
    broker: &Broker,
    topic: &TopicName,
    partition: &ListOffsetsPartition,
    version: i16,
    isolation: Isolation,
) -> Result<Found, ResponseError> {
    let position = Position::of(partition.timestamp, version);
    let position = position.ok_or(ResponseError::UnsupportedVersion)?;
    let log = broker.topics.log(topic, partition.partition_index);
    let log = log.ok_or(ResponseError::UnknownTopicOrPartition)?;
    leader_epoch_error(partition.current_leader_epoch).map_or(Ok(()), Err)?;
    Ok(log.find(position, isolation))
}

/// Answers for one partition.
fn response(
    partition: &ListOffsetsPartition,
    found: Result<Found, ResponseError>,
) -> ListOffsetsPartitionResponse {
    let response =
        ListOffsetsPartitionResponse::default().with_partition_index(partition.partition_index);
    match found {
        Ok(Found { offset, timestamp, leader_epoch }) => {
            response.with_offset(offset).with_timestamp(timestamp).with_leader_epoch(leader_epoch)
        }
        Err(error) => response
            .with_error_code(error.code())
            .with_offset(-1)
            .with_timestamp(-1)
            .with_leader_epoch(-1),
    }
}
