//! Deleting topics: `DeleteTopics`, asked of the controller.

use std::collections::BTreeMap;

use kafka_protocol::messages::DeleteTopicsRequest;
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::delete_topics_response::DeletableTopicResult;
use kafka_protocol::protocol::StrBytes;
use uuid::Uuid;

use super::change::Once;
use super::cluster::Cluster;
use super::connection::Connection;
use super::denied::{self, Api};
use super::router::{Answers, Manner, Target};
use super::topics::{MOST_TOPICS, timeout_ms, wire_name};
use crate::approval::Approval;
use crate::clock::Deadline;
use crate::kafka::{Error, ErrorCode, PerItem};
use crate::model::name::TopicName;

/// The first version that takes topic ids (KIP-516).
const WITH_IDS: i16 = 6;

impl Cluster {
    /// Deletes topics with all their records.
    ///
    /// Each is named by the id that it has now, so that a request which is repeated after a lost
    /// answer never deletes another topic of the same name, made meanwhile.
    pub async fn delete_topics(
        &self,
        topics: &[TopicName],
        _approval: Approval,
        deadline: Deadline,
    ) -> Result<PerItem<TopicName, ()>, Error> {
        // One that cannot be described has no id here, and the controller says why.
        drop(self.topics(topics, deadline).await?);
        let ids: BTreeMap<TopicName, Uuid> = {
            let known = self.known();
            let id = |topic: &TopicName| Some((topic.clone(), known.topic_id(topic)?));
            topics.iter().filter_map(id).collect()
        };
        let call = |connection, names| delete(connection, names, &ids, deadline);
        let names = topics.iter().cloned();
        let controller = |_: &TopicName| Target::Controller;
        let manner = Manner { request: "DeleteTopics", most: MOST_TOPICS };
        let once = Once { refusal: ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, confirm: is_gone };
        let results = self.change(manner, once, names, controller, call, deadline).await?;
        let mut known = self.known();
        for topic in topics {
            known.deleted(topic);
        }
        Ok(results)
    }
}

/// The controller's word that a topic does not exist is what was to be found out.
async fn is_gone(topics: Vec<TopicName>) -> Result<PerItem<TopicName, bool>, Error> {
    Ok(topics.into_iter().map(|topic| (topic, Ok(true))).collect())
}

/// Sends `DeleteTopics`.
async fn delete(
    connection: Connection,
    names: Vec<TopicName>,
    ids: &BTreeMap<TopicName, Uuid>,
    deadline: Deadline,
) -> Answers<TopicName, ()> {
    let response = connection.call(|version| request(&names, ids, version, deadline), deadline);
    let responses = response.await?.responses;
    Ok(responses.iter().filter_map(|answer| outcome(answer, ids)).collect())
}

/// Makes the request.
fn request(
    names: &[TopicName],
    ids: &BTreeMap<TopicName, Uuid>,
    version: i16,
    deadline: Deadline,
) -> DeleteTopicsRequest {
    let request = DeleteTopicsRequest::default().with_timeout_ms(timeout_ms(deadline));
    if version < WITH_IDS {
        return request.with_topic_names(names.iter().map(wire_name).collect());
    }
    let state = |name: &TopicName| match ids.get(name) {
        Some(id) => DeleteTopicState::default().with_name(None).with_topic_id(*id),
        None => DeleteTopicState::default().with_name(Some(wire_name(name))),
    };
    request.with_topics(names.iter().map(state).collect())
}

/// Reads the result of one topic. A broker names a topic that was asked for by id only to those who
/// may describe it.
fn outcome(
    answer: &DeletableTopicResult,
    ids: &BTreeMap<TopicName, Uuid>,
) -> Option<(TopicName, Result<(), Error>)> {
    let by_id = || ids.iter().find(|(_, id)| **id == answer.topic_id).map(|(name, _)| name.clone());
    let named = answer.name.as_ref().map(|name| TopicName::from(name.as_str()));
    let name = named.or_else(by_id)?;
    let code = match ErrorCode(answer.error_code) {
        ErrorCode::NONE => return Some((name, Ok(()))),
        // Of the controller this is final: it is the first to hear of any topic.
        ErrorCode::UNKNOWN_TOPIC_ID => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        code => code,
    };
    let message = answer.error_message.as_ref().map(StrBytes::as_str);
    Some((name.clone(), Err(denied::error(Api::DeleteTopics, code.0, message, &name))))
}
