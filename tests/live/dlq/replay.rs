//! A replay copies what was there, as it was.

use flowctl::model::header::Header;
use flowctl::model::timestamp::Timestamp;
use serde_json::Value;

use super::{read, record, write};
use crate::home::{Home, text};
use crate::support::kafka;

/// Writes records with times of their own and returns the topic.
fn source(partitions: i32, each: i64) -> String {
    let topic = kafka().new_topic("replay-source", partitions);
    write((0..partitions).flat_map(|partition| {
        let topic = topic.clone();
        (0..each).map(move |number| {
            let mut record = record(&topic, partition, &format!("{partition}-{number}"), "v\u{0}");
            record.timestamp = Some(Timestamp(1_700_000_000_000 + number * 1_000));
            record.headers = vec![Header::new("h", "1"), Header::new("h", "")];
            record
        })
    }));
    topic
}

fn replay(words: &[&str]) -> (i32, String, String) {
    let home = Home::new();
    let ended = kafka().flowctl(&home).arg("replay").args(words).output().unwrap();
    (ended.status.code().unwrap(), text(&ended.stdout), text(&ended.stderr))
}

#[test]
fn a_copy_has_the_same_bytes_times_and_partitions() {
    let source = source(3, 50);
    let target = kafka().new_topic("replay-target", 3);
    let (code, _, told) = replay(&[&source, "--to", &target, "--yes"]);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("copied 150 records"), "{told}");
    let content = |topic: &str| {
        let all = read(topic).into_iter().map(|record| {
            let partition = record.topic_partition.partition;
            (partition, record.timestamp, record.key, record.value, record.headers)
        });
        all.collect::<Vec<_>>()
    };
    assert_eq!(content(&target), content(&source));
}

#[test]
fn a_range_is_what_the_dry_run_counts() {
    let source = source(2, 50);
    let target = kafka().new_topic("replay-range", 1);
    // From second 10 on; partition 1 to offset 30, the other one to its end.
    let words = ["--to", &target, "--from", "@1700000010000", "--until", "1=30"];
    let (code, counted, told) =
        replay(&[&[source.as_str(), "--dry-run", "-o", "json"], &words[..]].concat());
    assert_eq!(code, 0, "{told}");
    let counted: Value = serde_json::from_str(&counted).unwrap();
    let records: Vec<_> =
        counted["items"].as_array().unwrap().iter().map(|item| &item["records"]).collect();
    assert_eq!(records, [40, 20]);
    assert!(read(&target).is_empty());
    let (code, _, told) = replay(&[&[source.as_str(), "--yes"], &words[..]].concat());
    assert_eq!(code, 0, "{told}");
    assert_eq!(read(&target).len(), 60);
}

#[test]
fn a_range_of_one_partition_copies_nothing_of_the_others() {
    let source = source(3, 20);
    let target = kafka().new_topic("replay-one-partition", 3);
    let (code, _, told) =
        replay(&[&source, "--to", &target, "--from", "0=2", "--until", "0=5", "--yes"]);
    assert_eq!(code, 0, "{told}");
    let copied = read(&target).into_iter().map(|record| record.key.unwrap());
    assert_eq!(copied.collect::<Vec<_>>(), ["0-2", "0-3", "0-4"]);
}

#[test]
fn a_topic_is_not_copied_into_itself_nor_without_a_confirmation() {
    let source = source(1, 1);
    let target = kafka().new_topic("replay-refused", 1);
    assert_eq!(replay(&[&source, "--to", &source, "--yes"]).0, 64);
    assert_eq!(replay(&[&source, "--to", &target]).0, 4);
    assert!(read(&target).is_empty());
}
