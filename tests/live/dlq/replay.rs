//! A replay copies what was there, as it was.

use std::collections::BTreeSet;
use std::time::Duration;

use flowctl::clock::Deadline;
use flowctl::model::header::Header;
use flowctl::model::record::{OutgoingRecord, SentTime};
use flowctl::model::timestamp::Timestamp;
use serde_json::Value;

use super::crashes::signal;
use crate::broker::Broker;
use crate::home::{Home, text};
use crate::records::record;
use crate::running::{Running, flowctl};
use crate::support::{OwnKafka, kafka};

/// The times below are old: retention would delete the records while a test runs.
const FOR_EVER: (&str, &str) = ("retention.ms", "-1");

/// Writes records with times of their own and returns the topic.
fn source(partitions: i32, each: i64) -> String {
    let topic = kafka().new_topic_with("replay-source", partitions, &[FOR_EVER]);
    kafka().write((0..partitions).flat_map(|partition| {
        let topic = topic.clone();
        (0..each).map(move |number| {
            let mut record = record(&topic, partition, &format!("{partition}-{number}"), "v\u{0}");
            record.timestamp = SentTime::At(Timestamp(1_700_000_000_000 + number * 1_000));
            record.headers = vec![Header::new("h", "1"), Header::new("h", "")];
            record
        })
    }));
    topic
}

fn replay(words: &[&str]) -> (i32, String, String) {
    replay_on(kafka(), words)
}

fn replay_on(kafka: &Broker, words: &[&str]) -> (i32, String, String) {
    let home = Home::new();
    let ended = kafka.flowctl(&home).arg("replay").args(words).output().unwrap();
    (ended.status.code().unwrap(), text(&ended.stdout), text(&ended.stderr))
}

#[test]
fn a_copy_has_the_same_bytes_times_and_partitions() {
    let source = source(3, 50);
    // As producers of before 2016 left them: without a timestamp.
    kafka().write((0..2).map(|partition| {
        let timestamp = SentTime::Absent;
        OutgoingRecord { timestamp, ..record(&source, partition, "untimed", "v") }
    }));
    let target = kafka().new_topic_with("replay-target", 3, &[FOR_EVER]);
    let (code, _, told) = replay(&[&source, "--to", &target, "--yes"]);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("copied 152 records"), "{told}");
    let content = |topic: &str| {
        let all = kafka().read(topic).into_iter().map(|record| {
            let partition = record.topic_partition.partition;
            (partition, record.timestamp, record.key, record.value, record.headers)
        });
        all.collect::<Vec<_>>()
    };
    assert_eq!(content(&target), content(&source));
    let untimed = kafka().read(&target).into_iter().filter(|record| record.timestamp.is_none());
    assert_eq!(untimed.count(), 2);
}

#[test]
fn a_range_is_what_the_dry_run_counts() {
    let source = source(2, 50);
    let target = kafka().new_topic_with("replay-range", 1, &[FOR_EVER]);
    // From second 10 on; partition 1 to offset 30, the other one to its end.
    let words = ["--to", &target, "--from", "@1700000010000", "--until", "1=30"];
    let (code, counted, told) =
        replay(&[&[source.as_str(), "--dry-run", "-o", "json"], &words[..]].concat());
    assert_eq!(code, 0, "{told}");
    let counted: Value = serde_json::from_str(&counted).unwrap();
    let records: Vec<_> =
        counted["items"].as_array().unwrap().iter().map(|item| &item["records"]).collect();
    assert_eq!(records, [40, 20]);
    assert!(kafka().read(&target).is_empty());
    let (code, _, told) = replay(&[&[source.as_str(), "--yes"], &words[..]].concat());
    assert_eq!(code, 0, "{told}");
    assert_eq!(kafka().read(&target).len(), 60);
}

