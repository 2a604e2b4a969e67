//! What is decided about dead letters.

use super::*;
use crate::dlq::target::TargetPartition;
use crate::dlq::testing::{origin, record};
use crate::dlq::{Expected, StatusFilter};
use crate::model::header::Header;

fn origin_rule() -> Rule {
    Rule {
        target: TargetRule::Origin,
        time: RecordTime::Now,
        max_redrives: 3,
        own_topics: OwnTopics::new(["memory".into()]),
    }
}

fn topics() -> Topics {
    let mut topics = Topics::default();
    topics.insert("orders".into(), Ok(3));
    topics.insert("repair".into(), Ok(3));
    topics.insert("gone".into(), Err("it does not exist".to_owned()));
    topics
}

fn dead_letter(headers: Vec<Header>) -> DeadLetter {
    DeadLetter::read(record(Some(b"{}"), headers), Expected::Auto, None)
}

fn decide(rule: &Rule, dead_letter: &DeadLetter) -> String {
    let mut selector = Selector::new(Query::default(), rule.clone());
    match selector.decide(dead_letter, None, &topics()) {
        Decision::Send(target) => target.to_string(),
        Decision::Refused(refusal) => refusal.to_string(),
        other @ (Decision::Duplicate | Decision::Resolved(_) | Decision::NotSelected) => {
            format!("{other:?}")
        }
    }
}

#[test]
fn the_original_partition_is_kept_where_it_exists() {
    let kept = dead_letter(origin("orders", 1, 7));
    assert_eq!(decide(&origin_rule(), &kept), "orders[1]");
    let mut out_of_range = dead_letter(origin("orders", 9, 7));
    out_of_range.origin.check(3);
    assert_eq!(decide(&origin_rule(), &out_of_range), "orders[2] by key");
    let elsewhere = Rule { target: TargetRule::Topic("repair".into()), ..origin_rule() };
    assert_eq!(decide(&elsewhere, &kept), "repair[2] by key");
    let mut keyless = kept;
    keyless.record.key = None;
    assert_eq!(decide(&elsewhere, &keyless), "repair[any]");
    assert_eq!(decide(&origin_rule(), &keyless), "orders[1]");
}

#[test]
fn what_cannot_be_sent_is_refused_with_its_reason() {
    assert_eq!(decide(&origin_rule(), &dead_letter(Vec::new())), "its origin is not known");
    assert_eq!(
        decide(&origin_rule(), &dead_letter(vec![Header::new("originalOffset", "1")])),
        "its origin is not known: header `originalTopic` is missing"
    );
    assert_eq!(
        decide(&origin_rule(), &dead_letter(origin("gone", 0, 1))),
        "topic `gone`: it does not exist"
    );
    assert_eq!(
        decide(&origin_rule(), &dead_letter(origin("orders-dlq", 0, 1))),
        "its target is the DLQ itself"
    );
    assert_eq!(
        decide(&origin_rule(), &dead_letter(origin("__consumer_offsets", 0, 1))),
        "its target `__consumer_offsets` is an internal topic"
    );
    for ledger in ["memory", "_flowctl.ledger"] {
        let refused = format!("its target `{ledger}` is an internal topic");
        assert_eq!(decide(&origin_rule(), &dead_letter(origin(ledger, 0, 1))), refused);
        let to = Rule { target: TargetRule::Topic(ledger.into()), ..origin_rule() };
        assert_eq!(decide(&to, &dead_letter(origin("orders", 0, 1))), refused);
    }
    let mut headers = origin("orders", 0, 1);
    headers.push(Header::new("flowctl-redrive-count", "3"));
    assert_eq!(
        decide(&origin_rule(), &dead_letter(headers)),
        "it has been redriven 3 times already; at most 3 are allowed"
    );
}

#[test]
fn an_old_timestamp_is_refused_where_the_target_would_drop_it() {
    let rule = Rule { time: RecordTime::Original, ..origin_rule() };
    let mut letter = dead_letter(origin("orders", 0, 1));
    assert_eq!(decide(&rule, &letter), "its original timestamp is not known");
    letter.origin.timestamp = Some(Timestamp(5_000));
    assert_eq!(decide(&rule, &letter), "orders[0]");
    let mut selector = Selector::new(Query::default(), rule);
    selector.set_oldest("orders".into(), Timestamp(5_001));
    assert_eq!(
        selector.decide(&letter, None, &topics()),
        Decision::Refused(Refusal::TooOld(Timestamp(5_000), "orders".into()))
    );
}

fn redriven() -> Outcome {
    Outcome::Redriven { to: "orders".into() }
}

