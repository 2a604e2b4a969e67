//! How many requests a lag of many groups takes: counted by a fake broker in this process, for a test.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::describe_groups_response::DescribedGroup;
use kafka_protocol::messages::list_groups_response::ListedGroup;
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartitions, OffsetFetchResponseTopics,
};
use kafka_protocol::messages::{
    ApiVersionsRequest, ApiVersionsResponse, BrokerId, DescribeGroupsRequest,
    DescribeGroupsResponse, ListGroupsRequest, ListGroupsResponse, ListOffsetsRequest,
    ListOffsetsResponse, MetadataRequest, MetadataResponse, OffsetFetchRequest,
    OffsetFetchResponse, RequestHeader, ResponseHeader,
};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, Message, Request, StrBytes};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::cluster::Cluster;
use super::committed::Stability;
use super::topics::wire_name;
use super::versions::request_name;
use crate::clock::Deadline;
use crate::kafka::connection::{Address, ConnectionSettings};
use crate::model::name::TopicName;
use crate::model::offset::{IsolationLevel, OffsetQuery};

const GROUPS: usize = 500;
const PARTITIONS: i32 = 20;

/// A broker that has one topic and many groups, and writes down what it is asked.
#[derive(Clone)]
struct FakeBroker {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl FakeBroker {
    async fn serve(self, mut stream: TcpStream) {
        while let Ok(length) = stream.read_i32().await {
            let mut frame = vec![0; usize::try_from(length).unwrap()];
            stream.read_exact(&mut frame).await.unwrap();
            let answer = self.answer(&mut Bytes::from(frame));
            stream.write_i32(i32::try_from(answer.len()).unwrap()).await.unwrap();
            stream.write_all(&answer).await.unwrap();
        }
    }

    fn answer(&self, frame: &mut Bytes) -> BytesMut {
        let (key, version) =
            (i16::from_be_bytes([frame[0], frame[1]]), i16::from_be_bytes([frame[2], frame[3]]));
        self.asked.lock().unwrap().push(request_name(key));
        match key {
            ApiVersionsRequest::KEY => encode::<ApiVersionsRequest>(frame, version, |_| versions()),
            MetadataRequest::KEY => encode::<MetadataRequest>(frame, version, |_| self.metadata()),
            ListGroupsRequest::KEY => encode::<ListGroupsRequest>(frame, version, |_| listed()),
            OffsetFetchRequest::KEY => encode(frame, version, |request| committed(&request)),
            DescribeGroupsRequest::KEY => encode(frame, version, |request| described(&request)),
            ListOffsetsRequest::KEY => encode(frame, version, |request| ends(&request)),
            other => panic!("unexpected {}", request_name(other)),
        }
    }

