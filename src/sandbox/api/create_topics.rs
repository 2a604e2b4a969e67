//! `CreateTopics`.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::create_topics_request::CreatableTopic;
use kafka_protocol::messages::create_topics_response::{
    CreatableTopicConfigs, CreatableTopicResult,
};
use kafka_protocol::messages::{CreateTopicsRequest, CreateTopicsResponse};
use kafka_protocol::protocol::{StrBytes, VersionRange};
use uuid::Uuid;

use super::{Call, Caller, Repeated, TopicsOf, text, versions};
use crate::sandbox::access::needs::{CREATE_IN_CLUSTER, CREATE_TOPIC, SEE_TOPIC_CONFIGS};
use crate::sandbox::access::{CLUSTER, Who};
use crate::sandbox::broker::{Broker, new_id};
use crate::sandbox::topics::{Configs, Definition, NewTopic, Refusal, definitions};

impl Call for CreateTopicsRequest {
    const OFFERED: VersionRange = versions(2, 7);

    const TOPICS: Option<TopicsOf<Self>> = Some(|request, _topics| {
        request.topics.iter().map(|topic| topic.name.to_string()).collect()
    });

    async fn answer(self, caller: &mut Caller) -> CreateTopicsResponse {
        let mut repeated = Repeated::of(self.topics.iter().map(|topic| topic.name.0.clone()));
        let (who, validate_only) = (caller.who(), self.validate_only);
        let create = |broker: &mut Broker| {
            let mut results = Vec::new();
            for topic in self.topics {
                match repeated.check(&topic.name.0) {
                    None => results.push(create(broker, &who, &topic, validate_only)),
                    Some(true) => {
                        let message = "Duplicate topic name.";
                        let refusal = Refusal::new(ResponseError::InvalidRequest, message);
                        results.push(refused(&topic, &refusal));
                    }
                    Some(false) => {}
                }
            }
            results
        };
        CreateTopicsResponse::default().with_topics(caller.broker.change(create))
    }

    fn refuse(self, error: ResponseError) -> CreateTopicsResponse {
        let refusal = Refusal::new(error, error.to_string());
        let topics = self.topics.iter().map(|topic| refused(topic, &refusal)).collect();
        CreateTopicsResponse::default().with_topics(topics)
    }
}

/// Creates one topic, or says only what it would be.
fn create(
    broker: &mut Broker,
    who: &Who,
    topic: &CreatableTopic,
    validate_only: bool,
) -> CreatableTopicResult {
    let may_create = broker.allows(who, CREATE_IN_CLUSTER, CLUSTER)
        || broker.allows(who, CREATE_TOPIC, &topic.name);
    if !may_create {
        return refused(topic, &Refusal::new(CREATE_TOPIC.error(), "Authorization failed."));
    }
    match make(broker, read(topic), validate_only) {
        Err(refusal) => refused(topic, &refusal),
        // Who may not see configs is not told what has become of those that were not said.
        Ok((_, _, id)) if !broker.allows(who, SEE_TOPIC_CONFIGS, &topic.name) => {
            CreatableTopicResult::default()
                .with_name(topic.name.clone())
                .with_error_message(None)
                .with_topic_id(id)
                .with_topic_config_error_code(SEE_TOPIC_CONFIGS.error().code())
                .with_num_partitions(-1)
                .with_replication_factor(-1)
        }
        Ok((count, configs, id)) => CreatableTopicResult::default()
            .with_name(topic.name.clone())
            .with_error_message(None)
            .with_topic_id(id)
            .with_num_partitions(i32::try_from(count).unwrap_or(i32::MAX))
            .with_replication_factor(1)
            .with_configs(Some(describe(&configs))),
    }
}

/// Makes a topic, or only checks it; returns how many partitions it has, its configs and its id.
fn make(
    broker: &mut Broker,
    new: NewTopic,
    validate_only: bool,
) -> Result<(usize, Configs, Uuid), Refusal> {
    let count = broker.topics.check(&new)?;
    broker.check_memory()?;
    if validate_only {
        return Ok((count, new.configs()?, Uuid::nil()));
    }
    let topic = broker.topics.create(new, new_id())?;
    Ok((topic.partitions.len(), topic.configs.clone(), topic.id))
}

/// Reads what somebody wants.
fn read(topic: &CreatableTopic) -> NewTopic {
    NewTopic {
        name: topic.name.0.to_string(),
        partitions: topic.num_partitions,
        replication: topic.replication_factor,
        assignments: topic
            .assignments
            .iter()
            .map(|one| (one.partition_index, one.broker_ids.iter().map(|id| id.0).collect()))
            .collect(),
        configs: topic
            .configs
            .iter()
            .map(|config| (config.name.to_string(), config.value.as_ref().map(ToString::to_string)))
            .collect(),
    }
}

/// Answers that a topic was not created.
fn refused(topic: &CreatableTopic, refusal: &Refusal) -> CreatableTopicResult {
    CreatableTopicResult::default()
        .with_name(topic.name.clone())
        .with_error_code(refusal.error.code())
        .with_error_message(Some(text(&refusal.message)))
        .with_num_partitions(-1)
        .with_replication_factor(-1)
}

/// Describes the configs of a new topic.
fn describe(configs: &Configs) -> Vec<CreatableTopicConfigs> {
    let describe = |definition: &Definition| {
        CreatableTopicConfigs::default()
            .with_name(StrBytes::from_static_str(definition.name))
            .with_value(Some(text(&configs.shown(definition))))
            .with_config_source(source(configs, definition.name))
    };
    definitions().iter().map(describe).collect()
}

/// Returns Kafka's number of where a value comes from: the topic itself, or the default.
fn source(configs: &Configs, name: &str) -> i8 {
    if configs.own(name).is_some() { 1 } else { 5 }
}
