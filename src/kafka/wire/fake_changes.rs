//! A cluster of one broker that takes changes and breaks its connection before or after, for tests.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use kafka_protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use kafka_protocol::messages::create_topics_response::CreatableTopicResult;
use kafka_protocol::messages::delete_groups_response::DeletableGroupResult;
use kafka_protocol::messages::delete_topics_response::DeletableTopicResult;
use kafka_protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult,
};
use kafka_protocol::messages::find_coordinator_response::Coordinator;
use kafka_protocol::messages::metadata_response::{
    MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{
    ApiVersionsRequest, BrokerId, CreatePartitionsRequest, CreatePartitionsResponse,
    CreateTopicsRequest, CreateTopicsResponse, DeleteGroupsRequest, DeleteGroupsResponse,
    DeleteTopicsRequest, DeleteTopicsResponse, DescribeConfigsRequest, DescribeConfigsResponse,
    FindCoordinatorRequest, FindCoordinatorResponse, MetadataRequest,
};
use kafka_protocol::protocol::{Request, StrBytes};
use uuid::Uuid;

use super::fake::{Reply, Seen, api};
use super::topics::wire_name;
use super::versions::request_name;
use crate::kafka::ErrorCode;
use crate::model::name::TopicName;

/// When the connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Break {
    /// When the first change has been made, before it is answered.
    AfterDoing,
    /// Before the first change is made.
    BeforeDoing,
    /// Every time, after doing.
    Always,
    /// Never, but the answer leaves out what was changed.
    Silent,
}

/// A topic as it was made: partitions and `retention.ms`.
pub(super) type Topics = BTreeMap<String, (i32, Option<String>)>;

/// A cluster of one broker.
pub(super) struct State {
    pub(super) topics: Topics,
    pub(super) groups: Vec<String>,
    pub(super) breaks: Option<Break>,
    /// What metadata show, where they have not caught up with `topics`.
    pub(super) shown: Option<Topics>,
    /// What somebody else does right after the first change.
    pub(super) meddle: fn(&mut Topics),
}

impl State {
    /// Answers a request, or breaks the connection.
    pub(super) fn answer(&mut self, seen: Seen) -> Reply {
        match seen.key {
            ApiVersionsRequest::KEY => seen.answer_versions(&[
                api::<CreateTopicsRequest>(),
                api::<CreatePartitionsRequest>(),
                api::<DeleteTopicsRequest>(),
                api::<DescribeConfigsRequest>(),
                api::<FindCoordinatorRequest>(),
                api::<DeleteGroupsRequest>(),
            ]),
            MetadataRequest::KEY => {
                let shown = self.shown.as_ref().unwrap_or(&self.topics);
                seen.answer_metadata(shown.iter().map(topic).collect())
            }
            DescribeConfigsRequest::KEY => seen.answer(|request| configs(&self.topics, &request)),
            FindCoordinatorRequest::KEY => seen.answer(|request| coordinators(&request)),
            CreateTopicsRequest::KEY => self.change(|state| seen.answer(|r| state.create(&r))),
            CreatePartitionsRequest::KEY => self.change(|state| seen.answer(|r| state.grow(&r))),
            DeleteTopicsRequest::KEY => self.change(|state| seen.answer(|r| state.delete(&r))),
            DeleteGroupsRequest::KEY => self.change(|state| seen.answer(|r| state.forget(&r))),
            other => panic!("unexpected {}", request_name(other)),
        }
    }

    /// Makes a change, or breaks the connection before or after it.
    fn change(&mut self, make: impl FnOnce(&mut Self) -> Reply) -> Reply {
        match self.breaks {
            None => make(self),
            Some(Break::BeforeDoing) => {
                self.breaks = None;
                (self.meddle)(&mut self.topics);
                Reply::Close
            }
            Some(Break::AfterDoing) => {
                self.breaks = None;
                drop(make(self));
                (self.meddle)(&mut self.topics);
                Reply::Close
            }
            Some(Break::Always) => {
                drop(make(self));
                Reply::Close
            }
            Some(Break::Silent) => make(self),
        }
    }

