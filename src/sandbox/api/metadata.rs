//! `Metadata`: the broker, and the topics with their partitions.

use std::collections::BTreeSet;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::metadata_response::{
    MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use kafka_protocol::messages::{MetadataRequest, MetadataResponse, TopicName};
use kafka_protocol::protocol::{StrBytes, VersionRange};
use uuid::Uuid;

use super::cluster::{self, UNASKED};
use super::{Call, Caller, TopicsOf, text, versions};
use crate::sandbox::access::needs::SEE_TOPIC;
use crate::sandbox::access::{Kind, Who};
use crate::sandbox::broker::{BROKER_ID, Broker, LEADER_EPOCH};
use crate::sandbox::topics::{Topic, is_legal};

impl Call for MetadataRequest {
    const OFFERED: VersionRange = versions(0, 13);

    const HAS_LARGE_ANSWER: bool = true;

    const TOPICS: Option<TopicsOf<Self>> = Some(|request, topics| {
        let name = |topic: &MetadataRequestTopic| match &topic.name {
            Some(name) => Some(name.to_string()),
            None => topics.name_of(topic.topic_id).map(str::to_owned),
        };
        request.topics.iter().flatten().filter_map(name).collect()
    });

    async fn answer(self, caller: &mut Caller) -> MetadataResponse {
        // Version 0 has no null: an empty list asks for all.
        let wanted = self.topics.filter(|topics| caller.version > 0 || !topics.is_empty());
        let who = caller.who();
        let wants_operations = self.include_topic_authorized_operations;
        let (topics, cluster_id, operations) = caller.broker.look(|broker| {
            let mut topics: Vec<_> = match wanted {
                None => broker
                    .topics
                    .iter()
                    .filter(|(name, _)| broker.allows(&who, SEE_TOPIC, name))
                    .map(|(name, topic)| describe(name, topic))
                    .collect(),
                Some(wanted) => each(&wanted).map(|topic| find(broker, &who, topic)).collect(),
            };
            if wants_operations {
                let operations = |name: &str| broker.access.operations(&who, Kind::Topic, name);
                for topic in topics.iter_mut().filter(|topic| topic.error_code == 0) {
                    let name = topic.name.as_ref().map_or("", |name| name.as_str());
                    topic.topic_authorized_operations = operations(name);
                }
            }
            (topics, broker.cluster_id.clone(), cluster::operations(broker, &who))
        });
        let wants_operations = self.include_cluster_authorized_operations;
        around(caller, cluster_id)
            .with_cluster_authorized_operations(if wants_operations { operations } else { UNASKED })
            .with_topics(topics)
    }

    fn refuse(self, error: ResponseError) -> MetadataResponse {
        let response = MetadataResponse::default().with_error_code(error.code());
        response.with_topics(refused(self.topics, error))
    }

    fn fail(self, error: ResponseError, caller: &Caller) -> MetadataResponse {
        let cluster_id = caller.broker.look(|broker| broker.cluster_id.clone());
        let response = around(caller, cluster_id);
        match self.topics {
            // Without topics there is only one place for it, which versions before 13 do not have.
            None => response.with_error_code(error.code()),
            topics => response.with_topics(refused(topics, error)),
        }
    }
}

/// Refuses each topic that is named.
fn refused(
    topics: Option<Vec<MetadataRequestTopic>>,
    error: ResponseError,
) -> Vec<MetadataResponseTopic> {
    let refused = topics.unwrap_or_default().into_iter().map(|topic| {
        MetadataResponseTopic::default()
            .with_error_code(error.code())
            .with_name(topic.name)
            .with_topic_id(topic.topic_id)
    });
    refused.collect()
}

/// Begins an answer with what is always in it: this broker, which is the controller too.
fn around(caller: &Caller, cluster_id: String) -> MetadataResponse {
    let broker = MetadataResponseBroker::default()
        .with_node_id(BROKER_ID)
        .with_host(caller.host())
        .with_port(caller.port());
    MetadataResponse::default()
        .with_brokers(vec![broker])
        .with_cluster_id(Some(StrBytes::from_string(cluster_id)))
        .with_controller_id(BROKER_ID)
}

/// Returns each topic that is asked for once, however often it is. As by Kafka, names do not count
/// beside ids.
fn each(wanted: &[MetadataRequestTopic]) -> impl Iterator<Item = &MetadataRequestTopic> {
    let has_ids = wanted.iter().any(|topic| topic.topic_id != Uuid::nil());
    let mut seen = BTreeSet::new();
    wanted.iter().filter(move |topic| {
        (topic.topic_id != Uuid::nil()) == has_ids
            && seen.insert((topic.topic_id, if has_ids { None } else { topic.name.as_ref() }))
    })
}

/// Describes the topic that was asked for by name or by id.
fn find(broker: &Broker, who: &Who, wanted: &MetadataRequestTopic) -> MetadataResponseTopic {
    let unknown = |error: ResponseError| {
        MetadataResponseTopic::default()
            .with_error_code(error.code())
            .with_name(wanted.name.clone())
            .with_topic_id(wanted.topic_id)
    };
    let (name, missing) = if wanted.topic_id == Uuid::nil() {
        (wanted.name.as_ref().map(|name| name.as_str()), ResponseError::UnknownTopicOrPartition)
    } else {
        (broker.topics.name_of(wanted.topic_id), ResponseError::UnknownTopicId)
    };
    let Some(name) = name else { return unknown(missing) };
    // Whether it is there is told only to who may see it.
    if !broker.allows(who, SEE_TOPIC, name) {
        return unknown(SEE_TOPIC.error());
    }
    match broker.topics.get(name) {
        Some(topic) => describe(name, topic),
        None if is_legal(name) => unknown(missing),
        None => unknown(ResponseError::InvalidTopicException),
    }
}

/// Describes a topic; this broker leads all its partitions.
fn describe(name: &str, topic: &Topic) -> MetadataResponseTopic {
    let partitions = topic.partitions.iter().zip(0..).map(|(_, number)| {
        MetadataResponsePartition::default()
            .with_partition_index(number)
            .with_leader_id(BROKER_ID)
            .with_leader_epoch(LEADER_EPOCH)
            .with_replica_nodes(vec![BROKER_ID])
            .with_isr_nodes(vec![BROKER_ID])
    });
    MetadataResponseTopic::default()
        .with_name(Some(TopicName(text(name))))
        .with_topic_id(topic.id)
        .with_partitions(partitions.collect())
}
