//! Offsets that are committed in a transaction: when they count, and whose they may be.

use kafka_protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopics,
};
use kafka_protocol::messages::{GroupId, OffsetFetchRequest, ProducerId};

use crate::broker::Broker;
use crate::client::Client;
use crate::membership::{Member, group, text, topic, until};
use crate::topics::name;
use crate::transactions::Producer;

crate::behaviours! {
    offsets_count_when_their_transaction_is_committed,
    offsets_vanish_when_their_transaction_is_aborted,
    offsets_are_fenced_by_producer_and_generation,
}

/// Returns a group's offset for partition 0 and the error with it.
fn offset(client: &mut Client, group: &GroupId, topic: &str, stable: bool) -> (i64, i16) {
    let topic =
        OffsetFetchRequestTopics::default().with_name(name(topic)).with_partition_indexes(vec![0]);
    let wanted = OffsetFetchRequestGroup::default()
        .with_group_id(group.clone())
        .with_topics(Some(vec![topic]));
    let request =
        OffsetFetchRequest::default().with_groups(vec![wanted]).with_require_stable(stable);
    let partition = &client.ask_in(8, &request).groups[0].topics[0].partitions[0];
    (partition.committed_offset, partition.error_code)
}

fn offsets_count_when_their_transaction_is_committed(broker: &Broker) {
    let (group, mut producer) = (group(broker), Producer::new(broker));
    let topic = topic(&mut producer.client, 1);
    let request = producer.commit_request(&group, &topic, 5);
    for (version, code) in [(3, 48), (4, 120)] {
        assert_eq!(producer.commit_offset(version, &request), code, "the group was not added");
    }
    assert_eq!(producer.add_group(&group), 0);
    assert_eq!(producer.commit_offset(3, &request), 0);
    assert_eq!(offset(&mut producer.client, &group, &topic, false), (-1, 0));
    assert_eq!(offset(&mut producer.client, &group, &topic, true), (-1, 88));
    assert_eq!(producer.end(3, true), 0);
    let fetched =
        until(|| offset(&mut producer.client, &group, &topic, true), |(_, code)| *code != 88);
    assert_eq!(fetched, (5, 0));
}

fn offsets_vanish_when_their_transaction_is_aborted(broker: &Broker) {
    let (group, mut producer) = (group(broker), Producer::new(broker));
    let topic = topic(&mut producer.client, 1);
    assert_eq!(producer.add_group(&group), 0);
    let request = producer.commit_request(&group, &topic, 5);
    assert_eq!(producer.commit_offset(3, &request), 0);
    assert_eq!(producer.end(3, false), 0);
    let fetched =
        until(|| offset(&mut producer.client, &group, &topic, true), |(_, code)| *code != 88);
    assert_eq!(fetched, (-1, 0));
}

fn offsets_are_fenced_by_producer_and_generation(broker: &Broker) {
    let (group, mut producer) = (group(broker), Producer::new(broker));
    let topic = topic(&mut producer.client, 1);
    let member = Member::alone(broker, &group);
    assert_eq!(producer.add_group(&group), 0);
    let fine = producer
        .commit_request(&group, &topic, 5)
        .with_member_id(member.id.clone())
        .with_generation_id(1);
    assert_eq!(producer.commit_offset(3, &fine), 0);
    assert_eq!(producer.commit_offset(3, &fine.clone().with_generation_id(0)), 22);
    assert_eq!(producer.commit_offset(3, &fine.clone().with_member_id(text("nobody"))), 25);
    assert_eq!(producer.commit_offset(3, &fine.clone().with_group_id(GroupId(text("")))), 24);
    let epoch = producer.current.1;
    assert_eq!(producer.commit_offset(3, &fine.clone().with_producer_epoch(epoch - 1)), 47);
    let stranger = fine.with_producer_id(ProducerId(producer.current.0 + 1_000_000));
    assert_eq!(producer.commit_offset(3, &stranger), 49);
    assert_eq!(producer.end(3, true), 0);
}