#[test]
fn only_what_is_selected_counts_as_handled_before() {
    let of = |code: &str, offset| {
        let value = format!(r#"{{"error":{{"code":"{code}"}}}}"#);
        let record = record(Some(value.as_bytes()), origin("orders", 1, offset));
        DeadLetter::read(record, Expected::Auto, None)
    };
    let query = Query { error_codes: ["A".to_owned()].into(), ..Query::default() };
    let mut selector = Selector::new(query, origin_rule());
    selector.remember(&of("A", 1), &redriven());
    selector.remember(&of("A", 2), &Outcome::Duplicate);
    selector.remember(&of("B", 3), &redriven());
    assert_eq!(selector.before(), Before { redriven: 1, duplicates: 1 });
    let again = selector.decide(&of("B", 3), None, &topics());
    assert_eq!(again, Decision::NotSelected, "it is remembered all the same");
}

#[test]
fn one_origin_is_sent_once() {
    let mut selector = Selector::new(Query::default(), origin_rule());
    let first = dead_letter(origin("orders", 1, 7));
    let is_sent = |decision| matches!(decision, Decision::Send(_));
    assert!(is_sent(selector.decide(&first, None, &topics())));
    assert_eq!(selector.decide(&first, None, &topics()), Decision::Duplicate);
    let mut remembering = Selector::new(Query::default(), origin_rule());
    remembering.remember(&first, &redriven());
    assert_eq!(remembering.decide(&first, None, &topics()), Decision::Duplicate);
    let other = dead_letter(origin("orders", 1, 8));
    assert!(is_sent(remembering.decide(&other, None, &topics())));
    // An origin that is not complete is nobody's duplicate.
    let partial = dead_letter(vec![Header::new("originalTopic", "orders")]);
    assert!(is_sent(remembering.decide(&partial, None, &topics())));
    assert!(is_sent(remembering.decide(&partial, None, &topics())));
}

#[test]
fn another_key_or_value_of_the_same_origin_is_another_record() {
    let of = |key: &'static [u8], value: &[u8]| {
        let mut record = record(Some(value), origin("orders", 1, 7));
        record.key = Some(bytes::Bytes::from_static(key));
        DeadLetter::read(record, Expected::Auto, None)
    };
    let mut selector = Selector::new(Query::default(), origin_rule());
    selector.remember(&of(b"k", br#"{"n":1,"error":{"code":"A"}}"#), &redriven());
    let mut is_duplicate = |dead_letter: DeadLetter| {
        selector.decide(&dead_letter, None, &topics()) == Decision::Duplicate
    };
    assert!(is_duplicate(of(b"k", br#"{"n":1,"error":{"code":"B"}}"#)), "the error is ours");
    assert!(!is_duplicate(of(b"k", br#"{"n":2,"error":{"code":"A"}}"#)));
    assert!(!is_duplicate(of(b"l", br#"{"n":1,"error":{"code":"A"}}"#)));
    assert!(is_duplicate(of(b"k", br#"{"n":2}"#)));
    let mut empty = of(b"k", b"");
    assert!(!is_duplicate(empty.clone()));
    empty.record.value = None;
    assert!(!is_duplicate(empty), "a tombstone is not an empty value");
}

#[test]
fn an_origin_that_cannot_be_is_not_replaced_by_the_assumed_one() {
    let long = "o".repeat(300);
    for name in ["../x", "..", "", long.as_str()] {
        let record = record(Some(b"{}"), origin(name, 1, 7));
        let letter = DeadLetter::read(record, Expected::Auto, Some(&"orders".into()));
        assert_eq!(
            decide(&origin_rule(), &letter),
            "its origin is not known: header `originalTopic` is not a topic name"
        );
        let to = Rule { target: TargetRule::Topic("repair".into()), ..origin_rule() };
        assert_eq!(decide(&to, &letter), "repair[2] by key");
    }
    let unnamed = record(Some(b"{}"), vec![Header::new("originalPartition", "1")]);
    let unnamed = DeadLetter::read(unnamed, Expected::Auto, Some(&"orders".into()));
    assert!(unnamed.origin.is_topic_assumed);
}

#[test]
fn a_refused_record_is_no_reason_to_leave_out_its_duplicate() {
    let mut selector = Selector::new(Query::default(), origin_rule());
    let mut headers = origin("orders", 1, 7);
    headers.push(Header::new("flowctl-redrive-count", "9"));
    let refused = selector.decide(&dead_letter(headers), None, &topics());
    assert!(matches!(refused, Decision::Refused(_)));
    let next = selector.decide(&dead_letter(origin("orders", 1, 7)), None, &topics());
    assert!(matches!(next, Decision::Send(_)));
}

#[test]
fn what_the_ledger_has_is_not_done_again_and_does_not_count_for_the_limit() {
    let query = Query { limit: Some(1), ..Query::default() };
    let mut selector = Selector::new(query, origin_rule());
    let outcome = Outcome::Redriven { to: "orders".into() };
    let done = Done { outcome: &outcome, target: None, job: "j" };
    let decision = selector.decide(&dead_letter(origin("orders", 1, 6)), Some(done), &topics());
    assert_eq!(decision, Decision::Resolved(outcome));
    assert!(!selector.is_satisfied());
    let decision = selector.decide(&dead_letter(origin("orders", 1, 7)), None, &topics());
    assert_eq!(
        decision,
        Decision::Send(Target { topic: "orders".into(), partition: TargetPartition::Original(1) })
    );
    assert!(selector.is_satisfied());
    let decision = selector.decide(&dead_letter(origin("orders", 1, 8)), None, &topics());
    assert_eq!(decision, Decision::NotSelected);
    assert_eq!(StatusFilter::default(), StatusFilter::Pending);
}
