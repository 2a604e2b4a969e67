//! Members of groups, for the tests of groups.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::{
    ConsumerProtocolSubscription, DescribeGroupsRequest, FindCoordinatorRequest, GroupId,
    HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest, MetadataRequest,
    SyncGroupRequest, SyncGroupResponse,
};
use kafka_protocol::protocol::{Encodable, StrBytes};

use crate::broker::{Broker, unique};
use crate::client::Client;
use crate::topics::{create, name};

/// How often to ask, and how long to wait between: Kafka may take a minute to make its internal
/// topics.
const ASKS: u32 = 3_000;
const PAUSE: Duration = Duration::from_millis(20);

pub(crate) const JOIN: i16 = 9;
pub(crate) const SYNC: i16 = 5;

/// Asks until an answer is the one waited for.
pub(crate) fn until<T>(mut ask: impl FnMut() -> T, is_ready: impl Fn(&T) -> bool) -> T {
    for _ in 0..ASKS {
        let answer = ask();
        if is_ready(&answer) {
            return answer;
        }
        std::thread::sleep(PAUSE);
    }
    panic!("never ready");
}

pub(crate) fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

/// Whether a code means that a coordinator is not there yet.
pub(crate) fn is_starting(code: i16) -> bool {
    matches!(code, 14..=16)
}

/// Waits until a coordinator is there for a key of a type.
pub(crate) fn coordinator(client: &mut Client, key: &str, key_type: i8) {
    let request = FindCoordinatorRequest::default()
        .with_key_type(key_type)
        .with_coordinator_keys(vec![text(key)]);
    until(|| client.ask_in(4, &request), |answer| answer.coordinators[0].error_code == 0);
}

/// Returns the id of a group that nobody used, once its coordinator is there.
pub(crate) fn group(broker: &Broker) -> GroupId {
    let (id, mut client) = (unique("group"), broker.connect());
    coordinator(&mut client, &id, 0);
    let group = GroupId(text(&id));
    let request = DescribeGroupsRequest::default().with_groups(vec![group.clone()]);
    until(|| client.ask_in(5, &request), |answer| !is_starting(answer.groups[0].error_code));
    group
}

/// Creates a topic and waits until the broker knows it.
pub(crate) fn topic(client: &mut Client, partitions: i32) -> String {
    let topic = unique("groups");
    create(client, &topic, partitions);
    let wanted = MetadataRequestTopic::default().with_name(Some(name(&topic)));
    let request = MetadataRequest::default().with_topics(Some(vec![wanted]));
    until(|| client.ask_in(9, &request), |answer| answer.topics[0].error_code == 0);
    topic
}

/// Returns a subscription as consumers write it.
fn subscription(topics: &[&str]) -> Bytes {
    let mut bytes = BytesMut::from(&[0, 1][..]);
    ConsumerProtocolSubscription::default()
        .with_topics(topics.iter().map(|topic| text(topic)).collect())
        .encode(&mut bytes, 1)
        .unwrap();
    bytes.freeze()
}

/// A member with a connection of its own.
pub(crate) struct Member {
    pub(crate) client: Client,
    pub(crate) group: GroupId,
    pub(crate) id: StrBytes,
    pub(crate) instance: Option<StrBytes>,
    pub(crate) generation: i32,
    pub(crate) topics: Vec<String>,
}

impl Member {
    pub(crate) fn new(broker: &Broker, group: &GroupId) -> Self {
        Self {
            client: broker.connect(),
            group: group.clone(),
            id: StrBytes::default(),
            instance: None,
            generation: -1,
            topics: vec!["orders".to_owned()],
        }
    }

    pub(crate) fn join_request(&self) -> JoinGroupRequest {
        let topics: Vec<&str> = self.topics.iter().map(String::as_str).collect();
        JoinGroupRequest::default()
            .with_group_id(self.group.clone())
            .with_session_timeout_ms(6_000)
            .with_rebalance_timeout_ms(30_000)
            .with_member_id(self.id.clone())
            .with_group_instance_id(self.instance.clone())
            .with_protocol_type(text("consumer"))
            .with_protocols(vec![
                JoinGroupRequestProtocol::default()
                    .with_name(text("range"))
                    .with_metadata(subscription(&topics)),
            ])
    }

