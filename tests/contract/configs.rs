//! Describing and changing the configs of topics.

use std::collections::BTreeMap;

use kafka_protocol::messages::alter_configs_request as replacing;
use kafka_protocol::messages::describe_configs_request::DescribeConfigsResource;
use kafka_protocol::messages::describe_configs_response::{
    DescribeConfigsResourceResult, DescribeConfigsResult,
};
use kafka_protocol::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig,
};
use kafka_protocol::messages::incremental_alter_configs_response::AlterConfigsResourceResponse;
use kafka_protocol::messages::{
    AlterConfigsRequest, DescribeConfigsRequest, IncrementalAlterConfigsRequest,
};
use kafka_protocol::protocol::StrBytes;

use crate::broker::{Broker, eventually, unique};
use crate::client::Client;
use crate::topics::{create, try_create_with};

crate::behaviours! {
    every_topic_config_has_kafkas_name_type_and_default,
    a_config_is_set_and_taken_away,
    lists_grow_and_shrink_by_words,
    values_are_shown_as_kafka_writes_them,
    bad_changes_change_nothing,
    validating_changes_nothing,
    replacing_takes_away_what_it_does_not_name,
    what_is_replaced_has_a_value,
    what_does_not_fit_together_is_refused,
    what_is_not_there_says_so,
    only_what_was_asked_for_is_told,
}

const TOPIC: i8 = 2;
pub(crate) const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn ask(client: &mut Client, topic: &str, keys: Option<&[&str]>) -> DescribeConfigsResult {
    let resource = DescribeConfigsResource::default()
        .with_resource_type(TOPIC)
        .with_resource_name(text(topic))
        .with_configuration_keys(keys.map(|keys| keys.iter().map(|key| text(key)).collect()));
    let request = DescribeConfigsRequest::default()
        .with_resources(vec![resource])
        .with_include_synonyms(true);
    let [result] = client.ask_in(4, &request).results.try_into().unwrap();
    result
}

fn describe(client: &mut Client, topic: &str) -> BTreeMap<String, DescribeConfigsResourceResult> {
    let result = ask(client, topic, None);
    assert_eq!(result.error_code, 0, "{result:?}");
    result.configs.into_iter().map(|config| (config.name.to_string(), config)).collect()
}

/// Returns a config's value and where it comes from.
fn value(client: &mut Client, topic: &str, key: &str) -> (String, i8) {
    let config = describe(client, topic).remove(key).unwrap();
    (config.value.unwrap().to_string(), config.config_source)
}

/// Waits for a value: a broker hears of a change a moment after it was answered.
#[track_caller]
fn becomes(client: &mut Client, topic: &str, key: &str, wanted: &str, source: i8) {
    eventually(|| value(client, topic, key) == (wanted.to_owned(), source));
}

pub(crate) fn alter(
    client: &mut Client,
    topic: &str,
    changes: &[(&str, i8, Option<&str>)],
    validate_only: bool,
) -> AlterConfigsResourceResponse {
    let config = |(key, operation, value): &(&str, i8, Option<&str>)| {
        AlterableConfig::default()
            .with_name(text(key))
            .with_config_operation(*operation)
            .with_value(value.map(text))
    };
    let resource = AlterConfigsResource::default()
        .with_resource_type(TOPIC)
        .with_resource_name(text(topic))
        .with_configs(changes.iter().map(config).collect());
    let request = IncrementalAlterConfigsRequest::default()
        .with_resources(vec![resource])
        .with_validate_only(validate_only);
    let [result] = client.ask_in(1, &request).responses.try_into().unwrap();
    result
}

/// Changes what has to work.
fn set(client: &mut Client, topic: &str, changes: &[(&str, i8, Option<&str>)]) {
    let result = alter(client, topic, changes, false);
    assert_eq!(result.error_code, 0, "{result:?}");
}

