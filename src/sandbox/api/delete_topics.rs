//! `DeleteTopics`, by name or by id.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::delete_topics_response::DeletableTopicResult;
use kafka_protocol::messages::{DeleteTopicsRequest, DeleteTopicsResponse, TopicName};
use kafka_protocol::protocol::{StrBytes, VersionRange};

use super::{Call, Caller, TopicsOf, text, versions};
use crate::sandbox::access::needs::{DELETE_IN_CLUSTER, DELETE_TOPIC, SEE_TOPIC};
use crate::sandbox::access::{CLUSTER, Who};
use crate::sandbox::broker::Broker;
use crate::sandbox::topics::Refusal;

/// The first version that says what is wrong.
const WITH_MESSAGE: i16 = 5;
/// The first version that takes ids (KIP-516).
const WITH_IDS: i16 = 6;

impl Call for DeleteTopicsRequest {
    const OFFERED: VersionRange = versions(1, 6);

    const TOPICS: Option<TopicsOf<Self>> = Some(|request, topics| {
        let name = |topic: &DeleteTopicState| match &topic.name {
            Some(name) => Some(name.to_string()),
            None => topics.name_of(topic.topic_id).map(str::to_owned),
        };
        let by_id = request.topics.iter().filter_map(name);
        by_id.chain(request.topic_names.iter().map(|name| name.to_string())).collect()
    });

    async fn answer(self, caller: &mut Caller) -> DeleteTopicsResponse {
        let (who, version) = (caller.who(), caller.version);
        let delete = |broker: &mut Broker| -> Vec<_> {
            wanted(&self, version).iter().map(|topic| delete(broker, &who, topic)).collect()
        };
        let mut responses = caller.broker.change(delete);
        if version < WITH_MESSAGE {
            for response in &mut responses {
                response.error_message = None;
            }
        }
        DeleteTopicsResponse::default().with_responses(responses)
    }

    fn refuse(self, error: ResponseError) -> DeleteTopicsResponse {
        let version = if self.topics.is_empty() { 0 } else { WITH_IDS };
        let refusal = Refusal::new(error, error.to_string());
        let refused =
            wanted(&self, version).into_iter().map(|topic| answered(&topic, Some(&refusal)));
        DeleteTopicsResponse::default().with_responses(refused.collect())
    }
}

/// Lists the topics of a request: older versions have names only.
fn wanted(request: &DeleteTopicsRequest, version: i16) -> Vec<DeleteTopicState> {
    if version >= WITH_IDS {
        return request.topics.clone();
    }
    let named = |name: &TopicName| DeleteTopicState::default().with_name(Some(name.clone()));
    request.topic_names.iter().map(named).collect()
}

/// Deletes one topic.
fn delete(broker: &mut Broker, who: &Who, topic: &DeleteTopicState) -> DeletableTopicResult {
    let name = match (&topic.name, topic.topic_id) {
        (Some(name), id) if id.is_nil() => name.to_string(),
        (None, id) if !id.is_nil() => {
            let Some(name) = broker.topics.name_of(id) else {
                let message = "This server does not host this topic ID.";
                let refusal = Refusal::new(ResponseError::UnknownTopicId, message);
                return answered(topic, Some(&refusal));
            };
            name.to_owned()
        }
        _ => {
            let message = "You may not specify both topic name and topic id.";
            let refusal = Refusal::new(ResponseError::InvalidRequest, message);
            return answered(topic, Some(&refusal));
        }
    };
    let may_do_all = broker.allows(who, DELETE_IN_CLUSTER, CLUSTER);
    let may = |need| may_do_all || broker.allows(who, need, &name);
    // Whether a topic is there is told only to who may see it.
    let is_told = may(SEE_TOPIC) && (broker.topics.get(&name).is_none() || may(DELETE_TOPIC));
    if !is_told {
        return answered(topic, Some(&DELETE_TOPIC.refusal()));
    }
    match broker.delete_topic(&name) {
        Ok(id) => {
            let topic = topic.clone().with_name(Some(TopicName(text(&name)))).with_topic_id(id);
            answered(&topic, None)
        }
        Err(refusal) => answered(topic, Some(&refusal)),
    }
}

/// Says what became of a topic.
fn answered(topic: &DeleteTopicState, refusal: Option<&Refusal>) -> DeletableTopicResult {
    let error_code = refusal.map_or(0, |refusal| refusal.error.code());
    DeletableTopicResult::default()
        .with_name(topic.name.clone())
        .with_topic_id(topic.topic_id)
        .with_error_code(error_code)
        .with_error_message(refusal.map(|refusal| StrBytes::from_string(refusal.message.clone())))
}