    fn metadata(&self) -> MetadataResponse {
        let broker = MetadataResponseBroker::default()
            .with_node_id(BrokerId(1))
            .with_host(StrBytes::from_static_str("127.0.0.1"))
            .with_port(i32::from(self.port));
        let partition = |n| {
            MetadataResponsePartition::default().with_partition_index(n).with_leader_id(BrokerId(1))
        };
        let topic = MetadataResponseTopic::default()
            .with_name(Some(wire_name(&TopicName::from("t"))))
            .with_partitions((0..PARTITIONS).map(partition).collect());
        MetadataResponse::default().with_brokers(vec![broker]).with_topics(vec![topic])
    }
}

/// Reads a request, makes the answer and writes it.
fn encode<R: Request>(
    frame: &mut Bytes,
    version: i16,
    answer: impl FnOnce(R) -> R::Response,
) -> BytesMut {
    let header = RequestHeader::decode(frame, R::header_version(version)).unwrap();
    let answer = answer(R::decode(frame, version).unwrap());
    let mut bytes = BytesMut::new();
    ResponseHeader::default()
        .with_correlation_id(header.correlation_id)
        .encode(&mut bytes, R::Response::header_version(version))
        .unwrap();
    answer.encode(&mut bytes, version).unwrap();
    bytes
}

fn versions() -> ApiVersionsResponse {
    fn api<R: Request>() -> ApiVersion {
        let newest = R::VERSIONS.max.min(<R::Response as Message>::VERSIONS.max);
        ApiVersion::default().with_api_key(R::KEY).with_max_version(newest)
    }
    ApiVersionsResponse::default().with_api_keys(vec![
        api::<ApiVersionsRequest>(),
        api::<MetadataRequest>(),
        api::<ListGroupsRequest>(),
        api::<OffsetFetchRequest>(),
        api::<DescribeGroupsRequest>(),
        api::<ListOffsetsRequest>(),
    ])
}

fn listed() -> ListGroupsResponse {
    let group = |n| {
        let id = StrBytes::from_string(format!("g{n}"));
        ListedGroup::default()
            .with_group_id(id.into())
            .with_group_type(StrBytes::from_static_str("Classic"))
    };
    ListGroupsResponse::default().with_groups((0..GROUPS).map(group).collect())
}

fn committed(request: &OffsetFetchRequest) -> OffsetFetchResponse {
    let partition = |n| OffsetFetchResponsePartitions::default().with_partition_index(n);
    let topic = OffsetFetchResponseTopics::default()
        .with_name(wire_name(&TopicName::from("t")))
        .with_partitions((0..PARTITIONS).map(partition).collect());
    let groups = request.groups.iter().map(|group| {
        OffsetFetchResponseGroup::default()
            .with_group_id(group.group_id.clone())
            .with_topics(vec![topic.clone()])
    });
    OffsetFetchResponse::default().with_groups(groups.collect())
}

fn described(request: &DescribeGroupsRequest) -> DescribeGroupsResponse {
    let group = |id: &kafka_protocol::messages::GroupId| {
        DescribedGroup::default().with_group_id(id.clone())
    };
    DescribeGroupsResponse::default().with_groups(request.groups.iter().map(group).collect())
}

fn ends(request: &ListOffsetsRequest) -> ListOffsetsResponse {
    let topics = request.topics.iter().map(|topic| {
        let partitions = topic.partitions.iter().map(|partition| {
            ListOffsetsPartitionResponse::default().with_partition_index(partition.partition_index)
        });
        ListOffsetsTopicResponse::default()
            .with_name(topic.name.clone())
            .with_partitions(partitions.collect())
    });
    ListOffsetsResponse::default().with_topics(topics.collect())
}

#[tokio::test]
async fn the_lag_of_five_hundred_groups_takes_six_requests() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let broker = FakeBroker { port, asked: Arc::default() };
    let asked = Arc::clone(&broker.asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(broker.clone().serve(stream));
        }
    });
    let settings = ConnectionSettings {
        bootstrap: vec![Address { host: "127.0.0.1".to_owned(), port }],
        client_id: "test".to_owned(),
        tls: None,
        sasl: None,
        producer_properties: std::collections::BTreeMap::new(),
    };
    let deadline = Deadline::after(Duration::from_secs(20));
    let cluster = Cluster::connect(&settings, deadline).await.unwrap();
    let (topics, groups) = tokio::join!(cluster.all_topics(deadline), cluster.groups(deadline));
    let groups: Vec<_> = groups.unwrap().groups.into_iter().map(|group| group.id).collect();
    assert_eq!((topics.unwrap().len(), groups.len()), (1, GROUPS));
    let (committed, described) = tokio::join!(
        cluster.committed_offsets(&groups, Stability::AsIs, deadline),
        cluster.describe_groups(&groups, deadline)
    );
    assert_eq!(described.unwrap().len(), GROUPS);
    let mut questions: Vec<_> = committed
        .unwrap()
        .into_values()
        .flat_map(|group| group.unwrap().into_keys())
        .map(|partition| (partition, OffsetQuery::Latest))
        .collect();
    questions.sort();
    questions.dedup();
    let ends = cluster.offsets(&questions, IsolationLevel::ReadCommitted, deadline).await.unwrap();
    assert_eq!(ends.len(), usize::try_from(PARTITIONS).unwrap());
    let asked = asked.lock().unwrap().clone();
    let expected =
        ["ApiVersions", "Metadata", "ListGroups", "OffsetFetch", "DescribeGroups", "ListOffsets"];
    assert_eq!(asked, expected);
}
