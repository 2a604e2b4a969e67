//! What a plan refuses, and that nothing is done without a yes.

use std::time::Duration;

use assert_cmd::Command;
use flowctl::clock::Deadline;
use flowctl::model::config_entry::ConfigResource;
use flowctl::model::name::TopicName;

use crate::broker::{Broker, block_on};
use crate::home::{PATIENCE, text};
use crate::project::Project;
use crate::sandboxed::Sandboxed;

/// Returns how many partitions a topic has, and its `retention.ms`.
fn described(broker: &Broker, topic: &str) -> (i32, Option<String>) {
    block_on(async {
        let deadline = Deadline::after(PATIENCE);
        let cluster = broker.connect(deadline).await;
        let name = TopicName::new(topic);
        let seen = cluster.topics(std::slice::from_ref(&name), deadline).await.unwrap();
        let partitions = seen[&name].as_ref().unwrap().partition_count();
        let resource = ConfigResource::Topic(name);
        let asked = cluster.describe_configs(std::slice::from_ref(&resource), deadline).await;
        let configs = asked.unwrap().remove(&resource).unwrap().unwrap();
        (partitions, configs["retention.ms"].value.clone())
    })
}

#[test]
fn partitions_are_never_taken_away() {
    let sandbox = Sandboxed::start();
    let shop = Project::new(&sandbox, "partitions: 3, replication: 1");
    shop.run(&["apply", "--yes"], 0);
    shop.declare("partitions: 2, replication: 1, retention: 14d");
    let planned = shop.run(&["plan"], 1);
    assert!(planned.contains("keep partitions: 3"), "{planned}");
    assert!(planned.contains("flowctl replay"), "{planned}");
    // The other change of the same topic is carried out.
    shop.run(&["apply", "--yes"], 3);
    let (partitions, retention) = described(&sandbox, &shop.topic());
    assert_eq!((partitions, retention.as_deref()), (3, Some("1209600000")));
}

#[test]
fn what_the_broker_would_refuse_is_found_before_anything_is_done() {
    let sandbox = Sandboxed::start();
    let shop = Project::new(&sandbox, "partitions: 1, replication: 1, configs: { no.such.key: 1 }");
    let plan = shop.json(&["plan"], 1);
    assert_eq!(plan["summary"]["blocked"], 1);
    let reason = plan["items"][0]["obstacle"]["reason"].as_str().unwrap();
    assert!(reason.contains("INVALID_CONFIG") && reason.contains("no.such.key"), "{reason}");
    let applied = shop.json(&["apply", "--yes"], 1);
    assert_eq!(applied["items"][0]["outcome"], "blocked");

    shop.declare("partitions: 1, replication: 7");
    assert!(shop.run(&["plan"], 1).contains("needs as many brokers"));
}

#[test]
fn nothing_is_done_without_a_yes() {
    let sandbox = Sandboxed::start();
    let shop = Project::new(&sandbox, "partitions: 1, replication: 1");
    let refused = shop.flowctl(&["apply", "-e", "dev"]).assert().code(4);
    let complaint = text(&refused.get_output().stderr);
    assert!(complaint.contains("--yes"), "{complaint}");

    let refused = shop.flowctl(&["apply", "-e", "guarded", "--yes"]).assert().code(4);
    assert!(text(&refused.get_output().stderr).contains("--confirm guarded"));
    let slip = ["apply", "-e", "guarded", "--yes", "--confirm", "dev"];
    shop.flowctl(&slip).assert().code(4);
    let other_cluster = shop.flowctl(&["plan", "-e", "prod"]).assert().code(4);
    assert!(text(&other_cluster.get_output().stderr).contains("some-other-cluster"));
    let mut produce = shop.flowctl(&["produce", "flow/orders", "--env", "prod"]);
    produce.write_stdin("a record\n").assert().code(4);
    shop.run(&["plan", "--detailed-exitcode"], 2);

    let named = ["apply", "-e", "guarded", "--yes", "--confirm", "guarded"];
    shop.flowctl(&named).assert().code(0);
}

#[test]
fn at_a_terminal_the_default_is_no() {
    let sandbox = Sandboxed::start();
    let shop = Project::new(&sandbox, "partitions: 1, replication: 1");
    let answer = |answer: &str, exit: i32| {
        let flowctl = env!("CARGO_BIN_EXE_flowctl");
        let mut terminal = Command::new("script");
        terminal.args(["-qec", &format!("'{flowctl}' apply -e dev"), "/dev/null"]);
        terminal.current_dir(shop.home.path()).env("FLOWCTL_BROKERS", sandbox.brokers());
        // A question that still waits is a failure, not a test without end.
        terminal.timeout(Duration::from_secs(60));
        let ended = terminal.write_stdin(answer).assert().code(exit);
        text(&ended.get_output().stdout)
    };
    let asked = answer("\n", 4);
    assert!(asked.contains("Apply 1 change to dev"), "{asked}");
    assert!(asked.contains("not confirmed: nothing was done"), "{asked}");
    for no in ["n\n", "not yet\n", "yess\n"] {
        answer(no, 4);
    }
    assert!(answer("yes\n", 0).contains("Applied: 1 done"));
}
