//! Which records are shown, and as what.

use bytes::Bytes;
use flowctl::model::envelope;

use crate::records::record;
use crate::sandboxed::Sandboxed;
use crate::tailing::{produce, tail_text};

#[test]
fn only_records_with_the_key_are_shown() {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("tail-key", 2);
    let lines: Vec<_> = (0..500).map(|n| format!("k{}:{n}\n", n % 50)).collect();
    produce(&sandbox, &topic, &["-K", ":"], lines.concat());
    // More than the last three records of the partition are looked through.
    assert_eq!(tail_text(&sandbox, &topic, &["-k", "k7", "-n", "3", "-e"]), "357\n407\n457\n");
}

#[test]
fn the_bytes_of_the_log_are_those_of_the_envelope() {
    let sandbox = Sandboxed::start();
    let topic = sandbox.new_topic("tail-envelope", 1);
    let pairs = [("null", "null"), ("7", "{\"a\": 1}"), ("{\"k\":1}", "text")];
    sandbox.write(pairs.map(|(key, value)| record(&topic, 0, key, value)));
    let lines = tail_text(&sandbox, &topic, &["-e", "-J"]);
    let records = lines.lines().map(|line| envelope::parse(line.as_bytes()).unwrap());
    let pairs: Vec<_> = records.map(|record| (record.key, record.value)).collect();
    let bytes = |text: &'static str| Some(Bytes::from_static(text.as_bytes()));
    assert_eq!(
        pairs,
        [
            (bytes("null"), bytes("null")),
            (bytes("7"), bytes("{\"a\": 1}")),
            (bytes("{\"k\":1}"), bytes("text")),
        ]
    );
}
