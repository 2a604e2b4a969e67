//! Lag, held against what Kafka's own `ConsumerGroupCommand` says.

use serde_json::Value;

use crate::home::{Home, text, unique};
use crate::support::{Kafka, kafka, secure_kafka};

/// Writes numbered lines into a topic with kcat.
fn fill(kafka: &Kafka, topic: &str, records: usize) {
    let lines: Vec<_> = (0..records).map(|number| format!("{number}:value")).collect();
    kafka
        .kcat()
        .args(["-P", "-K:", "-t", topic])
        .write_stdin(lines.join("\n") + "\n")
        .assert()
        .success();
}

/// Has a group read some records and commit.
fn consume(kafka: &Kafka, topic: &str, group: &str, records: usize) {
    let records = records.to_string();
    let mut tool = kafka.tool("console-consumer");
    tool.args(["--topic", topic, "--group", group, "--from-beginning", "--max-messages", &records]);
    tool.assert().success();
}

/// Runs `lag … -o json` and returns the document.
fn lag(home: &Home, arguments: &[&str], exit: i32) -> Value {
    let mut command = kafka().flowctl(home);
    let ended = command.arg("lag").args(arguments).args(["-o", "json"]).assert().code(exit);
    serde_json::from_slice(&ended.get_output().stdout).unwrap()
}

/// Returns topic, partition, committed offset, end and lag of each line of Kafka's own tool.
fn judged(group: &str) -> Vec<[String; 5]> {
    let told = kafka().tool("groups").args(["--describe", "--group", group]).assert().success();
    let mut rows: Vec<[String; 5]> = text(&told.get_output().stdout)
        .lines()
        .filter(|line| line.starts_with(group))
        .map(|line| {
            let mut words = line.split_whitespace().skip(1).map(str::to_owned);
            std::array::from_fn(|_| words.next().unwrap())
        })
        .collect();
    rows.sort();
    rows
}

#[test]
fn every_number_is_that_of_kafkas_own_tool() {
    let topic = kafka().new_topic("lag", 3);
    let group = unique("lag-group");
    fill(kafka(), &topic, 90);
    consume(kafka(), &topic, &group, 50);
    let home = Home::new();
    let report = lag(&home, &[&group], 0);
    let partitions = report["items"][0]["partitions"].as_array().unwrap();
    let mut ours: Vec<[String; 5]> = partitions
        .iter()
        .map(|partition| {
            ["topic", "partition", "committed_offset", "log_end_offset", "lag"]
                .map(|key| partition[key].to_string().trim_matches('"').to_owned())
        })
        .collect();
    ours.sort();
    assert_eq!(ours, judged(&group));
    assert_eq!(report["items"][0]["lag"], 40);
    assert_eq!(report["items"][0]["state"], "Empty");
    assert_eq!(report["items"][0]["unknown_partition_count"], 0);
}

#[test]
fn a_threshold_that_is_passed_is_a_finding() {
    let topic = kafka().new_topic("lag-threshold", 1);
    let group = unique("lag-threshold-group");
    fill(kafka(), &topic, 10);
    consume(kafka(), &topic, &group, 4);
    let home = Home::new();
    lag(&home, &[&group, "--fail-above", "6"], 0);
    lag(&home, &[&group, "--fail-above", "5"], 2);
}

#[test]
fn a_consumer_without_commits_is_unknown_and_not_zero() {
    let flow = unique("lag-flow");
    let home = Home::new();
    home.write(
        "topology.yaml",
        &format!(
            "apiVersion: flowctl/v1\nproject: lag\nflows:\n  {flow}:\n    partitions: 2\n    \
             consumers: {{ {flow}-reader: {{}} }}\n"
        ),
    );
    let mut tool = kafka().tool("topics");
    tool.args(["--create", "--topic", &flow, "--partitions", "2"]).assert().success();

    let empty = lag(&home, &[&flow, "--fail-above", "0"], 0);
    assert_eq!(empty["items"][0]["lag"], Value::Null);
    assert_eq!(empty["items"][0]["state"], "Dead");
    assert_eq!(empty["items"][0]["partitions"][1]["note"], "no_commit");
    assert_eq!(empty["flows"][0]["flow"], flow.as_str());

    fill(kafka(), &flow, 5);
    let filled = lag(&home, &[&flow, "--fail-above", "1000"], 2);
    assert_eq!(filled["items"][0]["lag"], Value::Null);
    assert_eq!(filled["items"][0]["unknown_partition_count"], 2);
}

#[test]
fn records_deleted_unread_are_told() {
    let topic = kafka().new_topic("lag-lost", 1);
    let group = unique("lag-lost-group");
    fill(kafka(), &topic, 10);
    consume(kafka(), &topic, &group, 3);
    let home = Home::new();
    let wish =
        format!(r#"{{"partitions":[{{"topic":"{topic}","partition":0,"offset":7}}],"version":1}}"#);
    let file = home.write("delete.json", &wish);
    let mut tool = kafka().tool("delete-records");
    tool.arg("--offset-json-file").arg(file).assert().success();
    let report = lag(&home, &[&group], 0);
    let partition = &report["items"][0]["partitions"][0];
    assert_eq!(partition["note"], "lost");
    assert_eq!(partition["lost_records"], 4);
    assert_eq!(partition["lag"], 7);
}

#[test]
fn a_group_that_is_not_there_is_an_error() {
    let home = Home::new();
    let group = unique("lag-nobody");
    let ended = kafka().flowctl(&home).args(["lag", &group]).assert().code(1);
    assert!(text(&ended.get_output().stderr).contains("not found"));
}

#[test]
fn a_missing_right_names_operation_and_group() {
    let home = Home::new();
    let nobody = secure_kafka().variable("FLOWCTL_DEV_NOBODY_PROPERTIES");
    let mut command = home.flowctl();
    command.env("FLOWCTL_BROKERS", secure_kafka().brokers());
    let ended = command.args(["-F", nobody, "lag", "group/somebody"]).assert().code(6);
    let told = text(&ended.get_output().stderr);
    assert!(told.contains("DESCRIBE on group `somebody`"), "{told}");
}
