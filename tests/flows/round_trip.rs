//! Arbitrary bytes survive produce → tail → produce → tail.

use flowctl::clock::Clock;
use flowctl::model::envelope::{self, EnvelopeRecord};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::home::{Home, text};
use crate::sandboxed::Sandboxed;

/// How many records a run has: enough that most pairs of odd cases meet.
const RECORDS: usize = 500;

/// Any bytes, empty ones, text, JSON, or null, as the envelope may have them.
fn part() -> impl Strategy<Value = (Value, Value)> {
    let bytes = prop::collection::vec(any::<u8>(), 0..40)
        .prop_map(|bytes| (json!(base64(&bytes)), json!("base64")));
    let words = "\\PC{0,20}".prop_map(|words| (json!(words), json!("utf8")));
    let number = any::<i64>().prop_map(|number| (json!({ "n": number }), json!("json")));
    prop_oneof![bytes, words, number, Just((Value::Null, Value::Null))]
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// A header: its name is UTF-8, its value any bytes or null; names repeat.
fn header() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        Just(Value::Null),
        prop::collection::vec(any::<u8>(), 0..9)
            .prop_map(|bytes| json!({ "base64": base64(&bytes) })),
    ];
    ("[ab]|\\PC{0,5}", value).prop_map(|(name, value)| json!([name, value]))
}

fn record() -> impl Strategy<Value = Value> {
    let headers = prop::collection::vec(header(), 0..4);
    // Kafka refuses what is of the future, and its retention takes what is old.
    let now = Clock::System.now().0;
    let timestamp = now - 1_000_000..now;
    (part(), part(), headers, timestamp, 0..3).prop_map(
        |((key, key_encoding), (value, value_encoding), headers, timestamp, partition)| {
            json!({
                "partition": partition, "timestamp": timestamp, "headers": headers,
                "key": key, "key_encoding": key_encoding,
                "value": value, "value_encoding": value_encoding,
            })
        },
    )
}

/// Writes lines to a new topic and returns what tail reads from it, without the topic's name.
fn write_and_read(lines: &str) -> String {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("round-trip", 3);
    let home = Home::new();
    let mut produce = sandbox.flowctl(&home);
    produce.args(["produce", &topic, "--input", "jsonl", "-p", "same"]).write_stdin(lines);
    produce.assert().success();
    let mut tail = sandbox.flowctl(&home);
    tail.args(["tail", &topic, "--from", "beginning", "-e", "-o", "jsonl"]);
    let read = text(&tail.assert().success().get_output().stdout);
    read.replace(&topic, "topic")
}

/// Reads envelopes: what a record holds, in the order of each partition.
fn contents(lines: &str) -> Vec<EnvelopeRecord> {
    let mut records: Vec<_> = lines
        .lines()
        .map(|line| EnvelopeRecord {
            // What the first envelope does not have.
            topic: None,
            offset: None,
            timestamp_type: None,
            ..envelope::parse(line.as_bytes()).unwrap()
        })
        .collect();
    records.sort_by_key(|record| record.partition);
    records
}

/// Sorts the lines: between partitions there is no order.
fn sorted(lines: &str) -> Vec<&str> {
    let mut lines: Vec<_> = lines.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn arbitrary_records_survive_it() {
    let mut runner = TestRunner::default();
    let records = prop::collection::vec(record(), RECORDS).new_tree(&mut runner).unwrap().current();
    let lines: Vec<_> = records.iter().map(ToString::to_string).collect();
    let lines = lines.join("\n");
    let once = write_and_read(&lines);
    let (given, read) = (contents(&lines), contents(&once));
    let first_difference = given.iter().zip(&read).find(|(given, read)| given != read);
    assert_eq!((first_difference, read.len()), (None, RECORDS));
    let twice = write_and_read(&once);
    let (once, twice) = (sorted(&once), sorted(&twice));
    assert_eq!((once.len(), twice.len()), (RECORDS, RECORDS));
    let first_difference = once.iter().zip(&twice).find(|(one, two)| one != two);
    assert_eq!(first_difference, None);
}
