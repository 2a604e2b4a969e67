//! A replay whose calls fail.

use std::collections::BTreeSet;

use crate::home::{Home, text};
use crate::records::FOR_EVER;
use crate::sandboxed::Sandboxed;

/// How many records each of two partitions has.
const EACH: i64 = 550;

/// Replays under a rule, where `SOURCE` and `TARGET` stand for the topics; returns how it ended,
/// what it said, and how many records were copied. None may be copied twice.
fn under(rule: &str) -> (i32, String, usize) {
    let sandbox = Sandboxed::start();
    let source = sandbox.new_timed_topic("faults", 2, EACH);
    let target = sandbox.new_topic_with("faults-copy", 2, &[FOR_EVER]);
    sandbox.set_faults(&[&rule.replace("SOURCE", &source).replace("TARGET", &target)]);
    let home = Home::new();
    let mut command = sandbox.flowctl(&home);
    let ended = command.args(["replay", &source, "--to", &target, "--yes"]).output().unwrap();
    sandbox.struck();
    sandbox.set_faults(&[]);
    let told = text(&ended.stderr);
    let copied = sandbox.read(&target);
    let keys: BTreeSet<_> = copied.iter().map(|record| record.key.clone()).collect();
    assert_eq!(keys.len(), copied.len(), "{rule}: some were copied twice: {told}");
    (ended.status.code().unwrap(), told, copied.len())
}

#[test]
fn it_goes_through_and_copies_each_record_once() {
    for rule in [
        "Produce topic=TARGET times=2 error=NOT_LEADER_OR_FOLLOWER",
        "Produce topic=TARGET times=2 error-after=REQUEST_TIMED_OUT",
        "Produce topic=TARGET times=1 drop-after",
        "Produce topic=TARGET times=2 throttle=100ms",
        "EndTxn times=1 drop",
        "EndTxn times=1 drop-after",
        "EndTxn times=1 error-after=COORDINATOR_NOT_AVAILABLE",
        "EndTxn times=1 error-after=REQUEST_TIMED_OUT",
        "EndTxn times=2 error=COORDINATOR_LOAD_IN_PROGRESS",
        "InitProducerId times=1 error=NOT_COORDINATOR",
        "AddPartitionsToTxn times=1 drop-after",
        "Fetch topic=SOURCE times=1 drop-after",
        "Fetch topic=SOURCE times=2 error=NOT_LEADER_OR_FOLLOWER",
        "Fetch topic=SOURCE times=2 throttle=100ms",
        "* every=7 drop-after",
    ] {
        let (code, told, copied) = under(rule);
        assert_eq!((code, copied), (0, 1_100), "{rule}: {told}");
        assert!(told.contains("copied 1100 records"), "{rule}: {told}");
    }
}

#[test]
fn what_is_not_allowed_or_too_large_is_named() {
    let rule = "Produce topic=TARGET error=TOPIC_AUTHORIZATION_FAILED";
    let (code, told, copied) = under(rule);
    assert_eq!((code, copied), (6, 0), "{told}");
    assert!(told.contains("not authorised: WRITE on topic `faults-copy"), "{told}");
    assert!(told.contains("to go on: flowctl replay "), "{told}");
    let (code, told, copied) = under("Produce topic=TARGET error=MESSAGE_TOO_LARGE");
    assert_eq!((code, copied), (3, 0), "{told}");
    assert!(told.contains("[0]@0 was not copied: MESSAGE_TOO_LARGE"), "{told}");
    assert!(told.contains("[1]@0-549"), "{told}");
}
