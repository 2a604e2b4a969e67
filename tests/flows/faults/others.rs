//! Writing, reading and administration whose calls fail.

use std::process::Output;
use std::time::Duration;

use flowctl::clock::Stopwatch;

use serde_json::Value;

use crate::home::{Home, text};
use crate::project::Project;
use crate::sandboxed::Sandboxed;

/// Runs a command with a topic under a rule; the topic has 100 records first if that is wanted.
fn under(rule: &str, words: &[&str], is_filled: bool) -> (Output, usize) {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("faults", 2);
    let home = Home::new();
    if is_filled {
        let mut fill = sandbox.flowctl(&home);
        fill.args(["produce", &topic, "--count", "100"]).assert().success();
    }
    sandbox.set_faults(&[&rule.replace("topic=TOPIC", &format!("topic={topic}"))]);
    let mut command = sandbox.flowctl(&home);
    let ended = command.args(words).arg(&topic).output().unwrap();
    sandbox.struck();
    sandbox.set_faults(&[]);
    (ended, sandbox.read(&topic).len())
}

#[test]
fn what_is_produced_arrives_once() {
    for rule in [
        "Produce topic=TOPIC times=2 error=NOT_LEADER_OR_FOLLOWER",
        "Produce topic=TOPIC times=2 error-after=REQUEST_TIMED_OUT",
        "Produce topic=TOPIC times=1 drop",
        "Produce topic=TOPIC times=1 drop-after",
        "Produce topic=TOPIC times=1 throttle=100ms",
        "InitProducerId times=1 error=COORDINATOR_LOAD_IN_PROGRESS",
        "Metadata times=2 drop",
    ] {
        let (ended, count) = under(rule, &["produce", "--count", "1000"], false);
        assert_eq!((ended.status.code(), count), (Some(0), 1_000), "{rule}: {ended:?}");
    }
}

#[test]
fn what_is_not_produced_is_named() {
    for (rule, code, name) in [
        ("Produce topic=TOPIC error=TOPIC_AUTHORIZATION_FAILED", 6, "WRITE on topic `faults-"),
        ("Produce topic=TOPIC error=MESSAGE_TOO_LARGE", 1, "MESSAGE_TOO_LARGE"),
        ("InitProducerId error=CLUSTER_AUTHORIZATION_FAILED", 6, "IDEMPOTENT_WRITE"),
    ] {
        let (ended, count) = under(rule, &["produce", "--count", "10"], false);
        let told = text(&ended.stderr);
        assert_eq!((ended.status.code(), count), (Some(code), 0), "{rule}: {told}");
        assert!(told.contains(name), "{rule}: {told}");
    }
}

#[test]
fn what_is_read_is_shown_once() {
    for rule in [
        "Fetch topic=TOPIC times=2 drop",
        "Fetch topic=TOPIC times=2 error=NOT_LEADER_OR_FOLLOWER",
        "Fetch topic=TOPIC times=1 error=OFFSET_OUT_OF_RANGE",
        "Fetch topic=TOPIC times=1 throttle=100ms",
        "ListOffsets topic=TOPIC times=2 error=NOT_LEADER_OR_FOLLOWER",
        "ListOffsets topic=TOPIC times=1 drop-after",
        "Metadata times=2 drop",
        "Metadata topic=TOPIC times=1 error=LEADER_NOT_AVAILABLE",
        "ApiVersions times=2 error=REQUEST_TIMED_OUT",
        "* times=5 drop",
    ] {
        let (ended, _) = under(rule, &["tail", "--from", "start", "-e"], true);
        let lines = text(&ended.stdout).lines().count();
        assert_eq!((ended.status.code(), lines), (Some(0), 100), "{rule}: {ended:?}");
    }
    let rule = "Fetch topic=TOPIC error=TOPIC_AUTHORIZATION_FAILED";
    let (ended, _) = under(rule, &["tail", "--from", "start", "-e"], true);
    assert_eq!((ended.status.code(), ended.stdout.len()), (Some(6), 0));
    assert!(text(&ended.stderr).contains("READ on topic `faults-"), "{ended:?}");
    let rule = "Metadata topic=TOPIC error=TOPIC_AUTHORIZATION_FAILED";
    let (ended, _) = under(rule, &["tail", "--from", "start", "-e"], true);
    assert_eq!(ended.status.code(), Some(6), "{ended:?}");
    assert!(text(&ended.stderr).contains("DESCRIBE on topic `faults-"), "{ended:?}");
    let rule = "Fetch topic=TOPIC error=NOT_LEADER_OR_FOLLOWER";
    let flags = ["tail", "--timeout", "1s", "--from", "start", "-e"];
    let (ended, _) = under(rule, &flags, true);
    assert_eq!((ended.status.code(), ended.stdout.len()), (Some(5), 0), "{ended:?}");
}

