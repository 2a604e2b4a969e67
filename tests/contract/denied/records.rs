//! What the calls about records answer to somebody who may not do it.

use bytes::Bytes;
use kafka_protocol::messages::TransactionalId;
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records::Record;

use super::{TOPIC_DENIED, TRANSACTION_DENIED};
use crate::acls::{DELETE, READ, TOPIC, TRANSACTIONAL_ID, WRITE, allow};
use crate::broker::{Broker, eventually, unique};
use crate::client::Client;
use crate::records::{
    PRODUCE, delete, encode, fetch, find, numbered, record, request, send, settle,
};
use crate::topics::create;

crate::secure_behaviours! {
    records_are_not_for_everybody,
    each_right_is_one_of_its_own,
    transactional_records_take_their_id,
}

fn topic(broker: &Broker) -> String {
    let (topic, mut admin) = (unique("denied-records"), broker.connect_as("admin"));
    create(&mut admin, &topic, 1);
    settle(&mut admin, &topic);
    topic
}

fn one() -> Bytes {
    encode(&[record(0, "v")])
}

fn records_are_not_for_everybody(broker: &Broker) {
    let mut nobody = broker.connect_as("nobody");
    for wanted in [topic(broker), unique("not-there")] {
        let sent = send(&mut nobody, &wanted, one());
        assert_eq!((sent.error_code, sent.base_offset), (TOPIC_DENIED, -1));
        let wrong = request(&wanted, Some(one())).with_acks(2);
        let answer = nobody.ask_in(PRODUCE, &wrong);
        assert_eq!(answer.responses[0].partition_responses[0].error_code, TOPIC_DENIED);
        let fetched = fetch(&mut nobody, &wanted, 0);
        assert_eq!((fetched.error_code, fetched.high_watermark), (TOPIC_DENIED, -1));
        let found = find(&mut nobody, &wanted, -1);
        assert_eq!((found.error_code, found.offset), (TOPIC_DENIED, -1));
        let deleted = delete(&mut nobody, &wanted, -1);
        assert_eq!((deleted.error_code, deleted.low_watermark), (TOPIC_DENIED, -1));
    }
}

fn each_right_is_one_of_its_own(broker: &Broker) {
    let mut alice = broker.connect_as("alice");
    let [written, read, deleted] = [WRITE, READ, DELETE].map(|operation| {
        let topic = topic(broker);
        allow(broker, operation, TOPIC, &topic);
        topic
    });
    let mut tried = |topic: &str| {
        [
            send(&mut alice, topic, one()).error_code,
            fetch(&mut alice, topic, 0).error_code,
            delete(&mut alice, topic, 0).error_code,
            find(&mut alice, topic, -1).error_code,
        ]
    };
    // To do any of it is to see it.
    eventually(|| tried(&written) == [0, TOPIC_DENIED, TOPIC_DENIED, 0]);
    eventually(|| tried(&read) == [TOPIC_DENIED, 0, TOPIC_DENIED, 0]);
    eventually(|| tried(&deleted) == [TOPIC_DENIED, TOPIC_DENIED, 0, 0]);
}

/// Sends a record with a transactional id; returns the code.
fn send_as(client: &mut Client, id: Option<&str>, topic: &str, record: Record) -> i16 {
    let id = id.map(|id| TransactionalId(StrBytes::from_string(id.to_owned())));
    let request = request(topic, Some(encode(&[record]))).with_transactional_id(id);
    client.ask_in(PRODUCE, &request).responses[0].partition_responses[0].error_code
}

fn transactional_records_take_their_id(broker: &Broker) {
    let (hidden, topic, id) = (topic(broker), topic(broker), unique("transaction"));
    let transactional = || Record { transactional: true, ..numbered(1_000_007, 0, 0) };
    allow(broker, WRITE, TOPIC, &topic);
    let mut alice = broker.connect_as("alice");
    eventually(|| send(&mut alice, &topic, one()).error_code == 0);
    for id in [None, Some(id.as_str())] {
        for topic in [&topic, &hidden] {
            assert_eq!(send_as(&mut alice, id, topic, transactional()), TRANSACTION_DENIED);
        }
    }
    let plain = send_as(&mut alice, Some(&id), &topic, record(0, "v"));
    assert_eq!(plain, 0, "the id is only for transactions");
    allow(broker, WRITE, TRANSACTIONAL_ID, &id);
    eventually(|| send_as(&mut alice, Some(&id), &hidden, transactional()) == TOPIC_DENIED);
    let code = send_as(&mut alice, Some(&id), &topic, transactional());
    assert!(![0, TOPIC_DENIED, TRANSACTION_DENIED].contains(&code), "there is none: {code}");
}
