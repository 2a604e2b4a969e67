//! `Metadata` and `DescribeCluster`.

use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::{DescribeClusterRequest, MetadataRequest};
use uuid::Uuid;

use crate::broker::{Broker, unique};
use crate::topics::{create, name};

crate::behaviours! {
    a_topic_is_described_by_name_and_by_id,
    what_is_not_there_says_so,
    the_cluster_has_one_id,
}

fn a_topic_is_described_by_name_and_by_id(broker: &Broker) {
    let topic = unique("metadata");
    let mut client = broker.connect();
    let id = create(&mut client, &topic, 3);
    for version in 4..=12 {
        let mut wanted = MetadataRequestTopic::default().with_name(Some(name(&topic)));
        if version >= 12 {
            wanted = wanted.with_topic_id(id).with_name(None);
        }
        let request = MetadataRequest::default().with_topics(Some(vec![wanted]));
        let answer = client.ask_in(version, &request);
        let [found] = answer.topics.as_slice() else { panic!("{answer:?}") };
        assert_eq!(found.error_code, 0, "version {version}");
        assert_eq!(found.name, Some(name(&topic)));
        let mut partitions: Vec<_> = found.partitions.iter().map(|p| p.partition_index).collect();
        partitions.sort_unstable();
        assert_eq!(partitions, [0, 1, 2]);
        let leader = answer.brokers[0].node_id;
        assert!(found.partitions.iter().all(|p| p.leader_id == leader && p.isr_nodes == [leader]));
    }
}

fn what_is_not_there_says_so(broker: &Broker) {
    let mut client = broker.connect();
    let missing = MetadataRequestTopic::default().with_name(Some(name("not-there")));
    let request = MetadataRequest::default()
        .with_topics(Some(vec![missing]))
        .with_allow_auto_topic_creation(false);
    assert_eq!(client.ask_in(12, &request).topics[0].error_code, 3);
    let impossible = MetadataRequestTopic::default().with_name(Some(name("not there")));
    let request = request.with_topics(Some(vec![impossible]));
    assert_eq!(client.ask_in(12, &request).topics[0].error_code, 17);
    let missing = MetadataRequestTopic::default().with_name(None).with_topic_id(Uuid::from_u128(9));
    let answer = client.ask_in(12, &MetadataRequest::default().with_topics(Some(vec![missing])));
    assert_eq!(answer.topics[0].error_code, 100);
    assert_eq!(answer.topics[0].name, None);
    let nothing = client.ask_in(12, &MetadataRequest::default().with_topics(Some(vec![])));
    assert!(nothing.topics.is_empty());
}

fn the_cluster_has_one_id(broker: &Broker) {
    let mut client = broker.connect();
    let metadata = client.ask_in(12, &MetadataRequest::default().with_topics(Some(vec![])));
    let cluster = client.ask_in(1, &DescribeClusterRequest::default().with_endpoint_type(1));
    assert_eq!(metadata.cluster_id.as_ref(), Some(&cluster.cluster_id));
    assert_eq!(metadata.brokers[0].node_id, cluster.brokers[0].broker_id);
    assert_eq!(metadata.controller_id, cluster.controller_id);
}
