//! What is shown of records, whoever wrote them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use flowctl::model::envelope::{self, EnvelopeRecord};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{kcat, kcat_produce, produce, tail, tail_text};
use crate::support::kafka;

#[test]
fn a_template_shows_what_kcat_shows() {
    let topic = kafka().new_topic("tail-template", 1);
    let headers = ["-K", ":", "-H", "a=1", "-H", "a=2", "-H", "empty=", "-H", "null"];
    kcat_produce(&topic, &headers, "k1:v1\n:\nk 2:grün\n");
    kcat_produce(&topic, &["-K", ":", "-Z"], "tombstone:\n:null key\n");
    kcat_produce(&topic, &["-D", "|"], b"bytes \x00\xff\x1b and\nlines|".to_vec());
    let template = r"%t[%p]@%o %T <%k>%K <%s>%S %R {%h} %%\x41\t\n";
    let ours = tail(&topic, &["--from", "start", "-e", "-f", template]);
    assert_eq!(ours, kcat(&topic, &["-f", template]));
    // Without any flag both show the values only, with the key before it by -K.
    assert_eq!(tail(&topic, &["-n", "99", "-e"]), kcat(&topic, &[]));
    assert_eq!(tail(&topic, &["--from", "+0", "-e", "-K", "#"]), kcat(&topic, &["-K", "#"]));
}

#[test]
fn every_codec_is_read() {
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let topic = kafka().new_topic("tail-codec", 3);
        let lines: Vec<_> = (0..3000).map(|n| format!("key-{n}:value {n}\n")).collect();
        kcat_produce(&topic, &["-z", codec, "-K", ":"], lines.concat());
        let template = ["-f", "%p %o %k %s\n"];
        let sorted = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        let ours = sorted(tail(&topic, &["--from", "start", "-e", template[0], template[1]]));
        assert_eq!(ours.len(), 3000, "{codec}");
        assert_eq!(ours, sorted(kcat(&topic, &template)), "{codec}");
    }
}

#[test]
fn what_javas_console_producer_wrote_is_read() {
    let topic = kafka().new_topic("tail-java", 1);
    let mut tool = kafka().tool("console-producer");
    tool.args(["--topic", &topic, "--compression-codec", "lz4"]);
    for property in ["parse.key=true", "parse.headers=true", "null.marker=NIL"] {
        tool.args(["--property", property]);
    }
    tool.write_stdin("h:1,h:2\tk\tv\nx:y\tNIL\tNIL\n").assert().success();
    assert_eq!(
        tail_text(&topic, &["-e", "-Z", "-f", "%h %k %K %s %S\n"]),
        "h=1,h=2 k 1 v 1\nx=y NULL -1 NULL -1\n"
    );
}

#[test]
fn only_records_with_the_key_are_shown() {
    let topic = kafka().new_topic("tail-key", 2);
    let lines: Vec<_> = (0..500).map(|n| format!("k{}:{n}\n", n % 50)).collect();
    produce(&topic, &["-K", ":"], lines.concat());
    // More than the last three records of the partition are looked through.
    assert_eq!(tail_text(&topic, &["-k", "k7", "-n", "3", "-e"]), "357\n407\n457\n");
}

/// A key, a value or a header's value.
fn bytes() -> impl Strategy<Value = Option<Vec<u8>>> {
    prop_oneof![
        1 => Just(None),
        1 => Just(Some(Vec::new())),
        3 => proptest::collection::vec(any::<u8>(), 0..60).prop_map(Some),
        2 => "\\PC{0,20}".prop_map(|text| Some(text.into_bytes())),
        1 => Just(Some(b"{\"a\": [1.50, \"\\u00e4\"]}".to_vec())),
        1 => Just(Some(b"{\n}".to_vec())),
    ]
}

type Parts = (Option<Vec<u8>>, Option<Vec<u8>>, Vec<(String, Option<Vec<u8>>)>);

fn parts() -> impl Strategy<Value = Vec<Parts>> {
    let header = ("[a-c]{1,2}", bytes());
    let headers = proptest::collection::vec(header, 0..4);
    proptest::collection::vec((bytes(), bytes(), headers), 1..60)
}

/// Writes a record as a line of the envelope in which everything is base64.
fn line((key, value, headers): &Parts, time: i64) -> String {
    let encode = |bytes: &Vec<u8>| BASE64_STANDARD.encode(bytes);
    let header = |(name, value): &(String, Option<Vec<u8>>)| {
        let value = value.as_ref().map(|value| serde_json::json!({"base64": encode(value)}));
        serde_json::json!([name, value])
    };
    let envelope = serde_json::json!({
        "key": key.as_ref().map(encode),
        "key_encoding": key.as_ref().map(|_| "base64"),
        "value": value.as_ref().map(encode),
        "value_encoding": value.as_ref().map(|_| "base64"),
        "headers": headers.iter().map(header).collect::<Vec<_>>(),
        "timestamp": time,
    });
    envelope.to_string()
}

/// Returns everything of the records that a copy keeps.
fn kept(lines: &[u8]) -> Vec<EnvelopeRecord> {
    let records = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let parse = |line| EnvelopeRecord {
        topic: None,
        offset: None,
        partition: None,
        ..envelope::parse(line).unwrap()
    };
    records.map(parse).collect()
}

#[test]
fn any_bytes_survive_produce_tail_produce_and_tail() {
    let mut runner =
        TestRunner::new(Config { cases: 6, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&parts(), |all| {
        let (one, two) = (kafka().new_topic("tail-any", 1), kafka().new_topic("tail-any-copy", 1));
        let mut input = String::new();
        for (parts, time) in all.iter().zip(1_700_000_000_000_i64..) {
            input.push_str(&line(parts, time));
            input.push('\n');
        }
        produce(&one, &["--input", "jsonl"], input.clone());
        let first = tail(&one, &["--from", "start", "-e", "-J"]);
        produce(&two, &["--input", "jsonl"], first.clone());
        let second = tail(&two, &["--from", "start", "-e", "-J"]);
        let (wanted, first, second) = (kept(input.as_bytes()), kept(&first), kept(&second));
        prop_assert_eq!(first.len(), wanted.len());
        for (wanted, first) in wanted.iter().zip(&first) {
            let timestamp_type = first.timestamp_type;
            prop_assert_eq!(&EnvelopeRecord { timestamp_type, ..wanted.clone() }, first);
        }
        prop_assert_eq!(first, second);
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn the_bytes_of_the_log_are_those_of_the_envelope() {
    let topic = kafka().new_topic("tail-envelope", 1);
    kcat_produce(&topic, &["-K", "|"], "null|null\n7|{\"a\": 1}\n{\"k\":1}|text\n");
    let records = kept(&tail(&topic, &["-e", "-J"]));
    let pairs: Vec<_> = records.into_iter().map(|record| (record.key, record.value)).collect();
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
