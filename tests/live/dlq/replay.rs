//! A replay copies what was there, as it was.

use std::collections::BTreeSet;
use std::time::Duration;

use flowctl::clock::Deadline;
use flowctl::model::record::{OutgoingRecord, SentTime};
use flowctl::model::timestamp::Timestamp;
use serde_json::Value;

use super::crashes::signal;
use crate::broker::Broker;
use crate::home::{Home, text};
use crate::records::{FOR_EVER, record};
use crate::running::{Running, flowctl};
use crate::support::{OwnKafka, kafka};

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
    let source = kafka().new_timed_topic("replay-source", 3, 50);
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
fn refused_records_are_named_and_the_others_are_copied() {
    let source = kafka().new_timed_topic("replay-source", 2, 200);
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
    let source = kafka().new_timed_topic("replay-source", 2, 20_000);
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

/// Makes a topic with more records than a transaction takes, and another one for their copies.
fn filled(kafka: &Broker) -> (String, String) {
    let (source, target) = (kafka.new_topic("source", 1), kafka.new_topic("target", 1));
    kafka.write((0..60_000).map(|number| record(&source, 0, &number.to_string(), "v")));
    (source, target)
}

#[test]
fn a_second_ctrl_c_tells_what_nobody_knows_and_how_to_go_on() {
    let own = OwnKafka::up("replay-twice");
    let kafka = &own.kafka;
    let (source, target) = filled(kafka);
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
    let (source, target) = filled(kafka);
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