#[test]
fn a_range_of_one_partition_copies_nothing_of_the_others() {
    let source = source(3, 20);
    let target = kafka().new_topic_with("replay-one-partition", 3, &[FOR_EVER]);
    let (code, _, told) =
        replay(&[&source, "--to", &target, "--from", "0=2", "--until", "0=5", "--yes"]);
    assert_eq!(code, 0, "{told}");
    let copied = kafka().read(&target).into_iter().map(|record| record.key.unwrap());
    assert_eq!(copied.collect::<Vec<_>>(), ["0-2", "0-3", "0-4"]);
}

#[test]
fn refused_records_are_named_and_the_others_are_copied() {
    let source = source(2, 200);
    let mut large = record(&source, 1, "large", &"x".repeat(5_000));
    large.timestamp = SentTime::At(Timestamp(1_700_000_000_000));
    kafka().write([large, record(&source, 1, "last", "v")]);
    let target =
        kafka().new_topic_with("replay-small", 1, &[FOR_EVER, ("max.message.bytes", "4000")]);
    let (code, report, told) = replay(&[&source, "--to", &target, "--yes", "-o", "json"]);
    assert_eq!(code, 3, "{told}");
    let named = format!("{source}[1]@200 was not copied: MESSAGE_TOO_LARGE");
    assert!(told.contains(&named), "{told}");
    assert!(told.contains("copied 401 records") && told.contains("; 1 refused"), "{told}");
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!((&report["copied"], &report["refused"]), (&401.into(), &1.into()));
    assert_eq!(report["errors"][0]["code"], "MESSAGE_TOO_LARGE");
    assert_eq!(report["items"][1]["next_offset"], 202);
    assert_eq!(report["items"][1]["refused_offsets"], serde_json::json!([[200, 200]]));
    let copied = kafka().read(&target);
    assert_eq!(copied.len(), 401);
    assert!(copied.iter().all(|record| record.key.as_deref() != Some(b"large")));
    assert_eq!(copied[400].key.as_deref(), Some(&b"last"[..]));
}

#[test]
fn partitions_and_a_limit_narrow_it_down_as_the_dry_run_says() {
    let source = source(3, 30);
    let target = kafka().new_topic_with("replay-limit", 3, &[FOR_EVER]);
    let words = ["--partition", "1", "-p", "2", "--limit", "35", "--to", &target];
    let (code, counted, told) =
        replay(&[&[source.as_str(), "--dry-run", "-o", "json"], &words[..]].concat());
    assert_eq!(code, 0, "{told}");
    let counted: Value = serde_json::from_str(&counted).unwrap();
    let records: Vec<_> =
        counted["items"].as_array().unwrap().iter().map(|item| &item["records"]).collect();
    assert_eq!(records, [30, 5]);
    let (code, _, told) = replay(&[&[source.as_str(), "--yes"], &words[..]].concat());
    assert_eq!(code, 0, "{told}");
    let mut counts = [0; 3];
    for record in kafka().read(&target) {
        counts[usize::try_from(record.topic_partition.partition).unwrap()] += 1;
    }
    assert_eq!(counts, [0, 30, 5]);
    assert_eq!(replay(&[&source, "--to", &target, "--partition", "7", "--yes"]).0, 64);
}

#[test]
fn a_topic_is_not_copied_into_itself_nor_without_a_confirmation() {
    let source = source(1, 1);
    let target = kafka().new_topic_with("replay-refused", 1, &[FOR_EVER]);
    assert_eq!(replay(&[&source, "--to", &source, "--yes"]).0, 64);
    assert_eq!(replay(&[&source, "--to", &target]).0, 4);
    assert!(kafka().read(&target).is_empty());
}

/// Starts a replay of everything, and leaves it when it has its first records in the target,
/// committed or not.
fn start(kafka: &Broker, home: &Home, source: &str, target: &str) -> Running {
    let mut command = flowctl(home);
    command.args(["replay", source, "--to", target, "--yes"]);
    let mut running = Running::start(command.env("FLOWCTL_BROKERS", kafka.brokers()));
    while kafka.end_offsets(target) == 0 {
        assert!(running.try_wait().unwrap().is_none(), "it ended before it could be stopped");
    }
    running
}

