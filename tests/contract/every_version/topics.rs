//! Topics, and the brokers that have them.

use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::metadata_response::MetadataResponseTopic;
use kafka_protocol::messages::{
    ApiVersionsRequest, ApiVersionsResponse, CreatePartitionsRequest, CreatePartitionsResponse,
    CreateTopicsRequest, CreateTopicsResponse, DeleteTopicsRequest, DeleteTopicsResponse,
    DescribeClusterRequest, DescribeClusterResponse, FindCoordinatorRequest,
    FindCoordinatorResponse, MetadataRequest, MetadataResponse,
};
use kafka_protocol::protocol::Request;
use uuid::Uuid;

use super::{Asked, World, text, unique};
use crate::broker::eventually;
use crate::membership::coordinator;
use crate::topics::{name, new};

impl Asked for ApiVersionsRequest {
    fn request(_world: &mut World<'_>, version: i16) -> Self {
        if version < 3 {
            return Self::default();
        }
        Self::default()
            .with_client_software_name(text("contract"))
            .with_client_software_version(text("1"))
    }

    fn check(answer: &ApiVersionsResponse, _world: &mut World<'_>, version: i16) {
        assert_eq!(answer.error_code, 0);
        let own = answer.api_keys.iter().find(|api| api.api_key == Self::KEY).unwrap();
        assert!((own.min_version..=own.max_version).contains(&version));
    }
}

impl Asked for DescribeClusterRequest {
    fn request(_world: &mut World<'_>, _version: i16) -> Self {
        Self::default()
    }

    fn check(answer: &DescribeClusterResponse, world: &mut World<'_>, _version: i16) {
        assert_eq!((answer.error_code, answer.endpoint_type), (0, 1));
        assert!(answer.error_message.is_none() && !answer.cluster_id.is_empty());
        let [broker] = answer.brokers.as_slice() else { panic!("{answer:?}") };
        assert_eq!(format!("{}:{}", broker.host.as_str(), broker.port), world.broker.address());
    }
}

impl Asked for MetadataRequest {
    fn request(world: &mut World<'_>, _version: i16) -> Self {
        by_name(&world.topic().0)
    }

    fn check(answer: &MetadataResponse, world: &mut World<'_>, version: i16) {
        let (topic, id) = world.topic();
        let [broker] = answer.brokers.as_slice() else { panic!("{answer:?}") };
        assert_eq!(format!("{}:{}", broker.host.as_str(), broker.port), world.broker.address());
        if version >= 1 {
            assert_eq!(answer.controller_id, broker.node_id);
        }
        assert_eq!(answer.cluster_id.is_some(), version >= 2);
        let is_it = |found: &MetadataResponseTopic| {
            assert_eq!((found.error_code, &found.name), (0, &Some(name(&topic))));
            assert_eq!(found.topic_id, if version < 10 { Uuid::nil() } else { id });
            let [partition] = found.partitions.as_slice() else { panic!("{found:?}") };
            assert_eq!((partition.error_code, partition.partition_index), (0, 0));
            assert_eq!(partition.leader_id, broker.node_id);
            assert_eq!(partition.leader_epoch, if version < 7 { -1 } else { 0 });
            assert_eq!(partition.replica_nodes, [broker.node_id]);
            assert_eq!(partition.isr_nodes, [broker.node_id]);
        };
        let [found] = answer.topics.as_slice() else { panic!("{answer:?}") };
        is_it(found);
        // Version 0 has no null: nothing stands for all.
        let all = if version == 0 { Some(vec![]) } else { None };
        let answer = world.client.ask_in(version, &Self::default().with_topics(all));
        is_it(answer.topics.iter().find(|found| found.name == Some(name(&topic))).unwrap());
        if version >= 1 {
            let none = Self::default().with_topics(Some(vec![]));
            assert!(world.client.ask_in(version, &none).topics.is_empty());
        }
        if version >= 12 {
            let by_id = MetadataRequestTopic::default().with_name(None).with_topic_id(id);
            let request = Self::default().with_topics(Some(vec![by_id]));
            is_it(&world.client.ask_in(version, &request).topics[0]);
        }
    }
}

fn by_name(topic: &str) -> MetadataRequest {
    let wanted = MetadataRequestTopic::default().with_name(Some(name(topic)));
    MetadataRequest::default().with_topics(Some(vec![wanted]))
}

impl Asked for FindCoordinatorRequest {
    fn request(world: &mut World<'_>, version: i16) -> Self {
        let key = world.group().0;
        if version < 4 {
            return Self::default().with_key(key);
        }
        Self::default().with_coordinator_keys(vec![key])
    }

