//! `flowctl produce` on Apache Kafka: kcat and Java's console consumer read what it wrote.

mod refusals;
mod running;

use std::collections::BTreeMap;

use crate::home::{Home, text, unique};
use crate::support::{Kafka, kafka};

/// Runs `flowctl produce TOPIC FLAGS…` with `input`, and returns what it said.
fn produce(kafka: &Kafka, topic: &str, flags: &[&str], input: impl Into<Vec<u8>>) -> String {
    let home = Home::new();
    let mut command = kafka.flowctl(&home);
    command.args(["produce", topic]).args(flags).write_stdin(input);
    text(&command.assert().success().get_output().stderr)
}

/// Reads a topic with kcat in its format language.
fn kcat(topic: &str, format: &str) -> String {
    let mut command = kafka().kcat();
    command.args(["-C", "-t", topic, "-e", "-q", "-f", format]);
    text(&command.assert().success().get_output().stdout)
}

#[test]
fn kcat_reads_keys_values_headers_and_nulls() {
    let topic = kafka().new_topic("produce-kcat", 1);
    let flags =
        ["-K", ":", "-Z", "-H", "a=1", "-H", "a=2", "-H", "n", "--timestamp", "1700000000120"];
    let said = produce(kafka(), &topic, &flags, "k:v\n:\n");
    assert!(
        said.starts_with(&format!("produced 2 records to {topic} (1 partition) in ")),
        "{said}"
    );
    // kcat shows the length of null as -1.
    assert_eq!(
        kcat(&topic, "%K %k %S %s %h %T\n"),
        "1 k 1 v a=1,a=2,n=NULL 1700000000120\n-1  -1  a=1,a=2,n=NULL 1700000000120\n"
    );
    produce(kafka(), &topic, &["-K", ":"], ":\n");
    assert!(kcat(&topic, "%K %S\n").ends_with("\n0 0\n"));
}

#[test]
fn javas_console_consumer_reads_it_too() {
    let topic = kafka().new_topic("produce-java", 1);
    let envelope = r#"{"key":"k","value":"grün","headers":[["h","1"],["h",null]]}"#;
    produce(kafka(), &topic, &["--input", "jsonl"], envelope);
    produce(kafka(), &topic, &["-k", "t", "-Z"], "\n");
    let mut tool = kafka().tool("console-consumer");
    tool.args(["--topic", &topic, "--from-beginning", "--max-messages", "2"]);
    for property in ["print.key=true", "print.headers=true", "null.literal=<null>"] {
        tool.args(["--property", property]);
    }
    let read = text(&tool.assert().success().get_output().stdout);
    assert!(read.contains("h:1,h:<null>\tk\tgrün\n"), "{read}");
    assert!(read.contains("NO_HEADERS\tt\t<null>\n"), "{read}");
}

#[test]
fn any_codec_and_any_bytes_arrive() {
    let topic = kafka().new_topic("produce-codecs", 1);
    let mut expected = String::new();
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let line = format!("{codec} {}\n", "x".repeat(2000));
        produce(kafka(), &topic, &["-z", codec], line.repeat(50));
        expected.push_str(&line.repeat(50));
    }
    assert!(kcat(&topic, "%s\n") == expected, "the codecs change the records");
    let binary: Vec<u8> = (0..=255).collect();
    let topic = kafka().new_topic("produce-binary", 1);
    produce(
        kafka(),
        &topic,
        &["-D", r"\xff\xff", "-H", "x=\u{1}"],
        [&binary[..], b"\xff"].concat(),
    );
    let mut command = kafka().kcat();
    let read = command.args(["-C", "-t", &topic, "-e", "-q", "-f", "%s"]).assert().success();
    assert_eq!(read.get_output().stdout, binary[..255]);
}

#[test]
fn keys_go_where_javas_producer_puts_them() {
    let topic = kafka().new_topic("produce-partitions", 7);
    let java = kafka().new_topic("produce-partitions-java", 7);
    let lines: Vec<_> = (0..200).map(|number| format!("key-{number}:v\n")).collect();
    let lines = lines.concat();
    produce(kafka(), &topic, &["-K", ":"], lines.clone());
    let mut tool = kafka().tool("console-producer");
    tool.args(["--topic", &java]);
    for property in ["parse.key=true", "key.separator=:"] {
        tool.args(["--property", property]);
    }
    tool.write_stdin(lines).assert().success();
    let partitions = |topic: &str| -> BTreeMap<String, String> {
        kcat(topic, "%k %p\n")
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(key, partition)| (key.to_owned(), partition.to_owned()))
            .collect()
    };
    let ours = partitions(&topic);
    assert_eq!(ours.len(), 200);
    assert_eq!(ours, partitions(&java));
}

