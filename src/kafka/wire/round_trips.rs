//! How many requests a lag of many groups takes: counted by a fake broker in this process, for a
//! test.

use std::time::Duration;

use kafka_protocol::messages::describe_groups_response::DescribedGroup;
use kafka_protocol::messages::list_groups_response::ListedGroup;
use kafka_protocol::messages::list_offsets_response::{
    ListOffsetsPartitionResponse, ListOffsetsTopicResponse,
};
use kafka_protocol::messages::metadata_response::{
    MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::offset_fetch_response::{
    OffsetFetchResponseGroup, OffsetFetchResponsePartitions, OffsetFetchResponseTopics,
};
use kafka_protocol::messages::{
    ApiVersionsRequest, BrokerId, DescribeGroupsRequest, DescribeGroupsResponse, ListGroupsRequest,
    ListGroupsResponse, ListOffsetsRequest, ListOffsetsResponse, MetadataRequest,
    OffsetFetchRequest, OffsetFetchResponse,
};
use kafka_protocol::protocol::{Request, StrBytes};

use super::committed::Stability;
use super::fake::{FakeBroker, Reply, Seen, api};
use super::topics::wire_name;
use super::versions::request_name;
use crate::clock::Deadline;
use crate::model::name::TopicName;
use crate::model::offset::{IsolationLevel, OffsetQuery};

const GROUPS: usize = 500;
const PARTITIONS: i32 = 20;

fn answer(seen: Seen) -> Reply {
    match seen.key {
        ApiVersionsRequest::KEY => seen.answer_versions(&[
            api::<ListGroupsRequest>(),
            api::<OffsetFetchRequest>(),
            api::<DescribeGroupsRequest>(),
            api::<ListOffsetsRequest>(),
        ]),
        MetadataRequest::KEY => seen.answer_metadata(vec![topic()]),
        ListGroupsRequest::KEY => seen.answer(|_: ListGroupsRequest| listed()),
        OffsetFetchRequest::KEY => seen.answer(|request| committed(&request)),
        DescribeGroupsRequest::KEY => seen.answer(|request| described(&request)),
        ListOffsetsRequest::KEY => seen.answer(|request| ends(&request)),
        other => panic!("unexpected {}", request_name(other)),
    }
}

fn topic() -> MetadataResponseTopic {
    let partition = |n| {
        MetadataResponsePartition::default().with_partition_index(n).with_leader_id(BrokerId(1))
    };
    MetadataResponseTopic::default()
        .with_name(Some(wire_name(&TopicName::from("t"))))
        .with_partitions((0..PARTITIONS).map(partition).collect())
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
    let broker = FakeBroker::start(answer);
    let deadline = Deadline::after(Duration::from_secs(20));
    let cluster = broker.connect().await;
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
    let expected =
        ["ApiVersions", "Metadata", "ListGroups", "OffsetFetch", "DescribeGroups", "ListOffsets"];
    assert_eq!(broker.asked(), expected);
}
