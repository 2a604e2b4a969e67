//! Redrives that are killed, interrupted, or started twice.

use std::time::Duration;

use super::{Flow, fill};
use crate::home::text;

/// Waits for a part of a second that nobody can foresee.
fn wait_at_random(most_ms: u128) {
    let random = ulid::Ulid::new().random() % most_ms;
    std::thread::sleep(Duration::from_millis(u64::try_from(random).unwrap()));
}

#[test]
fn killed_ten_times_and_started_again_each_record_arrives_once() {
    let flow = Flow::new("redrive-kill", 3);
    fill(&flow, 3, 10_000);
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
    let flow = Flow::new("redrive-two", 2);
    fill(&flow, 2, 8_000);
    let first = flow.start_redrive();
    wait_at_random(400);
    let second = flow.start_redrive();
    let mut codes = Vec::new();
    for running in [first, second] {
        let ended = running.wait_with_output();
        let code = ended.status.code().unwrap();
        // 0: it sent what was left; 4: the other one took over.
        assert!(matches!(code, 0 | 4), "{code}: {}", text(&ended.stderr));
        codes.push(code);
    }
    assert!(codes.contains(&0), "{codes:?}");
    flow.redrive(&[]);
    flow.each_arrived_once(16_000);
}

#[test]
fn ctrl_c_ends_with_what_is_in_flight_and_the_command_that_goes_on() {
    let flow = Flow::new("redrive-interrupt", 1);
    fill(&flow, 1, 30_000);
    let mut interrupted = false;
    for _ in 0..20 {
        let running = flow.start_redrive();
        wait_at_random(1_200);
        running.send("INT");
        let ended = running.wait_with_output();
        let told = text(&ended.stderr);
        match ended.status.code() {
            Some(130) if told.contains("to go on: ") => {
                let expected = format!("to go on: flowctl dlq redrive {}", flow.dlq);
                assert!(told.contains(&expected), "{told}");
                interrupted = true;
                break;
            }
            // Before it began, or after it had ended.
            Some(130 | 0) | None => {}
            other => panic!("{other:?}: {told}"),
        }
    }
    flow.redrive(&[]);
    flow.each_arrived_once(30_000);
    // A machine that redrives 30 000 records before a signal arrives has nothing to interrupt.
    assert!(interrupted || !flow.arrived().is_empty());
}

#[test]
fn a_run_that_was_frozen_past_its_transaction_sends_nothing_after_another_one() {
    let flow = Flow::new("redrive-frozen", 2);
    fill(&flow, 2, 15_000);
    let mut frozen = flow.start_redrive();
    std::thread::sleep(Duration::from_millis(500));
    wait_at_random(600);
    let has_ended = frozen.try_wait().unwrap().is_some();
    if !has_ended {
        frozen.send("STOP");
        // The coordinator aborts its transaction after 20 s.
        std::thread::sleep(Duration::from_secs(23));
    }
    flow.redrive(&[]);
    flow.each_arrived_once(30_000);
    if !has_ended {
        frozen.send("CONT");
    }
    let ended = frozen.wait_with_output();
    let told = text(&ended.stderr);
    // 0: it was frozen before it had opened its producer, or was through.
    assert!(matches!(ended.status.code(), Some(0 | 4)), "{told}");
    flow.each_arrived_once(30_000);
}
