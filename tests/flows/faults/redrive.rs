//! A redrive whose calls fail.

use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

use flowctl::clock::Stopwatch;

use crate::dead_letters::Flow;
use crate::running::{Running, flowctl};
use crate::sandboxed::Sandboxed;

/// How many dead letters each of two partitions has: two transactions in all.
const EACH: i64 = 550;

/// Redrives under each rule, where `MAIN` and `DLQ` stand for the topics; `then` gets the rule, how
/// it ended and what it said. Whatever that was, a redrive without the rule makes it complete.
fn under_each(rules: &[&str], then: impl Fn(&str, i32, &str, &Flow<'_>)) {
    for rule in rules {
        let sandbox = Sandboxed::start();
        let flow = Flow::on(&sandbox, "faults", 2);
        flow.fill(2, EACH);
        sandbox.set_faults(&[&rule.replace("MAIN", &flow.main).replace("DLQ", &flow.dlq)]);
        let (code, _, told) = flow.dlq("redrive", &["--yes"]);
        sandbox.struck();
        sandbox.set_faults(&[]);
        then(rule, code, &told, &flow);
        flow.redrive(&[]);
        flow.each_arrived_once(usize::try_from(2 * EACH).unwrap());
    }
}

/// Checks that a redrive goes through, whatever happens to it by these rules.
fn goes_through(rules: &[&str]) {
    under_each(rules, |rule, code, told, _| {
        assert_eq!(code, 0, "{rule}: {told}");
        assert!(told.contains("redriven 1100 of 1100"), "{rule}: {told}");
    });
}

#[test]
fn records_that_are_not_taken_at_once_or_not_answered_arrive_once() {
    goes_through(&[
        "Produce topic=MAIN times=2 error=NOT_LEADER_OR_FOLLOWER",
        "Produce topic=MAIN times=2 error-after=REQUEST_TIMED_OUT",
        "Produce topic=MAIN times=1 error-after=NOT_ENOUGH_REPLICAS_AFTER_APPEND",
        "Produce topic=MAIN every=2 times=1 drop",
        "Produce topic=MAIN every=2 times=1 drop-after",
        "Produce topic=MAIN times=2 throttle=100ms",
        "Produce topic=_flowctl.ledger times=1 drop",
        "Produce topic=_flowctl.ledger every=2 times=1 drop-after",
        "Produce topic=_flowctl.ledger times=1 error-after=REQUEST_TIMED_OUT",
    ]);
}

#[test]
fn a_coordinator_that_is_not_ready_or_does_not_answer_is_asked_again() {
    goes_through(&[
        "FindCoordinator times=2 error=COORDINATOR_NOT_AVAILABLE",
        "InitProducerId times=2 error=COORDINATOR_LOAD_IN_PROGRESS",
        "InitProducerId times=1 error=NOT_COORDINATOR",
        "InitProducerId times=1 drop-after",
        "AddPartitionsToTxn times=2 error=CONCURRENT_TRANSACTIONS",
        "AddPartitionsToTxn times=1 error=COORDINATOR_LOAD_IN_PROGRESS",
        "AddPartitionsToTxn times=1 error-after=COORDINATOR_NOT_AVAILABLE",
        "AddPartitionsToTxn every=2 times=1 drop-after",
    ]);
}

#[test]
fn a_commit_that_is_not_answered_or_fails_is_settled() {
    goes_through(&[
        "EndTxn times=1 drop",
        "EndTxn times=1 drop-after",
        "EndTxn every=2 times=1 drop-after",
        "EndTxn times=2 error=COORDINATOR_LOAD_IN_PROGRESS",
        "EndTxn times=1 error-after=COORDINATOR_NOT_AVAILABLE",
        "EndTxn times=1 error=NOT_COORDINATOR",
        "EndTxn times=1 error-after=REQUEST_TIMED_OUT",
        "EndTxn every=2 times=1 error-after=REQUEST_TIMED_OUT",
        "EndTxn times=1 throttle=100ms",
    ]);
}

#[test]
fn a_fence_without_a_rival_is_no_obstacle() {
    goes_through(&[
        "Produce topic=MAIN times=1 error=INVALID_PRODUCER_EPOCH",
        "AddPartitionsToTxn every=2 times=1 error=INVALID_PRODUCER_EPOCH",
        "EndTxn times=1 error-after=PRODUCER_FENCED",
    ]);
}

#[test]
fn a_transaction_that_is_found_in_the_ledger_counts() {
    let sandbox = Sandboxed::start();
    let flow = Flow::on(&sandbox, "settled", 1);
    flow.fill(1, 4);
    sandbox.set_faults(&["EndTxn times=1 error-after=PRODUCER_FENCED"]);
    let told = flow.redrive(&[]);
    assert!(told.contains("looking for another run"), "{told}");
    assert!(told.contains("redriven 4 of 4") && told.contains("(1 transaction)"), "{told}");
    assert_eq!(flow.backlog(), Some(0));
}

#[test]
fn reading_and_asking_is_tried_again() {
    goes_through(&[
        "Metadata times=3 drop",
        "DescribeConfigs times=1 drop",
        "ListOffsets times=2 error=NOT_LEADER_OR_FOLLOWER",
        "ListOffsets times=1 drop-after",
        "Fetch topic=DLQ times=2 error=NOT_LEADER_OR_FOLLOWER",
        "Fetch topic=DLQ times=1 drop-after",
        "Fetch topic=DLQ times=2 throttle=100ms",
        "CreateTopics times=1 drop-after",
        "CreateTopics times=1 error-after=REQUEST_TIMED_OUT",
        // The courtesy group is no reason to fail, nor to wait.
        "OffsetCommit error=GROUP_AUTHORIZATION_FAILED",
        "OffsetCommit delay=1h",
    ]);
}

#[test]
fn a_backlog_that_cannot_be_shown_is_told_to_who_wants_to_know() {
    let sandbox = Sandboxed::start();
    let flow = Flow::on(&sandbox, "backlog", 1);
    flow.fill(1, 4);
    sandbox.set_faults(&["OffsetCommit error=GROUP_AUTHORIZATION_FAILED"]);
    let told = flow.redrive(&["--limit", "1"]);
    assert!(!told.contains("cannot show") && flow.backlog().is_none(), "{told}");
    let told = flow.redrive(&["--limit", "1", "-v"]);
    let (_, after) = told.split_once("redriven 1 of 1").unwrap();
    let expected = format!(
        "cannot show the backlog by the offsets of group `flowctl.dlq.{0}`: not authorised: \
         READ on group `flowctl.dlq.{0}` was refused",
        flow.dlq
    );
    assert!(after.contains(&expected), "{told}");
    sandbox.set_faults(&[]);
    flow.redrive(&["--limit", "1"]);
    assert_eq!(flow.backlog(), Some(1));
}

#[test]
fn connections_that_break_again_and_again_cost_time_only() {
    goes_through(&[
        "* every=7 drop",
        "* every=7 drop-after",
        "* chance=0.1 seed=1 drop-after",
        "* chance=0.1 seed=2 drop",
    ]);
}

#[test]
fn who_asks_hears_what_an_opening_waits_for() {
    for words in [&[][..], &["-v"]] {
        let sandbox = Sandboxed::start();
        let flow = Flow::on(&sandbox, "opening", 1);
        flow.fill(1, 4);
        sandbox.set_faults(&["InitProducerId times=1 delay=1h"]);
        let mut command = flowctl(&flow.home);
        command.args(["dlq", "redrive", &flow.dlq, "--yes"]).args(words);
        let mut running = Running::start(command.env("FLOWCTL_BROKERS", sandbox.brokers()));
        let mut stderr = BufReader::new(running.stderr.take().unwrap());
        let mut told = String::new();
        if words.is_empty() {
            sandbox.struck();
        } else {
            while !told.contains("opening the transactional producer takes long") {
                assert!(stderr.read_line(&mut told).unwrap() > 0, "{told}");
            }
        }
        sandbox.set_faults(&[]);
        stderr.read_to_string(&mut told).unwrap();
        assert_eq!(running.wait().unwrap().code(), Some(0), "{told}");
        assert_eq!(told.contains("takes long"), !words.is_empty(), "{told}");
        flow.each_arrived_once(4);
    }
}

#[test]
fn brokers_that_refuse_for_ever_are_given_up() {
    let sandbox = Sandboxed::start();
    let flow = Flow::on(&sandbox, "for-ever", 1);
    flow.fill(1, 4);
    let rule = format!("Produce topic={} error=NOT_LEADER_OR_FOLLOWER", flow.main);
    sandbox.set_faults(&[&rule]);
    // A record fails after 15 s, and is tried once more.
    let began = Stopwatch::start();
    let (code, _, told) = flow.dlq("redrive", &["--yes", "--timeout", "2s"]);
    assert_eq!(code, 5, "{told}");
    assert!(began.elapsed() < Duration::from_secs(75), "{:?}: {told}", began.elapsed());
    assert!(told.contains("no transaction went through"), "{told}");
    assert!(told.contains("to go on: flowctl dlq redrive"), "{told}");
    sandbox.set_faults(&[]);
    flow.redrive(&[]);
    flow.each_arrived_once(4);
}

#[test]
fn what_is_not_allowed_is_named_and_nothing_is_sent() {
    let denied = [
        ("Fetch topic=DLQ error=TOPIC_AUTHORIZATION_FAILED", "READ on topic `DLQ` was refused"),
        (
            "InitProducerId error=TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
            "WRITE on transactional id `flowctl.redrive.sandbox-.DLQ` was refused",
        ),
        (
            "Produce topic=MAIN error=TOPIC_AUTHORIZATION_FAILED",
            "WRITE on topic `MAIN` was refused",
        ),
        ("EndTxn error=TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "WRITE on transactional id"),
    ];
    for (rule, expected) in denied {
        under_each(&[rule], |_, code, told, flow| {
            let expected = expected.replace("MAIN", &flow.main).replace("DLQ", &flow.dlq);
            assert_eq!(code, 6, "{rule}: {told}");
            assert!(told.contains(&expected), "{rule}: {told}");
        });
    }
}

#[test]
fn what_is_too_large_stays_pending_by_its_name() {
    under_each(&["Produce topic=MAIN error=MESSAGE_TOO_LARGE"], |_, code, told, flow| {
        assert_eq!(code, 3, "{told}");
        assert!(told.contains("redriven 0 of 1100") && told.contains("1100 failed"), "{told}");
        let named = format!("{}/0/0 was not redriven: MESSAGE_TOO_LARGE", flow.dlq);
        assert!(told.contains(&named), "{told}");
    });
    let rule = "Produce topic=_flowctl.ledger error=MESSAGE_TOO_LARGE";
    under_each(&[rule], |_, code, told, _| {
        assert_eq!(code, 1, "{told}");
        assert!(told.contains("what is remembered of the transaction"), "{told}");
    });
}
