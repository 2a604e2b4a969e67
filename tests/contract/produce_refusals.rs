//! What becomes of records that are refused by the request, or that nobody waits to hear of.

use bytes::Bytes;
use flowctl::sandbox::Storage;
use kafka_protocol::messages::ProduceRequest;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::produce_response::PartitionProduceResponse;
use kafka_protocol::records::Record;

use crate::broker::{Broker, eventually, unique};
use crate::client::Client;
use crate::configs::{SET, alter};
use crate::records::{PRODUCE, encode, fetch, find, numbered, record, request, settle};
use crate::topic_changes::{grow, to};
use crate::topics::{create, name, try_create_with};
use crate::transactions::Producer;

crate::behaviours! {
    without_acks_an_error_ends_the_connection,
    one_request_has_one_transactional_producer,
    a_transaction_needs_a_producer_id,
    a_batch_of_the_transaction_before_is_known,
}

fn topic(client: &mut Client, partitions: i32) -> String {
    let topic = unique("refusals");
    create(client, &topic, partitions);
    settle(client, &topic);
    topic
}

fn without_acks_an_error_ends_the_connection(broker: &Broker) {
    let mut client = broker.connect();
    let (topic, missing) = (topic(&mut client, 1), unique("missing"));
    let fine = encode(&[record(0, "a")]);
    let mut damaged = fine.to_vec();
    damaged[17] ^= 1;
    for (target, records) in [(&missing, fine.clone()), (&topic, damaged.into())] {
        let mut client = broker.connect();
        client.send(PRODUCE, &request(&topic, Some(fine.clone())).with_acks(0));
        client.send(PRODUCE, &request(target, Some(records)).with_acks(0));
        assert!(client.receive_frame().is_none(), "it is closed");
    }
    assert_eq!(find(&mut client, &topic, -1).offset, 2, "what came before counts");
}

/// Asks to write one batch to each partition, from the first one on.
fn produce(
    client: &mut Client,
    producer: &Producer,
    topic: &str,
    batches: &[Bytes],
) -> Vec<PartitionProduceResponse> {
    let data = batches.iter().zip(0..).map(|(batch, partition)| {
        PartitionProduceData::default().with_index(partition).with_records(Some(batch.clone()))
    });
    let data =
        TopicProduceData::default().with_name(name(topic)).with_partition_data(data.collect());
    let request = ProduceRequest::default()
        .with_transactional_id(Some(producer.id.clone()))
        .with_acks(-1)
        .with_timeout_ms(30_000)
        .with_topic_data(vec![data]);
    let mut answered = client.ask_in(PRODUCE, &request).responses.remove(0).partition_responses;
    answered.sort_by_key(|partition| partition.index);
    answered
}

/// The first batch of a producer in a transaction, or without one.
fn batch((id, epoch): (i64, i16), transactional: bool) -> Bytes {
    encode(&[Record { transactional, ..numbered(id, epoch, 0) }])
}

fn one_request_has_one_transactional_producer(broker: &Broker) {
    let mut client = broker.connect();
    let topic = topic(&mut client, 4);
    let (mut one, mut two) = (Producer::new(broker), Producer::new(broker));
    assert_eq!(one.add(&topic, &[0, 1, 2, 3]), [0; 4]);
    assert_eq!(two.add(&topic, &[0, 1, 2, 3]), [0; 4]);
    let (first, second) = (batch(one.current, true), batch(two.current, true));
    let message = "Transactional records contained more than one producer ID";
    let two_epochs = batch((one.current.0, one.current.1 + 1), true);
    for others in [[first.clone(), second.clone()], [first.clone(), two_epochs]] {
        for answer in produce(&mut client, &one, &topic, &others) {
            assert_eq!((answer.error_code, answer.base_offset), (49, -1));
            assert_eq!(answer.error_message.unwrap().to_string(), message);
        }
    }
    assert_eq!(find(&mut client, &topic, -1).offset, 0, "nothing is written");
    // Those without a transaction are each on their own, and what has no partition does not count.
    let (third, fourth) = (batch((1_000_007, 0), false), batch((1_000_008, 0), false));
    let batches = [first, third.clone(), fourth, third, second];
    let answered = produce(&mut client, &one, &topic, &batches);
    let codes: Vec<_> = answered.iter().map(|answer| answer.error_code).collect();
    assert_eq!(codes, [0, 0, 0, 0, 3]);
}

