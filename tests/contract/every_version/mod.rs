//! Every call that the sandbox offers, asked once in every version that it offers. The answer has
//! to be one of that version, with what was asked for in it; and so has a refusal.

mod access;
mod configs;
mod groups;
mod offsets;
mod records;
mod topics;
mod transactions;

use std::fmt::Debug;
use std::ops::RangeInclusive;

use bytes::BytesMut;
use kafka_protocol::messages::{
    AddOffsetsToTxnRequest, AddPartitionsToTxnRequest, AlterConfigsRequest, ApiVersionsRequest,
    CreateAclsRequest, CreatePartitionsRequest, CreateTopicsRequest, DeleteAclsRequest,
    DeleteGroupsRequest, DeleteRecordsRequest, DeleteTopicsRequest, DescribeAclsRequest,
    DescribeClusterRequest, DescribeConfigsRequest, DescribeGroupsRequest,
    DescribeTransactionsRequest, EndTxnRequest, FetchRequest, FindCoordinatorRequest, GroupId,
    HeartbeatRequest, IncrementalAlterConfigsRequest, InitProducerIdRequest, JoinGroupRequest,
    LeaveGroupRequest, ListGroupsRequest, ListOffsetsRequest, ListTransactionsRequest,
    MetadataRequest, OffsetCommitRequest, OffsetDeleteRequest, OffsetFetchRequest, ProduceRequest,
    SaslAuthenticateRequest, SaslHandshakeRequest, SyncGroupRequest, TxnOffsetCommitRequest,
};
use kafka_protocol::protocol::Request;
use uuid::Uuid;

use crate::broker::{Broker, unique};
use crate::client::{Client, frame};
use crate::membership::{Member, group, text};
use crate::records::settle;
use crate::topics::create;
use crate::transactions::Producer;

/// How a call is asked.
trait Asked: Request<Response: Debug> + Debug {
    /// Makes a request of this version that a broker says yes to, and all that has to be there
    /// before.
    fn request(world: &mut World<'_>, version: i16) -> Self;

    /// Checks that this is what was asked for.
    fn check(answer: &Self::Response, world: &mut World<'_>, version: i16);
}

/// What requests are about; made when first asked for, because most need little of it.
struct World<'b> {
    broker: &'b Broker,
    /// Whoever asks what is looked at.
    client: Client,
    topic: Option<(String, Uuid)>,
    group: Option<GroupId>,
    member: Option<Member>,
    producer: Option<Producer>,
}

impl<'b> World<'b> {
    fn new(broker: &'b Broker) -> Self {
        let client = broker.connect_as_first();
        Self { broker, client, topic: None, group: None, member: None, producer: None }
    }

    /// A topic with one partition.
    fn topic(&mut self) -> (String, Uuid) {
        let Self { client, topic, .. } = self;
        let topic = topic.get_or_insert_with(|| {
            let topic = unique("every-version");
            let id = create(client, &topic, 1);
            settle(client, &topic);
            (topic, id)
        });
        topic.clone()
    }

    /// Another topic from now on.
    fn new_topic(&mut self) -> (String, Uuid) {
        self.topic = None;
        self.topic()
    }

    /// A group.
    fn group(&mut self) -> GroupId {
        self.group.get_or_insert_with(|| group(self.broker)).clone()
    }

    /// The only member of the group, with its assignment.
    fn member(&mut self) -> &mut Member {
        let group = self.group();
        self.member.get_or_insert_with(|| Member::alone(self.broker, &group))
    }

    /// A transactional producer.
    fn producer(&mut self) -> &mut Producer {
        self.producer.get_or_insert_with(|| Producer::new(self.broker))
    }