fn every_topic_config_has_kafkas_name_type_and_default(broker: &Broker) {
    let (topic, mut client) = (unique("defaults"), broker.connect());
    create(&mut client, &topic, 1);
    let configs = describe(&mut client, &topic);
    let expected = include_str!("topic_configs.txt").lines().map(|line| {
        let (name, rest) = line.split_once(' ').unwrap();
        let (kind, value) = rest.split_once(' ').unwrap();
        (name.to_owned(), (kind.parse::<i8>().unwrap(), value.to_owned()))
    });
    let found = configs
        .into_iter()
        .map(|(name, config)| (name, (config.config_type, config.value.unwrap().to_string())));
    assert_eq!(found.collect::<BTreeMap<_, _>>(), expected.collect());
}

fn a_config_is_set_and_taken_away(broker: &Broker) {
    let (topic, mut client) = (unique("set"), broker.connect());
    create(&mut client, &topic, 1);
    set(&mut client, &topic, &[("retention.bytes", SET, Some("1000"))]);
    becomes(&mut client, &topic, "retention.bytes", "1000", 1);
    let config = describe(&mut client, &topic).remove("retention.bytes").unwrap();
    let synonyms: Vec<_> = config
        .synonyms
        .iter()
        .map(|one| (one.name.as_str(), one.value.as_deref(), one.source))
        .collect();
    assert_eq!(
        synonyms,
        [("retention.bytes", Some("1000"), 1), ("log.retention.bytes", Some("-1"), 5)]
    );
    set(&mut client, &topic, &[("retention.bytes", DELETE, None)]);
    becomes(&mut client, &topic, "retention.bytes", "-1", 5);
    set(&mut client, &topic, &[("retention.bytes", DELETE, None)]);
}

fn lists_grow_and_shrink_by_words(broker: &Broker) {
    let (topic, mut client) = (unique("lists"), broker.connect());
    create(&mut client, &topic, 1);
    let policy = |client: &mut Client, wanted: &str, source: i8| {
        becomes(client, &topic, "cleanup.policy", wanted, source);
    };
    set(&mut client, &topic, &[("cleanup.policy", APPEND, Some("compact"))]);
    policy(&mut client, "delete,compact", 1);
    set(&mut client, &topic, &[("cleanup.policy", APPEND, Some("compact"))]);
    policy(&mut client, "delete,compact", 1);
    set(&mut client, &topic, &[("cleanup.policy", SUBTRACT, Some("delete"))]);
    policy(&mut client, "compact", 1);
    let refused = alter(&mut client, &topic, &[("retention.ms", APPEND, Some("1"))], false);
    assert_eq!(refused.error_code, 40);
    let message = "Can't APPEND to key retention.ms because its type is not LIST.";
    assert_eq!(refused.error_message.unwrap().as_str(), message);
}

fn values_are_shown_as_kafka_writes_them(broker: &Broker) {
    let (topic, mut client) = (unique("shown"), broker.connect());
    create(&mut client, &topic, 1);
    for (key, written, shown) in [
        ("retention.ms", " 100 ", "100"),
        ("cleanup.policy", "compact, delete", "compact,delete"),
        ("min.cleanable.dirty.ratio", "0.25", "0.25"),
        ("compression.type", "zstd", "zstd"),
    ] {
        set(&mut client, &topic, &[(key, SET, Some(written))]);
        becomes(&mut client, &topic, key, shown, 1);
    }
}

fn bad_changes_change_nothing(broker: &Broker) {
    let (topic, mut client) = (unique("bad"), broker.connect());
    create(&mut client, &topic, 1);
    for (changes, code) in [
        (&[("retention.ms", SET, Some("1000")), ("nonsense", SET, Some("1"))][..], 40),
        (&[("retention.ms", SET, Some("-2"))], 40),
        (&[("retention.ms", SET, None)], 42),
        (&[("retention.ms", SET, Some("1")), ("retention.ms", SET, Some("2"))], 42),
    ] {
        let result = alter(&mut client, &topic, changes, false);
        assert_eq!(result.error_code, code, "{changes:?}: {result:?}");
        assert_eq!(value(&mut client, &topic, "retention.ms"), ("604800000".to_owned(), 5));
    }
}

