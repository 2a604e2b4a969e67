//! What a reader does when its leader moves, falls silent or goes away: a fake broker, for tests.
//! That real brokers behave so is shown by the tests against them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::fetch_response::{FetchableTopicResponse, PartitionData};
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{
    ApiVersionsRequest, ApiVersionsResponse, FetchRequest, FetchResponse, MetadataRequest,
    MetadataResponse, RequestHeader, ResponseHeader,
};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, Request, StrBytes};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{ReadOptions, Reader, Scratch};
use crate::clock::Deadline;
use crate::kafka::batch::sample::{Compression, SampleBatch};
use crate::kafka::connection::{Address, ConnectionSettings};
use crate::kafka::wire::cluster::Cluster;
use crate::kafka::{Error, ErrorCode};
use crate::model::name::TopicName;
use crate::model::offset::TopicPartition;

/// How the fake broker answers one Fetch.
enum Reply {
    /// With an error code and records.
    Answer(i16, Vec<u8>),
    /// Not at all.
    Silence,
    /// It closes the connection.
    Close,
}

/// What the broker answers to a Fetch from an offset.
type Script = Arc<Mutex<dyn FnMut(i64) -> Reply + Send>>;

/// A broker that leads `orders[0]` and answers Fetch requests as a script says.
struct Broker {
    /// The offsets that were asked for, as soon as they arrive.
    asked: Receiver<i64>,
    address: Address,
}

const TOPIC: &str = "orders";

impl Broker {
    /// Starts it on a thread of its own, so that it answers whatever the test does meanwhile.
    fn start(script: impl FnMut(i64) -> Reply + Send + 'static) -> Self {
        let (seen, asked) = channel();
        let (bound, port) = channel();
        let script: Script = Arc::new(Mutex::new(script));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let own = listener.local_addr().unwrap().port();
                bound.send(own).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(converse(stream, own, seen.clone(), Arc::clone(&script)));
                }
            });
        });
        let port = port.recv().unwrap();
        Self { asked, address: Address { host: "127.0.0.1".to_owned(), port } }
    }

    /// Opens a reader at offset 0.
    async fn reader(&self, timeout: Duration) -> Reader {
        let settings = ConnectionSettings {
            bootstrap: vec![self.address.clone()],
            client_id: "test".to_owned(),
            tls: None,
            sasl: None,
            producer_properties: BTreeMap::new(),
        };
        let cluster = Cluster::connect(&settings, Deadline::after(PATIENT)).await.unwrap();
        let options = ReadOptions {
            request_timeout: timeout,
            max_wait: Duration::ZERO,
            ..ReadOptions::default()
        };
        let starts = BTreeMap::from([(partition(), 0)]);
        Reader::open(&cluster, starts, options, Deadline::after(timeout)).await.unwrap()
    }
}

/// Answers the requests of one connection.
async fn converse(mut stream: TcpStream, port: u16, seen: Sender<i64>, script: Script) {
    while let Ok(length) = stream.read_i32().await {
        let mut frame = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut frame).await.unwrap();
        let mut frame = Bytes::from(frame);
        let (key, version) = ((&frame[..2]).get_i16(), (&frame[2..4]).get_i16());
        let header = match key {
            ApiVersionsRequest::KEY => ApiVersionsRequest::header_version(version),
            MetadataRequest::KEY => MetadataRequest::header_version(version),
            _ => FetchRequest::header_version(version),
        };
        let id = RequestHeader::decode(&mut frame, header).unwrap().correlation_id;
        let answer = match key {
            ApiVersionsRequest::KEY => encode(&api_versions(), id, version),
            MetadataRequest::KEY => encode(&metadata(port), id, version),
            _ => {
                let request = FetchRequest::decode(&mut frame, version).unwrap();
                let offset = request.topics[0].partitions[0].fetch_offset;
                seen.send(offset).ok();
                let reply = (script.lock().unwrap())(offset);
                match reply {
                    Reply::Answer(code, records) => encode(&fetched(code, records), id, version),
                    Reply::Silence => continue,
                    Reply::Close => return,
                }
            }
        };
        stream.write_all(&answer).await.ok();
    }
}

/// Makes a frame.
fn encode<T: Encodable + HeaderVersion>(body: &T, correlation_id: i32, version: i16) -> BytesMut {
    let mut frame = BytesMut::new();
    let header = ResponseHeader::default().with_correlation_id(correlation_id);
    header.encode(&mut frame, T::header_version(version)).unwrap();
    body.encode(&mut frame, version).unwrap();
    let mut whole = BytesMut::new();
    whole.put_i32(i32::try_from(frame.len()).unwrap());
    whole.extend(frame);
    whole
}

fn api_versions() -> ApiVersionsResponse {
    let api = |key, min, max| {
        ApiVersion::default().with_api_key(key).with_min_version(min).with_max_version(max)
    };
    ApiVersionsResponse::default().with_api_keys(vec![
        api(ApiVersionsRequest::KEY, 0, 4),
        api(MetadataRequest::KEY, 4, 12),
        api(FetchRequest::KEY, 4, 12),
    ])
}

fn metadata(port: u16) -> MetadataResponse {
    let broker = MetadataResponseBroker::default()
        .with_node_id(1.into())
        .with_host(StrBytes::from_static_str("127.0.0.1"))
        .with_port(i32::from(port));
    let partition = MetadataResponsePartition::default().with_leader_id(1.into());
    let topic = MetadataResponseTopic::default()
        .with_name(Some(StrBytes::from_static_str(TOPIC).into()))
        .with_partitions(vec![partition]);
    MetadataResponse::default().with_brokers(vec![broker]).with_topics(vec![topic])
}

