//! Fetching what was produced, finding offsets and deleting records.

use std::thread;
use std::time::Duration;

use bytes::Bytes;
use flowctl::clock::Clock;
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::messages::delete_records_request::{
    DeleteRecordsPartition, DeleteRecordsTopic,
};
use kafka_protocol::messages::delete_records_response::DeleteRecordsPartitionResult;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::fetch_response::PartitionData;
use kafka_protocol::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use kafka_protocol::messages::list_offsets_response::ListOffsetsPartitionResponse;
use kafka_protocol::messages::produce_request::{PartitionProduceData, TopicProduceData};
use kafka_protocol::messages::produce_response::PartitionProduceResponse;
use kafka_protocol::messages::{
    DeleteRecordsRequest, FetchRequest, ListOffsetsRequest, ProduceRequest,
};
use kafka_protocol::records::{
    Compression, Record, RecordBatchDecoder, RecordBatchEncoder, RecordEncodeOptions, TimestampType,
};
use uuid::Uuid;

use crate::broker::{Broker, unique};
use crate::client::Client;
use crate::topics::{create, create_with, name};

crate::behaviours! {
    what_is_produced_can_be_fetched,
    offsets_are_found_by_time,
    records_are_deleted_from_the_beginning,
    a_fetch_waits_for_records,
    a_fetch_outside_of_the_log_is_refused,
    a_session_that_is_not_known_is_refused,
}

/// The newest versions that name topics by their name.
pub(crate) const PRODUCE: i16 = 11;
pub(crate) const FETCH: i16 = 12;
const LIST_OFFSETS: i16 = 9;

/// A record; producers number theirs.
pub(crate) fn record(offset: i64, value: &str) -> Record {
    Record {
        transactional: false,
        control: false,
        delete_horizon: false,
        partition_leader_epoch: -1,
        producer_id: -1,
        producer_epoch: -1,
        timestamp_type: TimestampType::Creation,
        offset,
        // The encoder begins a batch wherever this does not count on.
        sequence: i32::try_from(offset).unwrap() - 1,
        timestamp: now(),
        key: None,
        value: Some(Bytes::copy_from_slice(value.as_bytes())),
        headers: IndexMap::new(),
    }
}

fn now() -> i64 {
    Clock::System.now().0
}

/// A record of an idempotent producer.
pub(crate) fn numbered(producer_id: i64, producer_epoch: i16, sequence: i32) -> Record {
    Record { producer_id, producer_epoch, sequence, ..record(0, "v") }
}

pub(crate) fn encode(records: &[Record]) -> Bytes {
    let mut bytes = bytes::BytesMut::new();
    let options = RecordEncodeOptions { version: 2, compression: Compression::None };
    RecordBatchEncoder::encode(&mut bytes, records, &options).unwrap();
    bytes.freeze()
}

pub(crate) fn request(topic: &str, records: Option<Bytes>) -> ProduceRequest {
    let data = PartitionProduceData::default().with_records(records);
    let topic = TopicProduceData::default().with_name(name(topic)).with_partition_data(vec![data]);
    ProduceRequest::default().with_acks(-1).with_timeout_ms(30_000).with_topic_data(vec![topic])
}

pub(crate) fn send(client: &mut Client, topic: &str, bytes: Bytes) -> PartitionProduceResponse {
    let mut response = client.ask_in(PRODUCE, &request(topic, Some(bytes)));
    response.responses.remove(0).partition_responses.remove(0)
}

/// Produces values, each batch by itself; returns the offset of the first record of the last one.
pub(crate) fn produce(client: &mut Client, topic: &str, batches: &[&[Record]]) -> i64 {
    let mut base_offset = -1;
    for records in batches {
        let response = send(client, topic, encode(records));
        assert_eq!(response.error_code, 0, "{response:?}");
        base_offset = response.base_offset;
    }
    base_offset
}

pub(crate) fn fetch_request(topic: &str, offset: i64, wait_ms: i32) -> FetchRequest {
    let partition =
        FetchPartition::default().with_fetch_offset(offset).with_partition_max_bytes(1_000_000);
    let topic = FetchTopic::default().with_topic(name(topic)).with_partitions(vec![partition]);
    FetchRequest::default()
        .with_max_wait_ms(wait_ms)
        .with_min_bytes(1)
        .with_max_bytes(10_000_000)
        .with_session_epoch(-1)
        .with_topics(vec![topic])
}

