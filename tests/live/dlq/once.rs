//! What is sent once, and what is waited for before that.

use std::collections::BTreeMap;
use std::time::Duration;

use flowctl::clock::Deadline;
use flowctl::kafka::TransactionalProducer;
use flowctl::model::partitioner::partition_of_key;
use serde_json::Value;

use super::new_flow;
use crate::home::{PATIENCE, unique};
use crate::records::record;
use crate::support::kafka;

#[test]
fn each_is_sent_once_by_error_code_then_all_then_again() {
    let flow = new_flow("redrive-once", 3);
    flow.fill(3, 40);
    let told = flow.redrive(&["--error-code", "EVEN"]);
    assert!(told.contains("redriven 60 of 60"), "{told}");
    let (_, planned, _) = flow.dlq("redrive", &["--error-code", "ODD", "--dry-run", "-o", "json"]);
    let planned: Value = serde_json::from_str(&planned).unwrap();
    assert_eq!(planned["already_redriven"], 0, "none of those that are selected");
    let told = flow.redrive(&["--key", "key-1", "--key", "key-2", "--limit", "2"]);
    assert!(told.contains("redriven 2 of 2"), "{told}");
    let told = flow.redrive(&[]);
    assert!(told.contains("redriven 58 of 58"), "{told}");
    let told = flow.redrive(&[]);
    assert!(told.contains("nothing to redrive"), "{told}");
    let ids: BTreeMap<_, _> = flow.arrived();
    assert_eq!(ids.len(), 120);
    assert!(ids.values().all(|count| *count == 1));
    let (code, listed, _) = flow.dlq("ls", &["-o", "json", "--fail-if-any"]);
    assert_eq!(code, 0);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(
        (&listed["items"][0]["pending"], &listed["items"][0]["redriven"]),
        (&0.into(), &120.into())
    );
    assert_eq!(listed["items"][0]["oldest_pending"], Value::Null);
}

#[test]
fn a_strangers_open_transaction_in_the_ledger_is_waited_for() {
    let flow = new_flow("redrive-stranger", 1);
    flow.fill(1, 10);
    flow.redrive(&["--error-code", "EVEN"]);
    let partition = partition_of_key(flow.dlq.as_bytes(), 12);
    let stranger = TransactionalProducer::open(
        &kafka().settings(),
        &unique("stranger"),
        Duration::from_secs(30),
        Deadline::after(PATIENCE),
    )
    .unwrap();
    stranger.begin().unwrap();
    let mut open = record("_flowctl.ledger", 0, "stranger", "x");
    open.partition = partition;
    stranger.send(&open, 0).unwrap();
    assert_eq!(stranger.drain(Deadline::after(PATIENCE)).len(), 1);
    let held = Duration::from_secs(2);
    let end = Deadline::after(held);
    let ending = std::thread::spawn(move || {
        std::thread::sleep(held);
        stranger.abort(Deadline::after(PATIENCE)).unwrap();
    });
    flow.redrive(&[]);
    assert!(end.has_passed(), "it did not wait");
    ending.join().unwrap();
    let arrived = flow.arrived();
    assert_eq!((arrived.len(), arrived.values().sum::<usize>()), (10, 10));
}
