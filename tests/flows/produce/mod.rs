//! What `flowctl produce` makes, says and refuses.

mod refusals;
mod running;

use flowctl::model::header::Header;

use crate::broker::Broker;
use crate::home::{Home, text, unique};
use crate::sandboxed::Sandboxed;

/// Returns the partition and the value of each record.
fn placed(broker: &Broker, topic: &str) -> Vec<(i32, String)> {
    let records = broker.read(topic).into_iter();
    let placed =
        records.map(|record| (record.topic_partition.partition, text(&record.value.unwrap())));
    placed.collect()
}

#[test]
fn test_events_arrive_keyed_by_user_and_are_counted_by_partition() {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("produce-events", 3);
    let home = Home::new();
    let mut command = sandbox.flowctl(&home);
    let said = command.args(["produce", &topic, "--count", "500", "-o", "json"]).assert().success();
    let report: serde_json::Value = serde_json::from_slice(&said.get_output().stdout).unwrap();
    assert_eq!((&report["kind"], &report["records"]), (&"ProduceReport".into(), &500.into()));
    let mut counted = 0;
    for item in report["items"].as_array().unwrap() {
        counted += item["records"].as_u64().unwrap();
        assert_eq!(item["last_offset"].as_u64(), item["records"].as_u64().map(|n| n - 1));
    }
    assert_eq!(counted, 500);
    for record in sandbox.read(&topic) {
        let value: serde_json::Value = serde_json::from_slice(&record.value.unwrap()).unwrap();
        assert_eq!(value["userId"].as_str().unwrap().as_bytes(), record.key.unwrap());
        let time = value["timestamp"].as_str().unwrap().to_owned();
        let expected = [Header::new("source", "web-app"), Header::new("timestamp", time)];
        assert_eq!(record.headers, expected);
    }
}

#[test]
fn envelopes_bring_their_own_topics_and_partitions() {
    let sandbox = Sandboxed::start();
    let one = sandbox.new_topic("produce-own-one", 3);
    let two = sandbox.new_topic("produce-own-two", 3);
    let home = Home::new();
    let lines = format!(
        "{{\"topic\":\"{one}\",\"partition\":2,\"value\":\"a\"}}\n\n{{\"topic\":\"{two}\",\"partition\":0,\"value\":\"b\"}}\n"
    );
    let mut command = sandbox.flowctl(&home);
    command.args(["produce", "--input", "jsonl", "-p", "same"]).write_stdin(lines);
    let said = text(&command.assert().success().get_output().stderr);
    assert!(said.contains("produced 2 records to 2 topics (2 partitions)"), "{said}");
    assert_eq!(placed(&sandbox, &one), [(2, "a".to_owned())]);
    assert_eq!(placed(&sandbox, &two), [(0, "b".to_owned())]);
    let missing = unique("produce-own-missing");
    let mut command = sandbox.flowctl(&home);
    command.args(["produce", "--input", "jsonl"]).write_stdin(format!(
        "{{\"topic\":\"{one}\",\"value\":0}}\n{{\"topic\":\"{missing}\",\"value\":1}}\n"
    ));
    let said = text(&command.assert().code(1).get_output().stderr);
    assert!(said.contains("line 2; 1 record was produced before it"), "{said}");
    assert!(said.contains(&format!("topic `{missing}`")), "{said}");
    assert_eq!(sandbox.read(&one).len(), 2);
    // What stands behind it was read too, and is not forgotten.
    let mut command = sandbox.flowctl(&home);
    command.args(["produce", "--input", "jsonl", "-o", "json"]).write_stdin(format!(
        "{{\"topic\":\"{missing}\",\"value\":0}}\n{{\"topic\":\"{one}\",\"value\":1}}\n"
    ));
    let report = text(&command.assert().code(1).get_output().stdout);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!((&report["records"], &report["unsent"]), (&0.into(), &2.into()), "{report}");
    assert_eq!(report["first_undelivered"], "line 1");
}

#[test]
fn an_offset_that_the_broker_was_not_asked_for_is_null() {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("produce-acks-none", 1);
    let home = Home::new();
    let mut command = sandbox.flowctl(&home);
    command.args(["produce", &topic, "-X", "acks=0", "-o", "json"]).write_stdin("a\nb\n");
    let report = text(&command.assert().success().get_output().stdout);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let item = &report["items"][0];
    assert_eq!((&report["records"], &item["records"]), (&2.into(), &2.into()), "{report}");
    assert!(item["first_offset"].is_null() && item["last_offset"].is_null(), "{report}");
}