    /// Another transactional producer from now on: Kafka ends a transaction in the background.
    fn new_producer(&mut self) -> &mut Producer {
        self.producer = None;
        self.producer()
    }
}

/// Returns the versions of a call that the broker and the sandbox offer. Of `Produce` they offer
/// more than there are (KAFKA-18659).
fn versions<R: Request>(broker: &Broker) -> RangeInclusive<i16> {
    let sandbox = Broker::sandbox().connect().offered::<R>().unwrap();
    let offered = broker.connect().offered::<R>().unwrap();
    let (least, most) = (R::VERSIONS.min, R::VERSIONS.max);
    assert!(sandbox.max <= most, "the newest version has to be known to the tests");
    let versions = sandbox.min.max(offered.min).max(least)..=sandbox.max.min(offered.max);
    assert!(!versions.is_empty(), "there is none that both offer");
    versions
}

/// Asks in every version.
#[expect(clippy::print_stdout, reason = "shown when the test fails")]
fn ask<R: Asked>(broker: &Broker) {
    let mut world = World::new(broker);
    for version in versions::<R>(broker) {
        let request = R::request(&mut world, version);
        println!("version {version}: {request:?}");
        let answer = world.client.ask_in(version, &request);
        println!("answered: {answer:?}");
        R::check(&answer, &mut world, version);
    }
}

/// Asks in every version a sandbox that refuses whatever this client asks. No real broker can be
/// told to: that Kafka answers the same, other tests see where it refuses by itself.
#[expect(clippy::print_stdout, reason = "shown when the test fails")]
fn refuse<R: Asked>(broker: &Broker) {
    let mut world = World::new(broker);
    for version in versions::<R>(broker) {
        let request = R::request(&mut world, version);
        println!("version {version}: {request:?}");
        world.client.call_itself("refused");
        let answer = format!("{:?}", world.client.ask_in(version, &request));
        world.client.call_itself("contract");
        assert!(answer.contains("error_code: 44"), "version {version}: {answer}");
    }
}

/// Asks in every version, and returns the requests as they were sent.
fn requests_of<R: Asked>(broker: &Broker) -> Vec<BytesMut> {
    let mut world = World::new(broker);
    let mut requests = Vec::new();
    for version in versions::<R>(broker) {
        let request = R::request(&mut world, version);
        requests.push(frame("contract", 1, version, &request));
        // What the next one needs may be that this one was done.
        let _answer = world.client.ask_in(version, &request);
    }
    requests
}

/// Returns a request of every call in every version, as it is sent.
pub(crate) fn requests() -> Vec<BytesMut> {
    let open = open::requests(&Broker::sandbox());
    [open, secure::requests(&Broker::secure_sandbox())].concat()
}

/// Makes the tests of calls, of one kind of brokers.
macro_rules! calls {
    ($behaviours:ident on $sandbox:ident: $($name:ident of $request:ident),+ $(,)?) => {
        crate::$behaviours! { $($name),+ }

        $(fn $name(broker: &Broker) { ask::<$request>(broker); })+

        mod refused {
            use super::*;

            $(#[test] fn $name() {
                let refusing = "* client=refused error=POLICY_VIOLATION";
                refuse::<$request>(&Broker::$sandbox(&[refusing]));
            })+
        }

        /// Returns requests of these calls.
        pub(super) fn requests(broker: &Broker) -> Vec<BytesMut> {
            [$(requests_of::<$request>(broker)),+].concat()
        }

        /// The calls that are asked here.
        pub(super) const ASKED: &[i16] = &[$($request::KEY),+];
    };
}

mod open {
    use super::*;

    calls! { behaviours on faulty_sandbox:
        add_offsets_to_txn of AddOffsetsToTxnRequest,
        add_partitions_to_txn of AddPartitionsToTxnRequest,
        alter_configs of AlterConfigsRequest,
        api_versions of ApiVersionsRequest,
        create_partitions of CreatePartitionsRequest,
        create_topics of CreateTopicsRequest,
        delete_groups of DeleteGroupsRequest,
        delete_records of DeleteRecordsRequest,
        delete_topics of DeleteTopicsRequest,
        describe_cluster of DescribeClusterRequest,
        describe_configs of DescribeConfigsRequest,
        describe_groups of DescribeGroupsRequest,
        describe_transactions of DescribeTransactionsRequest,
        end_txn of EndTxnRequest,
        fetch of FetchRequest,
        find_coordinator of FindCoordinatorRequest,
        heartbeat of HeartbeatRequest,
        incremental_alter_configs of IncrementalAlterConfigsRequest,
        init_producer_id of InitProducerIdRequest,
        join_group of JoinGroupRequest,
        leave_group of LeaveGroupRequest,
        list_groups of ListGroupsRequest,
        list_offsets of ListOffsetsRequest,
        list_transactions of ListTransactionsRequest,
        metadata of MetadataRequest,
        offset_commit of OffsetCommitRequest,
        offset_delete of OffsetDeleteRequest,
        offset_fetch of OffsetFetchRequest,
        produce of ProduceRequest,
        sync_group of SyncGroupRequest,
        txn_offset_commit of TxnOffsetCommitRequest,
    }
}

mod secure {
    use super::*;

    calls! { secure_behaviours on faulty_secure_sandbox:
        create_acls of CreateAclsRequest,
        delete_acls of DeleteAclsRequest,
        describe_acls of DescribeAclsRequest,
        sasl_authenticate of SaslAuthenticateRequest,
        sasl_handshake of SaslHandshakeRequest,
    }
}

#[test]
fn every_call_that_is_offered_is_asked() {
    let offered = Broker::sandbox().connect().offered_keys();
    let mut asked = [open::ASKED, secure::ASKED].concat();
    asked.sort_unstable();
    assert_eq!(offered, asked);
}
