//! What the calls about groups and their offsets answer to somebody who may not do it.

use kafka_protocol::messages::add_partitions_to_txn_request::AddPartitionsToTxnTopic;
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopics,
};
use kafka_protocol::messages::{
    AddPartitionsToTxnRequest, DeleteGroupsRequest, DescribeGroupsRequest, FindCoordinatorRequest,
    HeartbeatRequest, InitProducerIdRequest, JoinGroupRequest, LeaveGroupRequest,
    ListGroupsRequest, OffsetCommitRequest, OffsetDeleteRequest, OffsetFetchRequest,
    SyncGroupRequest, TransactionalId,
};

use super::{GROUP_DENIED, TOPIC_DENIED, group, text};
use crate::acls::{GROUP, READ, TOPIC, TRANSACTIONAL_ID, WRITE, allow};
use crate::broker::{Broker, eventually, unique};
use crate::client::Client;
use crate::membership::coordinator;
use crate::topics::{create, name};

crate::secure_behaviours! {
    groups_are_not_for_everybody,
    topics_in_a_group_are_looked_at_one_by_one,
}

fn groups_are_not_for_everybody(broker: &Broker) {
    let id = unique("group");
    let mut nobody = broker.connect_as("nobody");
    let request = FindCoordinatorRequest::default().with_key(text(&id));
    assert_eq!(nobody.ask_in(3, &request).error_code, GROUP_DENIED);
    let request = FindCoordinatorRequest::default().with_coordinator_keys(vec![text(&id)]);
    assert_eq!(nobody.ask_in(4, &request).coordinators[0].error_code, GROUP_DENIED);
    let nothing = FindCoordinatorRequest::default();
    assert!(nobody.ask_in(4, &nothing).coordinators.is_empty());
    let request = JoinGroupRequest::default()
        .with_group_id(group(&id))
        .with_protocol_type(text("consumer"))
        .with_session_timeout_ms(10_000)
        .with_rebalance_timeout_ms(10_000);
    assert_eq!(nobody.ask_in(5, &request).error_code, GROUP_DENIED);
    let request = SyncGroupRequest::default().with_group_id(group(&id));
    assert_eq!(nobody.ask_in(3, &request).error_code, GROUP_DENIED);
    let request = HeartbeatRequest::default().with_group_id(group(&id));
    assert_eq!(nobody.ask_in(3, &request).error_code, GROUP_DENIED);
    let request = LeaveGroupRequest::default().with_group_id(group(&id));
    assert_eq!(nobody.ask_in(3, &request).error_code, GROUP_DENIED);
    let request = OffsetDeleteRequest::default().with_group_id(group(&id));
    assert_eq!(nobody.ask_in(0, &request).error_code, GROUP_DENIED);
    let request = DescribeGroupsRequest::default().with_groups(vec![group(&id)]);
    assert_eq!(nobody.ask_in(5, &request).groups[0].error_code, GROUP_DENIED);
    let request = DeleteGroupsRequest::default().with_groups_names(vec![group(&id)]);
    assert_eq!(nobody.ask_in(2, &request).results[0].error_code, GROUP_DENIED);
    let wanted = OffsetFetchRequestGroup::default().with_group_id(group(&id)).with_topics(None);
    let request = OffsetFetchRequest::default().with_groups(vec![wanted]);
    assert_eq!(nobody.ask_in(8, &request).groups[0].error_code, GROUP_DENIED);
    let request = OffsetFetchRequest::default().with_group_id(group(&id)).with_topics(None);
    assert_eq!(nobody.ask_in(7, &request).error_code, GROUP_DENIED);
    assert_eq!(commit(&mut nobody, &id, &["orders"]), [GROUP_DENIED]);
}

