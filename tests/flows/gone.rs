//! Topics that are deleted, and created again, while they are written to: what was in them is lost,
//! and no count goes on as if it were there.
//!
//! A rule holds a commit up, so that the topic goes at a place that the test chooses.

use std::process::Output;

use crate::dead_letters::Flow;
use crate::home::{Home, text};
use crate::records::FOR_EVER;
use crate::running::{Running, flowctl};
use crate::sandboxed::Sandboxed;

/// How many records each of two partitions has: a replay copies each partition in a transaction of
/// its own, and a redrive both in two.
const EACH: i64 = 550;

/// What becomes of a topic.
#[derive(Debug, Clone, Copy)]
enum Goes {
    Away,
    AndComesBack,
}

/// Deletes a topic, perhaps creates it again, and lets the commit that is held up go on.
fn lose(sandbox: &Sandboxed, topic: &str, partitions: i32, goes: Goes) {
    sandbox.delete_topic(topic);
    if matches!(goes, Goes::AndComesBack) {
        sandbox.create_topic(topic, partitions, &[FOR_EVER]);
    }
    sandbox.set_faults(&[]);
}

/// Starts a command of a redrive or a replay.
fn start(sandbox: &Sandboxed, home: &Home, words: &[&str]) -> Running {
    Running::start(flowctl(home).args(words).env("FLOWCTL_BROKERS", sandbox.brokers()))
}

/// Returns the exit code, the document and what was said.
fn told(ended: &Output) -> (Option<i32>, serde_json::Value, String) {
    let document = serde_json::from_slice(&ended.stdout).unwrap_or_default();
    (ended.status.code(), document, text(&ended.stderr))
}

/// Replays, and loses the target while the last transaction is committed.
fn replay(goes: Goes, words: &[&str]) -> (Option<i32>, serde_json::Value, String) {
    let sandbox = Sandboxed::start();
    let source = sandbox.new_timed_topic("gone", 2, EACH);
    let target = sandbox.new_topic_with("gone-copy", 2, &[FOR_EVER]);
    sandbox.set_faults(&["EndTxn every=2 times=1 delay=1h"]);
    let home = Home::new();
    let command = ["replay", &source, "--to", &target, "--yes"];
    let running = start(&sandbox, &home, &[&command, words].concat());
    sandbox.struck();
    lose(&sandbox, &target, 2, goes);
    let (code, document, told) = told(&running.wait_with_output());
    (code, document, told.replace(&source, "SOURCE").replace(&target, "TARGET"))
}

#[test]
fn a_replay_says_what_went_with_its_target() {
    let (code, document, told) = replay(Goes::AndComesBack, &["-o", "json"]);
    assert_eq!(code, Some(1), "{told}");
    let lost = "topic `TARGET` was deleted and created again while it was written to: 550 records \
                that were counted went with it, and of 550 after them nobody knows which are there";
    assert!(told.contains(lost), "{told}");
    assert!(told.contains("`TARGET` was deleted and created again meanwhile"), "{told}");
    // All of it, not what is left.
    let again = "flowctl replay topic/SOURCE --to topic/TARGET --from 0=0 --until 0=550 \
                 --from 1=0 --until 1=550";
    assert!(told.contains(again), "{told}");
    assert_eq!(document["copied"], 1_100);
    let [lost] = document["lost"].as_array().unwrap().as_slice() else { panic!("{document}") };
    assert_eq!(lost["topic_was"], "created_again");
    assert_eq!((&lost["records"], &lost["uncertain_records"]), (&550.into(), &550.into()));
    assert_eq!(document["errors"][0]["exit_code"], 1);
}

