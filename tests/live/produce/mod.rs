//! `flowctl produce` on Apache Kafka: kcat and Java's console consumer read what it wrote.

mod refusals;

use std::collections::BTreeMap;

use crate::home::{Home, text};
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