#[test]
fn ctrl_c_and_the_line_that_goes_on_copy_each_record_once() {
    let source = source(2, 20_000);
    let target = kafka().new_topic_with("replay-interrupt", 2, &[FOR_EVER]);
    let home = Home::new();
    let running = start(kafka(), &home, &source, &target);
    let deadline = Deadline::after(Duration::from_secs(5));
    running.send("INT");
    let ended = running.wait_with_output();
    assert!(!deadline.has_passed(), "it goes on");
    let told = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(130), "{told}");
    let (_, line) = told.split_once("stopped; to go on: flowctl replay ").expect(&told);
    let done = kafka().read(&target).len();
    let words: Vec<&str> = line.split_whitespace().chain(["--yes"]).collect();
    let (code, _, told) = replay(&words);
    assert_eq!(code, 0, "{told}");
    let copied = kafka().read(&target);
    let keys: BTreeSet<_> = copied.iter().map(|record| record.key.clone()).collect();
    assert_eq!((copied.len(), keys.len()), (40_000, 40_000), "{done} before");
}

#[test]
fn a_second_ctrl_c_tells_what_nobody_knows_and_how_to_go_on() {
    let own = OwnKafka::up("replay-twice");
    let kafka = &own.kafka;
    let (source, target) = (kafka.new_topic("source", 1), kafka.new_topic("target", 1));
    kafka.write((0..60_000).map(|number| record(&source, 0, &number.to_string(), "v")));
    let home = Home::new();
    let running = start(kafka, &home, &source, &target);
    // A broker that does not answer keeps the transaction in flight from its end.
    let broker = kafka.pid(1);
    signal("-STOP", &broker);
    running.send("INT");
    std::thread::sleep(Duration::from_millis(200));
    running.send("INT");
    let ended = running.wait_with_output();
    signal("-CONT", &broker);
    let told = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(130), "{told}");
    assert!(told.contains("stopped at once") && told.contains("copied "), "{told}");
    assert!(told.contains("nobody knows whether all of offsets "), "{told}");
    assert!(told.contains("if they were not copied: flowctl replay "), "{told}");
}

/// Longer than a commit is waited for.
const OUTAGE: Duration = Duration::from_secs(22);

#[test]
fn an_outage_leaves_no_record_out_and_copies_none_twice() {
    let own = OwnKafka::up("replay-outage");
    let kafka = &own.kafka;
    let (source, target) = (kafka.new_topic("source", 1), kafka.new_topic("target", 1));
    kafka.write((0..60_000).map(|number| record(&source, 0, &number.to_string(), "v")));
    let home = Home::new();
    let running = start(kafka, &home, &source, &target);
    let broker = kafka.pid(1);
    signal("-STOP", &broker);
    std::thread::sleep(OUTAGE);
    signal("-CONT", &broker);
    let ended = running.wait_with_output();
    let told = text(&ended.stderr);
    assert!(!told.contains("nobody knows"), "{told}");
    // The broker may have given the transaction up, which looks as if another run had opened; and
    // the source could not be read meanwhile.
    match told.split_once("to go on: flowctl replay ") {
        None => assert_eq!(ended.status.code(), Some(0), "{told}"),
        Some((_, rest)) => {
            assert!([Some(4), Some(5)].contains(&ended.status.code()), "{told}");
            let line = rest.lines().next().unwrap();
            let words: Vec<&str> = line.split_whitespace().chain(["--yes"]).collect();
            let (code, _, told) = replay_on(kafka, &words);
            assert_eq!(code, 0, "{told}");
        }
    }
    let copied = kafka.read(&target);
    let keys: BTreeSet<_> = copied.iter().map(|record| record.key.clone()).collect();
    assert_eq!((copied.len(), keys.len()), (60_000, 60_000), "{told}");
}
