//! The backlog that a redrive shows to whoever watches lag, as Kafka's own tool sees it.

use flowctl::clock::Deadline;
use flowctl::kafka::TransactionalProducer;

use super::new_flow;
use crate::home::{PATIENCE, text};
use crate::support::kafka;

/// Returns the committed offset and the lag of each partition, as the group of a DLQ has them.
pub(super) fn backlog(dlq: &str) -> Vec<(i64, i64)> {
    let group = group(dlq);
    let told = kafka().tool("groups").args(["--describe", "--group", &group]).assert().success();
    let mut rows: Vec<(i64, (i64, i64))> = text(&told.get_output().stdout)
        .lines()
        .filter(|line| line.starts_with(&group))
        .map(|line| {
            let mut numbers = line.split_whitespace().skip(2).map(|word| word.parse().unwrap());
            let mut next = || numbers.next().unwrap();
            let (partition, committed, _end, lag) = (next(), next(), next(), next());
            (partition, (committed, lag))
        })
        .collect();
    rows.sort_unstable();
    rows.into_iter().map(|(_, row)| row).collect()
}

fn group(dlq: &str) -> String {
    format!("flowctl.dlq.{dlq}")
}

#[test]
fn the_lag_of_its_group_begins_at_the_first_that_is_pending() {
    let flow = new_flow("backlog", 2);
    flow.fill(2, 10);
    flow.redrive(&["--partition", "0", "--limit", "4"]);
    assert_eq!(backlog(&flow.dlq), [(4, 6), (0, 10)]);
    assert_eq!(flow.backlog(), Some(16), "flowctl sees it too");
    flow.redrive(&["--error-code", "ODD"]);
    assert_eq!(backlog(&flow.dlq), [(4, 6), (0, 10)], "those between stay pending");
    flow.redrive(&["--offsets", "0-6"]);
    assert_eq!(backlog(&flow.dlq), [(8, 2), (8, 2)], "7 was redriven before");
    flow.redrive(&[]);
    assert_eq!(backlog(&flow.dlq), [(10, 0), (10, 0)]);
}

#[test]
fn what_a_run_that_was_killed_has_not_shown_is_shown_by_the_next_one() {
    let flow = new_flow("backlog-killed", 2);
    flow.fill(2, 5_000);
    let mut killed = flow.start_redrive();
    // The last transaction may be in flight, or all of it be done.
    while flow.broker.stable_offsets(&flow.main) < 10_000 {
        assert_eq!(killed.try_wait().unwrap().and_then(|ended| ended.code()), None);
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    // Where it was quick enough to show it nevertheless, that is taken away.
    let mut forget = kafka().tool("groups");
    forget.args(["--delete", "--group", &group(&flow.dlq)]).output().unwrap();
    let told = flow.redrive(&[]);
    assert!(told.contains("nothing to redrive"), "{told}");
    assert_eq!(backlog(&flow.dlq), [(5_000, 0), (5_000, 0)]);
}

#[test]
fn what_a_transaction_leaves_in_the_dlq_is_no_backlog() {
    let flow = new_flow("backlog-markers", 1);
    let soon = || Deadline::after(PATIENCE);
    let settings = flow.broker.settings();
    let id = format!("writer-of-{}", flow.dlq);
    let writer = TransactionalProducer::open(&settings, &id, PATIENCE, soon()).unwrap();
    for number in 0..3 {
        writer.begin().unwrap();
        writer.send(&flow.dead_letter(0, number, "X"), 0).unwrap();
        assert_eq!(writer.drain(soon()).len(), 1);
        writer.commit(soon()).unwrap();
    }
    // Each is followed by a marker.
    flow.redrive(&["--offsets", "4-4"]);
    assert_eq!(backlog(&flow.dlq), [(0, 6)]);
    flow.redrive(&["--offsets", "0-1"]);
    assert_eq!(backlog(&flow.dlq), [(2, 4)]);
    flow.redrive(&["--offsets", "2-2"]);
    assert_eq!(backlog(&flow.dlq), [(6, 0)]);
}
