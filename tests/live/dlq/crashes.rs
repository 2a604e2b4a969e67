//! Redrives that are killed, interrupted, or started twice.

use std::io::{BufRead, BufReader, Read};
use std::process::Command;
use std::time::Duration;

use flowctl::clock::{Deadline, Stopwatch};
use flowctl::kafka::{Cluster, TransactionalProducer};

use super::backlog::backlog;
use super::new_flow;
use crate::broker::block_on;
use crate::dead_letters::Flow;
use crate::home::{PATIENCE, text};
use crate::records::record;
use crate::running::Running;
use crate::support::OwnKafka;

/// Waits for a part of a second that nobody can foresee.
fn wait_at_random(most_ms: u128) {
    let random = ulid::Ulid::new().random() % most_ms;
    std::thread::sleep(Duration::from_millis(u64::try_from(random).unwrap()));
}

#[test]
fn killed_ten_times_and_started_again_each_record_arrives_once() {
    let flow = new_flow("redrive-kill", 3);
    flow.fill(3, 10_000);
    let mut killed = 0;
    for _ in 0..10 {
        let mut running = flow.start_redrive();
        wait_at_random(1_500);
        running.kill().unwrap();
        if running.wait().unwrap().code().is_none() {
            killed += 1;
        }
    }
    assert!(killed > 0, "no run was killed before it ended");
    flow.redrive(&[]);
    flow.each_arrived_once(30_000);
}

#[test]
fn two_at_once_send_each_record_once() {
    let flow = new_flow("redrive-two", 2);
    flow.fill(2, 8_000);
    let first = flow.start_redrive();
    wait_at_random(400);
    let second = flow.start_redrive();
    let mut codes = Vec::new();
    for running in [first, second] {
        let ended = running.wait_with_output();
        let code = ended.status.code().unwrap();
        // 0: it sent what was left; 4: the other one took over.
        let told = text(&ended.stderr);
        assert!(code == 0 || code == 4 && told.contains(" has taken over "), "{code}: {told}");
        codes.push(code);
    }
    assert!(codes.contains(&0), "{codes:?}");
    flow.redrive(&[]);
    flow.each_arrived_once(16_000);
}

#[test]
fn ctrl_c_ends_with_what_is_in_flight_and_the_command_that_goes_on() {
    let flow = new_flow("redrive-interrupt", 1);
    flow.fill(1, 30_000);
    let mut running = flow.start_redrive();
    wait_until_it_writes(&flow, &mut running);
    running.send("INT");
    let ended = running.wait_with_output();
    let told = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(130), "{told}");
    let expected = format!("stopped; to go on: flowctl dlq redrive {}", flow.dlq);
    assert!(told.contains(&expected), "{told}");
    flow.redrive(&[]);
    flow.each_arrived_once(30_000);
}

/// Sends a signal to a process.
pub(super) fn signal(name: &str, pid: &str) {
    assert!(Command::new("kill").args([name, pid]).status().unwrap().success());
}

#[test]
fn ctrl_c_ends_a_redrive_whose_producer_is_being_opened() {
    let own = OwnKafka::up("redrive-opening");
    let flow = Flow::on(&own.kafka, "redrive-opening", 1);
    flow.fill(1, 2_000);
    let broker = own.kafka.pid(1);
    let mut running = flow.start_redrive();
    let mut stderr = BufReader::new(running.stderr.take().unwrap());
    let mut told = String::new();
    // It makes the ledger when the plan is approved, and opens the producer then: the first one of
    // a cluster, for which the broker makes the log of transactions.
    while !told.contains("created topic") {
        assert!(stderr.read_line(&mut told).unwrap() > 0, "{told}");
    }
    signal("-STOP", &broker);
    running.send("INT");
    let since = Stopwatch::start();
    stderr.read_to_string(&mut told).unwrap();
    let ended = running.wait().unwrap();
    let took = since.elapsed();
    signal("-CONT", &broker);
    assert_eq!(ended.code(), Some(130), "{told}");
    assert!(took < Duration::from_secs(1), "{took:?}: {told}");
    assert!(told.contains("redriven 0 of 2000") && told.contains("stopped; to go on"), "{told}");
    flow.redrive(&[]);
    flow.each_arrived_once(2_000);
}

/// Longer than the coordinator leaves a transaction open: 20 s, and it looks every 10 s. While the
/// broker itself is stopped, there is nobody to ask.
const OUTAGE: Duration = Duration::from_secs(31);

