//! What `flowctl lag` shows, and when it is a finding.

use serde_json::Value;

use crate::broker::Broker;
use crate::home::{Home, text, unique};
use crate::records::record;
use crate::sandboxed::Sandboxed;

/// Writes numbered records into partition 0.
fn fill(broker: &Broker, topic: &str, records: usize) {
    broker.write((0..records).map(|number| record(topic, 0, &number.to_string(), "value")));
}

/// Runs `lag … -o json` and returns the document.
fn lag(broker: &Broker, home: &Home, arguments: &[&str], exit: i32) -> Value {
    let mut command = broker.flowctl(home);
    let ended = command.arg("lag").args(arguments).args(["-o", "json"]).assert().code(exit);
    serde_json::from_slice(&ended.get_output().stdout).unwrap()
}

#[test]
fn a_threshold_that_is_passed_is_a_finding() {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("lag-threshold", 1);
    let group = unique("lag-threshold-group");
    fill(&sandbox, &topic, 10);
    sandbox.commit(&topic, &group, 4);
    let home = Home::new();
    lag(&sandbox, &home, &[&group, "--fail-above", "6"], 0);
    lag(&sandbox, &home, &[&group, "--fail-above", "5"], 2);
}

#[test]
fn all_groups_are_those_of_the_cluster_whatever_a_topology_declares() {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("lag-all", 1);
    fill(&sandbox, &topic, 5);
    sandbox.commit(&topic, "there", 2);
    let home = Home::new();
    home.write(
        "topology.yaml",
        "apiVersion: flowctl/v1\nproject: lag\nflows:\n  not-there:\n    partitions: 2\n    \
         consumers: { nobody: {} }\n",
    );
    let all = lag(&sandbox, &home, &["--all-groups"], 0);
    let groups: Vec<_> =
        all["items"].as_array().unwrap().iter().map(|item| &item["group"]).collect();
    assert_eq!(groups, ["there"]);
    lag(&sandbox, &home, &["not-there"], 1);
}

#[test]
fn a_consumer_without_commits_is_unknown_and_not_zero() {
    let sandbox = Sandboxed::start();
    let flow = unique("lag-flow");
    let home = Home::new();
    home.write(
        "topology.yaml",
        &format!(
            "apiVersion: flowctl/v1\nproject: lag\nflows:\n  {flow}:\n    partitions: 2\n    \
             consumers: {{ {flow}-reader: {{}} }}\n"
        ),
    );
    sandbox.create_topic(&flow, 2, &[]);

    let empty = lag(&sandbox, &home, &[&flow, "--fail-above", "0"], 0);
    assert_eq!(empty["items"][0]["lag"], Value::Null);
    assert_eq!(empty["items"][0]["state"], "Dead");
    assert_eq!(empty["items"][0]["partitions"][1]["note"], "no_commit");
    assert_eq!(empty["flows"][0]["flow"], flow.as_str());

    fill(&sandbox, &flow, 5);
    let filled = lag(&sandbox, &home, &[&flow, "--fail-above", "1000"], 2);
    assert_eq!(filled["items"][0]["lag"], Value::Null);
    assert_eq!(filled["items"][0]["unknown_partition_count"], 2);
}

#[test]
fn records_deleted_unread_are_told() {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("lag-lost", 1);
    let group = unique("lag-lost-group");
    fill(&sandbox, &topic, 10);
    sandbox.commit(&topic, &group, 3);
    let home = Home::new();
    sandbox.delete_before(&topic, 7);
    let report = lag(&sandbox, &home, &[&group], 0);
    let partition = &report["items"][0]["partitions"][0];
    assert_eq!(partition["note"], "lost");
    assert_eq!(partition["lost_records"], 4);
    assert_eq!(partition["lag"], 7);
}

#[test]
fn a_group_that_is_not_there_is_an_error() {
    let sandbox = Sandboxed::start();
    let home = Home::new();
    let group = unique("lag-nobody");
    let ended = sandbox.flowctl(&home).args(["lag", &group]).assert().code(1);
    assert!(text(&ended.get_output().stderr).contains("not found"));
}
