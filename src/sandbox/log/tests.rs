//! What holds whatever happens to a partition.

use proptest::prelude::*;

use super::sample::Sample;
use super::*;
use crate::kafka::batch::{AbortedTransactions, Batches, Scratch};
use crate::model::timestamp::Timestamp;
use crate::sandbox::transactions::Outcome;

/// What may happen to a partition.
#[derive(Debug, Clone)]
enum Event {
    /// Records of nobody.
    Records(usize),
    /// A record of a producer's transaction.
    Transactional(usize),
    /// The end of a producer's transaction.
    End(usize, bool),
    /// Records are deleted, up to a part of the log in percent.
    Delete(i64),
    /// Time passes.
    Retain,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (1..4_usize).prop_map(Event::Records),
        (0..3_usize).prop_map(Event::Transactional),
        (0..3_usize, any::<bool>()).prop_map(|(producer, commits)| Event::End(producer, commits)),
        (0..100_i64).prop_map(Event::Delete),
        Just(Event::Retain),
    ]
}

/// What a reader has to see: offset, producer and whether it counts, `None` while nobody knows.
#[derive(Debug, Clone, Copy)]
struct Expected {
    offset: i64,
    producer: Option<usize>,
    counts: Option<bool>,
}

proptest! {
    /// Against a model that is a list of records.
    #[test]
    fn a_partition_is_its_records(events in prop::collection::vec(event(), 0..60)) {
        let config = LogConfig {
            segment_bytes: 200,
            retention_bytes: Some(600),
            ..LogConfig::default()
        };
        let at = At { config: &config, now: Timestamp(0) };
        let mut log = Log::default();
        let mut expected: Vec<Expected> = Vec::new();
        let mut sequences = [0; 3];
        let mut next = 0;
        for event in events {
            match event {
                Event::Records(count) => {
                    Sample::of(&vec!["v"; count]).append(&mut log, &config, 0).unwrap();
                    for _ in 0..count {
                        expected.push(Expected { offset: next, producer: None, counts: Some(true) });
                        next += 1;
                    }
                }
                Event::Transactional(producer) => {
                    let id = i64::try_from(producer).unwrap();
                    let sample = Sample::of_producer(id, 0, sequences[producer]).transactional();
                    sequences[producer] += 1;
                    let appended = sample.append(&mut log, &config, 0).unwrap();
                    prop_assert_eq!(appended.base_offset, next);
                    let again = sample.append(&mut log, &config, 0).unwrap();
                    prop_assert_eq!(again.base_offset, next, "a duplicate");
                    let producer = Some(producer);
                    expected.push(Expected { offset: next, producer, counts: None });
                    next += 1;
                }
                Event::End(producer, commits) => {
                    let outcome = if commits { Outcome::Commit } else { Outcome::Abort };
                    let id = i64::try_from(producer).unwrap();
                    log.end_transaction((id, 0), outcome, 0, at).unwrap();
                    next += 1;
                    for record in &mut expected {
                        if record.producer == Some(producer) && record.counts.is_none() {
                            record.counts = Some(commits);
                        }
                    }
                }
                Event::Delete(percent) => {
                    let offset = log.start() + (log.end() - log.start()) * percent / 100;
                    prop_assert_eq!(log.delete_before(offset, &config), Ok(offset));
                }
                Event::Retain => {
                    log.retain(at);
                    prop_assert!(log.size() < 600 + 200, "no more than the limit and a segment");
                }
            }
            prop_assert_eq!(log.end(), next);
            prop_assert_eq!(counted(&log), (log.size(), log.batches));
            let open = expected.iter().find(|it| it.counts.is_none());
            let stable = open.map_or(next, |it| it.offset.max(log.start()));
            prop_assert_eq!(log.last_stable_offset(), stable);

            let readable = |it: &&Expected| it.offset >= log.start();
            let all: Vec<_> = expected.iter().filter(readable).map(|it| it.offset).collect();
            prop_assert_eq!(read(&log, Isolation::Uncommitted), all);
            let committed: Vec<_> = expected
                .iter()
                .filter(readable)
                .filter(|it| it.offset < stable && it.counts == Some(true))
                .map(|it| it.offset)
                .collect();
            prop_assert_eq!(read(&log, Isolation::Committed), committed);
        }
    }
}

/// Counts the bytes and batches that are there.
fn counted(log: &Log) -> (u64, usize) {
    let batches = || log.segments.iter().flat_map(|segment| &segment.batches);
    (batches().map(Stored::size).sum(), batches().count())
}

/// Reads all records as a consumer does, a few bytes at a time; returns their offsets.
fn read(log: &Log, isolation: Isolation) -> Vec<i64> {
    let mut scratch = Scratch::default();
    let mut found = Vec::new();
    let mut from = log.start();
    loop {
        let bounds = Bounds { max_bytes: 150, at_least_one: true };
        let slice = log.read(from, bounds, isolation).unwrap();
        if slice.batches.is_empty() {
            return found;
        }
        let mut aborted = AbortedTransactions::new(&slice.aborted);
        for bytes in &slice.batches {
            let batch = Batches::new(bytes).next().unwrap().unwrap();
            let is_hidden = aborted.hides(&batch, &mut scratch).unwrap();
            if !is_hidden && !batch.header.is_control() {
                let records = batch.records(&mut scratch).unwrap();
                found.extend(records.map(|it| it.unwrap().offset).filter(|it| *it >= from));
            }
            from = from.max(batch.header.next_offset());
        }
    }
}
