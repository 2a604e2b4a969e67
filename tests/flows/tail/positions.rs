//! Where reading begins and where it is over.

use std::sync::OnceLock;

use flowctl::clock::Clock;
use flowctl::model::timestamp::Timestamp;

use crate::broker::Broker;
use crate::home::{Home, text, unique};
use crate::sandboxed::Sandboxed;
use crate::tailing::{produce, tail_text};

/// The time that stands for second 0: an hour ago, because retention takes what is old. One for the
/// whole run.
fn zero() -> Timestamp {
    static ZERO: OnceLock<Timestamp> = OnceLock::new();
    *ZERO.get_or_init(|| Timestamp(Clock::System.now().0 / 1000 * 1000 - 3_600_000))
}

/// Returns the time of a second.
fn second(second: i64) -> Timestamp {
    Timestamp(zero().0 + second * 1000)
}

/// Makes a topic whose partitions hold records with these timestamps, in seconds; the value is
/// partition and second.
fn timed(broker: &Broker, name: &str, partitions: &[&[i64]]) -> String {
    let topic = broker.new_topic(name, i32::try_from(partitions.len()).unwrap());
    let mut input = String::new();
    for (partition, seconds) in partitions.iter().enumerate() {
        for number in *seconds {
            let (time, value) = (second(*number).0, format!("{partition}/{number}"));
            let line =
                serde_json::json!({"partition": partition, "timestamp": time, "value": value});
            input.push_str(&line.to_string());
            input.push('\n');
        }
    }
    produce(broker, &topic, &["--input", "jsonl", "-p", "same"], input);
    topic
}

#[test]
fn the_newest_of_several_partitions_are_merged_by_time() {
    let sandbox = Sandboxed::start();
    let topic = timed(&sandbox, "tail-newest", &[&[1, 4, 9], &[2, 3, 10], &[5], &[]]);
    assert_eq!(tail_text(&sandbox, &topic, &["-n", "4", "-e"]), "0/4\n2/5\n0/9\n1/10\n");
    assert_eq!(tail_text(&sandbox, &topic, &["-n", "1", "-c", "1"]), "1/10\n");
    assert_eq!(tail_text(&sandbox, &topic, &["-n", "2", "-e", "-p", "0,2"]), "2/5\n0/9\n");
    assert_eq!(tail_text(&sandbox, &topic, &["-e"]).lines().count(), 7);
    assert_eq!(tail_text(&sandbox, &topic, &["-n", "0", "-e"]), "");
}

#[test]
fn every_kind_of_position_is_understood() {
    let sandbox = Sandboxed::start();
    let topic = timed(&sandbox, "tail-positions", &[&[0, 10, 20, 30, 40]]);
    let read =
        |flags: &[&str]| tail_text(&sandbox, &topic, &[flags, &["-e"]].concat()).replace("0/", "");
    assert_eq!(read(&["--from", "start"]), "0\n10\n20\n30\n40\n");
    assert_eq!(read(&["--from", "end"]), "");
    assert_eq!(read(&["--from", "3"]), "30\n40\n");
    assert_eq!(read(&["--from", "+1", "--to", "-1"]), "10\n20\n30\n");
    assert_eq!(read(&["--from", "-2"]), "30\n40\n");
    assert_eq!(read(&["--from", "-99"]), "0\n10\n20\n30\n40\n");
    assert_eq!(read(&["--from", "0=4"]), "40\n");
    let (ten, twenty, thirty) = (second(10), second(20).0.to_string(), second(30));
    assert_eq!(read(&["--from", &format!("@{twenty}")]), "20\n30\n40\n");
    let ten = ten.rfc3339();
    let local = ten.trim_end_matches('Z');
    let until = thirty.rfc3339();
    assert_eq!(read(&["--since", local, "--until", &until]), "10\n20\n", "{local} is UTC");
    assert_eq!(read(&["--since", "2h", "--until", &ten]), "0\n");
    assert_eq!(read(&["--from", "-1m"]), "", "a time behind the last record is the end");
    assert_eq!(read(&["--to", "2"]), "0\n10\n", "the newest ten before it");
    assert_eq!(read(&["--from", "start", "-c", "2"]), "0\n10\n");
    assert_eq!(read(&["--from", "3", "--to", "1"]), "");
}