/// Waits until a redrive has its first records in the main topic, committed or not.
fn wait_until_it_writes(flow: &Flow<'_>, running: &mut Running) {
    while flow.broker.end_offsets(&flow.main) == 0 {
        assert!(running.try_wait().unwrap().is_none(), "it ended before it could be stopped");
    }
}

#[test]
fn a_run_that_was_frozen_yields_to_another_one() {
    let flow = new_flow("redrive-frozen", 2);
    flow.fill(2, 30_000);
    let mut frozen = flow.start_redrive();
    wait_until_it_writes(&flow, &mut frozen);
    frozen.send("STOP");
    flow.redrive(&[]);
    flow.each_arrived_once(60_000);
    frozen.send("CONT");
    let ended = frozen.wait_with_output();
    let told = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(4), "{told}");
    assert!(told.contains(&format!(" has taken over DLQ `{}`", flow.dlq)), "{told}");
    flow.each_arrived_once(60_000);
    assert_eq!(backlog(&flow.dlq), [(30_000, 0), (30_000, 0)], "what it knew was less");
}

#[test]
fn a_run_that_is_stopped_while_it_looks_for_another_one_does_not_disturb_it() {
    let flow = new_flow("redrive-fenced", 2);
    flow.fill(2, 30_000);
    let mut fenced = flow.start_redrive();
    wait_until_it_writes(&flow, &mut fenced);
    fenced.send("STOP");
    // As another run does; it has not written yet when the fenced one looks.
    let soon = || Deadline::after(PATIENCE);
    let cluster_id = block_on(async {
        let cluster = Cluster::connect(&flow.broker.settings(), soon()).await.unwrap();
        cluster.id(soon()).await.unwrap().unwrap()
    });
    let id = format!("flowctl.redrive.{}.{}", &cluster_id[..8], flow.dlq);
    let timeout = Duration::from_secs(60);
    let other = TransactionalProducer::open(&flow.broker.settings(), &id, timeout, soon()).unwrap();
    fenced.send("CONT");
    let mut stderr = BufReader::new(fenced.stderr.take().unwrap());
    let mut told = String::new();
    while !told.contains("looking for another run") {
        assert!(stderr.read_line(&mut told).unwrap() > 0, "{told}");
    }
    fenced.send("INT");
    stderr.read_to_string(&mut told).unwrap();
    assert_eq!(fenced.wait().unwrap().code(), Some(130), "{told}");
    assert!(told.contains("to go on: flowctl dlq redrive"), "{told}");
    other.begin().unwrap();
    let written = record(&flow.broker.new_topic("redrive-other", 1), 0, "k", "v");
    other.send(&written, 0).unwrap();
    assert_eq!(other.drain(soon()).len(), 1);
    other.commit(soon()).unwrap();
    flow.redrive(&[]);
    flow.each_arrived_once(60_000);
}

#[test]
fn a_run_that_was_frozen_past_its_transaction_goes_on_where_nobody_took_over() {
    let flow = new_flow("redrive-thawed", 2);
    flow.fill(2, 30_000);
    let mut frozen = flow.start_redrive();
    wait_until_it_writes(&flow, &mut frozen);
    frozen.send("STOP");
    let deadline = Deadline::after(PATIENCE);
    while flow.broker.stable_offsets(&flow.main) < flow.broker.end_offsets(&flow.main) {
        assert!(!deadline.has_passed(), "its transaction is not given up");
        std::thread::sleep(Duration::from_millis(500));
    }
    frozen.send("CONT");
    let ended = frozen.wait_with_output();
    let told = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{told}");
    assert!(told.contains("redriven 60000 of 60000"), "{told}");
    flow.each_arrived_once(60_000);
}

#[test]
fn a_run_goes_on_after_an_outage_in_which_its_transaction_was_given_up() {
    let own = OwnKafka::up("redrive-outage");
    let flow = Flow::on(&own.kafka, "redrive-outage", 2);
    flow.fill(2, 30_000);
    let broker = own.kafka.pid(1);
    let mut running = flow.start_redrive();
    wait_until_it_writes(&flow, &mut running);
    signal("-STOP", &broker);
    std::thread::sleep(OUTAGE);
    signal("-CONT", &broker);
    let ended = running.wait_with_output();
    let told = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{told}");
    assert!(told.contains("redriven 60000 of 60000"), "{told}");
    flow.each_arrived_once(60_000);
}
