//! What a redrive sends, leaves out and refuses.

use std::collections::BTreeMap;

use bytes::Bytes;
use flowctl::clock::Deadline;
use flowctl::model::header::Header;
use flowctl::model::name::TopicName;
use flowctl::model::record::{OutgoingRecord, SentTime};
use serde_json::Value;

use crate::broker::block_on;
use crate::dead_letters::{Flow, origin};
use crate::home::{PATIENCE, unique};
use crate::records::record;
use crate::sandboxed::Sandboxed;

/// Records of all kinds, and the dead letter that the flow's convention makes of each.
fn originals(flow: &Flow<'_>) -> Vec<(OutgoingRecord, OutgoingRecord)> {
    let headers = vec![
        Header::new("source", "web"),
        Header { name: Bytes::from_static(b"null"), value: None },
        Header::new("source", ""),
        Header::new("binary", vec![0, 0xff, 0x1b]),
    ];
    let values: [(Option<&str>, Option<&str>); 6] = [
        (
            Some(r#"{"a": 1.0,  "a": 2e3, "nested": {"error": {}}}"#),
            Some(r#"{"a": 1.0,  "a": 2e3, "nested": {"error": {}}, "error": {"code": "X"}}"#),
        ),
        (Some("{\n  \"b\": 1\n}"), Some("{\n  \"b\": 1,\n  \"error\": {\"code\": \"X\"}\n}")),
        (Some("{}"), Some(r#"{"error":{"code":"X"}}"#)),
        (Some("not json \u{1b}[0m"), Some("not json \u{1b}[0m")),
        (Some(""), Some("")),
        (None, None),
    ];
    let keys = [Some(&b"key"[..]), Some(b""), None, Some(&[0xff, 0])];
    let mut all = Vec::new();
    let contents = values.into_iter().cycle().zip(keys.into_iter().cycle()).take(24);
    for (number, ((original, dead), key)) in contents.enumerate() {
        let partition = i32::try_from(number % 3).unwrap();
        let bytes = |text: &str| Bytes::copy_from_slice(text.as_bytes());
        let before = OutgoingRecord {
            topic: TopicName::from(flow.main.as_str()),
            partition: Some(partition),
            timestamp: SentTime::Now,
            key: key.map(Bytes::copy_from_slice),
            value: original.map(bytes),
            headers: headers.clone(),
        };
        let mut after = OutgoingRecord {
            topic: TopicName::from(flow.dlq.as_str()),
            value: dead.map(bytes),
            ..before.clone()
        };
        after.headers.extend(origin(&flow.main, partition, i64::try_from(number).unwrap()));
        all.push((before, after));
    }
    all
}

#[test]
fn redriven_records_are_those_that_failed_byte_for_byte() {
    let sandbox = Sandboxed::start();
    for trace in [false, true] {
        let flow = Flow::on(&sandbox, "redrive-bytes", 3);
        let originals = originals(&flow);
        sandbox.write(originals.iter().map(|(_, dead)| dead.clone()));
        flow.redrive(if trace { &[] } else { &["--no-trace-headers"] });
        let mut expected: BTreeMap<i32, Vec<_>> = BTreeMap::new();
        for (before, _) in originals {
            let OutgoingRecord { partition, key, value, headers, .. } = before;
            expected.entry(partition.unwrap()).or_default().push((key, value, headers));
        }
        let mut arrived: BTreeMap<i32, Vec<_>> = BTreeMap::new();
        for mut record in sandbox.read(&flow.main) {
            if trace {
                let added = record.headers.split_off(4);
                let names: Vec<_> = added.iter().map(|header| header.name.clone()).collect();
                assert_eq!(names, ["flowctl-redrive-id", "flowctl-redrive-count"]);
            }
            let partition = record.topic_partition.partition;
            arrived.entry(partition).or_default().push((record.key, record.value, record.headers));
        }
        assert_eq!(arrived, expected);
    }
}

#[test]
fn a_dry_run_says_what_the_run_then_does_and_writes_nothing() {
    let sandbox = Sandboxed::start();
    let flow = Flow::on(&sandbox, "redrive-dry", 2);
    flow.fill(2, 5);
    let (code, listed, told) =
        flow.dlq("redrive", &["--dry-run", "-o", "jsonl", "--offsets", "1-3"]);
    assert_eq!(code, 0, "{told}");
    assert_eq!(listed.lines().count(), 6);
    for line in listed.lines() {
        let item: Value = serde_json::from_str(line).unwrap();
        assert_eq!(item["action"], "send");
        assert_eq!(item["target"]["topic"], flow.main.as_str());
        assert_eq!(item["target"]["partition"], item["origin"]["partition"]);
    }
    assert!(sandbox.read(&flow.main).is_empty());
    let (code, _, told) = flow.dlq("redrive", &[]);
    assert_eq!(code, 4, "nobody can be asked: {told}");
    assert!(sandbox.read(&flow.main).is_empty());
    assert_eq!(flow.dlq("ls", &["--fail-if-any"]).0, 2);
    let groups = block_on(async {
        let deadline = Deadline::after(PATIENCE);
        sandbox.connect(deadline).await.groups(deadline).await.unwrap()
    });
    assert!(groups.groups.is_empty(), "{groups:?}");
}

#[test]
fn what_cannot_be_sent_is_reported_and_the_rest_goes() {
    let sandbox = Sandboxed::start();
    let flow = Flow::on(&sandbox, "redrive-partly", 1);
    let mut lost = record(&flow.dlq, 0, "k", "{}");
    lost.headers = vec![Header::new("originalOffset", "1")];
    let mut gone = record(&flow.dlq, 0, "k", "{}");
    gone.headers = origin(&unique("gone"), 0, 1);
    let twice = flow.dead_letter(0, 7, "X");
    sandbox.write([lost, gone, twice.clone(), flow.dead_letter(0, 8, "X"), twice]);
    let (code, listed, told) = flow.dlq("redrive", &["--yes", "-o", "json"]);
    assert_eq!(code, 3, "{told}");
    let report: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((&report["redriven"], &report["refused"]), (&2.into(), &2.into()));
    assert_eq!(report["duplicates"], 1);
    assert_eq!(report["items"][0]["reason"]["code"], "no_origin");
    assert_eq!(report["items"][1]["reason"]["code"], "no_target");
    flow.each_arrived_once(2);
    // What was refused stays pending, is named each time, and goes where somebody says.
    let (code, again, told) = flow.dlq("redrive", &["--yes", "-q", "-o", "json"]);
    assert_eq!(code, 3, "{told}");
    assert!(told.contains("/0/0 was not redriven: its origin is not known"), "{told}");
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again["items"][1]["reason"]["code"], "no_target");
    assert_eq!((&again["already_redriven"], &again["already_duplicates"]), (&2.into(), &1.into()));
    let (_, shown, _) = flow.dlq("show", &["-o", "jsonl"]);
    assert_eq!(shown.lines().count(), 2);
    let told = flow.redrive(&["--to", &format!("topic/{}", flow.main)]);
    assert!(told.contains("redriven 2 of 2"), "{told}");
}

#[test]
fn spring_and_connect_are_understood() {
    let sandbox = Sandboxed::start();
    let flow = Flow::on(&sandbox, "redrive-spring", 2);
    let mut spring = record(&flow.dlq, 0, "s", r#"{"error":{"code":"mine"}}"#);
    spring.headers = vec![
        Header::new("app", "1"),
        Header::new("kafka_dlt-original-topic", flow.main.clone()),
        Header::new("kafka_dlt-original-partition", 1_i32.to_be_bytes().to_vec()),
        Header::new("kafka_dlt-original-offset", 5_i64.to_be_bytes().to_vec()),
        Header::new("kafka_dlt-exception-cause-fqcn", "java.io.IOException"),
        Header::new("retry_topic-attempts", 3_i32.to_be_bytes().to_vec()),
    ];
    let mut connect = record(&flow.dlq, 0, "c", "x");
    connect.headers = vec![
        Header::new("__connect.errors.topic", flow.main.clone()),
        Header::new("__connect.errors.partition", "1"),
        Header::new("__connect.errors.offset", "6"),
        Header::new("__connect.errors.exception.class.name", "x.DataException"),
    ];
    sandbox.write([spring, connect]);
    flow.redrive(&["--error-code", "IOException", "--no-trace-headers"]);
    flow.redrive(&["--no-trace-headers"]);
    let arrived = sandbox.read(&flow.main);
    let keys: Vec<_> = arrived.iter().map(|record| record.key.clone().unwrap()).collect();
    assert_eq!(keys, ["s", "c"]);
    assert!(arrived.iter().all(|record| record.topic_partition.partition == 1));
    assert_eq!(arrived[0].headers, [Header::new("app", "1")]);
    assert_eq!(arrived[0].value.as_deref(), Some(&br#"{"error":{"code":"mine"}}"#[..]));
    assert_eq!(arrived[1].headers, []);
}
