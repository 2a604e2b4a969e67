//! What each call answers to somebody who may not do it.

mod groups;
mod records;

use kafka_protocol::messages::add_partitions_to_txn_request::AddPartitionsToTxnTopic;
use kafka_protocol::messages::alter_configs_request::AlterConfigsResource as Replaced;
use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::incremental_alter_configs_request::AlterConfigsResource;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::{
    AddOffsetsToTxnRequest, AddPartitionsToTxnRequest, AlterConfigsRequest, CreateAclsRequest,
    CreatePartitionsRequest, CreateTopicsRequest, DeleteAclsRequest, DeleteTopicsRequest,
    DescribeAclsRequest, DescribeConfigsRequest, DescribeTransactionsRequest, EndTxnRequest,
    FindCoordinatorRequest, GroupId, IncrementalAlterConfigsRequest, InitProducerIdRequest,
    ListTransactionsRequest, MetadataRequest, TransactionalId,
};
use kafka_protocol::protocol::StrBytes;

use crate::acls::{CREATE, DESCRIBE, TOPIC, allow, see};
use crate::broker::{Broker, eventually, unique};
use crate::client::Client;
use crate::topics::{create, name, new};

crate::secure_behaviours! {
    topics_are_not_for_everybody,
    configs_are_not_for_everybody,
    transactions_are_not_for_everybody,
    acls_are_not_for_everybody,
    who_may_create_may_not_see_configs,
    who_may_see_may_not_delete,
}

const TOPIC_DENIED: i16 = 29;
const GROUP_DENIED: i16 = 30;
const CLUSTER_DENIED: i16 = 31;
const TRANSACTION_DENIED: i16 = 53;
const TOPIC_RESOURCE: i8 = 2;
const BROKER_RESOURCE: i8 = 4;

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn group(id: &str) -> GroupId {
    GroupId(text(id))
}

fn topics_are_not_for_everybody(broker: &Broker) {
    let topic = unique("not-for-everybody");
    let id = create(&mut broker.connect_as("admin"), &topic, 1);
    let mut nobody = broker.connect_as("nobody");
    for wanted in [topic.as_str(), "not-there"] {
        let [seen] = see(&mut nobody, Some(wanted)).try_into().unwrap();
        assert_eq!(seen.error_code, TOPIC_DENIED, "it is not told whether {wanted} is there");
        assert!(seen.partitions.is_empty());
        let request = CreatePartitionsRequest::default()
            .with_topics(vec![
                CreatePartitionsTopic::default().with_name(name(wanted)).with_count(3),
            ])
            .with_timeout_ms(30_000);
        assert_eq!(nobody.ask_in(3, &request).results[0].error_code, TOPIC_DENIED);
        let deleted = delete(&mut nobody, wanted);
        assert_eq!(deleted, TOPIC_DENIED);
    }
    assert!(see(&mut nobody, None).iter().all(|seen| seen.name != Some(name(&topic))));
    let by_id = MetadataRequestTopic::default().with_topic_id(id).with_name(None);
    let request = MetadataRequest::default().with_topics(Some(vec![by_id]));
    let [seen] = nobody.ask_in(12, &request).topics.try_into().unwrap();
    assert_eq!((seen.error_code, seen.name), (TOPIC_DENIED, None));
    for wanted in [unique("new"), topic] {
        let request = CreateTopicsRequest::default()
            .with_topics(vec![new(&wanted, 1)])
            .with_timeout_ms(30_000);
        let [created] = nobody.ask_in(7, &request).topics.try_into().unwrap();
        assert_eq!(created.error_code, TOPIC_DENIED);
        assert_eq!(created.error_message.unwrap().to_string(), "Authorization failed.");
    }
}

fn delete(client: &mut Client, topic: &str) -> i16 {
    let topics = vec![DeleteTopicState::default().with_name(Some(name(topic)))];
    let request = DeleteTopicsRequest::default().with_topics(topics).with_timeout_ms(30_000);
    client.ask_in(6, &request).responses[0].error_code
}

fn configs_are_not_for_everybody(broker: &Broker) {
    let topic = unique("configs-not-for-everybody");
    create(&mut broker.connect_as("admin"), &topic, 1);
    let mut nobody = broker.connect_as("nobody");
    for (kind, resource, denied) in
        [(TOPIC_RESOURCE, topic.as_str(), TOPIC_DENIED), (BROKER_RESOURCE, "1", CLUSTER_DENIED)]
    {
        let resource = text(resource);
        let request = DescribeConfigsRequest::default().with_resources(vec![
            DescribeConfigsResource::default()
                .with_resource_type(kind)
                .with_resource_name(resource.clone())
                .with_configuration_keys(None),
        ]);
        assert_eq!(nobody.ask_in(4, &request).results[0].error_code, denied);
        let request = IncrementalAlterConfigsRequest::default().with_resources(vec![
            AlterConfigsResource::default()
                .with_resource_type(kind)
                .with_resource_name(resource.clone()),
        ]);
        assert_eq!(nobody.ask_in(1, &request).responses[0].error_code, denied);
        let request = AlterConfigsRequest::default().with_resources(vec![
            Replaced::default().with_resource_type(kind).with_resource_name(resource),
        ]);
        assert_eq!(nobody.ask_in(2, &request).responses[0].error_code, denied);
    }
}