    fn check(answer: &FindCoordinatorResponse, world: &mut World<'_>, version: i16) {
        let is_right = |answer: &FindCoordinatorResponse, key: &str, broker: &str| {
            let found = if version < 4 {
                (answer.error_code, &answer.host, answer.port)
            } else {
                let [found] = answer.coordinators.as_slice() else { panic!("{answer:?}") };
                assert_eq!(found.key, text(key));
                (found.error_code, &found.host, found.port)
            };
            assert_eq!((found.0, format!("{}:{}", found.1, found.2)), (0, broker.to_owned()));
        };
        let address = world.broker.address().to_owned();
        is_right(answer, world.group().as_str(), &address);
        if version >= 1 {
            let id = unique("coordinator");
            coordinator(&mut world.client, &id, 1);
            let request = Self::default().with_key_type(1);
            let request = if version < 4 {
                request.with_key(text(&id))
            } else {
                request.with_coordinator_keys(vec![text(&id)])
            };
            is_right(&world.client.ask_in(version, &request), &id, &address);
        }
    }
}

impl Asked for CreateTopicsRequest {
    fn request(world: &mut World<'_>, _version: i16) -> Self {
        let topic = unique("every-version");
        world.topic = Some((topic.clone(), Uuid::nil()));
        Self::default().with_topics(vec![new(&topic, 2)]).with_timeout_ms(30_000)
    }

    fn check(answer: &CreateTopicsResponse, world: &mut World<'_>, version: i16) {
        let (topic, _) = world.topic();
        let [created] = answer.topics.as_slice() else { panic!("{answer:?}") };
        assert_eq!((created.error_code, &created.name), (0, &name(&topic)));
        assert_eq!(created.error_message, None);
        let expected = if version < 5 { (-1, -1) } else { (2, 1) };
        assert_eq!((created.num_partitions, created.replication_factor), expected);
        let configs = created.configs.as_ref().map_or(0, Vec::len);
        assert_eq!(configs > 0, version >= 5, "{created:?}");
        assert_eq!(created.topic_id.is_nil(), version < 7);
        eventually(|| {
            let answer = world.client.ask_in(9, &by_name(&topic));
            answer.topics[0].partitions.len() == 2
        });
    }
}

impl Asked for CreatePartitionsRequest {
    fn request(world: &mut World<'_>, _version: i16) -> Self {
        let topic = CreatePartitionsTopic::default().with_name(name(&world.new_topic().0));
        let topic = topic.with_count(3).with_assignments(None);
        Self::default().with_topics(vec![topic]).with_timeout_ms(30_000)
    }

    fn check(answer: &CreatePartitionsResponse, world: &mut World<'_>, _version: i16) {
        let (topic, _) = world.topic();
        let [result] = answer.results.as_slice() else { panic!("{answer:?}") };
        assert_eq!((result.error_code, &result.name), (0, &name(&topic)));
        assert_eq!(result.error_message, None);
        eventually(|| {
            let answer = world.client.ask_in(9, &by_name(&topic));
            answer.topics[0].partitions.len() == 3
        });
    }
}

impl Asked for DeleteTopicsRequest {
    fn request(world: &mut World<'_>, version: i16) -> Self {
        let (topic, _) = world.new_topic();
        let request = Self::default().with_timeout_ms(30_000);
        if version < 6 {
            return request.with_topic_names(vec![name(&topic)]);
        }
        request.with_topics(vec![DeleteTopicState::default().with_name(Some(name(&topic)))])
    }

    fn check(answer: &DeleteTopicsResponse, world: &mut World<'_>, version: i16) {
        let is_it = |answer: &DeleteTopicsResponse, topic: &str, id: Uuid| {
            let [deleted] = answer.responses.as_slice() else { panic!("{answer:?}") };
            assert_eq!((deleted.error_code, &deleted.name), (0, &Some(name(topic))));
            assert_eq!(deleted.error_message, None);
            assert_eq!(deleted.topic_id, if version < 6 { Uuid::nil() } else { id });
        };
        let (topic, id) = world.topic();
        is_it(answer, &topic, id);
        if version >= 6 {
            let (topic, id) = world.new_topic();
            let by_id = DeleteTopicState::default().with_name(None).with_topic_id(id);
            let request = Self::default().with_topics(vec![by_id]).with_timeout_ms(30_000);
            is_it(&world.client.ask_in(version, &request), &topic, id);
        }
    }
}
