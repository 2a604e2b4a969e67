//! The Fetch request for a leader's partitions, and which answer belongs to which of them.

use std::collections::BTreeMap;

use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::fetch_response::PartitionData;
use kafka_protocol::messages::{FetchRequest, FetchResponse};
use kafka_protocol::protocol::StrBytes;

use super::options::ReadOptions;
use super::partition::Asked;
use crate::model::name::TopicName;
use crate::model::offset::{IsolationLevel, TopicPartition};

/// The version from which topics are named by their ids alone (KIP-516).
const TOPIC_IDS: i16 = 13;
/// The version from which the request tells which leader it is meant for (KIP-320).
const LEADER_EPOCHS: i16 = 9;

/// Makes the request, without a fetch session: each one says all, so none depends on another.
pub(super) fn request(version: i16, asked: &[Asked], options: &ReadOptions) -> FetchRequest {
    let mut topics: Vec<(&TopicName, FetchTopic)> = Vec::new();
    for partition in asked {
        let fetch = FetchPartition::default()
            .with_partition(partition.topic_partition.partition)
            .with_current_leader_epoch(match version {
                LEADER_EPOCHS.. => partition.leader.epoch,
                _ => -1,
            })
            .with_fetch_offset(partition.offset)
            .with_partition_max_bytes(options.partition_max_bytes);
        let name = &partition.topic_partition.topic;
        // A topic may come several times: the order of the partitions is what counts.
        match topics.last_mut() {
            Some((last, topic)) if *last == name => topic.partitions.push(fetch),
            Some(_) | None => {
                let topic = if version >= TOPIC_IDS {
                    FetchTopic::default().with_topic_id(partition.leader.topic_id)
                } else {
                    let name = StrBytes::from_string(name.as_str().to_owned());
                    FetchTopic::default().with_topic(name.into())
                };
                topics.push((name, topic.with_partitions(vec![fetch])));
            }
        }
    }
    FetchRequest::default()
        .with_max_wait_ms(i32::try_from(options.max_wait.as_millis()).unwrap_or(i32::MAX))
        .with_min_bytes(1)
        .with_max_bytes(options.max_bytes)
        .with_isolation_level(match options.isolation {
            IsolationLevel::ReadUncommitted => 0,
            IsolationLevel::ReadCommitted => 1,
        })
        .with_session_epoch(-1)
        .with_topics(topics.into_iter().map(|(_, topic)| topic).collect())
}

/// Puts the answers beside what was asked; what was not asked for is left out.
pub(super) fn answers(asked: Vec<Asked>, response: FetchResponse) -> Vec<(Asked, PartitionData)> {
    let names: BTreeMap<_, _> = asked
        .iter()
        .map(|asked| (asked.leader.topic_id, asked.topic_partition.topic.clone()))
        .collect();
    let mut asked: BTreeMap<TopicPartition, Asked> =
        asked.into_iter().map(|asked| (asked.topic_partition.clone(), asked)).collect();
    let mut answers = Vec::with_capacity(asked.len());
    for topic in response.responses {
        let name = if topic.topic_id.is_nil() {
            Some(TopicName::from(topic.topic.as_str()))
        } else {
            names.get(&topic.topic_id).cloned()
        };
        let Some(name) = name else { continue };
        for data in topic.partitions {
            let topic_partition = TopicPartition::new(name.clone(), data.partition_index);
            answers.extend(asked.remove(&topic_partition).map(|asked| (asked, data)));
        }
    }
    answers
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::fetch_response::FetchableTopicResponse;
    use uuid::Uuid;

    use super::*;
    use crate::kafka::wire::known::Leader;

    fn asked(topic: &str, partition: i32, offset: i64) -> Asked {
        let id = Uuid::from_u128(topic.bytes().fold(0, |id, byte| id << 8 | u128::from(byte)));
        Asked {
            topic_partition: TopicPartition::new(TopicName::from(topic), partition),
            leader: Leader { broker: 1, epoch: 5, topic_id: id },
            offset,
        }
    }

    #[test]
    fn partitions_keep_their_order_even_when_topics_alternate() {
        let all = [asked("a", 1, 10), asked("b", 0, 20), asked("a", 0, 30), asked("a", 2, 40)];
        let request = request(13, &all, &ReadOptions::default());
        let order: Vec<_> = request
            .topics
            .iter()
            .flat_map(|topic| topic.partitions.iter().map(|p| (topic.topic_id, p.fetch_offset)))
            .collect();
        let expected: Vec<_> = all.iter().map(|a| (a.leader.topic_id, a.offset)).collect();
        assert_eq!(order, expected);
        assert_eq!(request.topics.len(), 3);
        assert_eq!(request.session_epoch, -1);
    }

    #[test]
    fn topics_go_by_name_before_version_13_and_epochs_from_9_on() {
        let all = [asked("a", 1, 10)];
        let topic = |version| request(version, &all, &ReadOptions::default()).topics.remove(0);
        assert_eq!(topic(12).topic.as_str(), "a");
        assert!(topic(12).topic_id.is_nil());
        assert_eq!(topic(13).topic.as_str(), "");
        assert_eq!(topic(13).topic_id, all[0].leader.topic_id);
        assert_eq!(topic(9).partitions[0].current_leader_epoch, 5);
        assert_eq!(topic(8).partitions[0].current_leader_epoch, -1);
    }

    #[test]
    fn answers_find_their_partitions_by_name_or_id() {
        let all = vec![asked("a", 0, 10), asked("b", 0, 20)];
        let data = |partition, high_watermark| {
            PartitionData::default()
                .with_partition_index(partition)
                .with_high_watermark(high_watermark)
        };
        let by_id = FetchableTopicResponse::default()
            .with_topic_id(all[1].leader.topic_id)
            .with_partitions(vec![data(0, 2), data(7, 3)]);
        let by_name = FetchableTopicResponse::default()
            .with_topic(StrBytes::from_static_str("a").into())
            .with_partitions(vec![data(0, 1)]);
        let stranger = FetchableTopicResponse::default()
            .with_topic_id(Uuid::from_u128(99))
            .with_partitions(vec![data(0, 4)]);
        let response = FetchResponse::default().with_responses(vec![by_id, stranger, by_name]);
        let found: Vec<_> = answers(all, response)
            .into_iter()
            .map(|(asked, data)| (asked.offset, data.high_watermark))
            .collect();
        assert_eq!(found, [(20, 2), (10, 1)]);
    }
}
