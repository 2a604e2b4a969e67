//! `OffsetFetch`: of one group, or of several from version 8 on.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopics,
};
use kafka_protocol::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use kafka_protocol::messages::{OffsetFetchRequest, OffsetFetchResponse, TopicName};
use kafka_protocol::protocol::VersionRange;

use super::offset_commit::named;
use super::size::{Left, TooLarge};
use super::{Call, Caller, GroupsOf, TopicsOf, text, versions};
use crate::model::name::GroupId;
use crate::model::offset::TopicPartition;
use crate::sandbox::access::Who;
use crate::sandbox::access::needs::{SEE_GROUP, SEE_TOPIC};
use crate::sandbox::broker::Broker;
use crate::sandbox::groups::{Fetched, Wanted};

/// From this version on several groups are asked for at once (KIP-709).
const SEVERAL: i16 = 8;
/// From this version on an answer has an error of its own; before, each partition has it.
const OWN_ERROR: i16 = 2;

impl Call for OffsetFetchRequest {
    const OFFERED: VersionRange = versions(1, 9);

    const HAS_LARGE_ANSWER: bool = true;

    const TOPICS: Option<TopicsOf<Self>> = Some(|request, _topics| {
        let several = request.groups.iter().flat_map(|group| group.topics.iter().flatten());
        let several = several.map(|topic| topic.name.to_string());
        let only = request.topics.iter().flatten().map(|topic| topic.name.to_string());
        several.chain(only).collect()
    });

    const GROUPS: Option<GroupsOf<Self>> = Some(|request| {
        // One group before version 8, a list of them since.
        let groups = request.groups.iter().map(|group| &group.group_id).chain([&request.group_id]);
        groups.filter(|id| !id.is_empty()).map(|id| id.to_string()).collect()
    });

    async fn answer(self, caller: &mut Caller) -> OffsetFetchResponse {
        let (who, must_be_stable) = (caller.who(), self.require_stable);
        if caller.version >= SEVERAL {
            let groups: Result<_, TooLarge> = caller.broker.look(|broker| {
                let (groups, mut left) = (self.groups.iter(), Left::new());
                groups.map(|it| fetch(broker, &who, it, must_be_stable, &mut left)).collect()
            });
            return match groups {
                Ok(groups) => OffsetFetchResponse::default().with_groups(groups),
                Err(TooLarge) => self.refuse(TooLarge::ERROR),
            };
        }
        let group = only_group(self);
        let fetched = caller
            .broker
            .look(|broker| fetch(broker, &who, &group, must_be_stable, &mut Left::new()));
        let mut fetched = fetched.unwrap_or_else(|TooLarge| {
            let refused = OffsetFetchResponseGroup::default().with_group_id(group.group_id.clone());
            refused.with_error_code(TooLarge::ERROR.code())
        });
        let error = ResponseError::try_from_code(fetched.error_code);
        if let (Some(error), ..OWN_ERROR) = (error, caller.version) {
            fetched.topics = group.topics.iter().flatten().map(|it| refused(it, error)).collect();
        }
        of_only_group(fetched)
    }

    fn refuse(self, error: ResponseError) -> OffsetFetchResponse {
        let refuse = |group: OffsetFetchRequestGroup| {
            let response = OffsetFetchResponseGroup::default().with_group_id(group.group_id);
            response.with_error_code(error.code())
        };
        if self.groups.is_empty() {
            // The oldest version finds the error with the partitions, the others with the answer.
            let group = only_group(self);
            let topics = group.topics.iter().flatten().map(|topic| refused(topic, error));
            let topics = topics.collect();
            return of_only_group(refuse(group).with_topics(topics));
        }
        let groups = self.groups.into_iter().map(refuse);
        OffsetFetchResponse::default().with_groups(groups.collect())
    }
}

/// Reads a request before version 8 as one for a list of one group.
fn only_group(request: OffsetFetchRequest) -> OffsetFetchRequestGroup {
    let topics = request.topics.map(|topics| {
        let topics = topics.into_iter().map(|topic| {
            OffsetFetchRequestTopics::default()
                .with_name(topic.name)
                .with_partition_indexes(topic.partition_indexes)
        });
        topics.collect()
    });
    OffsetFetchRequestGroup::default().with_group_id(request.group_id).with_topics(topics)
}

/// Answers a request before version 8 about its one group.
fn of_only_group(group: OffsetFetchResponseGroup) -> OffsetFetchResponse {
    OffsetFetchResponse::default()
        .with_error_code(group.error_code)
        .with_topics(group.topics.into_iter().map(of_only_topic).collect())
}