#[test]
fn a_replay_goes_on_for_a_moment_only_when_its_target_has_gone() {
    let sandbox = Sandboxed::start();
    let source = sandbox.new_timed_topic("gone-on", 8, 5);
    let target = sandbox.new_topic_with("gone-on-copy", 8, &[FOR_EVER]);
    sandbox.set_faults(&["EndTxn every=2 times=1 delay=1h"]);
    let home = Home::new();
    let words = ["replay", &source, "--to", &target, "--yes", "-o", "json"];
    let running = start(&sandbox, &home, &words);
    sandbox.struck();
    sandbox.delete_topic(&target);
    sandbox.create_topic(&target, 8, &[FOR_EVER]);
    // To be sure of it takes a second or two; copying the rest takes six.
    sandbox.set_faults(&["EndTxn delay=1s"]);
    let (code, document, told) = told(&running.wait_with_output());
    assert_eq!(code, Some(1), "{told}");
    let copied = document["copied"].as_u64().unwrap();
    assert!((10..40).contains(&copied), "{told}");
    // The first look may have come too late to see what it was copied to.
    let lost = &document["lost"][0];
    let [lost, uncertain] = ["records", "uncertain_records"].map(|of| lost[of].as_u64().unwrap());
    assert!(lost <= 5 && lost + uncertain == copied, "{document}");
}

#[test]
fn what_was_copied_to_a_topic_that_is_deleted_for_good_is_lost() {
    let (code, _, told) = replay(Goes::Away, &[]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("topic `TARGET` was deleted while it was written to: "), "{told}");
    assert!(told.contains("to copy all of it again"), "{told}");
}

#[test]
fn a_target_that_is_another_one_before_the_first_record_gets_none() {
    let sandbox = Sandboxed::start();
    let source = sandbox.new_timed_topic("gone-before", 1, 5);
    let target = sandbox.new_topic_with("gone-before-copy", 1, &[FOR_EVER]);
    sandbox.set_faults(&["InitProducerId times=1 delay=1h"]);
    let home = Home::new();
    let running = start(&sandbox, &home, &["replay", &source, "--to", &target, "--yes"]);
    sandbox.struck();
    lose(&sandbox, &target, 3, Goes::AndComesBack);
    let (code, _, told) = told(&running.wait_with_output());
    assert_eq!(code, Some(4), "{told}");
    assert!(told.contains("was deleted and created again meanwhile"), "{told}");
    assert!(sandbox.read(&target).is_empty());
}

/// Lets a command write all that it has to while nobody answers whether the topics are the same,
/// with signals before and behind the commit.
fn unseen(
    sandbox: &Sandboxed,
    home: &Home,
    words: &[&str],
    [before, behind]: [&[&str]; 2],
) -> String {
    sandbox.set_faults(&["EndTxn times=1 delay=1h"]);
    let running = start(sandbox, home, words);
    sandbox.struck();
    for signal in before {
        running.send(signal);
    }
    sandbox.set_faults(&["Metadata delay=1h"]);
    sandbox.struck();
    for signal in behind {
        running.send(signal);
    }
    let (code, _, told) = told(&running.wait_with_output());
    sandbox.set_faults(&[]);
    assert_eq!(code, Some(5), "{told}");
    assert!(told.contains("cannot see whether") && !told.contains("to go on"), "{told}");
    told
}

/// A little patience, or signals that leave none.
const UNSEEN: [(&[&str], [&[&str]; 2]); 4] = [
    (&["--timeout", "6s"], [&[], &[]]),
    (&[], [&["INT"], &[]]),
    (&[], [&[], &["TERM"]]),
    (&[], [&["INT"], &["TERM"]]),
];

#[test]
fn no_replay_is_called_done_where_nobody_can_look() {
    let sandbox = Sandboxed::start();
    let source = sandbox.new_timed_topic("gone-unseen", 1, 5);
    let target = sandbox.new_topic_with("gone-unseen-copy", 1, &[FOR_EVER]);
    for (words, signals) in UNSEEN {
        let command = ["replay", &source, "--to", &target, "--yes"];
        let told = unseen(&sandbox, &Home::new(), &[&command, words].concat(), signals);
        assert!(told.contains("is still the topic that was copied to"), "{told}");
        assert!(told.contains("copied 5 records"), "{told}");
    }
}

#[test]
fn no_redrive_is_called_done_where_nobody_can_look() {
    let sandbox = Sandboxed::start();
    for (words, signals) in UNSEEN {
        let flow = Flow::on(&sandbox, "unseen", 1);
        flow.fill(1, 5);
        let command = ["dlq", "redrive", &flow.dlq, "--yes"];
        let told = unseen(&sandbox, &flow.home, &[&command, words].concat(), signals);
        assert!(told.contains("are still the topics that were sent to"), "{told}");
        assert!(told.contains("redriven 5 of 5"), "{told}");
    }
}