fn fetched(code: i16, records: Vec<u8>) -> FetchResponse {
    let partition = PartitionData::default()
        .with_error_code(code)
        .with_high_watermark(100)
        .with_last_stable_offset(100)
        .with_records(Some(records.into()));
    let topic = FetchableTopicResponse::default()
        .with_topic(StrBytes::from_static_str(TOPIC).into())
        .with_partitions(vec![partition]);
    FetchResponse::default().with_responses(vec![topic])
}

/// Answers with one record at the asked offset, whose value is the offset.
fn record(offset: i64) -> Reply {
    Reply::Answer(0, batch(offset))
}

fn batch(offset: i64) -> Vec<u8> {
    SampleBatch::of(offset, &[&offset.to_string()]).encode(Compression::Lz4)
}

fn partition() -> TopicPartition {
    TopicPartition::new(TopicName::from(TOPIC), 0)
}

/// Reads until a number of records has come; returns their offsets.
async fn read(reader: &mut Reader, count: usize) -> Result<Vec<i64>, Error> {
    let mut offsets = Vec::new();
    while offsets.len() < count {
        for fetched in reader.next().await? {
            let _flow = fetched.each_record(&mut Scratch::default(), |record| {
                offsets.push(record.offset);
                ControlFlow::<()>::Continue(())
            })?;
        }
    }
    Ok(offsets)
}

/// A reader that gives up late, for tests in which it should not.
const PATIENT: Duration = Duration::from_secs(20);
/// A reader that gives up soon, for tests in which it should.
const IMPATIENT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn the_next_request_leaves_before_the_caller_looks_at_the_records() {
    let broker = Broker::start(record);
    let mut reader = broker.reader(PATIENT).await;
    let fetched = reader.next().await.unwrap();
    assert_eq!(fetched[0].position, 1);
    // This thread awaits nothing from here on, so the request is on its way already.
    assert_eq!(broker.asked.recv_timeout(PATIENT), Ok(0));
    assert_eq!(broker.asked.recv_timeout(PATIENT), Ok(1));
}

#[tokio::test]
async fn trouble_that_passes_is_a_pause() {
    let mut troubles = vec![
        Reply::Close,
        Reply::Answer(6, Vec::new()),
        Reply::Answer(74, Vec::new()),
        Reply::Close,
        Reply::Answer(75, Vec::new()),
        Reply::Answer(3, Vec::new()),
    ];
    let mut turn = 0;
    let broker = Broker::start(move |offset| {
        turn += 1;
        if turn % 2 == 0 {
            troubles.pop().unwrap_or_else(|| record(offset))
        } else {
            record(offset)
        }
    });
    let mut reader = broker.reader(PATIENT).await;
    assert_eq!(read(&mut reader, 10).await, Ok((0..10).collect()));
    assert_eq!(reader.position(&partition()), Some(10));
}

#[tokio::test]
async fn trouble_that_stays_is_an_error_after_a_while() {
    let broker = Broker::start(|_| Reply::Answer(6, Vec::new()));
    let error = read(&mut broker.reader(IMPATIENT).await, 1).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode(6)), "{error}");

    let broker = Broker::start(|_| Reply::Close);
    let error = read(&mut broker.reader(IMPATIENT).await, 1).await.unwrap_err();
    assert!(matches!(error, Error::Disconnected { .. }), "{error}");

    let broker = Broker::start(|_| Reply::Silence);
    let error = read(&mut broker.reader(IMPATIENT).await, 1).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
}

#[tokio::test]
async fn a_reader_can_be_asked_again_after_trouble() {
    let is_well = Arc::new(AtomicBool::new(false));
    let health = Arc::clone(&is_well);
    let broker =
        Broker::start(
            move |offset| {
                if health.load(Ordering::Relaxed) { record(offset) } else { Reply::Close }
            },
        );
    let mut reader = broker.reader(IMPATIENT).await;
    assert!(read(&mut reader, 1).await.is_err());
    is_well.store(true, Ordering::Relaxed);
    assert_eq!(read(&mut reader, 2).await, Ok(vec![0, 1]));
}

#[tokio::test]
async fn a_batch_that_is_cut_off_is_asked_for_again() {
    let mut turn = 0;
    let broker = Broker::start(move |offset| {
        turn += 1;
        let mut bytes = batch(offset);
        if turn == 1 {
            bytes.truncate(70);
        } else {
            bytes.extend(&batch(offset + 1)[..turn]);
        }
        Reply::Answer(0, bytes)
    });
    let mut reader = broker.reader(PATIENT).await;
    assert_eq!(read(&mut reader, 3).await, Ok(vec![0, 1, 2]));
    let asked: Vec<_> = broker.asked.try_iter().take(4).collect();
    assert_eq!(asked, [0, 0, 1, 2]);
}

#[tokio::test]
async fn what_cannot_be_read_halts_the_partition() {
    let broker = Broker::start(|_| Reply::Answer(0, vec![9; 100]));
    let mut reader = broker.reader(PATIENT).await;
    let error = read(&mut reader, 1).await.unwrap_err();
    assert!(matches!(error, Error::CorruptRecords { offset: 0, .. }), "{error}");
    assert!(reader.next().await.unwrap().is_empty(), "nothing is left to read");
}
