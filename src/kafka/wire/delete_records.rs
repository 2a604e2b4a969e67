//! Deleting the records before an offset: `DeleteRecords`, asked of each partition's leader.

use std::collections::BTreeMap;

use kafka_protocol::messages::DeleteRecordsRequest;
use kafka_protocol::messages::delete_records_request::{
    DeleteRecordsPartition, DeleteRecordsTopic,
};

use super::cluster::Cluster;
use super::connection::Connection;
use super::denied::{self, Api};
use super::router::{Answers, Manner, Target};
use super::topics::{timeout_ms, wire_name};
use crate::approval::Approval;
use crate::clock::Deadline;
use crate::kafka::{Error, PerItem};
use crate::model::name::TopicName;
use crate::model::offset::TopicPartition;

/// How many partitions a request names at most.
const MOST_PARTITIONS: usize = 10_000;

impl Cluster {
    /// Deletes the records before the given offsets and returns the new log start offsets. Doing so
    /// twice is doing it once, so a lost answer is asked for again.
    pub async fn delete_records(
        &self,
        before: &BTreeMap<TopicPartition, i64>,
        _approval: Approval,
        deadline: Deadline,
    ) -> Result<PerItem<TopicPartition, i64>, Error> {
        let manner = Manner { request: "DeleteRecords", most: MOST_PARTITIONS };
        let target = |partition: &TopicPartition| Target::Leader(partition.clone());
        let call = |connection, partitions: Vec<TopicPartition>| {
            let request = request(before, &partitions, deadline);
            delete(connection, request, deadline)
        };
        self.settle(manner, before.keys().cloned(), target, call, deadline).await.whole()
    }
}

/// Makes the request.
fn request(
    before: &BTreeMap<TopicPartition, i64>,
    partitions: &[TopicPartition],
    deadline: Deadline,
) -> DeleteRecordsRequest {
    let mut topics: BTreeMap<&TopicName, Vec<DeleteRecordsPartition>> = BTreeMap::new();
    for partition in partitions {
        let Some(offset) = before.get(partition) else { continue };
        let asked = DeleteRecordsPartition::default()
            .with_partition_index(partition.partition)
            .with_offset(*offset);
        topics.entry(&partition.topic).or_default().push(asked);
    }
    let topic = |(name, partitions)| {
        DeleteRecordsTopic::default().with_name(wire_name(name)).with_partitions(partitions)
    };
    DeleteRecordsRequest::default()
        .with_topics(topics.into_iter().map(topic).collect())
        .with_timeout_ms(timeout_ms(deadline))
}

/// Sends the request.
async fn delete(
    connection: Connection,
    request: DeleteRecordsRequest,
    deadline: Deadline,
) -> Answers<TopicPartition, i64> {
    let response = connection.call(|_| request, deadline).await?;
    let mut answers = Vec::new();
    for topic in &response.topics {
        let name = TopicName::from(topic.name.as_str());
        for answer in &topic.partitions {
            let partition = TopicPartition::new(name.clone(), answer.partition_index);
            let result = match answer.error_code {
                0 => Ok(answer.low_watermark),
                code => Err(denied::error(Api::DeleteRecords, code, None, &partition)),
            };
            answers.push((partition, result));
        }
    }
    Ok(answers)
}
