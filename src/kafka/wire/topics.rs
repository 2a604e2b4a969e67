//! Making topics and partitions, and deleting topics.

use std::collections::BTreeMap;

use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use kafka_protocol::messages::delete_topics_request::DeleteTopicState;
use kafka_protocol::messages::{
    CreatePartitionsRequest, CreateTopicsRequest, DeleteTopicsRequest, TopicName as WireTopicName,
};
use kafka_protocol::protocol::StrBytes;

use super::cluster::Cluster;
use super::connection::Connection;
use super::denied::{self, Api};
use super::retry::Repeat;
use super::router::{Answers, Manner, Target};
use crate::approval::Approval;
use crate::clock::Deadline;
use crate::kafka::{Error, PerItem};
use crate::model::name::TopicName;
use crate::model::topic::NewTopic;

/// Whether a change is made or only checked by the broker (`validate_only`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Makes the change.
    Execute,
    /// Checks it and changes nothing.
    ValidateOnly,
}

/// How many topics a request changes at most: a controller writes the records of a request in one
/// batch, and KRaft takes at most 10 000 of them.
const MOST_TOPICS: usize = 500;

/// A change of topics; sent a second time, it fails because it has been made.
const fn manner(request: &'static str) -> Manner {
    Manner { request, repeat: Repeat::Harmful, most: MOST_TOPICS }
}

impl Cluster {
    /// Creates topics.
    pub async fn create_topics(
        &self,
        topics: &[NewTopic],
        mode: Mode,
        deadline: Deadline,
    ) -> Result<PerItem<TopicName, ()>, Error> {
        let wanted: BTreeMap<&TopicName, &NewTopic> =
            topics.iter().map(|topic| (&topic.name, topic)).collect();
        let call = |connection: Connection, names: Vec<TopicName>| {
            let topics = names.iter().filter_map(|name| wanted.get(name));
            let request = CreateTopicsRequest::default()
                .with_topics(topics.map(|topic| creatable(topic)).collect())
                .with_timeout_ms(timeout_ms(deadline))
                .with_validate_only(mode == Mode::ValidateOnly);
            create(connection, request, deadline)
        };
        let names = topics.iter().map(|topic| topic.name.clone());
        let controller = |_: &TopicName| Target::Controller;
        let results =
            self.settle(manner("CreateTopics"), names, controller, call, deadline).await?;
        self.changed(&results, mode);
        Ok(results)
    }

    /// Raises the partition counts of topics to the given ones.
    pub async fn create_partitions(
        &self,
        counts: &BTreeMap<TopicName, i32>,
        mode: Mode,
        deadline: Deadline,
    ) -> Result<PerItem<TopicName, ()>, Error> {
        let call = |connection: Connection, names: Vec<TopicName>| {
            let topics = names.iter().filter_map(|name| {
                let topic = CreatePartitionsTopic::default().with_name(wire_name(name));
                Some(topic.with_count(*counts.get(name)?).with_assignments(None))
            });
            let request = CreatePartitionsRequest::default()
                .with_topics(topics.collect())
                .with_timeout_ms(timeout_ms(deadline))
                .with_validate_only(mode == Mode::ValidateOnly);
            grow(connection, request, deadline)
        };
        let names = counts.keys().cloned();
        let controller = |_: &TopicName| Target::Controller;
        let results =
            self.settle(manner("CreatePartitions"), names, controller, call, deadline).await?;
        self.changed(&results, mode);
        Ok(results)
    }

    /// Deletes topics with all their records.
    pub async fn delete_topics(
        &self,
        topics: &[TopicName],
        _approval: Approval,
        deadline: Deadline,
    ) -> Result<PerItem<TopicName, ()>, Error> {
        let call = |connection: Connection, names| delete(connection, names, deadline);
        let names = topics.iter().cloned();
        let controller = |_: &TopicName| Target::Controller;
        let results =
            self.settle(manner("DeleteTopics"), names, controller, call, deadline).await?;
        let mut known = self.known();
        for topic in topics {
            known.deleted(topic);
        }
        Ok(results)
    }

    /// Remembers that brokers hear of these changes only in a moment.
    fn changed(&self, results: &PerItem<TopicName, ()>, mode: Mode) {
        if mode == Mode::ValidateOnly {
            return;
        }
        let mut known = self.known();
        for topic in results.iter().filter(|(_, result)| result.is_ok()).map(|(topic, _)| topic) {
            known.changed(topic);
        }
    }
}

/// Sends `CreateTopics`.
async fn create(
    connection: Connection,
    request: CreateTopicsRequest,
    deadline: Deadline,
) -> Answers<TopicName, ()> {
    let response = connection.call(|_| request, deadline).await?;
    let topics = response.topics.iter();
    Ok(topics
        .map(|t| result(Api::CreateTopics, &t.name, t.error_code, t.error_message.as_ref()))
        .collect())
}

/// Sends `CreatePartitions`.
async fn grow(
    connection: Connection,
    request: CreatePartitionsRequest,
    deadline: Deadline,
) -> Answers<TopicName, ()> {
    let response = connection.call(|_| request, deadline).await?;
    let topics = response.results.iter();
    Ok(topics
        .map(|t| result(Api::CreatePartitions, &t.name, t.error_code, t.error_message.as_ref()))
        .collect())
}

/// Sends `DeleteTopics`.
async fn delete(
    connection: Connection,
    names: Vec<TopicName>,
    deadline: Deadline,
) -> Answers<TopicName, ()> {
    let request = |version| {
        let request = DeleteTopicsRequest::default().with_timeout_ms(timeout_ms(deadline));
        let names = names.iter().map(wire_name);
        if version >= 6 {
            let state = |name| DeleteTopicState::default().with_name(Some(name));
            request.with_topics(names.map(state).collect())
        } else {
            request.with_topic_names(names.collect())
        }
    };
    let response = connection.call(request, deadline).await?;
    let answer = |t: &kafka_protocol::messages::delete_topics_response::DeletableTopicResult| {
        let name = t.name.as_ref()?;
        Some(result(Api::DeleteTopics, name, t.error_code, t.error_message.as_ref()))
    };
    Ok(response.responses.iter().filter_map(answer).collect())
}

/// Reads the result of one topic.
fn result(
    api: Api,
    name: &WireTopicName,
    code: i16,
    message: Option<&StrBytes>,
) -> (TopicName, Result<(), Error>) {
    let name = TopicName::from(name.as_str());
    let result = match code {
        0 => Ok(()),
        code => Err(denied::error(api, code, message.map(StrBytes::as_str), &name)),
    };
    (name, result)
}

/// Puts a new topic in the protocol's form.
fn creatable(topic: &NewTopic) -> CreatableTopic {
    let config = |(name, value): (&String, &String)| {
        CreatableTopicConfig::default()
            .with_name(StrBytes::from_string(name.clone()))
            .with_value(Some(StrBytes::from_string(value.clone())))
    };
    CreatableTopic::default()
        .with_name(wire_name(&topic.name))
        .with_num_partitions(topic.partitions)
        .with_replication_factor(topic.replication)
        .with_configs(topic.configs.iter().map(config).collect())
}

/// Puts a topic's name in the protocol's form.
pub(super) fn wire_name(topic: &TopicName) -> WireTopicName {
    StrBytes::from_string(topic.as_str().to_owned()).into()
}

/// Returns how long a broker may work on a request: until our own deadline.
pub(super) fn timeout_ms(deadline: Deadline) -> i32 {
    i32::try_from(deadline.left().as_millis()).unwrap_or(i32::MAX)
}
