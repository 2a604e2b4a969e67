//! Ctrl-C while a redrive stands at a place that the test chooses.

use crate::dead_letters::Flow;
use crate::home::text;
use crate::running::{Running, flowctl};
use crate::sandboxed::Sandboxed;

/// What is said where nobody knows of a transaction whether it was committed.
const IN_DOUBT: &str = "the last transaction may have been committed or aborted";

/// Starts a redrive with these words and leaves it running.
fn start(flow: &Flow<'_>, words: &[&str]) -> Running {
    let mut command = flowctl(&flow.home);
    command.args(["dlq", "redrive", &flow.dlq, "--yes"]).args(words);
    Running::start(command.env("FLOWCTL_BROKERS", flow.broker.brokers()))
}

/// Asks twice; two of the same signal might come as one.
fn stop_at_once(running: &Running) {
    running.send("INT");
    running.send("TERM");
}

/// Returns what was said by one that ends as interrupted.
fn interrupted(running: Running) -> String {
    let ended = running.wait_with_output();
    let told = text(&ended.stderr);
    assert!([Some(130), Some(143)].contains(&ended.status.code()), "{told}");
    assert!(told.contains("to go on: flowctl dlq redrive"), "{told}");
    told
}

#[test]
fn one_that_reads_what_was_redriven_before_ends_at_the_first() {
    let sandbox = Sandboxed::start();
    let flow = Flow::on(&sandbox, "remember", 1);
    flow.fill(1, 20);
    flow.redrive(&["--limit", "10"]);
    sandbox.set_faults(&["InitProducerId times=1 delay=1h"]);
    let running = start(&flow, &[]);
    sandbox.struck();
    sandbox.set_faults(&[&format!("Fetch topic={} delay=1h", flow.dlq)]);
    sandbox.struck();
    running.send("INT");
    let told = interrupted(running);
    assert!(told.contains("redriven 0 of 10") && !told.contains(IN_DOUBT), "{told}");
    sandbox.set_faults(&[]);
    flow.redrive(&[]);
    flow.each_arrived_once(20);
}

#[test]
fn the_second_one_leaves_nothing_in_doubt_where_no_transaction_was_committed() {
    let sandbox = Sandboxed::start();
    let flow = Flow::on(&sandbox, "reopened", 1);
    flow.fill(1, 1);
    sandbox.set_faults(&[
        &format!("Produce topic={} times=1 error=MESSAGE_TOO_LARGE", flow.main),
        "InitProducerId every=2 times=1 delay=1h",
    ]);
    let running = start(&flow, &[]);
    sandbox.struck();
    sandbox.struck();
    stop_at_once(&running);
    let told = interrupted(running);
    assert!(told.contains("stopped at once; to go on") && !told.contains(IN_DOUBT), "{told}");
    sandbox.set_faults(&[]);
    flow.redrive(&[]);
    flow.each_arrived_once(1);
}

#[test]
fn a_transaction_in_doubt_may_go_beyond_the_limit() {
    let sandbox = Sandboxed::start();
    let flow = Flow::on(&sandbox, "limited", 1);
    flow.fill(1, 20);
    sandbox.set_faults(&["EndTxn times=1 delay-after=1h"]);
    let running = start(&flow, &["--limit", "5"]);
    sandbox.struck();
    stop_at_once(&running);
    let told = interrupted(running);
    assert!(told.contains(&format!("stopped at once: {IN_DOUBT}")), "{told}");
    assert!(told.contains("up to one transaction more than --limit may be sent"), "{told}");
    assert!(told.contains("--limit 5"), "{told}");
    sandbox.set_faults(&[]);
    flow.redrive(&["--limit", "5"]);
    flow.each_arrived_once(10);
}

#[test]
fn the_command_that_goes_on_comes_before_the_backlog() {
    let sandbox = Sandboxed::start();
    let flow = Flow::on(&sandbox, "told", 2);
    flow.fill(2, 550);
    sandbox.set_faults(&["EndTxn times=1 delay=1h"]);
    let running = start(&flow, &[]);
    sandbox.struck();
    running.send("INT");
    sandbox.set_faults(&["OffsetCommit delay=1h"]);
    sandbox.struck();
    running.send("INT");
    let told = interrupted(running);
    assert!(told.contains("redriven 1000 of 1100") && !told.contains(IN_DOUBT), "{told}");
    sandbox.set_faults(&[]);
    flow.redrive(&[]);
    flow.each_arrived_once(1_100);
}
