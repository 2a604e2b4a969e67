//! What goes by itself: old and superfluous segments by retention, all but the last value of each
//! key by compaction.
//!
//! Nothing here depends on when a broker looks. Segments roll by the timestamps of the records, and
//! what is waited for is what stays in the end, whatever was cleaned on the way.

use std::thread;
use std::time::Duration;

use bytes::Bytes;
use flowctl::clock::Clock;
use kafka_protocol::records::{Record, RecordBatchDecoder};

use crate::broker::{Broker, unique};
use crate::client::Client;
use crate::records::{fetch, find, produce, record, settle};
use crate::topics::create_with;

crate::tidy_behaviours! {
    segments_whose_records_are_too_old_go,
    the_active_segment_goes_when_all_of_it_is_too_old,
    the_oldest_segments_go_while_the_others_are_as_large_as_the_limit,
    the_last_value_of_each_key_stays_at_its_offset,
    a_tombstone_goes_after_its_time,
}

/// A segment takes batches for so long, counted by their timestamps.
const SEGMENT_MS: &str = "1000";
/// More than that: the time between two batches that are to be in two segments.
const NEXT: i64 = 2_000;
/// What is older than that goes, where a test is about age.
const RETENTION: i64 = 3_600_000;
const EARLIEST: i64 = -2;
const LATEST: i64 = -1;

/// A topic with configs, of which every batch by itself is a segment.
fn topic(broker: &Broker, configs: &[(&str, &str)]) -> (String, Client) {
    let (topic, mut client) = (unique("cleanup"), broker.connect());
    let configs = [&[("segment.ms", SEGMENT_MS)], configs].concat();
    create_with(&mut client, &topic, &configs);
    settle(&mut client, &topic);
    (topic, client)
}

/// A time so many segments after the beginning, which is older than [`RETENTION`].
fn time(begin: i64, segments: i64) -> i64 {
    begin + segments * NEXT
}

fn begin() -> i64 {
    Clock::System.now().0 - 2 * RETENTION
}

fn at(timestamp: i64, record: Record) -> Record {
    Record { timestamp, ..record }
}

fn keyed(key: &'static str, value: Option<&'static str>) -> Record {
    let value = value.map(|value| Bytes::from_static(value.as_bytes()));
    Record { key: Some(Bytes::from_static(key.as_bytes())), value, ..record(0, "") }
}

/// Numbers the records of a batch, which begin at one time.
fn batch(timestamp: i64, records: Vec<Record>) -> Vec<Record> {
    let numbered = |(offset, record): (i64, Record)| Record {
        timestamp,
        offset,
        sequence: i32::try_from(offset).unwrap() - 1,
        ..record
    };
    (0..).zip(records).map(numbered).collect()
}

/// Waits for what has to come: a minute is far more than the time between two looks.
#[track_caller]
fn eventually<T: PartialEq + std::fmt::Debug>(mut what: impl FnMut() -> T, wanted: &T) {
    let mut last = what();
    for _ in 0..600 {
        if last == *wanted {
            return;
        }
        thread::sleep(Duration::from_millis(100));
        last = what();
    }
    assert_eq!(last, *wanted, "after a minute");
}

/// Returns where the log begins and ends.
fn bounds(client: &mut Client, topic: &str) -> (i64, i64) {
    (find(client, topic, EARLIEST).offset, find(client, topic, LATEST).offset)
}

/// Reads everything from an offset on, as often as it has to ask: offset, key and value of each
/// record.
fn read(client: &mut Client, topic: &str, offset: i64) -> Vec<(i64, String, Option<String>)> {
    let text = |bytes: Bytes| String::from_utf8(bytes.to_vec()).unwrap();
    let (mut next, mut all) = (offset, Vec::new());
    let end = find(client, topic, LATEST).offset;
    while next < end {
        let mut bytes = fetch(client, topic, next).records.unwrap();
        next = behind(&bytes);
        for set in RecordBatchDecoder::decode_all(&mut bytes).unwrap() {
            let records = set.records.into_iter().filter(|it| it.offset >= offset);
            all.extend(records.map(|it| (it.offset, text(it.key.unwrap()), it.value.map(text))));
        }
    }
    all
}

/// Returns the offset behind the last batch, which may be left without records.
fn behind(mut batches: &[u8]) -> i64 {
    let mut next = None;
    while !batches.is_empty() {
        let number = |at: usize| i32::from_be_bytes(batches[at..at + 4].try_into().unwrap());
        let base_offset = i64::from_be_bytes(batches[..8].try_into().unwrap());
        // Its length counts from behind itself.
        let (length, last_offset_delta) = (number(8), number(23));
        next = Some(base_offset + i64::from(last_offset_delta) + 1);
        batches = &batches[12 + usize::try_from(length).unwrap()..];
    }
    next.expect("nothing is fetched")
}

