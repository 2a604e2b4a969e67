//! Dead letters on real Kafka: what is sent, what is remembered, what survives a crash.

mod crashes;
mod denied;
mod recreated;
mod redrive;
mod refused;
mod replay;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use bytes::Bytes;
use flowctl::clock::Deadline;
use flowctl::kafka::{
    Cluster, Mode, Producer, ProducerOptions, ReadOptions, Reader, Scratch, SendError,
};
use flowctl::model::header::Header;
use flowctl::model::name::TopicName;
use flowctl::model::offset::{IsolationLevel, OffsetQuery, TopicPartition};
use flowctl::model::record::{OutgoingRecord, Record, SentTime};
use flowctl::model::topic::NewTopic;

use crate::home::{Home, PATIENCE, text};
use crate::running::{Running, flowctl};
use crate::support::{Kafka, block_on, kafka};

/// A flow's main topic and its DLQ, and the dead letters that are written into it.
struct Flow<'a> {
    kafka: &'a Kafka,
    main: String,
    dlq: String,
    home: Home,
}

impl Flow<'static> {
    /// Makes both topics with so many partitions.
    fn new(name: &str, partitions: i32) -> Self {
        Self::on(kafka(), name, partitions)
    }
}

impl<'a> Flow<'a> {
    /// Makes both topics on an instance of Kafka.
    fn on(kafka: &'a Kafka, name: &str, partitions: i32) -> Self {
        let main = kafka.new_topic(name, partitions);
        let dlq = kafka.new_topic(&format!("{name}-dlq"), partitions);
        Self { kafka, main, dlq, home: Home::new() }
    }

    /// Runs `dlq` with the DLQ and these words, and returns the exit code, stdout and stderr.
    fn dlq(&self, command: &str, words: &[&str]) -> (i32, String, String) {
        let mut flowctl = self.kafka.flowctl(&self.home);
        let ended = flowctl.args(["dlq", command, &self.dlq]).args(words).output().unwrap();
        let code = ended.status.code().unwrap();
        (code, text(&ended.stdout), text(&ended.stderr))
    }

    /// Redrives, which must go through.
    fn redrive(&self, words: &[&str]) -> String {
        let (code, _, told) = self.dlq("redrive", &[words, &["--yes"]].concat());
        assert_eq!(code, 0, "{told}");
        told
    }

    /// Starts a redrive of all and leaves it running.
    fn start_redrive(&self) -> Running {
        let mut command = flowctl(&self.home);
        command.args(["dlq", "redrive", &self.dlq, "--yes"]);
        Running::start(command.env("FLOWCTL_BROKERS", self.kafka.brokers()))
    }

    /// Counts records by their origin, as they are in the main topic for a `read_committed` reader.
    fn arrived(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for record in read_from(self.kafka, &self.main) {
            *counts.entry(redrive_id(&record)).or_default() += 1;
        }
        counts
    }

    /// Checks that each of so many dead letters has arrived once, in the order of its partition.
    fn each_arrived_once(&self, expected: usize) {
        let arrived = self.arrived();
        let repeated: Vec<_> = arrived.iter().filter(|(_, count)| **count != 1).collect();
        assert!(repeated.is_empty(), "sent more than once: {repeated:?}");
        assert_eq!(arrived.len(), expected);
        let mut last: BTreeMap<i32, i64> = BTreeMap::new();
        for record in read_from(self.kafka, &self.main) {
            let id = redrive_id(&record);
            let offset: i64 = id.rsplit('/').next().unwrap().parse().unwrap();
            let before = last.insert(record.topic_partition.partition, offset);
            assert!(before < Some(offset), "{id} is out of order");
        }
    }
}

fn redrive_id(record: &Record) -> String {
    let header = record.headers.iter().find(|h| h.name == "flowctl-redrive-id").unwrap();
    text(header.value.as_ref().unwrap())
}

/// Makes a record.
fn record(topic: &str, partition: i32, key: &str, value: &str) -> OutgoingRecord {
    OutgoingRecord {
        topic: TopicName::from(topic),
        partition: Some(partition),
        timestamp: SentTime::Now,
        key: Some(Bytes::copy_from_slice(key.as_bytes())),
        value: Some(Bytes::copy_from_slice(value.as_bytes())),
        headers: Vec::new(),
    }
}

