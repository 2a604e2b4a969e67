//! Reading records from real brokers, whoever wrote them and whatever became of their logs since.

mod logs;
mod moving;
mod refusals;
mod transactions;
mod writers;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use flowctl::clock::Deadline;
use flowctl::kafka::connection::Properties;
use flowctl::kafka::{
    Cluster, ConnectionSettings, Mode, Pace, Producer, ProducerOptions, ReadOptions, Reader,
    Scratch,
};
use flowctl::model::codec::Codec;
use flowctl::model::header::Header;
use flowctl::model::name::TopicName;
use flowctl::model::offset::{IsolationLevel, OffsetQuery, TopicPartition};
use flowctl::model::record::{OutgoingRecord, Record, SentTime};
use flowctl::model::topic::NewTopic;

use crate::home::{PATIENCE, unique};
use crate::support::Kafka;

/// Runs a test's calls, as the commands do: on one thread.
fn run<T>(calls: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, calls).await.unwrap() })
}

/// The deadline of calls that are to succeed.
fn soon() -> Deadline {
    Deadline::after(PATIENCE / 2)
}

/// Returns the settings of an instance without security.
fn settings(kafka: &Kafka) -> ConnectionSettings {
    settings_with(kafka, &Properties::new())
}

/// Returns the settings of an instance with these properties.
fn settings_with(kafka: &Kafka, properties: &Properties) -> ConnectionSettings {
    ConnectionSettings::from_properties(Some(kafka.brokers()), properties).unwrap().0
}

/// Connects.
async fn connect(settings: &ConnectionSettings) -> Cluster {
    Cluster::connect(settings, soon()).await.unwrap()
}

/// Creates a topic under a name that no other test has.
async fn new_topic(
    cluster: &Cluster,
    partitions: i32,
    replication: i16,
    configs: &[(&str, &str)],
) -> TopicName {
    let name = TopicName::new(unique("fetch"));
    create(cluster, &name, partitions, replication, configs).await;
    name
}

/// Creates a topic.
async fn create(
    cluster: &Cluster,
    name: &TopicName,
    partitions: i32,
    replication: i16,
    configs: &[(&str, &str)],
) {
    let configs = configs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let topic =
        NewTopic { name: name.clone(), partitions, replication, configs: configs.collect() };
    let made = cluster.create_topics(&[topic], Mode::Execute, soon()).await.unwrap();
    assert_eq!(made.get(name), Some(&Ok(())));
}

/// Names the partitions of a topic.
fn partitions_of(topic: &TopicName, count: i32) -> Vec<TopicPartition> {
    (0..count).map(|number| TopicPartition::new(topic.clone(), number)).collect()
}

/// Makes a record of a value.
fn outgoing(topic: &TopicName, partition: i32, value: impl Into<Vec<u8>>) -> OutgoingRecord {
    OutgoingRecord {
        topic: topic.clone(),
        partition: Some(partition),
        timestamp: SentTime::Now,
        key: None,
        value: Some(value.into().into()),
        headers: Vec::new(),
    }
}

/// Writes records with a producer of its own.
fn write(settings: &ConnectionSettings, compression: Codec, records: &[OutgoingRecord]) {
    let options = ProducerOptions {
        pace: Pace::Bulk,
        compression: Some(compression),
        ..ProducerOptions::default()
    };
    let producer = Producer::open(settings, &options).unwrap();
    for record in records {
        producer.send(record, 0).unwrap();
    }
    let deliveries = producer.close(PATIENCE / 2);
    assert_eq!(deliveries.len(), records.len());
    for delivery in deliveries {
        delivery.outcome.unwrap();
    }
}

/// Returns the offsets of partitions.
async fn offsets(
    cluster: &Cluster,
    partitions: &[TopicPartition],
    query: OffsetQuery,
    isolation: IsolationLevel,
) -> BTreeMap<TopicPartition, i64> {
    let questions: Vec<_> = partitions.iter().map(|p| (p.clone(), query)).collect();
    let answers = cluster.offsets(&questions, isolation, soon()).await.unwrap();
    answers.into_iter().map(|((p, _), offset)| (p, offset.unwrap().unwrap())).collect()
}

