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
