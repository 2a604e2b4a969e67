//! `flowctl produce` on Apache Kafka: kcat and Java's console consumer read what it wrote.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use crate::home::{Home, text, unique};
use crate::support::{Kafka, kafka, secure_kafka};

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
fn what_fails_is_named_and_the_rest_arrives() {
    let topic = kafka().new_topic("produce-fails", 2);
    let home = Home::new();
    let large = "x".repeat(2_000_000);
    let mut command = kafka().flowctl(&home);
    command.args(["produce", &topic]).write_stdin(format!("a\n{large}\nb\n"));
    let said = text(&command.assert().code(3).get_output().stderr);
    assert!(said.contains("error: line 2 was not delivered\n  cause: MESSAGE_TOO_LARGE"), "{said}");
    assert!(said.contains("produced 2 records"), "{said}");
    let mut command = kafka().flowctl(&home);
    command.args(["produce", &topic, "--input", "json"]).write_stdin("1\n2\nnope\n3\n");
    let said = text(&command.assert().code(65).get_output().stderr);
    assert!(said.contains("line 3, column 2: not valid JSON: expected ident; 2 records"), "{said}");
    assert_eq!(kcat(&topic, "x").len(), 4);
}

#[test]
fn the_topic_decides_how_large_a_record_may_be() {
    let topic = kafka().new_topic("produce-large", 1);
    let home = Home::new();
    let mut command = kafka().flowctl(&home);
    command.args(["produce", &topic]).write_stdin("x".repeat(1_030_000));
    command.assert().success();
    let mut tool = kafka().tool("configs");
    tool.args(["--alter", "--topic", &topic, "--add-config", "max.message.bytes=5000"]);
    tool.assert().success();
    // In bulk they would be one batch, which would be refused as a whole.
    let lines = |number: usize| "y".repeat(if number == 500 { 6_000 } else { 100 }) + "\n";
    let mut command = kafka().flowctl(&home);
    command.args(["produce", &topic]).write_stdin((1..=1_000).map(lines).collect::<String>());
    let said = text(&command.assert().code(3).get_output().stderr);
    assert!(
        said.contains("error: line 500 was not delivered\n  cause: MESSAGE_TOO_LARGE"),
        "{said}"
    );
    assert!(said.contains("produced 999 records"), "{said}");
}

#[test]
fn a_missing_topic_or_partition_is_found_before_anything_is_sent() {
    let topic = kafka().new_topic("produce-missing", 2);
    let home = Home::new();
    let misspelt = topic.replacen("missing", "misssing", 1);
    let failed = kafka().flowctl(&home).args(["produce", &misspelt, "--count", "1"]).assert();
    let said = text(&failed.code(1).get_output().stderr);
    assert!(said.contains(&format!("topic `{misspelt}` not found on cluster")), "{said}");
    assert!(said.contains(&format!("did you mean `{topic}`?")), "{said}");
    let failed =
        kafka().flowctl(&home).args(["produce", &topic, "-p", "2", "--count", "1"]).assert();
    let said = text(&failed.code(1).get_output().stderr);
    assert!(said.contains("has 2 partitions, no partition 2"), "{said}");
}

/// Starts `flowctl produce` with pipes.
fn start(home: &Home, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_flowctl"))
        .args(["produce", "-b", kafka().brokers()])
        .args(arguments)
        .env_clear()
        .env("HOME", home.path())
        .current_dir(home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits until kcat has read `count` records of the topic.
fn wait_for_records(topic: &str, count: usize) {
    let mut follower = Command::new("kcat")
        .args(["-b", kafka().brokers(), "-C", "-t", topic, "-u", "-q", "-f", "x\n"])
        .args(["-c", &count.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(follower.stdout.take().unwrap()).lines().count();
    assert!(follower.wait().unwrap().success());
    assert_eq!(lines, count);
}

#[test]
fn a_record_is_sent_before_the_input_ends() {
    let topic = kafka().new_topic("produce-follow", 1);
    let home = Home::new();
    let mut child = start(&home, &[&topic]);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"first\n").unwrap();
    wait_for_records(&topic, 1);
    stdin.write_all(b"second").unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert_eq!(kcat(&topic, "%s\n"), "first\nsecond\n");
}

#[test]
fn a_signal_ends_it_and_what_it_says_was_delivered_is_there() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let topic = kafka().new_topic("produce-signal", 3);
        let home = Home::new();
        let child = start(&home, &[&topic, "--rate", "500"]);
        wait_for_records(&topic, 20);
        let id = child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        let count = kcat(&topic, "x").len();
        assert!(said.contains(&format!("produced {count} records to ")), "{count}: {said}");
        assert!(said.contains(&format!("all up to record {count} were delivered")), "{said}");
    }
}

#[test]
fn a_refused_password_or_a_missing_right_ends_with_6() {
    let secure = secure_kafka();
    let topic = secure.new_topic("produce-denied", 1);
    produce(secure, &topic, &[], "by the super user\n");
    let home = Home::new();
    let refused = |properties: &str, flags: &[&str]| {
        let mut command = home.flowctl();
        command.args(["produce", &topic, "-b", secure.brokers(), "-F", properties]).args(flags);
        text(&command.write_stdin("a\n").assert().code(6).get_output().stderr)
    };
    let admin = secure.variable("FLOWCTL_DEV_ADMIN_PROPERTIES");
    let said = refused(admin, &["-X", "sasl.username=admin", "-X", "sasl.password=hush"]);
    assert!(said.contains("SCRAM-SHA-512 failed") && !said.contains("hush"), "{said}");
    let nobody = secure.variable("FLOWCTL_DEV_NOBODY_PROPERTIES");
    let said = refused(nobody, &[]);
    assert!(said.contains(&format!("DESCRIBE on topic `{topic}` was refused")), "{said}");
    let principal = "User:nobody";
    let mut tool = secure.tool("acls");
    tool.args(["--add", "--allow-principal", principal, "--operation", "Describe"]);
    tool.args(["--topic", &topic]).assert().success();
    let said = refused(nobody, &[]);
    assert!(said.contains("was refused") && said.contains("WRITE"), "{said}");
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