    fn create(&mut self, request: &CreateTopicsRequest) -> CreateTopicsResponse {
        let results = request.topics.iter().map(|topic| {
            let retention = topic.configs.first().and_then(|config| config.value.clone());
            let made = (topic.num_partitions, retention.map(|value| value.to_string()));
            let name = topic.name.to_string();
            let code = match self.topics.entry(name) {
                Entry::Occupied(_) => ErrorCode::TOPIC_ALREADY_EXISTS,
                Entry::Vacant(place) => {
                    place.insert(made);
                    ErrorCode::NONE
                }
            };
            CreatableTopicResult::default().with_name(topic.name.clone()).with_error_code(code.0)
        });
        let results: Vec<_> = results.collect();
        let is_silent = self.breaks == Some(Break::Silent);
        CreateTopicsResponse::default().with_topics(if is_silent { Vec::new() } else { results })
    }

    fn grow(&mut self, request: &CreatePartitionsRequest) -> CreatePartitionsResponse {
        let results = request.topics.iter().map(|topic| {
            let found = self.topics.get_mut(topic.name.as_str()).unwrap();
            let code = if found.0 < topic.count {
                found.0 = topic.count;
                ErrorCode::NONE
            } else {
                ErrorCode::INVALID_PARTITIONS
            };
            CreatePartitionsTopicResult::default()
                .with_name(topic.name.clone())
                .with_error_code(code.0)
        });
        CreatePartitionsResponse::default().with_results(results.collect())
    }

    fn delete(&mut self, request: &DeleteTopicsRequest) -> DeleteTopicsResponse {
        let results = request.topics.iter().map(|topic| {
            let answer = DeletableTopicResult::default().with_topic_id(topic.topic_id);
            let found = self.topics.iter().find(|(name, made)| id(name, made) == topic.topic_id);
            let Some(name) = found.map(|(name, _)| name.clone()) else {
                return answer.with_name(None).with_error_code(ErrorCode::UNKNOWN_TOPIC_ID.0);
            };
            self.topics.remove(&name);
            answer.with_name(Some(wire_name(&TopicName::from(name.as_str()))))
        });
        DeleteTopicsResponse::default().with_responses(results.collect())
    }

    fn forget(&mut self, request: &DeleteGroupsRequest) -> DeleteGroupsResponse {
        let results = request.groups_names.iter().map(|group| {
            let before = self.groups.len();
            self.groups.retain(|known| known != group.as_str());
            let is_gone = self.groups.len() < before;
            let code = if is_gone { ErrorCode::NONE } else { ErrorCode::GROUP_ID_NOT_FOUND };
            DeletableGroupResult::default().with_group_id(group.clone()).with_error_code(code.0)
        });
        DeleteGroupsResponse::default().with_results(results.collect())
    }
}

/// The id of a topic: another one when it was made otherwise.
fn id(name: &str, (partitions, _): &(i32, Option<String>)) -> Uuid {
    let length = u128::try_from(name.len()).unwrap();
    Uuid::from_u128(length * 1000 + u128::from(partitions.unsigned_abs()))
}

fn topic((name, made): (&String, &(i32, Option<String>))) -> MetadataResponseTopic {
    let partition = |n| {
        MetadataResponsePartition::default()
            .with_partition_index(n)
            .with_leader_id(BrokerId(1))
            .with_replica_nodes(vec![BrokerId(1)])
    };
    MetadataResponseTopic::default()
        .with_name(Some(wire_name(&TopicName::from(name.as_str()))))
        .with_topic_id(id(name, made))
        .with_partitions((0..made.0).map(partition).collect())
}

fn configs(topics: &Topics, request: &DescribeConfigsRequest) -> DescribeConfigsResponse {
    let results = request.resources.iter().map(|resource| {
        let value = topics.get(resource.resource_name.as_str()).and_then(|made| made.1.clone());
        let config = DescribeConfigsResourceResult::default()
            .with_name(StrBytes::from_static_str("retention.ms"))
            .with_value(value.map(StrBytes::from_string));
        DescribeConfigsResult::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone())
            .with_configs(vec![config])
    });
    DescribeConfigsResponse::default().with_results(results.collect())
}

fn coordinators(request: &FindCoordinatorRequest) -> FindCoordinatorResponse {
    let coordinator =
        |key: &StrBytes| Coordinator::default().with_key(key.clone()).with_node_id(BrokerId(1));
    let coordinators = request.coordinator_keys.iter().map(coordinator).collect();
    FindCoordinatorResponse::default().with_coordinators(coordinators)
}
