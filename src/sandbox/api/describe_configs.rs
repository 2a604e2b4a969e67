//! `DescribeConfigs`: of topics, and of the broker.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult, DescribeConfigsSynonym,
};
use kafka_protocol::messages::{DescribeConfigsRequest, DescribeConfigsResponse};
use kafka_protocol::protocol::{StrBytes, VersionRange};

use super::alter_configs::{BROKER, TOPIC};
use super::size::{self, TooLarge};
use super::{Call, Caller, TopicsOf, text, versions};
use crate::sandbox::access::needs::{SEE_CLUSTER_CONFIGS, SEE_TOPIC_CONFIGS};
use crate::sandbox::access::{CLUSTER, Who};
use crate::sandbox::broker::{BROKER_ID, Broker};
use crate::sandbox::topics::{BROKER_CONFIGS, Configs, Definition, Refusal, definitions};

/// Where a value comes from: the topic itself.
const OF_TOPIC: i8 = 1;
/// Where a value comes from: how the broker was started.
const STATIC: i8 = 4;
/// Where a value comes from: nobody said another one.
const DEFAULT: i8 = 5;

impl Call for DescribeConfigsRequest {
    const OFFERED: VersionRange = versions(1, 4);

    const HAS_LARGE_ANSWER: bool = true;

    const TOPICS: Option<TopicsOf<Self>> = Some(|request, _topics| {
        let named = request.resources.iter().filter(|resource| resource.resource_type == TOPIC);
        named.map(|resource| resource.resource_name.to_string()).collect()
    });

    async fn answer(self, caller: &mut Caller) -> DescribeConfigsResponse {
        let (who, synonyms) = (caller.who(), self.include_synonyms);
        let version = caller.version;
        let describe = |broker: &Broker| {
            let describe = |resource| match describe(broker, &who, resource, synonyms) {
                Ok(configs) => answered(resource).with_configs(configs),
                Err(refusal) => refused(resource, &refusal),
            };
            size::gather(version, self.resources.iter().map(describe))
        };
        match caller.broker.look(describe) {
            Ok(results) => DescribeConfigsResponse::default().with_results(results),
            Err(TooLarge) => self.refuse(TooLarge::ERROR),
        }
    }

    fn refuse(self, error: ResponseError) -> DescribeConfigsResponse {
        let refusal = Refusal::new(error, error.to_string());
        let results = self.resources.iter().map(|resource| refused(resource, &refusal)).collect();
        DescribeConfigsResponse::default().with_results(results)
    }
}

fn answered(resource: &DescribeConfigsResource) -> DescribeConfigsResult {
    DescribeConfigsResult::default()
        .with_resource_type(resource.resource_type)
        .with_resource_name(resource.resource_name.clone())
}

fn refused(resource: &DescribeConfigsResource, refusal: &Refusal) -> DescribeConfigsResult {
    answered(resource)
        .with_error_code(refusal.error.code())
        .with_error_message(Some(text(&refusal.message)))
}

/// Describes the configs of a resource that were asked for.
fn describe(
    broker: &Broker,
    who: &Who,
    resource: &DescribeConfigsResource,
    synonyms: bool,
) -> Result<Vec<DescribeConfigsResourceResult>, Refusal> {
    // An empty list asks for all, as null does.
    let keys = resource.configuration_keys.as_ref().filter(|keys| !keys.is_empty());
    let is_wanted =
        |name: &str| keys.is_none_or(|keys| keys.iter().any(|key| key.as_str() == name));
    let name = resource.resource_name.as_str();
    match resource.resource_type {
        TOPIC => broker.access.check(who, SEE_TOPIC_CONFIGS, name)?,
        BROKER => broker.access.check(who, SEE_CLUSTER_CONFIGS, CLUSTER)?,
        _ => {}
    }
    match resource.resource_type {
        TOPIC => {
            let topic = broker.topics.find(name)?;
            let wanted = definitions().iter().filter(|definition| is_wanted(definition.name));
            Ok(wanted.map(|definition| of_topic(&topic.configs, definition, synonyms)).collect())
        }
        // No name means the defaults for all brokers, of which there are none.
        BROKER if name.is_empty() => Ok(Vec::new()),
        BROKER if name == BROKER_ID.0.to_string() => Ok(of_broker(is_wanted)),
        BROKER => {
            let message = format!(
                "Unexpected broker id, expected {} or empty string, but received {name}",
                BROKER_ID.0
            );
            Err(Refusal::new(ResponseError::InvalidRequest, message))
        }
        other => {
            let message = format!("Unsupported resource type: {other}");
            Err(Refusal::new(ResponseError::InvalidRequest, message))
        }
    }
}

/// Describes one config of a topic.
fn of_topic(
    configs: &Configs,
    definition: &Definition,
    synonyms: bool,
) -> DescribeConfigsResourceResult {
    let own = configs.own(definition.name);
    let source = if own.is_some() { OF_TOPIC } else { DEFAULT };
    let synonym = |name: &'static str, value: &str, source| {
        DescribeConfigsSynonym::default()
            .with_name(StrBytes::from_static_str(name))
            .with_value(Some(text(value)))
            .with_source(source)
    };
    let mut others = Vec::new();
    if synonyms {
        others.extend(own.map(|_| synonym(definition.name, &configs.shown(definition), OF_TOPIC)));
        others.extend(definition.broker.map(|name| synonym(name, definition.default, DEFAULT)));
    }
    DescribeConfigsResourceResult::default()
        .with_name(StrBytes::from_static_str(definition.name))
        .with_value(Some(text(&configs.shown(definition))))
        .with_config_source(source)
        .with_config_type(definition.kind.number())
        .with_synonyms(others)
}

/// Describes the broker's own configs; they cannot be changed.
fn of_broker(is_wanted: impl Fn(&str) -> bool) -> Vec<DescribeConfigsResourceResult> {
    let inherited = definitions().iter().filter_map(|definition| {
        Some((definition.broker?, definition.default, definition.kind.number(), DEFAULT))
    });
    let own = BROKER_CONFIGS.iter().map(|(name, value, kind)| (*name, *value, *kind, STATIC));
    let wanted = inherited.chain(own).filter(|(name, ..)| is_wanted(name));
    let describe = |(name, value, kind, source)| {
        DescribeConfigsResourceResult::default()
            .with_name(StrBytes::from_static_str(name))
            .with_value(Some(text(value)))
            .with_read_only(true)
            .with_config_source(source)
            .with_config_type(kind)
    };
    wanted.map(describe).collect()
}
