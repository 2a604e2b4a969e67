//! What a replay copies: the range that was asked for, as its dry run says, and never by itself.

use std::thread;

use serde_json::Value;

use crate::broker::Broker;
use crate::home::{Home, text};
use crate::records::FOR_EVER;
use crate::sandboxed::Sandboxed;

fn replay(broker: &Broker, words: &[&str]) -> (i32, String, String) {
    let home = Home::new();
    let ended = broker.flowctl(&home).arg("replay").args(words).output().unwrap();
    (ended.status.code().unwrap(), text(&ended.stdout), text(&ended.stderr))
}

#[test]
fn a_range_is_what_the_dry_run_counts() {
    let sandbox = Sandboxed::start();
    let source = sandbox.new_timed_topic("replay-source", 2, 50);
    let target = sandbox.new_topic_with("replay-range", 1, &[FOR_EVER]);
    // From second 10 on; partition 1 to offset 30, the other one to its end.
    let words = ["--to", &target, "--from", "@1700000010000", "--until", "1=30"];
    let (code, counted, told) =
        replay(&sandbox, &[&[source.as_str(), "--dry-run", "-o", "json"], &words[..]].concat());
    assert_eq!(code, 0, "{told}");
    let counted: Value = serde_json::from_str(&counted).unwrap();
    let records: Vec<_> =
        counted["items"].as_array().unwrap().iter().map(|item| &item["records"]).collect();
    assert_eq!(records, [40, 20]);
    assert!(sandbox.read(&target).is_empty());
    let (code, _, told) = replay(&sandbox, &[&[source.as_str(), "--yes"], &words[..]].concat());
    assert_eq!(code, 0, "{told}");
    assert_eq!(sandbox.read(&target).len(), 60);
}

#[test]
fn a_range_of_one_partition_copies_nothing_of_the_others() {
    let sandbox = Sandboxed::start();
    let source = sandbox.new_timed_topic("replay-source", 3, 20);
    let target = sandbox.new_topic_with("replay-one-partition", 3, &[FOR_EVER]);
    let (code, _, told) =
        replay(&sandbox, &[&source, "--to", &target, "--from", "0=2", "--until", "0=5", "--yes"]);
    assert_eq!(code, 0, "{told}");
    let copied = sandbox.read(&target).into_iter().map(|record| record.key.unwrap());
    assert_eq!(copied.collect::<Vec<_>>(), ["0-2", "0-3", "0-4"]);
}

#[test]
fn partitions_and_a_limit_narrow_it_down_as_the_dry_run_says() {
    let sandbox = Sandboxed::start();
    let source = sandbox.new_timed_topic("replay-source", 3, 30);
    let target = sandbox.new_topic_with("replay-limit", 3, &[FOR_EVER]);
    let words = ["--partition", "1", "-p", "2", "--limit", "35", "--to", &target];
    let (code, counted, told) =
        replay(&sandbox, &[&[source.as_str(), "--dry-run", "-o", "json"], &words[..]].concat());
    assert_eq!(code, 0, "{told}");
    let counted: Value = serde_json::from_str(&counted).unwrap();
    let records: Vec<_> =
        counted["items"].as_array().unwrap().iter().map(|item| &item["records"]).collect();
    assert_eq!(records, [30, 5]);
    let (code, _, told) = replay(&sandbox, &[&[source.as_str(), "--yes"], &words[..]].concat());
    assert_eq!(code, 0, "{told}");
    let mut counts = [0; 3];
    for record in sandbox.read(&target) {
        counts[usize::try_from(record.topic_partition.partition).unwrap()] += 1;
    }
    assert_eq!(counts, [0, 30, 5]);
    assert_eq!(replay(&sandbox, &[&source, "--to", &target, "--partition", "7", "--yes"]).0, 64);
}

#[test]
fn a_topic_is_not_copied_into_itself_nor_without_a_confirmation() {
    let sandbox = Sandboxed::start();
    let source = sandbox.new_timed_topic("replay-source", 1, 1);
    let target = sandbox.new_topic_with("replay-refused", 1, &[FOR_EVER]);
    assert_eq!(replay(&sandbox, &[&source, "--to", &source, "--yes"]).0, 64);
    assert_eq!(replay(&sandbox, &[&source, "--to", &target]).0, 4);
    assert!(sandbox.read(&target).is_empty());
}

#[test]
fn a_source_that_was_made_anew_is_not_gone_on_with() {
    let sandbox = Sandboxed::start();
    let source = sandbox.new_timed_topic("replay-anew", 1, 50);
    let target = sandbox.new_topic_with("replay-anew-target", 1, &[FOR_EVER]);
    sandbox.set_faults(&[&format!("Fetch topic={source} delay=1h")]);
    thread::scope(|scope| {
        let copying = scope.spawn(|| replay(&sandbox, &[&source, "--to", &target, "--yes"]));
        sandbox.struck();
        sandbox.delete_topic(&source);
        sandbox.create_topic(&source, 1, &[FOR_EVER]);
        sandbox.set_faults(&[]);
        let (code, _, told) = copying.join().unwrap();
        assert_eq!(code, 1, "{told}");
        assert!(told.contains("was deleted and created again"), "{told}");
        assert!(told.contains("no line goes on") && !told.contains("to go on:"), "{told}");
    });
    assert!(sandbox.read(&target).is_empty());
}