pub(crate) fn fetch(client: &mut Client, topic: &str, offset: i64) -> PartitionData {
    let mut response = client.ask_in(FETCH, &fetch_request(topic, offset, 1_000));
    assert_eq!(response.error_code, 0);
    response.responses.remove(0).partitions.remove(0)
}

/// Offset and value of the records that were fetched.
fn values(fetched: PartitionData) -> Vec<(i64, String)> {
    let mut bytes = fetched.records.unwrap();
    let sets = RecordBatchDecoder::decode_all(&mut bytes).unwrap();
    let text = |value: Option<Bytes>| String::from_utf8(value.unwrap().to_vec()).unwrap();
    let records = sets.into_iter().flat_map(|set| set.records);
    records.map(|record| (record.offset, text(record.value))).collect()
}

pub(crate) fn find(
    client: &mut Client,
    topic: &str,
    timestamp: i64,
) -> ListOffsetsPartitionResponse {
    let partition =
        ListOffsetsPartition::default().with_timestamp(timestamp).with_current_leader_epoch(-1);
    let topic = ListOffsetsTopic::default().with_name(name(topic)).with_partitions(vec![partition]);
    let request =
        ListOffsetsRequest::default().with_replica_id((-1).into()).with_topics(vec![topic]);
    client.ask_in(LIST_OFFSETS, &request).topics.remove(0).partitions.remove(0)
}

pub(crate) fn delete(
    client: &mut Client,
    topic: &str,
    offset: i64,
) -> DeleteRecordsPartitionResult {
    let partition = DeleteRecordsPartition::default().with_offset(offset);
    let topic =
        DeleteRecordsTopic::default().with_name(name(topic)).with_partitions(vec![partition]);
    let request = DeleteRecordsRequest::default().with_topics(vec![topic]).with_timeout_ms(30_000);
    client.ask_in(2, &request).topics.remove(0).partitions.remove(0)
}

/// A topic with one partition and somebody to use it.
pub(crate) fn topic(broker: &Broker) -> (String, Client) {
    let (topic, mut client) = (unique("records"), broker.connect());
    let _id: Uuid = create(&mut client, &topic, 1);
    settle(&mut client, &topic);
    (topic, client)
}

