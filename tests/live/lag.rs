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
fn a_missing_right_names_operation_and_group() {
    let home = Home::new();
    let nobody = secure_kafka().variable("FLOWCTL_DEV_NOBODY_PROPERTIES");
    let mut command = home.flowctl();
    command.env("FLOWCTL_BROKERS", secure_kafka().brokers());
    let ended = command.args(["-F", nobody, "lag", "group/somebody"]).assert().code(6);
    let told = text(&ended.get_output().stderr);
    assert!(told.contains("DESCRIBE on group `somebody`"), "{told}");
}