fn segments_whose_records_are_too_old_go(broker: &Broker) {
    let retention = RETENTION.to_string();
    let (topic, mut client) = topic(broker, &[("retention.ms", &retention)]);
    let begin = begin();
    for segment in 0..3 {
        produce(&mut client, &topic, &[&[at(time(begin, segment), record(0, "old"))]]);
    }
    produce(&mut client, &topic, &[&[record(0, "new")], &[record(0, "newer")]]);
    eventually(|| bounds(&mut client, &topic), &(3, 5));
    assert_eq!(fetch(&mut client, &topic, 2).error_code, 1, "it is out of range");
    let left = fetch(&mut client, &topic, 3);
    assert_eq!((left.error_code, left.log_start_offset, left.high_watermark), (0, 3, 5));
}

fn the_active_segment_goes_when_all_of_it_is_too_old(broker: &Broker) {
    let retention = RETENTION.to_string();
    let (topic, mut client) = topic(broker, &[("retention.ms", &retention)]);
    let begin = begin();
    produce(&mut client, &topic, &[&[at(begin, record(0, "a"))]]);
    eventually(|| bounds(&mut client, &topic), &(1, 1));
    assert_eq!(produce(&mut client, &topic, &[&[record(0, "b")]]), 1, "offsets go on");
    assert_eq!(bounds(&mut client, &topic), (1, 2));
}

fn the_oldest_segments_go_while_the_others_are_as_large_as_the_limit(broker: &Broker) {
    // Of five batches two go: without a third one too little would be left.
    let value = "x".repeat(10_000);
    let (topic, mut client) = topic(broker, &[("retention.bytes", "25000")]);
    let begin = begin();
    for segment in 0..5 {
        produce(&mut client, &topic, &[&[at(time(begin, segment), record(0, &value))]]);
    }
    eventually(|| bounds(&mut client, &topic), &(2, 5));
}

/// What is compacted as soon as it can be.
const COMPACT: [(&str, &str); 2] =
    [("cleanup.policy", "compact"), ("min.cleanable.dirty.ratio", "0")];

fn the_last_value_of_each_key_stays_at_its_offset(broker: &Broker) {
    let (topic, mut client) = topic(broker, &COMPACT);
    let begin = begin();
    let segments = [
        vec![keyed("a", Some("1")), keyed("c", Some("1")), keyed("b", Some("1"))],
        vec![keyed("a", Some("2")), keyed("b", Some("2"))],
        vec![keyed("b", Some("3")), keyed("b", Some("4"))],
        vec![keyed("c", Some("5")), keyed("c", Some("6")), keyed("a", Some("7"))],
    ];
    for (segment, records) in (0..).zip(segments) {
        produce(&mut client, &topic, &[&batch(time(begin, segment), records)]);
    }
    let one = |offset, key: &str, value: &str| (offset, key.to_owned(), Some(value.to_owned()));
    // The last segment is written to, and neither cleaned nor a reason to clean another one.
    let active = [one(7, "c", "5"), one(8, "c", "6"), one(9, "a", "7")];
    let cleaned = [one(1, "c", "1"), one(3, "a", "2"), one(6, "b", "4")];
    let all = [cleaned.as_slice(), &active].concat();
    eventually(|| read(&mut client, &topic, 0), &all);
    assert_eq!(bounds(&mut client, &topic), (0, 10), "nothing was deleted");
    for (offset, first) in [(1, 0), (2, 1), (4, 2), (5, 2), (7, 3)] {
        assert_eq!(read(&mut client, &topic, offset), all[first..], "from {offset} on");
    }
    produce(&mut client, &topic, &[&batch(time(begin, 4), vec![keyed("d", Some("8"))])]);
    let all = [one(6, "b", "4"), one(8, "c", "6"), one(9, "a", "7"), one(10, "d", "8")];
    eventually(|| read(&mut client, &topic, 0), &all.to_vec());
}

fn a_tombstone_goes_after_its_time(broker: &Broker) {
    for (delete_retention, goes) in [("0", true), ("86400000", false)] {
        let configs = [COMPACT.as_slice(), &[("delete.retention.ms", delete_retention)]].concat();
        let (topic, mut client) = topic(broker, &configs);
        let begin = begin();
        let mut write = |segment, key, value| {
            let records = batch(time(begin, segment), vec![keyed(key, value)]);
            produce(&mut client, &topic, &[&records]);
        };
        write(0, "a", Some("1"));
        write(1, "b", Some("1"));
        write(2, "a", None);
        write(3, "c", Some("1"));
        let mut reader = broker.connect();
        let mut offsets = |is_seen: fn(&Option<String>) -> bool| -> Vec<i64> {
            let records = read(&mut reader, &topic, 0).into_iter();
            records.filter(|(_, _, value)| is_seen(value)).map(|(offset, ..)| offset).collect()
        };
        // It may have gone already where a broker has looked between two batches.
        eventually(|| offsets(Option::is_some), &vec![1, 3]);
        // The first time it is cleaned its time begins; it goes with the next one.
        write(4, "d", Some("1"));
        write(5, "b", Some("2"));
        let left = if goes { vec![3, 4, 5] } else { vec![2, 3, 4, 5] };
        write(6, "e", Some("1"));
        let left = [left, vec![6]].concat();
        eventually(|| offsets(|_| true), &left);
    }
}