fn a_transaction_needs_a_producer_id(broker: &Broker) {
    let mut client = broker.connect();
    let topic = topic(&mut client, 2);
    let mut producer = Producer::new(broker);
    // Kafka takes it, and as no producer is known by it, no transaction either.
    let nobody = encode(&[Record { transactional: true, ..record(0, "v") }]);
    let mut send = |producer: &Producer, batches: &[Bytes]| -> Vec<(i16, i64)> {
        let answered = produce(&mut client, producer, &topic, batches);
        answered.iter().map(|answer| (answer.error_code, answer.base_offset)).collect()
    };
    assert_eq!(send(&producer, std::slice::from_ref(&nobody)), [(0, 0)]);
    assert_eq!(producer.add(&topic, &[1]), [0]);
    let somebody = batch(producer.current, true);
    assert_eq!(send(&producer, &[nobody, somebody]), [(0, 1), (0, 0)], "they do not mix");
    let fetched = fetch(&mut client, &topic, 0);
    assert_eq!((fetched.high_watermark, fetched.last_stable_offset), (2, 2));
}

fn a_batch_of_the_transaction_before_is_known(broker: &Broker) {
    let mut client = broker.connect();
    let topic = topic(&mut client, 1);
    let mut producer = Producer::new(broker);
    let batch = batch(producer.current, true);
    let mut send = |producer: &Producer| {
        let batch = std::slice::from_ref(&batch);
        let answer = produce(&mut client, producer, &topic, batch).remove(0);
        (answer.error_code, answer.base_offset)
    };
    let mut reader = broker.connect();
    let mut end = |producer: &mut Producer, end: i64| {
        assert_eq!(producer.end(3, true), 0);
        // Kafka writes the marker later.
        eventually(|| find(&mut reader, &topic, -1).offset == end);
    };
    assert_eq!(producer.add(&topic, &[0]), [0]);
    assert_eq!(send(&producer), (0, 0));
    end(&mut producer, 2);
    // What is sent again is looked at like any other batch: it has no transaction.
    assert_eq!(send(&producer), (TRANSACTION_ABORTABLE, -1));
    assert_eq!(producer.add(&topic, &[0]), [0]);
    assert_eq!(send(&producer), (0, 0), "it is where it was");
    // A marker alone.
    end(&mut producer, 3);
}

const TRANSACTION_ABORTABLE: i16 = 120;

/// Only of the sandbox: Kafka has disks, and fails when they are full.
#[test]
fn a_full_sandbox_knows_what_it_has() {
    let broker = Broker::sandbox_of(Storage { max_memory: 1, has_retention: false });
    let mut client = broker.connect();
    let topic = topic(&mut client, 1);
    let mut producer = Producer::new(&broker);
    assert_eq!(producer.add(&topic, &[0]), [0]);
    let (first, second) = (batch(producer.current, true), batch((1_000_007, 0), false));
    let mut send = |bytes: &Bytes| {
        produce(&mut client, &producer, &topic, std::slice::from_ref(bytes)).remove(0)
    };
    assert_eq!((send(&first).error_code, send(&second).error_code), (0, POLICY_VIOLATION));
    let again = send(&first);
    assert_eq!((again.error_code, again.base_offset), (0, 0), "its answer may have been lost");
    // A transaction that has begun can end, and then there is room for none.
    assert_eq!(producer.add(&topic, &[0]), [POLICY_VIOLATION]);
    assert_eq!(try_create_with(&mut client, &unique("full"), &[]), POLICY_VIOLATION);
    let change = |value| [("retention.ms", SET, Some(value))];
    let mut alter = |value| alter(&mut client, &topic, &change(value), false).error_code;
    assert_eq!(alter("1000"), POLICY_VIOLATION);
    assert_eq!(grow(&mut client, to(&topic, 2), false).error_code, POLICY_VIOLATION);
}

/// The code of what a policy of the broker does not allow.
const POLICY_VIOLATION: i16 = 44;
