//! Configs of topics and brokers: `DescribeConfigs` and `IncrementalAlterConfigs`.

use std::collections::BTreeMap;

use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_configs_response::DescribeConfigsResourceResult;
use kafka_protocol::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig,
};
use kafka_protocol::messages::{DescribeConfigsRequest, IncrementalAlterConfigsRequest};
use kafka_protocol::protocol::StrBytes;

use super::cluster::Cluster;
use super::connection::Connection;
use super::denied::{self, Api};
use super::router::{Answers, Manner, Target};
use super::topics::Mode;
use crate::clock::Deadline;
use crate::kafka::{Error, PerItem};
use crate::model::config_entry::{ConfigChange, ConfigEntry, ConfigResource, ConfigSource};
use crate::model::name::TopicName;

/// `ConfigResource.Type.TOPIC`.
const TOPIC: i8 = 2;
/// `ConfigResource.Type.BROKER`.
const BROKER: i8 = 4;
/// `AlterConfigOp.OpType.SET`.
const SET: i8 = 0;
/// `AlterConfigOp.OpType.DELETE`.
const DELETE: i8 = 1;

/// How many resources a request names at most: the answers are some kilobytes each.
const MOST_RESOURCES: usize = 2000;

/// What is known of a resource's configs.
type Configs = BTreeMap<String, ConfigEntry>;
/// The changes of a resource's configs.
type Changes = BTreeMap<String, ConfigChange>;

impl Cluster {
    /// Describes all configs of topics and brokers, also those that have the broker's default.
    pub async fn describe_configs(
        &self,
        resources: &[ConfigResource],
        deadline: Deadline,
    ) -> Result<PerItem<ConfigResource, Configs>, Error> {
        let manner = Manner { request: "DescribeConfigs", most: MOST_RESOURCES };
        let call = |connection: Connection, resources| describe(connection, resources, deadline);
        self.settle(manner, resources.iter().cloned(), target, call, deadline).await.whole()
    }

    /// Changes single configs and leaves the others as they are.
    pub async fn alter_configs(
        &self,
        changes: &BTreeMap<ConfigResource, Changes>,
        mode: Mode,
        deadline: Deadline,
    ) -> Result<PerItem<ConfigResource, ()>, Error> {
        let manner = Manner { request: "IncrementalAlterConfigs", most: MOST_RESOURCES };
        let call = |connection: Connection, resources: Vec<ConfigResource>| {
            let resources = resources.iter().filter_map(|resource| {
                let (kind, name) = key(resource);
                let configs = changes.get(resource)?.iter().map(alterable).collect();
                Some(
                    AlterConfigsResource::default()
                        .with_resource_type(kind)
                        .with_resource_name(name)
                        .with_configs(configs),
                )
            });
            let request = IncrementalAlterConfigsRequest::default()
                .with_resources(resources.collect())
                .with_validate_only(mode == Mode::ValidateOnly);
            alter(connection, request, deadline)
        };
        self.settle(manner, changes.keys().cloned(), target, call, deadline).await.whole()
    }
}

/// A broker's configs are known to that broker alone.
fn target(resource: &ConfigResource) -> Target {
    match resource {
        ConfigResource::Topic(topic) => Target::Any(topic.clone()),
        ConfigResource::Broker(id) => Target::Broker(*id),
    }
}

/// Sends `DescribeConfigs`.
async fn describe(
    connection: Connection,
    resources: Vec<ConfigResource>,
    deadline: Deadline,
) -> Answers<ConfigResource, Configs> {
    let resource = |resource: &ConfigResource| {
        let (kind, name) = key(resource);
        DescribeConfigsResource::default()
            .with_resource_type(kind)
            .with_resource_name(name)
            .with_configuration_keys(None)
    };
    let resources = resources.iter().map(resource).collect();
    let request = DescribeConfigsRequest::default().with_resources(resources);
    let response = connection.call(|_| request, deadline).await?;
    let mut answers = Vec::with_capacity(response.results.len());
    for answer in &response.results {
        let Some(resource) = resource_of(answer.resource_type, &answer.resource_name) else {
            continue;
        };
        let message = answer.error_message.as_ref();
        let result = match answer.error_code {
            0 => Ok(answer.configs.iter().map(entry).collect()),
            code => {
                let message = message.map(StrBytes::as_str);
                Err(denied::error(Api::DescribeConfigs, code, message, &resource))
            }
        };
        answers.push((resource, result));
    }
    Ok(answers)
}

/// Sends `IncrementalAlterConfigs`.
async fn alter(
    connection: Connection,
    request: IncrementalAlterConfigsRequest,
    deadline: Deadline,
) -> Answers<ConfigResource, ()> {
    let response = connection.call(|_| request, deadline).await?;
    let mut answers = Vec::with_capacity(response.responses.len());
    for answer in &response.responses {
        let Some(resource) = resource_of(answer.resource_type, &answer.resource_name) else {
            continue;
        };
        let message = answer.error_message.as_ref().map(StrBytes::as_str);
        let result = match answer.error_code {
            0 => Ok(()),
            code => Err(denied::error(Api::IncrementalAlterConfigs, code, message, &resource)),
        };
        answers.push((resource, result));
    }
    Ok(answers)
}

/// Returns a resource's type and name in the protocol.
fn key(resource: &ConfigResource) -> (i8, StrBytes) {
    match resource {
        ConfigResource::Topic(topic) => (TOPIC, StrBytes::from_string(topic.to_string())),
        ConfigResource::Broker(id) => (BROKER, StrBytes::from_string(id.to_string())),
    }
}

/// Reads a resource's type and name.
fn resource_of(kind: i8, name: &str) -> Option<ConfigResource> {
    match kind {
        TOPIC => Some(ConfigResource::Topic(TopicName::from(name))),
        BROKER => name.parse().ok().map(ConfigResource::Broker),
        _ => None,
    }
}

/// Puts a change in the protocol's form.
fn alterable((name, change): (&String, &ConfigChange)) -> AlterableConfig {
    let config = AlterableConfig::default().with_name(StrBytes::from_string(name.clone()));
    match change {
        ConfigChange::Set(value) => {
            config.with_config_operation(SET).with_value(Some(StrBytes::from_string(value.clone())))
        }
        ConfigChange::Delete => config.with_config_operation(DELETE).with_value(None),
    }
}

/// Reads a config.
fn entry(config: &DescribeConfigsResourceResult) -> (String, ConfigEntry) {
    let entry = ConfigEntry {
        value: config.value.as_ref().map(ToString::to_string),
        source: match config.config_source {
            1 => ConfigSource::DynamicTopic,
            2 => ConfigSource::DynamicBroker,
            3 => ConfigSource::DynamicDefaultBroker,
            4 => ConfigSource::StaticBroker,
            5 => ConfigSource::Default,
            other => ConfigSource::Other(other),
        },
        is_read_only: config.read_only,
        is_sensitive: config.is_sensitive,
    };
    (config.name.to_string(), entry)
}
