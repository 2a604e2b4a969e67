//! Creating topics.

use kafka_protocol::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use kafka_protocol::messages::create_topics_response::CreatableTopicResult;
use kafka_protocol::messages::{CreateTopicsRequest, TopicName};
use kafka_protocol::protocol::StrBytes;
use uuid::Uuid;

use crate::broker::{Broker, unique};
use crate::client::Client;

crate::behaviours! {
    a_topic_is_created_once,
    validating_creates_nothing,
    bad_topics_are_refused_one_by_one,
    configs_are_checked_and_told,
    a_name_that_comes_twice_is_refused_once,
}

/// Returns a topic's name for the protocol.
pub(crate) fn name(text: &str) -> TopicName {
    TopicName(StrBytes::from_string(text.to_owned()))
}

/// Describes a topic to be created.
pub(crate) fn new(topic: &str, partitions: i32) -> CreatableTopic {
    CreatableTopic::default()
        .with_name(name(topic))
        .with_num_partitions(partitions)
        .with_replication_factor(1)
}

/// Creates a topic and returns its id.
pub(crate) fn create(client: &mut Client, topic: &str, partitions: i32) -> Uuid {
    let [result] = ask(client, vec![new(topic, partitions)], false).try_into().unwrap();
    assert_eq!(result.error_code, 0, "{result:?}");
    result.topic_id
}

/// Creates a topic with one partition and configs.
#[track_caller]
pub(crate) fn create_with(client: &mut Client, topic: &str, configs: &[(&str, &str)]) {
    assert_eq!(try_create_with(client, topic, configs), 0);
}

/// Tries to create a topic with one partition and configs; returns the error's code.
pub(crate) fn try_create_with(client: &mut Client, topic: &str, configs: &[(&str, &str)]) -> i16 {
    let configs = configs.iter().map(|(key, value)| config(key, value)).collect();
    let [result] =
        ask(client, vec![new(topic, 1).with_configs(configs)], false).try_into().unwrap();
    result.error_code
}

fn ask(
    client: &mut Client,
    topics: Vec<CreatableTopic>,
    validate: bool,
) -> Vec<CreatableTopicResult> {
    let request = CreateTopicsRequest::default()
        .with_topics(topics)
        .with_timeout_ms(30_000)
        .with_validate_only(validate);
    client.ask_in(7, &request).topics
}

fn config(key: &str, value: &str) -> CreatableTopicConfig {
    CreatableTopicConfig::default()
        .with_name(StrBytes::from_string(key.to_owned()))
        .with_value(Some(StrBytes::from_string(value.to_owned())))
}

fn a_topic_is_created_once(broker: &Broker) {
    let (topic, mut client) = (unique("once"), broker.connect());
    let [first] = ask(&mut client, vec![new(&topic, 2)], false).try_into().unwrap();
    assert_eq!((first.error_code, first.num_partitions, first.replication_factor), (0, 2, 1));
    assert_ne!(first.topic_id, Uuid::nil());
    let [again] = ask(&mut client, vec![new(&topic, 2)], false).try_into().unwrap();
    assert_eq!(again.error_code, 36);
    assert_eq!(
        again.error_message.unwrap().to_string(),
        format!("Topic '{topic}' already exists.")
    );
}

fn validating_creates_nothing(broker: &Broker) {
    let (topic, mut client) = (unique("validated"), broker.connect());
    for _ in 0..2 {
        let [result] = ask(&mut client, vec![new(&topic, 4)], true).try_into().unwrap();
        assert_eq!((result.error_code, result.num_partitions), (0, 4));
    }
}

fn bad_topics_are_refused_one_by_one(broker: &Broker) {
    let mut client = broker.connect();
    let fine = unique("fine");
    let bad = |topic: CreatableTopic, code: i16| (topic, code);
    let cases = [
        bad(new("", 1), 17),
        bad(new("..", 1), 17),
        bad(new("a b", 1), 17),
        bad(new(&"x".repeat(250), 1), 17),
        bad(new(&unique("none"), 0), 37),
        bad(new(&unique("replicated"), 1).with_replication_factor(3), 38),
        bad(new(&unique("unreplicated"), 1).with_replication_factor(0), 38),
        bad(new(&unique("config"), 1).with_configs(vec![config("nonsense", "1")]), 40),
        bad(new(&fine, 1), 0),
    ];
    let topics = cases.iter().map(|(topic, _)| topic.clone()).collect();
    let results = ask(&mut client, topics, false);
    assert_eq!(results.len(), cases.len());
    for (topic, code) in cases {
        let result = results.iter().find(|result| result.name == topic.name).unwrap();
        assert_eq!(result.error_code, code, "{topic:?}: {result:?}");
    }
}

fn configs_are_checked_and_told(broker: &Broker) {
    let mut client = broker.connect();
    let checked = |client: &mut Client, key: &str, value: &str| {
        let topic = new(&unique("configs"), 1).with_configs(vec![config(key, value)]);
        let [result] = ask(client, vec![topic], true).try_into().unwrap();
        result
    };
    for (key, value, message) in [
        ("foo", "1", "Unknown topic config name: foo"),
        (
            "retention.ms",
            "-2",
            "Invalid value -2 for configuration retention.ms: Value must be at least -1",
        ),
        (
            "retention.ms",
            "",
            "Invalid value  for configuration retention.ms: Not a number of type LONG",
        ),
        (
            "segment.bytes",
            "100",
            "Invalid value 100 for configuration segment.bytes: Value must be at least 1048576",
        ),
        (
            "cleanup.policy",
            "foo",
            "Invalid value foo for configuration cleanup.policy: String must be one of: compact, delete",
        ),
    ] {
        let result = checked(&mut client, key, value);
        assert_eq!(result.error_code, 40, "{key}={value}");
        assert_eq!(result.error_message.unwrap().as_str(), message);
    }
    let result = checked(&mut client, "retention.ms", "3600000");
    assert_eq!(result.error_code, 0);
    let configs = result.configs.unwrap();
    let told = |key: &str| {
        let config = configs.iter().find(|config| config.name.as_str() == key).unwrap();
        (config.value.as_ref().map(ToString::to_string), config.config_source)
    };
    assert_eq!(told("retention.ms"), (Some("3600000".to_owned()), 1));
    assert_eq!(told("cleanup.policy"), (Some("delete".to_owned()), 5));
    assert_eq!(told("message.timestamp.after.max.ms"), (Some("3600000".to_owned()), 5));
}

fn a_name_that_comes_twice_is_refused_once(broker: &Broker) {
    let (topic, mut client) = (unique("twice"), broker.connect());
    let results = ask(&mut client, vec![new(&topic, 1), new(&topic, 1)], false);
    let [result] = results.as_slice() else { panic!("{results:?}") };
    assert_eq!(result.error_code, 42);
}
