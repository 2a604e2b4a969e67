//! `DeleteRecords`.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::delete_records_request::DeleteRecordsPartition;
use kafka_protocol::messages::delete_records_response::{
    DeleteRecordsPartitionResult, DeleteRecordsTopicResult,
};
use kafka_protocol::messages::{DeleteRecordsRequest, DeleteRecordsResponse, TopicName};
use kafka_protocol::protocol::VersionRange;

use super::{Call, Caller, TopicsOf, versions};
use crate::sandbox::access::Who;
use crate::sandbox::access::needs::DELETE_TOPIC;
use crate::sandbox::broker::Broker;
use crate::sandbox::log::LogConfig;

impl Call for DeleteRecordsRequest {
    const OFFERED: VersionRange = versions(0, 2);

    const TOPICS: Option<TopicsOf<Self>> = Some(|request, _topics| {
        request.topics.iter().map(|topic| topic.name.to_string()).collect()
    });

    async fn answer(self, caller: &mut Caller) -> DeleteRecordsResponse {
        let who = caller.who();
        caller
            .broker
            .change(|broker| each(&self, |topic, partition| delete(broker, &who, topic, partition)))
    }

    fn refuse(self, error: ResponseError) -> DeleteRecordsResponse {
        each(&self, |_, _| Err(error))
    }
}

/// Answers for each partition, with where it starts or why nothing was deleted.
fn each(
    request: &DeleteRecordsRequest,
    mut answer: impl FnMut(&TopicName, &DeleteRecordsPartition) -> Result<i64, ResponseError>,
) -> DeleteRecordsResponse {
    let topics = request.topics.iter().map(|topic| {
        let results = topic.partitions.iter().map(|partition| {
            let start = answer(&topic.name, partition);
            DeleteRecordsPartitionResult::default()
                .with_partition_index(partition.partition_index)
                .with_error_code(start.err().map_or(0, |error| error.code()))
                .with_low_watermark(start.unwrap_or(-1))
        });
        DeleteRecordsTopicResult::default()
            .with_name(topic.name.clone())
            .with_partitions(results.collect())
    });
    DeleteRecordsResponse::default().with_topics(topics.collect())
}

/// Deletes the beginning of a partition.
fn delete(
    broker: &mut Broker,
    who: &Who,
    topic: &TopicName,
    partition: &DeleteRecordsPartition,
) -> Result<i64, ResponseError> {
    if !broker.allows(who, DELETE_TOPIC, topic) {
        return Err(DELETE_TOPIC.error());
    }
    let unknown = ResponseError::UnknownTopicOrPartition;
    let config = LogConfig::of(&broker.topics.get(topic).ok_or(unknown)?.configs);
    let log = broker.topics.log_mut(topic, partition.partition_index).ok_or(unknown)?;
    log.delete_before(partition.offset, &config)
}
