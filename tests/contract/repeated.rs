//! What a request names more than once: Kafka answers some of it once and some each time, and no
//! small request has an answer of gigabytes.

use std::io::{Read, Write};
use std::time::Duration;

use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::fetch_request::{FetchPartition, FetchTopic};
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::offset_fetch_request::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopics,
};
use kafka_protocol::messages::{
    DescribeConfigsRequest, DescribeGroupsRequest, FetchRequest, MetadataRequest,
    OffsetFetchRequest,
};
use kafka_protocol::protocol::StrBytes;
use tokio::net::TcpSocket;
use tokio::runtime::Builder;

use crate::broker::{Broker, eventually, unique};
use crate::client::frame;
use crate::records::{encode, record, send};
use crate::topics::{create, name};

crate::behaviours! {
    metadata_tells_of_a_topic_once,
    a_partition_is_fetched_once_as_it_was_said_last,
    others_are_answered_as_often_as_they_are_named,
}

const TOPIC: i8 = 2;
const BROKER: i8 = 4;
/// The code of what a policy of the broker does not allow.
const POLICY_VIOLATION: i16 = 44;

fn metadata_tells_of_a_topic_once(broker: &Broker) {
    let (topic, mut client) = (unique("twice"), broker.connect());
    let id = create(&mut client, &topic, 1);
    let by_name = MetadataRequestTopic::default().with_name(Some(name(&topic)));
    let by_id = MetadataRequestTopic::default().with_name(None).with_topic_id(id);
    let missing = MetadataRequestTopic::default().with_name(Some(name("not-there")));
    for (wanted, expected) in [
        (vec![by_name.clone(), by_name.clone()], 1),
        (vec![by_id.clone(), by_id.clone()], 1),
        (vec![missing.clone(), by_name.clone(), missing], 2),
        (vec![by_name, by_id], 1),
    ] {
        let request = MetadataRequest::default()
            .with_topics(Some(wanted))
            .with_allow_auto_topic_creation(false);
        eventually(|| {
            let topics = client.ask_in(12, &request).topics;
            topics.len() == expected && topics.iter().any(|found| found.topic_id == id)
        });
    }
}

fn fetch_of(topic: &str, offsets: &[i64]) -> FetchRequest {
    let partition = |offset: &i64| {
        FetchPartition::default().with_fetch_offset(*offset).with_partition_max_bytes(50 << 20)
    };
    let topic = FetchTopic::default()
        .with_topic(name(topic))
        .with_partitions(offsets.iter().map(partition).collect());
    FetchRequest::default()
        .with_topics(vec![topic])
        .with_max_bytes(50 << 20)
        .with_max_wait_ms(500)
        .with_min_bytes(1)
}

fn a_partition_is_fetched_once_as_it_was_said_last(broker: &Broker) {
    let (topic, mut client) = (unique("fetch-twice"), broker.connect());
    create(&mut client, &topic, 1);
    let bytes = encode(&[record(0, "v")]);
    eventually(|| send(&mut client, &topic, bytes.clone()).error_code == 0);
    for (offsets, expected) in [([0, 99], 1), ([99, 0], 0)] {
        let answer = client.ask_in(12, &fetch_of(&topic, &offsets));
        let [found] = answer.responses.as_slice() else { panic!("{answer:?}") };
        let codes: Vec<_> = found.partitions.iter().map(|partition| partition.error_code).collect();
        assert_eq!(codes, [expected], "{offsets:?}");
    }
}

fn others_are_answered_as_often_as_they_are_named(broker: &Broker) {
    let (topic, mut client) = (unique("configs-twice"), broker.connect());
    create(&mut client, &topic, 1);
    let wanted = DescribeConfigsResource::default()
        .with_resource_type(TOPIC)
        .with_resource_name(StrBytes::from_string(topic.clone()));
    let request = DescribeConfigsRequest::default().with_resources(vec![wanted.clone(), wanted]);
    let codes: Vec<_> = client.ask_in(4, &request).results.iter().map(|it| it.error_code).collect();
    assert_eq!(codes, [0, 0]);
    let group = crate::membership::group(broker);
    let request = DescribeGroupsRequest::default().with_groups(vec![group.clone(), group.clone()]);
    assert_eq!(client.ask_in(5, &request).groups.len(), 2);
    let wanted = OffsetFetchRequestTopics::default()
        .with_name(name(&topic))
        .with_partition_indexes(vec![0, 0]);
    let wanted = OffsetFetchRequestGroup::default()
        .with_group_id(group)
        .with_topics(Some(vec![wanted.clone(), wanted]));
    let request = OffsetFetchRequest::default().with_groups(vec![wanted.clone(), wanted]);
    let answer = client.ask_in(8, &request);
    let partitions = answer.groups.iter().flat_map(|group| &group.topics);
    let counts: Vec<_> = partitions.map(|topic| topic.partitions.len()).collect();
    assert_eq!(counts, [2; 4]);
}

/// A request of a megabyte whose answer would have gigabytes. Only of the sandbox: a real broker is
/// not ours to attack.
#[test]
fn what_is_named_too_many_times_is_refused() {
    let broker = Broker::sandbox();
    let mut client = broker.connect();
    let wanted = DescribeConfigsResource::default()
        .with_resource_type(BROKER)
        .with_resource_name(StrBytes::from_static_str("1"))
        .with_configuration_keys(None);
    let request = DescribeConfigsRequest::default().with_resources(vec![wanted; 200_000]);
    let results = client.ask_in(4, &request).results;
    assert_eq!(results.len(), 200_000);
    assert!(results.iter().all(|it| it.error_code == POLICY_VIOLATION && it.configs.is_empty()));
}

#[test]
fn answers_become_small_when_nobody_reads_the_large_ones() {
    const CLIENTS: usize = 24;
    let broker = Broker::sandbox();
    let (topic, mut client) = (unique("unread"), broker.connect());
    create(&mut client, &topic, 1);
    let large = encode(&[record(0, &"v".repeat(1_000_000))]);
    for _ in 0..20 {
        assert_eq!(send(&mut client, &topic, large.clone()).error_code, 0);
    }
    let request = frame("greedy", 1, 12, &fetch_of(&topic, &[0]));
    let runtime = Builder::new_current_thread().enable_io().build().unwrap();
    let greedy = |_| {
        let socket = TcpSocket::new_v4().unwrap();
        // The system may take 32 MiB for a client that does not read.
        socket.set_recv_buffer_size(64 << 10).unwrap();
        let stream = runtime.block_on(socket.connect(broker.address().parse().unwrap())).unwrap();
        let mut stream = stream.into_std().unwrap();
        stream.write_all(&request).unwrap();
        stream
    };
    let mut clients: Vec<_> = (0..CLIENTS).map(greedy).collect();
    let mut sizes: Vec<usize> = Vec::new();
    for stream in &mut clients {
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut length = [0; 4];
        stream.read_exact(&mut length).unwrap();
        sizes.push(i32::from_be_bytes(length).try_into().unwrap());
    }
    assert!(sizes.iter().all(|size| *size > large.len()), "{sizes:?}");
    assert!(sizes.iter().any(|size| *size > 20 * large.len()), "{sizes:?}");
    assert!(sizes.iter().sum::<usize>() < 256 << 20, "they are all held in memory: {sizes:?}");
    let answers: Vec<_> = clients
        .iter_mut()
        .zip(&sizes)
        .map(|(stream, size)| {
            let mut answer = vec![0; *size];
            stream.read_exact(&mut answer).is_ok()
        })
        .collect();
    assert_eq!(answers, [true; CLIENTS]);
}