#[test]
fn who_hurries_is_not_told_that_a_topic_was_deleted() {
    let sandbox = Sandboxed::start();
    let source = sandbox.new_timed_topic("gone-hurried", 1, 5);
    for (goes, ends) in [(Goes::Away, 5), (Goes::AndComesBack, 1)] {
        let target = sandbox.new_topic_with("gone-hurried-copy", 1, &[FOR_EVER]);
        sandbox.set_faults(&["EndTxn times=1 delay=1h"]);
        let words = ["replay", &source, "--to", &target, "--yes", "-o", "json"];
        let running = start(&sandbox, &Home::new(), &words);
        sandbox.struck();
        running.send("INT");
        lose(&sandbox, &target, 1, goes);
        let (code, document, told) = told(&running.wait_with_output());
        assert_eq!(code, Some(ends), "{told}");
        // A broker that has not heard of it yet looks the same.
        let lost = document["lost"].as_array().unwrap().len();
        assert_eq!(lost == 0, matches!(goes, Goes::Away), "{document}");
    }
}

#[test]
fn a_redrive_says_what_went_with_its_target_and_it_can_be_sent_again() {
    let sandbox = Sandboxed::start();
    let flow = Flow::on(&sandbox, "gone", 2);
    flow.fill(2, EACH);
    sandbox.set_faults(&["EndTxn every=2 times=1 delay=1h"]);
    let words = ["dlq", "redrive", &flow.dlq, "--yes", "-o", "json"];
    let running = start(&sandbox, &flow.home, &words);
    sandbox.struck();
    lose(&sandbox, &flow.main, 2, Goes::AndComesBack);
    let (code, document, told) = told(&running.wait_with_output());
    assert_eq!(code, Some(1), "{told}");
    let lost = format!(
        "topic `{}` was deleted and created again while it was written to: of 1100 records that \
         were counted nobody knows which are there",
        flow.main
    );
    assert!(told.contains(&lost) && told.contains("what was redriven is remembered"), "{told}");
    assert!(told.contains(&format!("flowctl dlq show {} --status redriven", flow.dlq)), "{told}");
    let [lost] = document["lost"].as_array().unwrap().as_slice() else { panic!("{document}") };
    assert_eq!(lost["topic"], flow.main.as_str());
    assert_eq!((&lost["records"], &lost["uncertain_records"]), (&0.into(), &1_100.into()));
    // As the hint says: the ledger names them, and another ledger knows nothing of them.
    let (_, listed, _) = flow.dlq("show", &["--status", "redriven", "-o", "jsonl"]);
    assert_eq!(listed.lines().count(), 1_100);
    let told = flow.redrive(&[]);
    assert!(told.contains("nothing to redrive"), "{told}");
    let arrived = flow.arrived().len();
    let file = flow.home.write(
        "again.yaml",
        "apiVersion: flowctl/v1\nproject: again\nenvironments:\n  dev:\n    ledger: again.ledger\n\
         flows:\n  other: {}\n",
    );
    let words = ["--partition", "0", "--offsets", "0-9", "-f", file.to_str().unwrap()];
    let told = flow.redrive(&words);
    assert!(told.contains("redriven 10 of 10"), "{told}");
    assert!(flow.arrived().values().sum::<usize>() >= arrived + 10);
}

#[test]
fn a_ledger_that_is_another_one_has_forgotten() {
    let sandbox = Sandboxed::start();
    let flow = Flow::on(&sandbox, "forgotten", 1);
    flow.fill(1, 20);
    sandbox.set_faults(&["EndTxn times=1 delay=1h"]);
    let running = start(&sandbox, &flow.home, &["dlq", "redrive", &flow.dlq, "--yes"]);
    sandbox.struck();
    lose(&sandbox, "_flowctl.ledger", 12, Goes::AndComesBack);
    let (code, _, told) = told(&running.wait_with_output());
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("ledger `_flowctl.ledger` was deleted and created again"), "{told}");
    assert!(told.contains("the next redrive sends what is forgotten again"), "{told}");
    assert!(!told.contains("what was redriven is remembered"), "{told}");
}