#[test]
fn test_events_arrive_keyed_by_user_and_are_counted_by_partition() {
    let topic = kafka().new_topic("produce-events", 3);
    let home = Home::new();
    let mut command = kafka().flowctl(&home);
    let said = command.args(["produce", &topic, "--count", "500", "-o", "json"]).assert().success();
    let report: serde_json::Value = serde_json::from_slice(&said.get_output().stdout).unwrap();
    assert_eq!((&report["kind"], &report["records"]), (&"ProduceReport".into(), &500.into()));
    let mut counted = 0;
    for item in report["items"].as_array().unwrap() {
        counted += item["records"].as_u64().unwrap();
        assert_eq!(item["last_offset"].as_u64(), item["records"].as_u64().map(|n| n - 1));
    }
    assert_eq!(counted, 500);
    for line in kcat(&topic, "%k\t%s\t%h\n").lines() {
        let [key, value, headers] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let value: serde_json::Value = serde_json::from_str(value).unwrap();
        assert_eq!(value["userId"], key);
        let expected = format!("source=web-app,timestamp={}", value["timestamp"].as_str().unwrap());
        assert_eq!(headers, expected);
    }
}

#[test]
fn envelopes_bring_their_own_topics_and_partitions() {
    let one = kafka().new_topic("produce-own-one", 3);
    let two = kafka().new_topic("produce-own-two", 3);
    let home = Home::new();
    let lines = format!(
        "{{\"topic\":\"{one}\",\"partition\":2,\"value\":\"a\"}}\n\n{{\"topic\":\"{two}\",\"partition\":0,\"value\":\"b\"}}\n"
    );
    let mut command = kafka().flowctl(&home);
    command.args(["produce", "--input", "jsonl", "-p", "same"]).write_stdin(lines);
    let said = text(&command.assert().success().get_output().stderr);
    assert!(said.contains("produced 2 records to 2 topics (2 partitions)"), "{said}");
    assert_eq!(kcat(&one, "%p %s\n"), "2 a\n");
    assert_eq!(kcat(&two, "%p %s\n"), "0 b\n");
    let missing = unique("produce-own-missing");
    let mut command = kafka().flowctl(&home);
    command.args(["produce", "--input", "jsonl"]).write_stdin(format!(
        "{{\"topic\":\"{one}\",\"value\":0}}\n{{\"topic\":\"{missing}\",\"value\":1}}\n"
    ));
    let said = text(&command.assert().code(1).get_output().stderr);
    assert!(said.contains("line 2; 1 record was produced before it"), "{said}");
    assert!(said.contains(&format!("topic `{missing}`")), "{said}");
    assert_eq!(kcat(&one, "x").len(), 2);
    // What stands behind it was read too, and is not forgotten.
    let mut command = kafka().flowctl(&home);
    command.args(["produce", "--input", "jsonl", "-o", "json"]).write_stdin(format!(
        "{{\"topic\":\"{missing}\",\"value\":0}}\n{{\"topic\":\"{one}\",\"value\":1}}\n"
    ));
    let report = text(&command.assert().code(1).get_output().stdout);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!((&report["records"], &report["unsent"]), (&0.into(), &2.into()), "{report}");
    assert_eq!(report["first_undelivered"], "line 1");
}

#[test]
fn an_offset_that_the_broker_was_not_asked_for_is_null() {
    let topic = kafka().new_topic("produce-acks-none", 1);
    let home = Home::new();
    let mut command = kafka().flowctl(&home);
    command.args(["produce", &topic, "-X", "acks=0", "-o", "json"]).write_stdin("a\nb\n");
    let report = text(&command.assert().success().get_output().stdout);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let item = &report["items"][0];
    assert_eq!((&report["records"], &item["records"]), (&2.into(), &2.into()), "{report}");
    assert!(item["first_offset"].is_null() && item["last_offset"].is_null(), "{report}");
}