    /// Asks to join; a dynamic newcomer learns its id before.
    pub(crate) fn start_join(&mut self) {
        if self.id.is_empty() && self.instance.is_none() {
            let refused = self.client.ask_in(JOIN, &self.join_request());
            assert_eq!(refused.error_code, 79, "{refused:?}");
            self.id = refused.member_id;
        }
        self.client.send(JOIN, &self.join_request());
    }

    /// Waits until everybody has joined.
    pub(crate) fn end_join(&mut self) -> JoinGroupResponse {
        let joined = self.client.receive::<JoinGroupRequest>(JOIN);
        if joined.error_code == 0 {
            self.id = joined.member_id.clone();
            self.generation = joined.generation_id;
        }
        joined
    }

    pub(crate) fn join(&mut self) -> JoinGroupResponse {
        self.start_join();
        self.end_join()
    }

    pub(crate) fn start_sync(&mut self, assignments: &[(&StrBytes, &'static str)]) {
        let assignments = assignments.iter().map(|(member, assignment)| {
            SyncGroupRequestAssignment::default()
                .with_member_id((*member).clone())
                .with_assignment(Bytes::from_static(assignment.as_bytes()))
        });
        let request = SyncGroupRequest::default()
            .with_group_id(self.group.clone())
            .with_generation_id(self.generation)
            .with_member_id(self.id.clone())
            .with_group_instance_id(self.instance.clone())
            .with_protocol_type(Some(text("consumer")))
            .with_protocol_name(Some(text("range")))
            .with_assignments(assignments.collect());
        self.client.send(SYNC, &request);
    }

    pub(crate) fn end_sync(&mut self) -> SyncGroupResponse {
        self.client.receive::<SyncGroupRequest>(SYNC)
    }

    pub(crate) fn heartbeat(&mut self) -> i16 {
        let request = HeartbeatRequest::default()
            .with_group_id(self.group.clone())
            .with_generation_id(self.generation)
            .with_member_id(self.id.clone())
            .with_group_instance_id(self.instance.clone());
        self.client.ask_in(4, &request).error_code
    }

    pub(crate) fn leave(&mut self) -> i16 {
        let request = LeaveGroupRequest::default()
            .with_group_id(self.group.clone())
            .with_member_id(self.id.clone());
        self.client.ask_in(2, &request).error_code
    }

    /// A member that is alone and has its assignment.
    pub(crate) fn alone(broker: &Broker, group: &GroupId) -> Self {
        let mut member = Self::new(broker, group);
        member.settle();
        member
    }

    /// Joins a group that nobody is in, and assigns to itself.
    pub(crate) fn settle(&mut self) {
        assert_eq!(self.join().error_code, 0);
        let id = self.id.clone();
        self.start_sync(&[(&id, "all")]);
        let synced = self.end_sync();
        assert_eq!((synced.error_code, &synced.assignment[..]), (0, &b"all"[..]));
    }

    /// Two members with their assignments; the first one leads.
    pub(crate) fn pair(broker: &Broker, group: &GroupId) -> (Self, Self) {
        let (mut one, mut two) = (Self::alone(broker, group), Self::new(broker, group));
        two.start_join();
        until(|| one.heartbeat(), |code| *code == 27);
        assert_eq!(one.join().error_code, 0);
        assert_eq!(two.end_join().error_code, 0);
        let (first, second) = (one.id.clone(), two.id.clone());
        two.start_sync(&[]);
        one.start_sync(&[(&first, "left"), (&second, "right")]);
        assert_eq!(&one.end_sync().assignment[..], b"left");
        assert_eq!(&two.end_sync().assignment[..], b"right");
        (one, two)
    }
}
