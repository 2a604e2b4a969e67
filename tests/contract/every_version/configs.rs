//! Configs.

use kafka_protocol::messages::alter_configs_request as replacing;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig,
};
use kafka_protocol::messages::{
    AlterConfigsRequest, AlterConfigsResponse, DescribeConfigsRequest, DescribeConfigsResponse,
    IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse,
};
use kafka_protocol::protocol::StrBytes;

use super::{Asked, World, text};
use crate::broker::eventually;

const TOPIC: i8 = 2;
const RETENTION: &str = "retention.ms";

/// The value that is set in a version: another one in each.
fn value(version: i16) -> StrBytes {
    text(&format!("{}", 3_600_000 + i64::from(version)))
}

/// Asks for one config of a topic.
fn describe(topic: &str) -> DescribeConfigsRequest {
    let resource = DescribeConfigsResource::default()
        .with_resource_type(TOPIC)
        .with_resource_name(text(topic))
        .with_configuration_keys(Some(vec![text(RETENTION)]));
    DescribeConfigsRequest::default().with_resources(vec![resource])
}

/// Waits until the config has the value of a version.
fn is_set(world: &mut World<'_>, version: i16) {
    let request = describe(&world.topic().0);
    eventually(|| {
        let answer = world.client.ask_in(4, &request);
        answer.results[0].configs[0].value == Some(value(version))
    });
}

impl Asked for DescribeConfigsRequest {
    fn request(world: &mut World<'_>, _version: i16) -> Self {
        describe(&world.topic().0)
    }

    fn check(answer: &DescribeConfigsResponse, world: &mut World<'_>, version: i16) {
        let [result] = answer.results.as_slice() else { panic!("{answer:?}") };
        assert_eq!((result.error_code, result.resource_type), (0, TOPIC));
        assert_eq!(result.resource_name, text(&world.topic().0));
        let [config] = result.configs.as_slice() else { panic!("{answer:?}") };
        assert_eq!((&config.name, &config.value), (&text(RETENTION), &Some(text("604800000"))));
        assert_eq!(
            (config.config_source, config.read_only, config.is_sensitive),
            (5, false, false)
        );
        assert_eq!(config.config_type, if version < 3 { 0 } else { 5 });
    }
}

impl Asked for AlterConfigsRequest {
    fn request(world: &mut World<'_>, version: i16) -> Self {
        let config = replacing::AlterableConfig::default().with_name(text(RETENTION));
        let resource = replacing::AlterConfigsResource::default()
            .with_resource_type(TOPIC)
            .with_resource_name(text(&world.topic().0))
            .with_configs(vec![config.with_value(Some(value(version)))]);
        Self::default().with_resources(vec![resource])
    }

    fn check(answer: &AlterConfigsResponse, world: &mut World<'_>, version: i16) {
        let [result] = answer.responses.as_slice() else { panic!("{answer:?}") };
        assert_eq!((result.error_code, result.resource_type), (0, TOPIC));
        assert_eq!(result.error_message, None);
        assert_eq!(result.resource_name, text(&world.topic().0));
        is_set(world, version);
    }
}

impl Asked for IncrementalAlterConfigsRequest {
    fn request(world: &mut World<'_>, version: i16) -> Self {
        let config = AlterableConfig::default().with_name(text(RETENTION));
        let resource = AlterConfigsResource::default()
            .with_resource_type(TOPIC)
            .with_resource_name(text(&world.topic().0))
            .with_configs(vec![config.with_value(Some(value(version)))]);
        Self::default().with_resources(vec![resource])
    }

    fn check(answer: &IncrementalAlterConfigsResponse, world: &mut World<'_>, version: i16) {
        let [result] = answer.responses.as_slice() else { panic!("{answer:?}") };
        assert_eq!((result.error_code, result.resource_type), (0, TOPIC));
        assert_eq!(result.error_message, None);
        assert_eq!(result.resource_name, text(&world.topic().0));
        is_set(world, version);
    }
}
