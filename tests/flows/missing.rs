//! What does not exist is named by every command in the same words, with the same exit code.

use crate::broker::Broker;
use crate::home::{Home, text};
use crate::sandboxed::Sandboxed;

const TOPOLOGY: &str = "\
apiVersion: flowctl/v1
project: shop
flows:
  orders: { partitions: 1, consumers: { billing: {} } }
";

/// Runs a command that must fail, without a table or anything else on stdout.
fn fails(broker: &Broker, home: &Home, words: &[&str]) -> String {
    let mut command = broker.flowctl(home);
    let ended = command.args(words).write_stdin("record\n").assert().code(1).stdout("");
    text(&ended.get_output().stderr)
}

#[test]
fn a_topic_that_is_not_there_is_named_alike_by_every_command() {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("missing-known", 1);
    let mistyped = topic.replace("known", "knwon");
    let home = Home::new();
    for words in [
        &["tail", &mistyped, "-e"][..],
        &["produce", &mistyped],
        &["replay", &mistyped, "--to", &topic, "--yes"],
        &["replay", &topic, "--to", &mistyped, "--yes"],
        &["dlq", "ls", &mistyped],
        &["dlq", "show", &mistyped],
        &["dlq", "show", &format!("{mistyped}/0/7")],
        &["dlq", "redrive", &mistyped, "--yes"],
        &["lag", "--all-groups", "--topic", &mistyped],
    ] {
        let told = fails(&sandbox, &home, words);
        assert!(
            told.contains(&format!("error: topic `{mistyped}` not found on cluster ")),
            "{told}"
        );
        assert!(told.ends_with(&format!("\nhint: did you mean `{topic}`?\n")), "{told}");
    }
}

#[test]
fn a_flow_that_is_not_there_is_named_alike_by_every_command() {
    let sandbox = Sandboxed::start();
    let home = Home::new();
    let commands = [
        &["tail", "flow/ordres", "-e"][..],
        &["produce", "flow/ordres"],
        &["replay", "flow/ordres", "--to", "topic/any", "--yes"],
        &["dlq", "ls", "flow/ordres"],
        &["dlq", "show", "flow/ordres"],
        &["dlq", "redrive", "flow/ordres", "--yes"],
        &["lag", "flow/ordres"],
    ];
    for words in commands {
        let told = fails(&sandbox, &home, words);
        assert!(
            told.starts_with("error: flow `ordres` not found: there is no topology\n"),
            "{told}"
        );
    }
    home.write("topology.yaml", TOPOLOGY);
    for words in commands {
        let told = fails(&sandbox, &home, words);
        let expected =
            "error: flow `ordres` not found in the topology\nhint: did you mean flow/orders?\n";
        assert!(told.ends_with(expected), "{told}");
    }
}

#[test]
fn an_environment_that_was_taken_for_a_topic_is_recognised() {
    let sandbox = Sandboxed::start();
    let home = Home::new();
    let hint = "hint: `dev` is an environment of the topology: choose it with --env dev, and name a flow\n";
    home.write("topology.yaml", &format!("{TOPOLOGY}environments: {{ dev: {{}} }}\n"));
    let told = fails(&sandbox, &home, &["tail", "-e", "dev"]);
    assert!(told.starts_with("error: topic `dev` not found on cluster "), "{told}");
    assert!(told.ends_with(hint), "{told}");
    home.write("topology.yaml", &format!("{TOPOLOGY}environments: {{ dev: {{}}, prod: {{}} }}\n"));
    let mut command = sandbox.flowctl(&home);
    let told = text(&command.args(["tail", "-e", "dev"]).assert().code(64).get_output().stderr);
    assert_eq!(told, format!("error: the topology has several environments: dev, prod\n{hint}"));
}

#[test]
fn a_group_that_was_meant_to_be_a_flow_is_named_with_it() {
    let sandbox = Sandboxed::start();
    let home = Home::new();
    home.write("topology.yaml", TOPOLOGY);
    let told = fails(&sandbox, &home, &["lag", "ordres"]);
    assert!(told.starts_with("error: group `ordres` not found on cluster "), "{told}");
    assert!(told.ends_with("\nhint: did you mean flow/orders?\n"), "{told}");
}