/// Commits an offset of each topic; returns the codes.
fn commit(client: &mut Client, id: &str, topics: &[&str]) -> Vec<i16> {
    let topics = topics.iter().map(|topic| {
        let partition = OffsetCommitRequestPartition::default().with_committed_offset(1);
        OffsetCommitRequestTopic::default().with_name(name(topic)).with_partitions(vec![partition])
    });
    let request = OffsetCommitRequest::default()
        .with_group_id(group(id))
        .with_generation_id_or_member_epoch(-1)
        .with_topics(topics.collect());
    let topics = client.ask_in(7, &request).topics;
    topics.iter().map(|topic| topic.partitions[0].error_code).collect()
}

fn topics_in_a_group_are_looked_at_one_by_one(broker: &Broker) {
    let (id, seen, hidden) = (unique("group"), unique("seen"), unique("hidden"));
    let mut admin = broker.connect_as("admin");
    for topic in [&seen, &hidden] {
        create(&mut admin, topic, 1);
    }
    coordinator(&mut admin, &id, 0);
    eventually(|| commit(&mut admin, &id, &[&seen, &hidden]) == [0, 0]);
    let listed = |client: &mut Client| {
        let groups = client.ask_in(4, &ListGroupsRequest::default()).groups;
        groups.iter().any(|listed| listed.group_id == group(&id))
    };
    let mut alice = broker.connect_as("alice");
    assert!(listed(&mut admin) && !listed(&mut alice));
    allow(broker, READ, GROUP, &id);
    allow(broker, READ, TOPIC, &seen);
    eventually(|| listed(&mut alice));
    eventually(|| commit(&mut alice, &id, &[&hidden, &seen]) == [TOPIC_DENIED, 0]);
    let fetch = |alice: &mut Client, topics: Option<&[&str]>| {
        let topics = topics.map(|topics| {
            let topics = topics.iter().map(|topic| {
                let wanted = OffsetFetchRequestTopics::default().with_name(name(topic));
                wanted.with_partition_indexes(vec![0])
            });
            topics.collect()
        });
        let wanted = OffsetFetchRequestGroup::default().with_group_id(group(&id));
        let request = OffsetFetchRequest::default().with_groups(vec![wanted.with_topics(topics)]);
        let [fetched] = alice.ask_in(8, &request).groups.try_into().unwrap();
        assert_eq!(fetched.error_code, 0);
        let mut codes: Vec<_> = fetched
            .topics
            .iter()
            .map(|topic| (topic.name.to_string(), topic.partitions[0].error_code))
            .collect();
        codes.sort_unstable();
        codes
    };
    let both = [(hidden.clone(), TOPIC_DENIED), (seen.clone(), 0)];
    assert_eq!(fetch(&mut alice, Some(&[&seen, &hidden])), both);
    assert_eq!(fetch(&mut alice, None), [(seen.clone(), 0)], "the other one is hidden");
    // A transaction takes all of its topics or none.
    let transaction = unique("transaction");
    coordinator(&mut admin, &transaction, 1);
    allow(broker, WRITE, TRANSACTIONAL_ID, &transaction);
    allow(broker, WRITE, TOPIC, &seen);
    let transaction = TransactionalId(text(&transaction));
    let request = InitProducerIdRequest::default()
        .with_transactional_id(Some(transaction.clone()))
        .with_transaction_timeout_ms(60_000)
        .with_producer_id((-1).into())
        .with_producer_epoch(-1);
    let mut producer = alice.ask_in(4, &request);
    eventually(|| {
        producer = alice.ask_in(4, &request);
        producer.error_code == 0
    });
    let topics = [&seen, &hidden].map(|topic| {
        AddPartitionsToTxnTopic::default().with_name(name(topic)).with_partitions(vec![0])
    });
    let request = AddPartitionsToTxnRequest::default()
        .with_v3_and_below_transactional_id(transaction)
        .with_v3_and_below_producer_id(producer.producer_id)
        .with_v3_and_below_producer_epoch(producer.producer_epoch)
        .with_v3_and_below_topics(topics.into());
    let mut codes: Vec<_> = alice
        .ask_in(3, &request)
        .results_by_topic_v3_and_below
        .iter()
        .map(|topic| (topic.name.to_string(), topic.results_by_partition[0].partition_error_code))
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, [(hidden, TOPIC_DENIED), (seen, 55)]);
}
