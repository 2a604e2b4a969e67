//! What becomes of a change whose answer is lost: a fake broker that does as it is told and breaks the
//! connection, for a test.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex};
use std::time::Duration;

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

use super::fake::{FakeBroker, Reply, Seen, api};
use super::topics::{Mode, wire_name};
use super::versions::request_name;
use crate::approval::Approval;
use crate::clock::Deadline;
use crate::kafka::{Error, ErrorCode};
use crate::model::name::{GroupId, TopicName};
use crate::model::topic::NewTopic;

/// When the connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Break {
    /// When the first change has been made, before it is answered.
    AfterDoing,
    /// Before the first change is made.
    BeforeDoing,
    /// Every time, after doing.
    Always,
}

/// A topic as it was made: partitions and `retention.ms`.
type Topics = BTreeMap<String, (i32, Option<String>)>;

/// A cluster of one broker.
struct State {
    topics: Topics,
    groups: Vec<String>,
    breaks: Option<Break>,
    /// What somebody else does right after the first change.
    meddle: fn(&mut Topics),
}

impl State {
    fn answer(&mut self, seen: Seen) -> Reply {
        match seen.key {
            ApiVersionsRequest::KEY => seen.answer_versions(&[
                api::<CreateTopicsRequest>(),
                api::<CreatePartitionsRequest>(),
                api::<DeleteTopicsRequest>(),
                api::<DescribeConfigsRequest>(),
                api::<FindCoordinatorRequest>(),
                api::<DeleteGroupsRequest>(),
            ]),
            MetadataRequest::KEY => seen.answer_metadata(self.topics.iter().map(topic).collect()),
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
        CreateTopicsResponse::default().with_topics(results.collect())
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

fn nothing(_: &mut Topics) {}

/// A cluster with the topic `orders` of three partitions and the group `billing`.
fn broker(breaks: Break, meddle: fn(&mut Topics)) -> (FakeBroker, Arc<Mutex<State>>) {
    let state = Arc::new(Mutex::new(State {
        topics: BTreeMap::from([("orders".to_owned(), (3, None))]),
        groups: vec!["billing".to_owned()],
        breaks: Some(breaks),
        meddle,
    }));
    let served = Arc::clone(&state);
    (FakeBroker::start(move |seen| served.lock().unwrap().answer(seen)), state)
}

fn orders() -> TopicName {
    TopicName::from("orders")
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

/// Creates `payments` with six partitions and a retention.
async fn create(broker: &FakeBroker, deadline: Deadline) -> Result<(), Error> {
    let wanted = NewTopic {
        name: TopicName::from("payments"),
        partitions: 6,
        replication: 1,
        configs: BTreeMap::from([("retention.ms".to_owned(), "1000".to_owned())]),
    };
    let cluster = broker.connect().await;
    let made = cluster.create_topics(&[wanted], Mode::Execute, deadline).await;
    made?.remove(&TopicName::from("payments")).unwrap()
}

/// Raises the partition count of `orders` to six.
async fn grow(broker: &FakeBroker) -> Result<(), Error> {
    let counts = BTreeMap::from([(orders(), 6)]);
    let cluster = broker.connect().await;
    let grown = cluster.create_partitions(&counts, Mode::Execute, soon()).await;
    grown?.remove(&orders()).unwrap()
}

/// Deletes `orders`.
async fn delete(broker: &FakeBroker) -> Result<(), Error> {
    let cluster = broker.connect().await;
    let deleted = cluster.delete_topics(&[orders()], Approval::for_test(), soon()).await;
    deleted?.remove(&orders()).unwrap()
}

#[tokio::test]
async fn a_topic_whose_creation_was_not_answered_is_created_once() {
    for breaks in [Break::AfterDoing, Break::BeforeDoing] {
        let (broker, state) = broker(breaks, nothing);
        assert_eq!(create(&broker, soon()).await, Ok(()), "{breaks:?}");
        let made = state.lock().unwrap().topics.get("payments").cloned();
        assert_eq!(made, Some((6, Some("1000".to_owned()))));
        let asked = broker.asked();
        assert_eq!(asked.iter().filter(|name| *name == "CreateTopics").count(), 2, "{asked:?}");
    }
}

#[tokio::test]
async fn a_topic_that_another_client_made_otherwise_is_not_taken_for_ones_own() {
    for other in [
        |topics: &mut Topics| drop(topics.insert("payments".to_owned(), (5, Some("1000".into())))),
        |topics: &mut Topics| drop(topics.insert("payments".to_owned(), (6, Some("2000".into())))),
    ] {
        let (broker, _) = broker(Break::BeforeDoing, other);
        let error = create(&broker, soon()).await.unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::TOPIC_ALREADY_EXISTS), "{error}");
    }
}

#[tokio::test]
async fn a_topic_that_was_there_is_not_taken_for_ones_own() {
    let (broker, state) = broker(Break::AfterDoing, nothing);
    {
        let mut state = state.lock().unwrap();
        state.breaks = None;
        state.topics.insert("payments".to_owned(), (6, Some("1000".to_owned())));
    }
    let error = create(&broker, soon()).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::TOPIC_ALREADY_EXISTS), "{error}");
}

#[tokio::test]
async fn a_creation_that_is_never_answered_stays_open() {
    let (broker, _) = broker(Break::Always, nothing);
    let error = create(&broker, Deadline::after(Duration::from_millis(300))).await.unwrap_err();
    assert!(matches!(error, Error::Unconfirmed { .. }), "{error}");
    let text = error.to_string();
    let change = "CreateTopics of topic `payments` may have been done or not: ";
    assert!(text.starts_with(change), "{text}");
}

#[tokio::test]
async fn partitions_whose_creation_was_not_answered_are_created_once() {
    for breaks in [Break::AfterDoing, Break::BeforeDoing] {
        let (broker, state) = broker(breaks, nothing);
        assert_eq!(grow(&broker).await, Ok(()), "{breaks:?}");
        assert_eq!(state.lock().unwrap().topics["orders"].0, 6);
    }
    let (broker, _) = broker(Break::BeforeDoing, |topics| topics.get_mut("orders").unwrap().0 = 9);
    let error = grow(&broker).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::INVALID_PARTITIONS), "{error}");
}

#[tokio::test]
async fn a_topic_whose_deletion_was_not_answered_is_gone() {
    for breaks in [Break::AfterDoing, Break::BeforeDoing] {
        let (broker, state) = broker(breaks, nothing);
        assert_eq!(delete(&broker).await, Ok(()), "{breaks:?}");
        assert!(state.lock().unwrap().topics.is_empty());
    }
}

#[tokio::test]
async fn a_topic_made_again_after_its_deletion_is_not_deleted() {
    let again = |topics: &mut Topics| drop(topics.insert("orders".to_owned(), (8, None)));
    let (broker, state) = broker(Break::AfterDoing, again);
    assert_eq!(delete(&broker).await, Ok(()));
    assert_eq!(state.lock().unwrap().topics["orders"].0, 8, "the other one");
}

#[tokio::test]
async fn a_group_whose_deletion_was_not_answered_is_gone() {
    for breaks in [Break::AfterDoing, Break::BeforeDoing] {
        let (broker, state) = broker(breaks, nothing);
        let group = GroupId::from("billing");
        let cluster = broker.connect().await;
        let deleted = cluster
            .delete_groups(std::slice::from_ref(&group), Approval::for_test(), soon())
            .await
            .unwrap();
        assert_eq!(deleted[&group], Ok(()), "{breaks:?}");
        assert!(state.lock().unwrap().groups.is_empty());
    }
}
