//! A right that is missing ends a command at once, before anything is sent, and says which one.

use std::time::Duration;

use flowctl::clock::Deadline;

use crate::dead_letters::Flow;
use crate::home::{Home, PATIENCE, text, unique};
use crate::support::{Kafka, secure_kafka};

/// Grants alice operations on topics.
fn grant(kafka: &Kafka, operations: &[&str], topics: &[&str]) {
    let mut acls = kafka.tool("acls");
    acls.args(["--add", "--allow-principal", "User:alice"]);
    acls.args(operations.iter().flat_map(|operation| ["--operation", operation]));
    acls.args(topics.iter().flat_map(|topic| ["--topic", topic])).assert().success();
}

/// Grants alice the transactional id that she was told of.
fn grant_transactions(kafka: &Kafka, told: &str) {
    let (_, rest) = told.split_once("WRITE on transactional id `").unwrap();
    let (id, _) = rest.split_once('`').unwrap();
    let mut acls = kafka.tool("acls");
    acls.args(["--add", "--allow-principal", "User:alice", "--operation", "Write"]);
    acls.args(["--transactional-id", id]).assert().success();
}

/// Runs flowctl as alice until it says something: brokers hear of an ACL a moment after it was
/// made. Returns the exit code and what it said.
fn alice_is_told(kafka: &Kafka, home: &Home, words: &[&str], what: &str) -> (i32, String) {
    let deadline = Deadline::after(PATIENCE);
    loop {
        let mut command = home.flowctl();
        command.args(["-b", kafka.brokers()]);
        command.args(["-F", kafka.variable("FLOWCTL_DEV_ALICE_PROPERTIES")]);
        let ended = command.args(words).output().unwrap();
        let told = text(&ended.stderr);
        if told.contains(what) {
            return (ended.status.code().unwrap(), told);
        }
        assert!(!deadline.has_passed(), "{what:?} is never said: {told}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn a_redrive_needs_the_right_to_write_to_the_target_and_the_ledger() {
    let kafka = secure_kafka();
    let main = unique("denied");
    let (dlq, ledger) = (format!("{main}-dlq"), format!("{main}.ledger"));
    let flow = Flow { broker: kafka, main, dlq, home: Home::new() };
    let topology = format!(
        "apiVersion: flowctl/v1\nproject: denied\nenvironments:\n  here: {{ ledger: {ledger} }}\n  \
         late: {{ ledger: {ledger}.late }}\n\
         flows:\n  {}: {{ partitions: 1, dlq: {{}} }}\n",
        flow.main
    );
    flow.home.write("topology.yaml", &topology);
    kafka.flowctl(&flow.home).args(["apply", "--env", "here", "--yes"]).assert().success();
    flow.fill(1, 3);
    grant(kafka, &["Read", "Describe"], &[&flow.main, &flow.dlq, &ledger]);

    let refused = |resource: &str| format!("WRITE on topic `{resource}` was refused");
    let redrive = ["dlq", "redrive", flow.dlq.as_str(), "--yes", "--env", "here"];
    for words in [&[&redrive[..], &["--dry-run"]].concat(), &redrive[..]] {
        let (code, told) = alice_is_told(kafka, &flow.home, words, &refused(&flow.main));
        assert_eq!(code, 6, "{told}");
    }
    grant(kafka, &["Write"], &[&flow.main]);
    let (code, told) = alice_is_told(kafka, &flow.home, &redrive, &refused(&ledger));
    assert_eq!(code, 6, "{told}");
    grant(kafka, &["Write"], &[&ledger]);
    let (code, told) =
        alice_is_told(kafka, &flow.home, &redrive, "WRITE on transactional id `flowctl.redrive.");
    assert_eq!(code, 6, "{told}");
    grant_transactions(kafka, &told);
    // One that is not there yet is made, and then the broker refuses the transaction.
    let late = format!("{ledger}.late");
    grant(kafka, &["Create", "Read", "Describe"], &[&late]);
    let redrive_late = ["dlq", "redrive", flow.dlq.as_str(), "--yes", "--env", "late"];
    let (code, told) = alice_is_told(kafka, &flow.home, &redrive_late, &refused(&late));
    assert_eq!(code, 6, "{told}");
    assert!(told.contains("created topic"), "{told}");
    assert!(kafka.read(&flow.main).is_empty());
    let (code, told) = alice_is_told(kafka, &flow.home, &redrive, "redriven 3 of 3");
    assert_eq!(code, 0, "{told}");
}

#[test]
fn a_replay_needs_the_right_to_write_and_a_transactional_id() {
    let kafka = secure_kafka();
    let flow = Flow::on(kafka, "denied-replay", 1);
    flow.fill(1, 3);
    grant(kafka, &["Read", "Describe"], &[&flow.dlq, &flow.main]);
    let replay = ["replay", flow.dlq.as_str(), "--to", flow.main.as_str(), "--yes"];
    let refused = format!("WRITE on topic `{}` was refused", flow.main);
    for words in [&[&replay[..], &["--dry-run"]].concat(), &replay[..]] {
        let (code, told) = alice_is_told(kafka, &flow.home, words, &refused);
        assert_eq!(code, 6, "{told}");
    }
    grant(kafka, &["Write"], &[&flow.main]);
    let (code, told) =
        alice_is_told(kafka, &flow.home, &replay, "WRITE on transactional id `flowctl.replay.");
    assert_eq!(code, 6, "{told}");
    grant_transactions(kafka, &told);
    let (code, told) = alice_is_told(kafka, &flow.home, &replay, "copied 3 records");
    assert_eq!(code, 0, "{told}");
}
