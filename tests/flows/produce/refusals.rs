//! What cannot be delivered is named, and the rest arrives.

use crate::home::{Home, text};
use crate::sandboxed::Sandboxed;

#[test]
fn what_fails_is_named_and_the_rest_arrives() {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("produce-fails", 2);
    let home = Home::new();
    let large = "x".repeat(2_000_000);
    let mut command = sandbox.flowctl(&home);
    command.args(["produce", &topic]).write_stdin(format!("a\n{large}\nb\n"));
    let said = text(&command.assert().code(3).get_output().stderr);
    assert!(said.contains("error: line 2 was not delivered\n  cause: MESSAGE_TOO_LARGE"), "{said}");
    assert!(said.contains("produced 2 records"), "{said}");
    let mut command = sandbox.flowctl(&home);
    command.args(["produce", &topic, "--input", "json"]).write_stdin("1\n2\nnope\n3\n");
    let said = text(&command.assert().code(65).get_output().stderr);
    assert!(said.contains("line 3, column 2: not valid JSON: expected ident; 2 records"), "{said}");
    assert_eq!(sandbox.read(&topic).len(), 4);
}

#[test]
fn a_missing_topic_or_partition_is_found_before_anything_is_sent() {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("produce-missing", 2);
    let home = Home::new();
    let misspelt = topic.replacen("missing", "misssing", 1);
    let failed = sandbox.flowctl(&home).args(["produce", &misspelt, "--count", "1"]).assert();
    let said = text(&failed.code(1).get_output().stderr);
    assert!(said.contains(&format!("topic `{misspelt}` not found on cluster")), "{said}");
    assert!(said.contains(&format!("did you mean `{topic}`?")), "{said}");
    let failed =
        sandbox.flowctl(&home).args(["produce", &topic, "-p", "2", "--count", "1"]).assert();
    let said = text(&failed.code(64).get_output().stderr);
    assert!(said.contains("has no partition 2: it has 2"), "{said}");
}

#[test]
fn the_ledgers_of_all_environments_take_no_records() {
    let sandbox = Sandboxed::start();
    let (topic, ledger) = (sandbox.new_topic("own", 1), sandbox.new_topic("own-ledger", 1));
    let home = Home::new();
    home.write(
        "topology.yaml",
        &format!(
            "apiVersion: flowctl/v1\nproject: shop\nenvironments: {{ dev: {{}}, prod: {{ ledger: \
             {ledger} }} }}\nflows: {{ orders: {{ partitions: 1 }} }}\n"
        ),
    );
    let target = format!("topic/{ledger}");
    let record = format!("{{\"topic\":\"{ledger}\",\"value\":1}}\n");
    let source = format!("topic/{topic}");
    for environment in [&[][..], &["--env", "dev"]] {
        for (words, code) in [
            (&["produce", &target][..], 64),
            (&["produce", "--input", "jsonl"], 65),
            (&["replay", &source, "--to", &target, "--yes"], 64),
        ] {
            let mut command = sandbox.flowctl(&home);
            command.args(words).args(environment).write_stdin(record.clone());
            let said = text(&command.assert().code(code).get_output().stderr);
            assert!(said.contains("flowctl's own: it takes no records"), "{words:?}: {said}");
        }
    }
    assert!(sandbox.read(&ledger).is_empty());
}
