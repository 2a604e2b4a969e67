//! Making topics and partitions.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use kafka_protocol::messages::{
    CreatePartitionsRequest, CreateTopicsRequest, TopicName as WireTopicName,
};
use kafka_protocol::protocol::StrBytes;

use super::change::Once;
use super::cluster::Cluster;
use super::connection::Connection;
use super::denied::{self, Api};
use super::router::{Answers, Manner, Target};
use crate::clock::Deadline;
use crate::kafka::{Backoff, Error, ErrorCode, PerItem};
use crate::model::config_entry::{ConfigEntry, ConfigResource};
use crate::model::name::TopicName;
use crate::model::topic::{NewTopic, TopicDescription};
use crate::model::topic_config;

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
pub(super) const MOST_TOPICS: usize = 500;

/// What a topic's name is to the controller.
fn controller(_: &TopicName) -> Target {
    Target::Controller
}

impl Cluster {
    /// Creates topics, of which the caller has seen that they are not there. When an answer is
    /// lost, a topic that is then there just as it is wanted counts as created.
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
        let manner = Manner { request: "CreateTopics", most: MOST_TOPICS };
        if mode == Mode::ValidateOnly {
            return self.settle(manner, names, controller, call, deadline).await.whole();
        }
        let once = Once {
            refusal: ErrorCode::TOPIC_ALREADY_EXISTS,
            confirm: |names| self.are_as_wanted(names, &wanted, deadline),
        };
        let results = self.change(manner, once, names, controller, call, deadline).await?;
        self.changed(results.iter().filter(|(_, result)| result.is_ok()).map(|(topic, _)| topic));
        Ok(results)
    }

    /// Raises the partition counts of topics to the given ones, of which the caller has seen that
    /// they are higher than what is there.
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
        let manner = Manner { request: "CreatePartitions", most: MOST_TOPICS };
        if mode == Mode::ValidateOnly {
            return self.settle(manner, names, controller, call, deadline).await.whole();
        }
        let once = Once {
            refusal: ErrorCode::INVALID_PARTITIONS,
            confirm: |names| self.have_partitions(names, counts, deadline),
        };
        let results = self.change(manner, once, names, controller, call, deadline).await?;
        self.changed(results.iter().filter(|(_, result)| result.is_ok()).map(|(topic, _)| topic));
        Ok(results)
    }

    /// Remembers that brokers hear of these changes only in a moment.
    fn changed<'a>(&self, topics: impl Iterator<Item = &'a TopicName>) {
        let mut known = self.known();
        for topic in topics {
            known.changed(topic);
        }
    }

    /// Tells of topics that are there whether they are what was to be created.
    async fn are_as_wanted(
        &self,
        topics: Vec<TopicName>,
        wanted: &BTreeMap<&TopicName, &NewTopic>,
        deadline: Deadline,
    ) -> Result<PerItem<TopicName, bool>, Error> {
        self.changed(topics.iter());
        let resources: Vec<_> = topics.iter().cloned().map(ConfigResource::Topic).collect();
        let mut configs = self.describe_configs(&resources, deadline).await?;
        let mut answers = PerItem::new();
        for (topic, described) in self.topics(&topics, deadline).await? {
            let Some(wanted) = wanted.get(&topic) else { continue };
            let configs = configs.remove(&ConfigResource::Topic(topic.clone()));
            let answer = described.and_then(|description| match configs {
                Some(configs) => Ok(is_as_wanted(wanted, &description, &configs?)),
                None => Ok(false),
            });
            answers.insert(topic, answer);
        }
        Ok(answers)
    }

    /// Tells whether topics have just so many partitions, as soon as they have no fewer.
    async fn have_partitions(
        &self,
        topics: Vec<TopicName>,
        counts: &BTreeMap<TopicName, i32>,
        deadline: Deadline,
    ) -> Result<PerItem<TopicName, bool>, Error> {
        let mut backoff = Backoff::new();
        loop {
            let described = self.topics(&topics, deadline).await?;
            let count = |topic: &TopicName| counts.get(topic).copied().unwrap_or_default();
            // Brokers hear of new partitions a moment after the controller.
            let is_late = described.iter().any(|(topic, described)| {
                described.as_ref().is_ok_and(|found| found.partition_count() < count(topic))
            });
            if !is_late || !backoff.wait(deadline).await {
                let answers = described.into_iter().map(|(topic, described)| {
                    let answer =
                        described.and_then(|found| has_partitions(&found, count(&topic), deadline));
                    (topic, answer)
                });
                return Ok(answers.collect());
            }
        }
    }
}

/// Tells whether a topic has just so many partitions. Fewer say nothing: the broker that was asked
/// may not have heard of the others by the deadline.
fn has_partitions(
    found: &TopicDescription,
    wanted: i32,
    deadline: Deadline,
) -> Result<bool, Error> {
    match found.partition_count().cmp(&wanted) {
        Ordering::Equal => Ok(true),
        Ordering::Greater => Ok(false),
        Ordering::Less => Err(Error::Timeout {
            doing: format!("the question whether topic `{}` has {wanted} partitions", found.name),
            allowed: deadline.allowed(),
        }),
    }
}

/// Tells whether a topic is just what was to be created.
fn is_as_wanted(
    wanted: &NewTopic,
    found: &TopicDescription,
    configs: &BTreeMap<String, ConfigEntry>,
) -> bool {
    let NewTopic { name: _, partitions, replication, configs: set } = wanted;
    let has = |(name, value): (&String, &String)| {
        let found = configs.get(name).and_then(|entry| entry.value.as_deref());
        found.is_some_and(|found| topic_config::is_equal(name, found, value))
    };
    // A count of -1 leaves it to the cluster.
    [found.partition_count(), -1].contains(partitions)
        && [found.replication_factor(), -1].contains(replication)
        && set.iter().all(has)
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

/// Reads the result of one topic.
pub(super) fn result(
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
