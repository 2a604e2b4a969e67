//! A redrive that is killed at each of its steps, and started again: whatever it was doing, every
//! record arrives once and in order, and the ledger says where it is.
//!
//! A rule holds one call up, so the redrive stands exactly there when `kill -9` meets it. What
//! tests on Kafka find by chance (`tests/live/dlq/crashes.rs`) is found here each time.

use std::os::unix::process::ExitStatusExt;

use crate::dead_letters::Flow;
use crate::sandboxed::Sandboxed;

/// Which transaction a redrive is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transaction {
    /// None yet, or the first one.
    First,
    /// The one after the first commit.
    Later,
}
use Transaction::{First, Later};

/// The calls of a redrive in their order: the call and what it is about, which one of its kind, and
/// when. `MAIN` and `DLQ` stand for the topics.
const STEPS: &[(&str, u32, Transaction)] = &[
    ("Metadata topic=DLQ", 1, First),
    ("ListOffsets topic=DLQ", 1, First),
    ("Fetch topic=DLQ", 1, First),
    ("CreateTopics topic=_flowctl.ledger", 1, First),
    ("FindCoordinator", 1, First),
    ("InitProducerId", 1, First),
    ("ListOffsets topic=_flowctl.ledger", 1, First),
    ("AddPartitionsToTxn topic=MAIN", 1, First),
    ("Produce topic=MAIN", 1, First),
    ("Produce topic=MAIN", 2, First),
    ("AddPartitionsToTxn topic=_flowctl.ledger", 1, First),
    ("Produce topic=_flowctl.ledger", 1, First),
    ("EndTxn", 1, First),
    ("AddPartitionsToTxn topic=MAIN", 1, Later),
    ("Produce topic=MAIN", 1, Later),
    ("AddPartitionsToTxn topic=_flowctl.ledger", 1, Later),
    ("Produce topic=_flowctl.ledger", 1, Later),
    ("EndTxn", 1, Later),
    ("OffsetCommit group=flowctl.dlq.DLQ", 1, Later),
];

/// More than the first transaction takes (1000), of two partitions.
const EACH: i64 = 700;

/// Kills a redrive at each step, where `effect` holds it up, then starts it again.
fn killed_at_each_step(effect: &str, steps: impl Fn(Transaction) -> bool) {
    for &(call, count, transaction) in STEPS.iter().filter(|(_, _, when)| steps(*when)) {
        let step = format!("{call} {count} {transaction:?} {effect}");
        let sandbox = Sandboxed::start();
        let flow = Flow::on(&sandbox, "killed", 2);
        flow.fill(2, EACH);
        let call = call.replace("MAIN", &flow.main).replace("DLQ", &flow.dlq);
        let rule = format!("{call} every={count} times=1 {effect}");
        let first = if transaction == Later { "EndTxn times=1 delay=1h" } else { &rule };
        sandbox.set_faults(&[first]);
        let mut running = flow.start_redrive();
        sandbox.struck();
        if transaction == Later {
            // That lets the first commit go on, so these are counted from the second transaction
            // on.
            sandbox.set_faults(&[&rule]);
            sandbox.struck();
        }
        running.kill().unwrap();
        assert_eq!(running.wait().unwrap().signal(), Some(9), "{step}: it had ended");
        let (code, _, told) = flow.dlq("redrive", &["--yes"]);
        assert_eq!(code, 0, "{step}: {told}");
        flow.each_arrived_once(usize::try_from(2 * EACH).unwrap());
        assert_eq!(flow.backlog(), Some(0), "{step}");
    }
}

#[test]
fn before_a_call_has_its_effect() {
    killed_at_each_step("delay=1h", |when| when == First);
}

#[test]
fn before_a_later_call_has_its_effect() {
    killed_at_each_step("delay=1h", |when| when == Later);
}

#[test]
fn after_a_call_had_its_effect() {
    killed_at_each_step("delay-after=1h", |when| when == First);
}

#[test]
fn after_a_later_call_had_its_effect() {
    killed_at_each_step("delay-after=1h", |when| when == Later);
}

#[test]
fn while_a_call_is_on_its_way_and_arrives_when_the_next_run_has_begun() {
    killed_at_each_step("delay=400ms", |_| true);
}