fn of_only_topic(topic: OffsetFetchResponseTopics) -> OffsetFetchResponseTopic {
    let partitions = topic.partitions.into_iter().map(|partition| {
        OffsetFetchResponsePartition::default()
            .with_partition_index(partition.partition_index)
            .with_committed_offset(partition.committed_offset)
            .with_committed_leader_epoch(partition.committed_leader_epoch)
            .with_metadata(partition.metadata)
            .with_error_code(partition.error_code)
    });
    OffsetFetchResponseTopic::default().with_name(topic.name).with_partitions(partitions.collect())
}

fn fetch(
    broker: &Broker,
    who: &Who,
    request: &OffsetFetchRequestGroup,
    must_be_stable: bool,
    left: &mut Left,
) -> Result<OffsetFetchResponseGroup, TooLarge> {
    let id = GroupId::new(request.group_id.as_str());
    let (groups, response) = (&broker.groups, OffsetFetchResponseGroup::default());
    let response = response.with_group_id(request.group_id.clone());
    if !broker.allows(who, SEE_GROUP, id.as_str()) {
        return Ok(response.with_error_code(SEE_GROUP.error().code()));
    }
    let may_see = |topic: &str| broker.allows(who, SEE_TOPIC, topic);
    let topics = match &request.topics {
        None => {
            let mut fetched = groups.fetch(&id, Wanted::All, must_be_stable);
            fetched.retain(|(partition, _)| may_see(partition.topic.as_str()));
            let topics = by_topic(&fetched);
            left.take(topics.iter().map(size).sum())?;
            topics
        }
        Some(topics) => {
            let fetch = |topic: &OffsetFetchRequestTopics| {
                if !may_see(&topic.name) {
                    return Ok(refused(topic, SEE_TOPIC.error()));
                }
                let mut fetched =
                    OffsetFetchResponseTopics::default().with_name(topic.name.clone());
                for partitions in topic.partition_indexes.chunks(AT_ONCE) {
                    let partitions = partitions.iter().map(|it| named(&topic.name, *it));
                    let wanted = Wanted::Partitions(partitions.collect());
                    let part =
                        respond(topic.name.clone(), groups.fetch(&id, wanted, must_be_stable));
                    left.take(size(&part))?;
                    fetched.partitions.extend(part.partitions);
                }
                Ok(fetched)
            };
            topics.iter().map(fetch).collect::<Result<_, TooLarge>>()?
        }
    };
    Ok(response.with_topics(topics))
}

/// How many partitions are looked at before their size is: each has up to 4 KiB of metadata.
const AT_ONCE: usize = 1_000;

/// Returns how large what is told of a topic is, about.
fn size(topic: &OffsetFetchResponseTopics) -> usize {
    let size = |partition: &OffsetFetchResponsePartitions| {
        size_of_val(partition) + partition.metadata.as_ref().map_or(0, |text| text.len())
    };
    topic.partitions.iter().map(size).sum()
}

/// Answers about a topic of which nothing is told.
fn refused(topic: &OffsetFetchRequestTopics, error: ResponseError) -> OffsetFetchResponseTopics {
    let partitions = topic.partition_indexes.iter();
    let refused = partitions.map(|partition| nothing(*partition).with_error_code(error.code()));
    OffsetFetchResponseTopics::default()
        .with_name(topic.name.clone())
        .with_partitions(refused.collect())
}

/// Answers that nothing is known.
fn nothing(partition: i32) -> OffsetFetchResponsePartitions {
    OffsetFetchResponsePartitions::default()
        .with_partition_index(partition)
        .with_committed_offset(-1)
        .with_committed_leader_epoch(-1)
        .with_metadata(Some(text("")))
}

/// Makes topics of partitions that are in order.
fn by_topic(fetched: &[(TopicPartition, Fetched)]) -> Vec<OffsetFetchResponseTopics> {
    fetched
        .chunk_by(|(one, _), (next, _)| one.topic == next.topic)
        .filter_map(|partitions| {
            let (first, _) = partitions.first()?;
            Some(respond(TopicName(text(first.topic.as_str())), partitions.to_vec()))
        })
        .collect()
}

fn respond(name: TopicName, fetched: Vec<(TopicPartition, Fetched)>) -> OffsetFetchResponseTopics {
    let partitions = fetched.into_iter().map(|(partition, fetched)| {
        let response = nothing(partition.partition);
        match fetched {
            Fetched::Nothing => response,
            Fetched::Unstable => {
                response.with_error_code(ResponseError::UnstableOffsetCommit.code())
            }
            Fetched::Offset(stored) => response
                .with_committed_offset(stored.offset)
                .with_committed_leader_epoch(stored.leader_epoch)
                .with_metadata(Some(text(&stored.metadata))),
        }
    });
    OffsetFetchResponseTopics::default().with_name(name).with_partitions(partitions.collect())
}