fn transactions_are_not_for_everybody(broker: &Broker) {
    let id = TransactionalId(text(&unique("transaction")));
    let mut nobody = broker.connect_as("nobody");
    let request = FindCoordinatorRequest::default().with_key(id.0.clone()).with_key_type(1);
    assert_eq!(nobody.ask_in(3, &request).error_code, TRANSACTION_DENIED);
    let request = InitProducerIdRequest::default()
        .with_transactional_id(Some(id.clone()))
        .with_transaction_timeout_ms(60_000)
        .with_producer_id((-1).into())
        .with_producer_epoch(-1);
    assert_eq!(nobody.ask_in(4, &request).error_code, TRANSACTION_DENIED);
    let topic =
        AddPartitionsToTxnTopic::default().with_name(name("orders")).with_partitions(vec![0]);
    let request = AddPartitionsToTxnRequest::default()
        .with_v3_and_below_transactional_id(id.clone())
        .with_v3_and_below_topics(vec![topic]);
    let answer = nobody.ask_in(3, &request).results_by_topic_v3_and_below;
    let code = answer[0].results_by_partition[0].partition_error_code;
    assert_eq!(code, TRANSACTION_DENIED);
    let request = AddOffsetsToTxnRequest::default()
        .with_transactional_id(id.clone())
        .with_group_id(group("group"));
    assert_eq!(nobody.ask_in(3, &request).error_code, TRANSACTION_DENIED);
    let request = EndTxnRequest::default().with_transactional_id(id.clone());
    assert_eq!(nobody.ask_in(3, &request).error_code, TRANSACTION_DENIED);
    let request = DescribeTransactionsRequest::default().with_transactional_ids(vec![id]);
    let states = nobody.ask_in(0, &request).transaction_states;
    assert_eq!(states[0].error_code, TRANSACTION_DENIED);
    let request = ListTransactionsRequest::default().with_duration_filter(-1);
    assert!(nobody.ask_in(1, &request).transaction_states.is_empty());
}

fn acls_are_not_for_everybody(broker: &Broker) {
    let mut nobody = broker.connect_as("nobody");
    let request = DescribeAclsRequest::default()
        .with_resource_type_filter(1)
        .with_pattern_type_filter(1)
        .with_operation(1)
        .with_permission_type(1);
    assert_eq!(nobody.ask_in(3, &request).error_code, CLUSTER_DENIED);
    let creation = kafka_protocol::messages::create_acls_request::AclCreation::default()
        .with_resource_type(2)
        .with_resource_name(text("orders"))
        .with_resource_pattern_type(3)
        .with_principal(text("User:nobody"))
        .with_host(text("*"))
        .with_operation(3)
        .with_permission_type(3);
    let request = CreateAclsRequest::default().with_creations(vec![creation]);
    assert_eq!(nobody.ask_in(3, &request).results[0].error_code, CLUSTER_DENIED);
    let filter = kafka_protocol::messages::delete_acls_request::DeleteAclsFilter::default()
        .with_resource_type_filter(1)
        .with_pattern_type_filter(1)
        .with_operation(1)
        .with_permission_type(1);
    let request = DeleteAclsRequest::default().with_filters(vec![filter]);
    assert_eq!(nobody.ask_in(3, &request).filter_results[0].error_code, CLUSTER_DENIED);
}

fn who_may_create_may_not_see_configs(broker: &Broker) {
    let topic = unique("creator");
    allow(broker, CREATE, TOPIC, &topic);
    let mut alice = broker.connect_as("alice");
    let request =
        CreateTopicsRequest::default().with_topics(vec![new(&topic, 2)]).with_timeout_ms(30_000);
    let mut created = None;
    eventually(|| {
        let [answer] = alice.ask_in(7, &request).topics.try_into().unwrap();
        let is_done = answer.error_code == 0;
        created = Some(answer);
        is_done
    });
    let created = created.unwrap();
    assert_eq!(created.topic_config_error_code, TOPIC_DENIED);
    assert_eq!((created.num_partitions, created.replication_factor), (-1, -1));
    assert_eq!(created.configs.unwrap_or_default(), []);
}

fn who_may_see_may_not_delete(broker: &Broker) {
    let topic = unique("seen");
    create(&mut broker.connect_as("admin"), &topic, 1);
    let missing = unique("not-there");
    for topic in [&topic, &missing] {
        allow(broker, DESCRIBE, TOPIC, topic);
    }
    let mut alice = broker.connect_as("alice");
    eventually(|| delete(&mut alice, &missing) == 3);
    assert_eq!(delete(&mut alice, &topic), TOPIC_DENIED);
}