/// Waits until the leader of a fresh topic knows that it is one.
pub(crate) fn settle(client: &mut Client, topic: &str) {
    let deadline = now() + 30_000;
    while find(client, topic, -1).error_code != 0 {
        assert!(now() < deadline, "`{topic}` has no leader");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A topic with a config and somebody to use it.
pub(crate) fn configured(broker: &Broker, key: &str, value: &str) -> (String, Client) {
    let (topic, mut client) = (unique("configured"), broker.connect());
    create_with(&mut client, &topic, &[(key, value)]);
    settle(&mut client, &topic);
    (topic, client)
}

fn what_is_produced_can_be_fetched(broker: &Broker) {
    let (topic, mut client) = topic(broker);
    let first = send(&mut client, &topic, encode(&[record(0, "a"), record(1, "b")]));
    assert_eq!((first.error_code, first.base_offset), (0, 0));
    assert_eq!((first.log_append_time_ms, first.log_start_offset), (-1, 0));
    assert_eq!(produce(&mut client, &topic, &[&[record(0, "c")]]), 2);
    let fetched = fetch(&mut client, &topic, 1);
    let marks = (fetched.high_watermark, fetched.last_stable_offset, fetched.log_start_offset);
    assert_eq!(marks, (3, 3, 0));
    assert!(fetched.aborted_transactions.is_none());
    let all = [(0, "a"), (1, "b"), (2, "c")].map(|(offset, text)| (offset, text.to_owned()));
    assert_eq!(values(fetched), all, "the whole batch that has the offset");
    assert_eq!(values(fetch(&mut client, &topic, 2)), all[2..]);
}

fn offsets_are_found_by_time(broker: &Broker) {
    let (topic, mut client) = topic(broker);
    let found = |client: &mut Client, timestamp| {
        let found = find(client, &topic, timestamp);
        assert_eq!(found.error_code, 0);
        (found.offset, found.timestamp, found.leader_epoch)
    };
    assert_eq!(found(&mut client, -1), (0, -1, 0));
    assert_eq!(found(&mut client, -2), (0, -1, 0));
    for nothing in [-3, -5, 0] {
        assert_eq!(found(&mut client, nothing), (-1, -1, -1), "{nothing}");
    }
    let start = now() - 10_000;
    let at = |offset, time| Record { timestamp: start + time, ..record(offset, "v") };
    produce(&mut client, &topic, &[&[at(0, 10), at(1, 30), at(2, 20)], &[at(0, 5)], &[at(0, 30)]]);
    for (time, offset, of) in [(0, 0, 10), (11, 1, 30), (21, 1, 30), (30, 1, 30)] {
        assert_eq!(found(&mut client, start + time), (offset, start + of, 0), "{time}");
    }
    assert_eq!(found(&mut client, start + 31), (-1, -1, -1));
    assert_eq!(found(&mut client, -3), (1, start + 30, 0));
    assert_eq!(found(&mut client, -1), (5, -1, 0));
    assert_eq!(found(&mut client, -4), (0, -1, 0));
    let unsupported = find(&mut client, &topic, -7);
    assert_eq!((unsupported.error_code, unsupported.offset), (35, -1));
    assert_eq!(find(&mut client, &unique("missing"), -1).error_code, 3);
}

fn records_are_deleted_from_the_beginning(broker: &Broker) {
    let (topic, mut client) = topic(broker);
    produce(&mut client, &topic, &[&[record(0, "a"), record(1, "b"), record(2, "c")]]);
    for (offset, code, start) in [(1, 0, 1), (0, 0, 1), (4, 1, -1), (-2, 1, -1), (2, 0, 2)] {
        let deleted = delete(&mut client, &topic, offset);
        assert_eq!((deleted.error_code, deleted.low_watermark), (code, start), "{offset}");
    }
    assert_eq!(find(&mut client, &topic, -2).offset, 2);
    assert_eq!(fetch(&mut client, &topic, 1).error_code, 1);
    assert_eq!(fetch(&mut client, &topic, 2).log_start_offset, 2);
    assert_eq!(delete(&mut client, &topic, -1).low_watermark, 3);
    assert_eq!(produce(&mut client, &topic, &[&[record(0, "d")]]), 3);

    let (compacted, mut client) = configured(broker, "cleanup.policy", "compact");
    assert_eq!(delete(&mut client, &compacted, 0).error_code, 44);
    assert_eq!(delete(&mut client, &unique("missing"), 0).error_code, 3);
}

fn a_fetch_waits_for_records(broker: &Broker) {
    let (topic, mut client) = topic(broker);
    let begin = now();
    let empty = client.ask_in(FETCH, &fetch_request(&topic, 0, 300));
    assert!(now() - begin >= 300);
    assert_eq!(empty.responses[0].partitions[0].error_code, 0);
    client.send(FETCH, &fetch_request(&topic, 0, 60_000));
    produce(&mut broker.connect(), &topic, &[&[record(0, "a")]]);
    let mut answer = client.receive::<FetchRequest>(FETCH);
    let fetched = answer.responses.remove(0).partitions.remove(0);
    assert_eq!(values(fetched), [(0, "a".to_owned())]);
}

fn a_fetch_outside_of_the_log_is_refused(broker: &Broker) {
    let (topic, mut client) = topic(broker);
    produce(&mut client, &topic, &[&[record(0, "a")]]);
    for outside in [-1, 2] {
        let refused = fetch(&mut client, &topic, outside);
        assert_eq!(refused.error_code, 1);
        let marks = (refused.high_watermark, refused.last_stable_offset, refused.log_start_offset);
        assert_eq!(marks, (-1, -1, -1));
    }
    assert_eq!(fetch(&mut client, &unique("missing"), 0).error_code, 3);
    let mut newer = fetch_request(&topic, 0, 0);
    newer.topics[0].partitions[0].current_leader_epoch = 9;
    let answer = client.ask_in(FETCH, &newer);
    assert_eq!(answer.responses[0].partitions[0].error_code, 75);
}

fn a_session_that_is_not_known_is_refused(broker: &Broker) {
    let (topic, mut client) = topic(broker);
    let request = fetch_request(&topic, 0, 0).with_session_id(12_345).with_session_epoch(1);
    assert_eq!(client.ask_in(FETCH, &request).error_code, 70);
}