/// Makes the headers of the flow's own convention.
fn origin(topic: &str, partition: i32, offset: i64) -> Vec<Header> {
    vec![
        Header::new("originalTopic", topic.to_owned()),
        Header::new("originalPartition", partition.to_string()),
        Header::new("originalOffset", offset.to_string()),
    ]
}

/// Makes a dead letter of the flow's own convention.
fn dead_letter(flow: &Flow<'_>, partition: i32, number: i64, code: &str) -> OutgoingRecord {
    let value = format!(r#"{{"number": {number}, "error": {{"code": "{code}"}}}}"#);
    let mut record = record(&flow.dlq, partition, &format!("key-{number}"), &value);
    record.headers = origin(&flow.main, partition, number);
    record
}

/// Fills the DLQ with so many dead letters a partition; every other one has the code `EVEN`.
fn fill(flow: &Flow<'_>, partitions: i32, each: i64) {
    let letters = (0..partitions).flat_map(|partition| {
        (0..each)
            .map(move |number| (partition, number, if number % 2 == 0 { "EVEN" } else { "ODD" }))
    });
    write_to(
        flow.kafka,
        letters.map(|(partition, number, code)| dead_letter(flow, partition, number, code)),
    );
}

/// Writes records and waits until all are there.
fn write(records: impl IntoIterator<Item = OutgoingRecord>) {
    write_to(kafka(), records);
}

/// Writes records to an instance of Kafka and waits until all are there.
fn write_to(kafka: &Kafka, records: impl IntoIterator<Item = OutgoingRecord>) {
    let producer = Producer::open(&kafka.settings(), &ProducerOptions::default()).unwrap();
    let check = |deliveries: Vec<flowctl::kafka::Delivery>| {
        for delivery in deliveries {
            delivery.outcome.unwrap();
        }
    };
    for record in records {
        while let Err(error) = producer.send(&record, 0) {
            assert_eq!(error, SendError::QueueFull);
            check(producer.poll(Duration::from_millis(10)));
        }
    }
    check(producer.close(PATIENCE));
}

/// Reads all committed records of a topic, partition by partition.
fn read(topic: &str) -> Vec<Record> {
    read_from(kafka(), topic)
}

/// Reads all committed records of a topic of an instance of Kafka.
fn read_from(kafka: &Kafka, topic: &str) -> Vec<Record> {
    block_on(async {
        let deadline = Deadline::after(PATIENCE);
        let cluster = Cluster::connect(&kafka.settings(), deadline).await.unwrap();
        let name = TopicName::from(topic);
        let described = cluster.topics(std::slice::from_ref(&name), deadline).await.unwrap();
        let described = described.into_values().next().unwrap().unwrap();
        let partitions: Vec<i32> = described.partitions.keys().copied().collect();
        let mut records = Vec::new();
        for partition in partitions {
            let place = TopicPartition::new(name.clone(), partition);
            let question = (place.clone(), OffsetQuery::Latest);
            let asked =
                cluster.offsets(&[question], IsolationLevel::ReadUncommitted, deadline).await;
            let end = asked.unwrap().into_values().next().unwrap().unwrap().unwrap();
            let starts = BTreeMap::from([(place.clone(), 0)]);
            let mut reader =
                Reader::open(&cluster, starts, ReadOptions::default(), deadline).await.unwrap();
            while reader.position(&place).is_some_and(|position| position < end) {
                assert!(!deadline.has_passed(), "{place} cannot be read to its end");
                for fetched in reader.next().await.unwrap() {
                    let walked = fetched.each_record(&mut Scratch::default(), |record| {
                        records.push(Record::copy(place.clone(), record));
                        ControlFlow::<()>::Continue(())
                    });
                    assert_eq!(walked, Ok(ControlFlow::Continue(())));
                }
            }
        }
        records
    })
}

/// Creates a topic with so many partitions and these configs.
fn new_topic_with(name: &str, partitions: i32, configs: &[(&str, &str)]) -> String {
    let name = TopicName::new(crate::home::unique(name));
    let configs = configs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let topic = NewTopic { name: name.clone(), partitions, replication: 1, configs };
    block_on(async {
        let deadline = Deadline::after(PATIENCE);
        let cluster = Cluster::connect(&kafka().settings(), deadline).await.unwrap();
        let made = cluster.create_topics(&[topic], Mode::Execute, deadline).await.unwrap();
        for result in made.into_values() {
            result.unwrap();
        }
    });
    name.to_string()
}
