//! `ListOffsets`.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::list_offsets_request::ListOffsetsPartition;
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::{ListOffsetsRequest, ListOffsetsResponse, TopicName};
use kafka_protocol::protocol::VersionRange;

use super::{Call, Caller, Repeated, TopicsOf, leader_epoch_error, versions};
use crate::kafka::batch::Scratch;
use crate::sandbox::access::needs::SEE_TOPIC;
use crate::sandbox::broker::Broker;
use crate::sandbox::log::{Found, Isolation, Position, Search};

/// The first version that tells the epoch of the leader (KIP-320).
const WITH_EPOCH: i16 = 4;

impl Call for ListOffsetsRequest {
    const OFFERED: VersionRange = versions(1, 10);

    const TOPICS: Option<TopicsOf<Self>> = Some(|request, _topics| {
        request.topics.iter().map(|topic| topic.name.to_string()).collect()
    });

    async fn answer(self, caller: &mut Caller) -> ListOffsetsResponse {
        let isolation = match Isolation::of(self.isolation_level) {
            Ok(isolation) => isolation,
            Err(error) => return self.refuse(error),
        };
        let named = each(&self).map(|(topic, partition)| (topic, partition.partition_index));
        let mut repeated = Repeated::of(named);
        let (who, version) = (caller.who(), caller.version);
        let searches: Vec<Searched> = caller.broker.look(|broker| {
            let asked = each(&self).map(|(topic, partition)| {
                let is_repeated = repeated.check(&(topic, partition.partition_index)).is_some();
                if !broker.allows(&who, SEE_TOPIC, topic) {
                    Err(SEE_TOPIC.error())
                } else if is_repeated {
                    Err(ResponseError::InvalidRequest)
                } else {
                    search(broker, topic, partition, version, isolation)
                }
            });
            asked.collect()
        });
        let mut found = Vec::with_capacity(searches.len());
        for search in searches {
            found.push(match search {
                // Each waits for its turn: others need not wait for all of them.
                Ok(search) => {
                    let run = |search: Search| search.run(&mut Scratch::default());
                    Ok(caller.broker.heavy.work(search.weight(), move || run(search)).await)
                }
                Err(error) => Err(error),
            });
        }
        let mut found = found.into_iter();
        answer(&self, |partition| {
            let found = found.next().unwrap_or(Err(ResponseError::UnknownServerError));
            let mut response = response(partition, found);
            if version < WITH_EPOCH {
                response.leader_epoch = -1;
            }
            response
        })
    }

    fn refuse(self, error: ResponseError) -> ListOffsetsResponse {
        answer(&self, |partition| response(partition, Err(error)))
    }
}

/// A search, or why there is none.
type Searched = Result<Search, ResponseError>;

/// Returns each partition that is asked for.
fn each(request: &ListOffsetsRequest) -> impl Iterator<Item = (&TopicName, &ListOffsetsPartition)> {
    let topics = request.topics.iter();
    topics.flat_map(|topic| topic.partitions.iter().map(|partition| (&topic.name, partition)))
}

/// Answers for each partition that is asked for, in that order.
fn answer(
    request: &ListOffsetsRequest,
    mut answer: impl FnMut(&ListOffsetsPartition) -> ListOffsetsPartitionResponse,
) -> ListOffsetsResponse {
    let topics = request.topics.iter().map(|topic| {
        let answers = topic.partitions.iter().map(&mut answer);
        ListOffsetsTopicResponse::default()
            .with_name(topic.name.clone())
            .with_partitions(answers.collect())
    });
    ListOffsetsResponse::default().with_topics(topics.collect())
}

/// Begins to look for an offset of a partition.
fn search(
    broker: &Broker,
    topic: &TopicName,
    partition: &ListOffsetsPartition,
    version: i16,
    isolation: Isolation,
) -> Searched {
    let position = Position::of(partition.timestamp, version);
    let position = position.ok_or(ResponseError::UnsupportedVersion)?;
    let log = broker.topics.log(topic, partition.partition_index);
    let log = log.ok_or(ResponseError::UnknownTopicOrPartition)?;
    leader_epoch_error(partition.current_leader_epoch).map_or(Ok(()), Err)?;
    Ok(log.search(position, isolation))
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
