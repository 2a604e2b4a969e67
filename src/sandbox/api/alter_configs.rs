//! `IncrementalAlterConfigs`, and `AlterConfigs`, which takes away what it does not name.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::alter_configs_response::AlterConfigsResourceResponse as Replaced;
use kafka_protocol::messages::incremental_alter_configs_response::AlterConfigsResourceResponse;
use kafka_protocol::messages::{
    AlterConfigsRequest, AlterConfigsResponse, IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsResponse,
};
use kafka_protocol::protocol::{StrBytes, VersionRange};

use super::{Call, Caller, Repeated, TopicsOf, told, versions};
use crate::sandbox::access::needs::{ALTER_CLUSTER_CONFIGS, ALTER_TOPIC_CONFIGS};
use crate::sandbox::access::{CLUSTER, Who};
use crate::sandbox::broker::Broker;
use crate::sandbox::topics::{Change, Configs, Refusal};

/// The number of topics among the resources.
pub(super) const TOPIC: i8 = 2;
/// The number of brokers among the resources.
pub(super) const BROKER: i8 = 4;

/// The operation of `IncrementalAlterConfigs` that sets a value.
const SET: i8 = 0;

/// A resource with its changes.
struct Wanted {
    kind: i8,
    name: StrBytes,
    changes: Result<Vec<(String, Change)>, Refusal>,
    replaces: bool,
}

impl Call for IncrementalAlterConfigsRequest {
    const OFFERED: VersionRange = versions(0, 1);

    const TOPICS: Option<TopicsOf<Self>> = Some(|request, _topics| {
        let named = request.resources.iter().filter(|resource| resource.resource_type == TOPIC);
        named.map(|resource| resource.resource_name.to_string()).collect()
    });

    async fn answer(self, caller: &mut Caller) -> IncrementalAlterConfigsResponse {
        let wanted = self.resources.iter().map(|resource| Wanted {
            kind: resource.resource_type,
            name: resource.resource_name.clone(),
            changes: resource
                .configs
                .iter()
                .map(|config| {
                    let value = config.value.as_ref().map(ToString::to_string);
                    let change = Change::of(config.config_operation, &config.name, value)?;
                    Ok((config.name.to_string(), change))
                })
                .collect(),
            replaces: false,
        });
        let outcomes = alter(caller, &wanted.collect::<Vec<_>>(), self.validate_only);
        let responses = self.resources.iter().zip(outcomes).map(|(resource, outcome)| {
            let (code, message) = told(outcome);
            AlterConfigsResourceResponse::default()
                .with_resource_type(resource.resource_type)
                .with_resource_name(resource.resource_name.clone())
                .with_error_code(code)
                .with_error_message(message)
        });
        IncrementalAlterConfigsResponse::default().with_responses(responses.collect())
    }

    fn refuse(self, error: ResponseError) -> IncrementalAlterConfigsResponse {
        let refused = self.resources.into_iter().map(|resource| {
            AlterConfigsResourceResponse::default()
                .with_resource_type(resource.resource_type)
                .with_resource_name(resource.resource_name)
                .with_error_code(error.code())
        });
        IncrementalAlterConfigsResponse::default().with_responses(refused.collect())
    }
}

impl Call for AlterConfigsRequest {
    const OFFERED: VersionRange = versions(0, 2);

    const TOPICS: Option<TopicsOf<Self>> = Some(|request, _topics| {
        let named = request.resources.iter().filter(|resource| resource.resource_type == TOPIC);
        named.map(|resource| resource.resource_name.to_string()).collect()
    });

    async fn answer(self, caller: &mut Caller) -> AlterConfigsResponse {
        let wanted = self.resources.iter().map(|resource| Wanted {
            kind: resource.resource_type,
            name: resource.resource_name.clone(),
            changes: resource
                .configs
                .iter()
                .map(|config| {
                    let value = config.value.as_ref().map(ToString::to_string);
                    Ok((config.name.to_string(), Change::of(SET, &config.name, value)?))
                })
                .collect(),
            replaces: true,
        });
        let outcomes = alter(caller, &wanted.collect::<Vec<_>>(), self.validate_only);
        let responses = self.resources.iter().zip(outcomes).map(|(resource, outcome)| {
            let (code, message) = told(outcome);
            Replaced::default()
                .with_resource_type(resource.resource_type)
                .with_resource_name(resource.resource_name.clone())
                .with_error_code(code)
                .with_error_message(message)
        });
        AlterConfigsResponse::default().with_responses(responses.collect())
    }

    fn refuse(self, error: ResponseError) -> AlterConfigsResponse {
        let refused = self.resources.into_iter().map(|resource| {
            Replaced::default()
                .with_resource_type(resource.resource_type)
                .with_resource_name(resource.resource_name)
                .with_error_code(error.code())
        });
        AlterConfigsResponse::default().with_responses(refused.collect())
    }
}

/// Changes resources one by one, each as a whole or not at all.
fn alter(caller: &Caller, wanted: &[Wanted], validate_only: bool) -> Vec<Result<(), Refusal>> {
    let mut repeated = Repeated::of(wanted.iter().map(|one| (one.kind, one.name.clone())));
    let who = caller.who();
    let change = |broker: &mut Broker| {
        let alter = |one: &Wanted| {
            if repeated.check(&(one.kind, one.name.clone())).is_none() {
                return alter_one(broker, &who, one, validate_only);
            }
            let message = "Each resource must appear at most once.";
            Err(Refusal::new(ResponseError::InvalidRequest, message))
        };
        wanted.iter().map(alter).collect()
    };
    caller.broker.change(change)
}

/// Changes the configs of one resource.
fn alter_one(
    broker: &mut Broker,
    who: &Who,
    wanted: &Wanted,
    validate_only: bool,
) -> Result<(), Refusal> {
    match wanted.kind {
        TOPIC => broker.access.check(who, ALTER_TOPIC_CONFIGS, &wanted.name)?,
        BROKER => broker.access.check(who, ALTER_CLUSTER_CONFIGS, CLUSTER)?,
        _ => {}
    }
    if wanted.kind != TOPIC {
        let message = "The sandbox has no configs of this resource that can be changed.";
        return Err(Refusal::new(ResponseError::InvalidRequest, message));
    }
    let changes = wanted.changes.as_ref().map_err(Clone::clone)?;
    let topic = broker.topics.find(&wanted.name)?;
    let mut configs = if wanted.replaces { Configs::default() } else { topic.configs.clone() };
    let mut repeated = Repeated::of(changes.iter().map(|(name, _)| name.clone()));
    for (name, change) in changes {
        if repeated.check(name).is_some() {
            let message = "Error due to duplicate config keys";
            return Err(Refusal::new(ResponseError::InvalidRequest, message));
        }
        configs.change(name, change)?;
    }
    configs.check()?;
    if configs.memory() > topic.configs.memory() {
        broker.check_memory()?;
    }
    if !validate_only {
        broker.topics.find_mut(&wanted.name)?.configs = configs;
    }
    Ok(())
}