/// Opens a reader at the same offset of all partitions.
async fn open(
    cluster: &Cluster,
    partitions: &[TopicPartition],
    start: i64,
    options: ReadOptions,
) -> Reader {
    let starts = partitions.iter().map(|partition| (partition.clone(), start)).collect();
    Reader::open(cluster, starts, options, soon()).await.unwrap()
}

/// Reads one answer.
async fn read_once(reader: &mut Reader) -> Vec<Record> {
    let mut records = Vec::new();
    let mut scratch = Scratch::default();
    for fetched in reader.next().await.unwrap() {
        let flow = fetched.each_record(&mut scratch, |view| {
            records.push(Record::copy(fetched.topic_partition.clone(), view));
            ControlFlow::<()>::Continue(())
        });
        assert_eq!(flow, Ok(ControlFlow::Continue(())));
    }
    records
}

/// Reads until the positions have reached the bounds.
async fn read_to(reader: &mut Reader, bounds: &BTreeMap<TopicPartition, i64>) -> Vec<Record> {
    let mut records = Vec::new();
    while bounds.iter().any(|(partition, bound)| reader.position(partition).unwrap() < *bound) {
        records.extend(read_once(reader).await);
    }
    records
}

/// Reads whole partitions, up to their high watermarks.
async fn read_all(cluster: &Cluster, partitions: &[TopicPartition]) -> Vec<Record> {
    let latest = OffsetQuery::Latest;
    let ends = offsets(cluster, partitions, latest, IsolationLevel::ReadUncommitted).await;
    let mut reader = open(cluster, partitions, 0, ReadOptions::default()).await;
    read_to(&mut reader, &ends).await
}

/// Returns the values as text.
fn values(records: &[Record]) -> Vec<String> {
    records.iter().map(|record| text(record.value.as_deref())).collect()
}

/// Shows bytes as text, null as `NULL`.
fn text(bytes: Option<&[u8]>) -> String {
    bytes.map_or_else(|| "NULL".to_owned(), |bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// Makes a header whose value may be null.
fn header(name: &[u8], value: Option<&[u8]>) -> Header {
    Header { name: name.to_vec().into(), value: value.map(|value| value.to_vec().into()) }
}

/// Reads a partition with kcat: one line a record, of all that it can show.
fn kcat_lines(kafka: &Kafka, partition: &TopicPartition) -> Vec<u8> {
    let mut kcat = kafka.kcat();
    kcat.args(["-C", "-q", "-e", "-o", "beginning", "-t", partition.topic.as_str()]);
    kcat.args(["-p", &partition.partition.to_string()]);
    kcat.args(["-f", "%p %o %T %K [%k] %S [%s] {%h}\\n"]);
    kcat.assert().success().get_output().stdout.clone()
}

/// Shows records as [`kcat_lines`] does.
fn lines(records: &[Record]) -> Vec<u8> {
    let mut lines = Vec::new();
    let length = |bytes: &Option<bytes::Bytes>| match bytes {
        None => "-1".to_owned(),
        Some(bytes) => bytes.len().to_string(),
    };
    for record in records {
        let Record { topic_partition, offset, timestamp, timestamp_type: _, key, value, headers } =
            record;
        let timestamp = timestamp.map_or(-1, |timestamp| timestamp.0);
        let partition = topic_partition.partition;
        lines.extend(format!("{partition} {offset} {timestamp} {} [", length(key)).bytes());
        lines.extend(key.as_deref().unwrap_or_default());
        lines.extend(format!("] {} [", length(value)).bytes());
        lines.extend(value.as_deref().unwrap_or_default());
        lines.extend(b"] {");
        for (index, header) in headers.iter().enumerate() {
            lines.extend(if index > 0 { &b","[..] } else { b"" });
            lines.extend(&header.name);
            lines.extend(b"=");
            lines.extend(header.value.as_deref().unwrap_or(b"NULL"));
        }
        lines.extend(b"}\n");
    }
    lines
}

/// A reader that waits for a short time only, so that tests of waiting are quick.
fn impatient() -> ReadOptions {
    ReadOptions { max_wait: Duration::from_millis(50), ..ReadOptions::default() }
}