fn validating_changes_nothing(broker: &Broker) {
    let (topic, mut client) = (unique("validate"), broker.connect());
    create(&mut client, &topic, 1);
    let result = alter(&mut client, &topic, &[("retention.ms", SET, Some("1000"))], true);
    assert_eq!(result.error_code, 0);
    assert_eq!(value(&mut client, &topic, "retention.ms"), ("604800000".to_owned(), 5));
    let result = alter(&mut client, &topic, &[("retention.ms", SET, Some("x"))], true);
    assert_eq!(result.error_code, 40);
}

fn replacing_takes_away_what_it_does_not_name(broker: &Broker) {
    let (topic, mut client) = (unique("replace"), broker.connect());
    create(&mut client, &topic, 1);
    set(&mut client, &topic, &[("retention.ms", SET, Some("1000"))]);
    let config = replacing::AlterableConfig::default()
        .with_name(text("retention.bytes"))
        .with_value(Some(text("5")));
    let resource = replacing::AlterConfigsResource::default()
        .with_resource_type(TOPIC)
        .with_resource_name(text(&topic))
        .with_configs(vec![config]);
    let request = AlterConfigsRequest::default().with_resources(vec![resource]);
    assert_eq!(client.ask_in(2, &request).responses[0].error_code, 0);
    becomes(&mut client, &topic, "retention.bytes", "5", 1);
    becomes(&mut client, &topic, "retention.ms", "604800000", 5);
}

fn what_is_replaced_has_a_value(broker: &Broker) {
    let (topic, mut client) = (unique("replace-null"), broker.connect());
    create(&mut client, &topic, 1);
    let config =
        replacing::AlterableConfig::default().with_name(text("retention.ms")).with_value(None);
    let resource = replacing::AlterConfigsResource::default()
        .with_resource_type(TOPIC)
        .with_resource_name(text(&topic))
        .with_configs(vec![config]);
    let request = AlterConfigsRequest::default().with_resources(vec![resource]);
    assert_eq!(client.ask_in(2, &request).responses[0].error_code, 42);
}

fn what_does_not_fit_together_is_refused(broker: &Broker) {
    let (topic, mut client) = (unique("together"), broker.connect());
    create(&mut client, &topic, 1);
    let (least, most) = ("min.compaction.lag.ms", "max.compaction.lag.ms");
    for wrong in [
        vec![(least, SET, Some("2")), (most, SET, Some("1"))],
        vec![("remote.storage.enable", SET, Some("true"))],
    ] {
        let refused = alter(&mut client, &topic, &wrong, false);
        assert_eq!(refused.error_code, 40, "{refused:?}");
    }
    set(&mut client, &topic, &[(least, SET, Some("2"))]);
    becomes(&mut client, &topic, least, "2", 1);
    let refused = alter(&mut client, &topic, &[(most, SET, Some("1"))], false);
    assert_eq!(refused.error_code, 40, "{refused:?}");
    let message = "conflict topic config setting min.compaction.lag.ms (2) > \
                   max.compaction.lag.ms (1)";
    assert!(refused.error_message.unwrap().contains(message));
    let configs = [(least, "2"), (most, "1")];
    assert_eq!(try_create_with(&mut client, &unique("together-new"), &configs), 40);
}

fn what_is_not_there_says_so(broker: &Broker) {
    let mut client = broker.connect();
    assert_eq!(ask(&mut client, "not-there", None).error_code, 3);
    let changes = [("retention.ms", SET, Some("1"))];
    assert_eq!(alter(&mut client, "not-there", &changes, false).error_code, 3);
}

fn only_what_was_asked_for_is_told(broker: &Broker) {
    let (topic, mut client) = (unique("some"), broker.connect());
    create(&mut client, &topic, 1);
    let some = ask(&mut client, &topic, Some(&["retention.ms", "nonsense"]));
    let names: Vec<_> = some.configs.iter().map(|config| config.name.as_str()).collect();
    assert_eq!(names, ["retention.ms"]);
}
