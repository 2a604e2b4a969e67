//! Adding partitions, and deleting topics.

use kafka_protocol::messages::create_partitions_request::{
    CreatePartitionsAssignment, CreatePartitionsTopic,
};
use kafka_protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::{
    BrokerId, CreatePartitionsRequest, DeleteTopicsRequest, MetadataRequest,
};
use uuid::Uuid;

use crate::broker::{Broker, eventually, unique};
use crate::client::Client;
use crate::topics::{create, name};

crate::behaviours! {
    partitions_are_added,
    a_count_that_is_no_increase_is_refused,
    validating_adds_nothing,
    partitions_of_what_is_not_there_are_refused,
    assignments_have_to_fit,
    a_topic_is_deleted_by_name_or_by_id,
    what_is_gone_cannot_be_deleted,
}

pub(crate) fn grow(
    client: &mut Client,
    topic: CreatePartitionsTopic,
    validate: bool,
) -> CreatePartitionsTopicResult {
    let request = CreatePartitionsRequest::default()
        .with_topics(vec![topic])
        .with_timeout_ms(30_000)
        .with_validate_only(validate);
    let [result] = client.ask_in(3, &request).results.try_into().unwrap();
    result
}

pub(crate) fn to(topic: &str, count: i32) -> CreatePartitionsTopic {
    CreatePartitionsTopic::default().with_name(name(topic)).with_count(count).with_assignments(None)
}

fn partition_count(client: &mut Client, topic: &str) -> usize {
    let topic = MetadataRequestTopic::default().with_name(Some(name(topic)));
    let request = MetadataRequest::default()
        .with_topics(Some(vec![topic]))
        .with_allow_auto_topic_creation(false);
    client.ask_in(12, &request).topics[0].partitions.len()
}

fn delete(client: &mut Client, topic: DeleteTopicState) -> (i16, Option<String>) {
    let request = DeleteTopicsRequest::default().with_topics(vec![topic]).with_timeout_ms(30_000);
    let [result] = client.ask_in(6, &request).responses.try_into().unwrap();
    (result.error_code, result.name.map(|name| name.to_string()))
}

fn by_name(topic: &str) -> DeleteTopicState {
    DeleteTopicState::default().with_name(Some(name(topic)))
}

fn by_id(id: Uuid) -> DeleteTopicState {
    DeleteTopicState::default().with_name(None).with_topic_id(id)
}

fn partitions_are_added(broker: &Broker) {
    let (topic, mut client) = (unique("grow"), broker.connect());
    create(&mut client, &topic, 1);
    let result = grow(&mut client, to(&topic, 4), false);
    assert_eq!(result.error_code, 0, "{result:?}");
    eventually(|| partition_count(&mut client, &topic) == 4);
}

fn a_count_that_is_no_increase_is_refused(broker: &Broker) {
    let (topic, mut client) = (unique("shrink"), broker.connect());
    create(&mut client, &topic, 3);
    for count in [3, 2, 0, -1] {
        assert_eq!(grow(&mut client, to(&topic, count), false).error_code, 37, "{count}");
    }
    let result = grow(&mut client, to(&topic, 3), false);
    assert_eq!(result.error_message.unwrap().as_str(), "Topic already has 3 partition(s).");
}

fn validating_adds_nothing(broker: &Broker) {
    let (topic, mut client) = (unique("grow-validate"), broker.connect());
    create(&mut client, &topic, 1);
    assert_eq!(grow(&mut client, to(&topic, 4), true).error_code, 0);
    assert_eq!(grow(&mut client, to(&topic, 2), true).error_code, 0, "there is still one");
    assert_eq!(grow(&mut client, to(&topic, 1), true).error_code, 37);
}

fn partitions_of_what_is_not_there_are_refused(broker: &Broker) {
    let mut client = broker.connect();
    assert_eq!(grow(&mut client, to("not-there", 4), false).error_code, 3);
}

fn assignments_have_to_fit(broker: &Broker) {
    let (topic, mut client) = (unique("assign"), broker.connect());
    create(&mut client, &topic, 1);
    let on = |brokers: &[&[i32]]| {
        let one = |ids: &&[i32]| {
            CreatePartitionsAssignment::default()
                .with_broker_ids(ids.iter().copied().map(BrokerId).collect())
        };
        to(&topic, 3).with_assignments(Some(brokers.iter().map(one).collect()))
    };
    for wrong in [on(&[&[1]]), on(&[&[1], &[]]), on(&[&[1], &[99]]), on(&[&[1], &[1, 1]])] {
        assert_eq!(grow(&mut client, wrong.clone(), true).error_code, 39, "{wrong:?}");
    }
    assert_eq!(grow(&mut client, on(&[&[1], &[1]]), true).error_code, 0);
}

fn a_topic_is_deleted_by_name_or_by_id(broker: &Broker) {
    let mut client = broker.connect();
    for is_by_id in [false, true] {
        let topic = unique("delete");
        let id = create(&mut client, &topic, 1);
        let wanted = if is_by_id { by_id(id) } else { by_name(&topic) };
        assert_eq!(delete(&mut client, wanted), (0, Some(topic.clone())));
        eventually(|| partition_count(&mut client, &topic) == 0);
        let again = create(&mut client, &topic, 1);
        assert_ne!(again, id, "another topic of the same name");
    }
}

fn what_is_gone_cannot_be_deleted(broker: &Broker) {
    let mut client = broker.connect();
    assert_eq!(delete(&mut client, by_name("not-there")), (3, Some("not-there".to_owned())));
    assert_eq!(delete(&mut client, by_id(Uuid::from_u128(7))), (100, None));
    let both = by_name("not-there").with_topic_id(Uuid::from_u128(7));
    assert_eq!(delete(&mut client, both).0, 42);
}