#[test]
fn a_read_that_is_never_answered_ends_when_the_timeout_has_passed() {
    let flags = ["tail", "--timeout", "2s", "--from", "start", "-e"];
    let began = Stopwatch::start();
    let (ended, _) = under("Fetch topic=TOPIC delay=1h", &flags, true);
    assert_eq!((ended.status.code(), ended.stdout.len()), (Some(5), 0), "{ended:?}");
    // A broker may hold an answer back for half a second, each time that it is asked.
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    let flags = ["tail", "--timeout", "8s", "--from", "start", "-e"];
    let (ended, _) = under("Fetch topic=TOPIC times=1 delay=1h", &flags, true);
    let lines = text(&ended.stdout).lines().count();
    assert_eq!((ended.status.code(), lines), (Some(0), 100), "it is asked again: {ended:?}");
}

#[test]
fn lag_is_known_or_said_to_be_unknown() {
    let lag = |rule: &str| {
        let sandbox = Sandboxed::start();
        let topic = sandbox.new_topic("faults", 2);
        let home = Home::new();
        sandbox
            .flowctl(&home)
            .args(["produce", &topic, "-p", "0", "--count", "9"])
            .assert()
            .success();
        sandbox.commit(&topic, "billing", 4);
        sandbox.set_faults(&[rule]);
        let mut command = sandbox.flowctl(&home);
        let ended =
            command.args(["lag", "billing", "-o", "json", "--timeout", "2s"]).output().unwrap();
        sandbox.struck();
        let report: Value = serde_json::from_slice(&ended.stdout).unwrap_or_default();
        (ended.status.code(), report["items"][0]["lag"].clone(), text(&ended.stderr))
    };
    for rule in [
        "OffsetFetch times=2 error=COORDINATOR_LOAD_IN_PROGRESS",
        "OffsetFetch times=1 error=NOT_COORDINATOR",
        "OffsetFetch times=1 drop-after",
        "FindCoordinator times=2 error=COORDINATOR_NOT_AVAILABLE",
        "ListOffsets times=2 error=NOT_LEADER_OR_FOLLOWER",
        "DescribeGroups times=1 error=COORDINATOR_LOAD_IN_PROGRESS",
        "* times=5 drop",
    ] {
        let (code, lag, told) = lag(rule);
        assert_eq!((code, lag), (Some(0), 5.into()), "{rule}: {told}");
    }
    for (rule, expected) in [
        ("ListOffsets error=TOPIC_AUTHORIZATION_FAILED", 3),
        ("OffsetFetch error=GROUP_AUTHORIZATION_FAILED", 6),
        ("OffsetFetch error=COORDINATOR_LOAD_IN_PROGRESS", 5),
    ] {
        let (code, lag, told) = lag(rule);
        assert_eq!((code, lag), (Some(expected), Value::Null), "{rule}: {told}");
        assert!(told.contains("cannot read the "), "{rule}: {told}");
    }
}

/// Plans and applies more partitions under a rule; returns how apply ended, and what the next plan
/// says.
fn grown_under(rule: &str) -> (i32, String) {
    let sandbox = Sandboxed::start();
    let shop = Project::new(&sandbox, "partitions: 1, replication: 1, retention: 1d");
    shop.run(&["apply", "--yes"], 0);
    shop.declare("partitions: 3, replication: 1, retention: 2d");
    sandbox.set_faults(&[rule]);
    let arguments = ["apply", "-e", "dev", "--yes", "--timeout", "3s"];
    let ended = shop.flowctl(&arguments).output().unwrap();
    sandbox.struck();
    sandbox.set_faults(&[]);
    (ended.status.code().unwrap(), shop.run(&["plan"], 0))
}

#[test]
fn a_change_is_done_once_and_reported_as_what_it_is() {
    for rule in [
        "CreatePartitions times=1 drop",
        "CreatePartitions every=2 times=1 drop-after",
        "CreatePartitions every=2 times=1 error-after=REQUEST_TIMED_OUT",
        "CreatePartitions times=2 error=NOT_CONTROLLER",
        "CreatePartitions times=1 throttle=100ms",
        "IncrementalAlterConfigs every=2 times=1 drop-after",
        "IncrementalAlterConfigs every=2 times=1 error-after=REQUEST_TIMED_OUT",
        "Metadata times=3 drop",
        "DescribeConfigs times=2 drop",
        "* every=5 drop-after",
    ] {
        let (code, plan) = grown_under(rule);
        assert_eq!(code, 0, "{rule}");
        assert!(plan.starts_with("No changes."), "{rule}: {plan}");
    }
    for rule in [
        "CreatePartitions error=TOPIC_AUTHORIZATION_FAILED",
        "CreatePartitions error=CLUSTER_AUTHORIZATION_FAILED",
        "CreatePartitions error=REQUEST_TIMED_OUT",
    ] {
        // The other change is done.
        let (code, plan) = grown_under(rule);
        assert_eq!(code, 3, "{rule}");
        assert!(plan.contains("partitions 1 → 3"), "{rule}: {plan}");
    }
}
