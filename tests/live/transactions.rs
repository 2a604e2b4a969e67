//! The transactional producer on Apache Kafka: what is committed is read, the rest never was.

use std::collections::BTreeMap;
use std::time::Duration;

use flowctl::clock::Deadline;
use flowctl::kafka::{
    ConnectionSettings, Error, Properties, SendError, TransactionError, TransactionalProducer,
};
use flowctl::model::header::Header;
use flowctl::model::name::GroupId;
use flowctl::model::offset::{CommittedOffset, TopicPartition};
use flowctl::model::record::{OutgoingRecord, SentTime};

use crate::home::{text, unique};
use crate::support::kafka;

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(30))
}

fn open(transactional_id: &str) -> TransactionalProducer {
    let settings =
        ConnectionSettings::from_properties(Some(kafka().brokers()), &Properties::new()).unwrap().0;
    let timeout = Duration::from_secs(20);
    TransactionalProducer::open(&settings, transactional_id, timeout, soon()).unwrap()
}

fn record(topic: &str, value: &'static str) -> OutgoingRecord {
    OutgoingRecord {
        topic: topic.into(),
        partition: Some(0),
        timestamp: SentTime::Now,
        key: None,
        value: Some(value.into()),
        headers: Vec::new(),
    }
}

/// Sends one record and waits for its offset.
fn send(producer: &TransactionalProducer, topic: &str, value: &'static str) -> i64 {
    producer.send(&record(topic, value), 7).unwrap();
    let deliveries = producer.drain(soon());
    let [delivery] = deliveries.as_slice() else { panic!("one delivery, not {deliveries:?}") };
    assert_eq!(delivery.tag, 7);
    delivery.outcome.as_ref().unwrap().offset
}

/// Reads what is committed: that is kcat's isolation level.
fn committed(topic: &str) -> String {
    let mut command = kafka().kcat();
    command.args(["-C", "-t", topic, "-e", "-q", "-f", "%s "]);
    text(&command.assert().success().get_output().stdout)
}

#[test]
fn only_what_is_committed_is_read() {
    let topic = kafka().new_topic("transactions", 1);
    let producer = open(&unique("transactions"));
    producer.begin().unwrap();
    assert_eq!(send(&producer, &topic, "a"), 0);
    producer.commit(soon()).unwrap();
    producer.begin().unwrap();
    // Behind the record and the marker of the commit.
    assert_eq!(send(&producer, &topic, "aborted"), 2);
    producer.send(&record(&topic, "aborted in flight"), 8).unwrap();
    producer.abort(soon()).unwrap();
    assert_eq!(producer.poll(Duration::ZERO).len(), 1);
    producer.begin().unwrap();
    send(&producer, &topic, "b");
    producer.commit(soon()).unwrap();
    assert_eq!(committed(&topic), "a b ");
}

#[test]
fn offsets_are_committed_with_the_records() {
    let topic = kafka().new_topic("transactions-offsets", 1);
    let group = GroupId::new(unique("transactions-offsets"));
    let producer = open(&unique("transactions-offsets"));
    let offsets = |offset| {
        let committed = CommittedOffset { offset, metadata: Some("by flowctl".to_owned()) };
        BTreeMap::from([(TopicPartition::new(topic.as_str().into(), 0), committed)])
    };
    for (value, offset) in [("a", 5), ("b", 6)] {
        producer.begin().unwrap();
        send(&producer, &topic, value);
        producer.send_offsets(&group, &offsets(offset), soon()).unwrap();
        producer.commit(soon()).unwrap();
    }
    producer.begin().unwrap();
    producer.send_offsets(&group, &offsets(9), soon()).unwrap();
    producer.abort(soon()).unwrap();
    let mut tool = kafka().tool("groups");
    tool.args(["--describe", "--offsets", "--group", group.as_str()]);
    let described = text(&tool.assert().success().get_output().stdout);
    let row = described.lines().find(|line| line.contains(&topic)).unwrap();
    // GROUP TOPIC PARTITION CURRENT-OFFSET …
    assert_eq!(row.split_whitespace().nth(3), Some("6"), "{described}");
}

#[test]
fn who_opens_last_fences_the_others() {
    let topic = kafka().new_topic("transactions-fence", 1);
    let id = unique("transactions-fence");
    let first = open(&id);
    first.begin().unwrap();
    send(&first, &topic, "of the first");
    let second = open(&id);
    // The open transaction of the first is aborted already, so that nobody waits for it.
    second.begin().unwrap();
    send(&second, &topic, "of the second");
    second.commit(soon()).unwrap();
    assert_eq!(committed(&topic), "of the second ");
    let refused = first.commit(soon()).unwrap_err();
    assert!(matches!(refused, TransactionError::Fenced(Error::Fenced(_))), "{refused:?}");
}

#[test]
fn a_record_that_cannot_be_written_leaves_the_transaction_alone() {
    let topic = kafka().new_topic("transactions-rejected", 1);
    let producer = open(&unique("transactions-rejected"));
    producer.begin().unwrap();
    let name = Header { name: vec![0xff].into(), value: None };
    let unnamed = OutgoingRecord { headers: vec![name], ..record(&topic, "x") };
    let Err(SendError::Rejected(error)) = producer.send(&unnamed, 1) else {
        panic!("a header name that is not UTF-8 was taken")
    };
    assert!(error.to_string().contains("`\\xff` is not UTF-8"), "{error}");
    // Larger than the queue: what is smaller is for the broker to judge.
    let large = OutgoingRecord { value: Some(vec![b'x'; 68_000_000].into()), ..record(&topic, "") };
    let Err(SendError::Rejected(error)) = producer.send(&large, 2) else {
        panic!("a record that is too large was taken")
    };
    assert_eq!(error.code_name(), "MESSAGE_TOO_LARGE");
    send(&producer, &topic, "a");
    producer.commit(soon()).unwrap();
    assert_eq!(committed(&topic), "a ");
}