#[test]
fn a_bounded_range_ends_without_e() {
    let sandbox = Sandboxed::start();
    let topic = timed(&sandbox, "tail-bounded", &[&[0, 10, 20], &[]]);
    assert_eq!(
        tail_text(&sandbox, &topic, &["--from", "start", "--to", "end"]),
        "0/0\n0/10\n0/20\n"
    );
    assert_eq!(
        tail_text(&sandbox, &topic, &["--since", "2h", "--until", "now"]).lines().count(),
        3
    );
}

#[test]
fn empty_topics_end_at_once() {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("tail-empty", 3);
    assert_eq!(tail_text(&sandbox, &topic, &["-e"]), "");
    assert_eq!(
        tail_text(&sandbox, &topic, &["--from", "start", "-e", "-o", "table"]).lines().count(),
        1
    );
}

#[test]
fn committed_is_where_the_group_stands() {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("tail-committed", 1);
    let group = unique("tail-group");
    produce(&sandbox, &topic, &[], "a\nb\nc\n");
    sandbox.commit(&topic, &group, 2);
    assert_eq!(
        tail_text(&sandbox, &topic, &["--from", "committed", "--group", &group, "-e"]),
        "c\n"
    );

    let misspelt = group.replacen("tail", "tial", 1);
    let home = Home::new();
    let mut command = sandbox.flowctl(&home);
    command.args(["tail", &topic, "--from", "committed", "--group", &misspelt, "-e"]);
    let said = text(&command.assert().failure().get_output().stderr);
    assert!(
        said.starts_with(&format!("error: group `{misspelt}` not found on cluster ")),
        "{said}"
    );
    assert!(said.ends_with(&format!("\nhint: did you mean `{group}`?\n")), "{said}");

    let other = sandbox.new_topic("tail-uncommitted", 1);
    let mut command = sandbox.flowctl(&home);
    command.args(["tail", &other, "--from", "committed", "--group", &group, "-e"]);
    let said = text(&command.assert().code(1).get_output().stderr);
    let expected = format!("error: group `{group}` has no committed offset in {other}[0]\n");
    assert!(said.starts_with(&expected), "{said}");
}

#[test]
fn a_deleted_offset_is_told_and_never_silently_skipped() {
    let sandbox = Sandboxed::start();
    let topic = timed(&sandbox, "tail-deleted", &[&[0, 10, 20, 30]]);
    sandbox.delete_before(&topic, 2);
    let home = Home::new();
    let mut command = sandbox.flowctl(&home);
    let ended = command.args(["tail", &topic, "--from", "1", "-e"]).assert().success();
    assert_eq!(text(&ended.get_output().stdout), "0/20\n0/30\n");
    let said = text(&ended.get_output().stderr);
    assert!(said.contains("no longer has offset 1"), "{said}");
    assert_eq!(tail_text(&sandbox, &topic, &["-n", "9", "-e"]), "0/20\n0/30\n");
}

#[test]
fn what_does_not_exist_is_named() {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("tail-known", 1);
    let home = Home::new();
    let said = |name: &str, flags: &[&str], code: i32| {
        let mut command = sandbox.flowctl(&home);
        let ended = command.args(["tail", name, "-e"]).args(flags).assert().code(code);
        assert!(ended.get_output().stdout.is_empty());
        text(&ended.get_output().stderr)
    };
    let mistyped = topic.replace("known", "knwon");
    let text = said(&mistyped, &[], 1);
    assert!(text.contains(&format!("topic `{mistyped}` not found on cluster")), "{text}");
    assert!(text.contains(&format!("did you mean `{topic}`?")), "{text}");
    assert!(said(&topic, &["-p", "7"], 64).contains("has no partition 7: it has 1"));
    assert!(said(&topic, &["--from", "7=1"], 64).contains("has no partition 7: it has 1"));
    assert!(said(&topic, &["--from", "strat"], 64).contains("`strat` is not a position"));
    assert!(said(&topic, &["-f", "%z"], 64).contains("`%z` stands for nothing"));
    assert!(said(&topic, &["--from", "committed"], 64).contains("--group"));
}
