//! Logs that were compacted, cut off, deleted; records of every size; partitions that take turns.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::time::Duration;

use flowctl::approval::{Approval, ApprovedBy};
use flowctl::kafka::connection::Properties;
use flowctl::kafka::{Cluster, Error, ReadOptions, Scratch};
use flowctl::model::codec::Codec;
use flowctl::model::config_entry::{ConfigChange, ConfigResource};
use flowctl::model::name::TopicName;
use flowctl::model::offset::{IsolationLevel, OffsetQuery};
use flowctl::model::record::{OutgoingRecord, Record};

use super::{
    connect, create, impatient, kcat_lines, lines, new_topic, offsets, open, outgoing,
    partitions_of, read_all, read_to, run, settings, settings_with, soon, text, values, write,
};
use crate::support::kafka;

fn yes() -> Approval {
    Approval::given(ApprovedBy::Flag)
}

async fn delete(cluster: &Cluster, topic: &TopicName) {
    let topics = std::slice::from_ref(topic);
    let deleted = cluster.delete_topics(topics, yes(), soon()).await.unwrap();
    assert_eq!(deleted.get(topic), Some(&Ok(())));
}

#[test]
fn a_compacted_log_is_read_past_its_gaps_and_empty_batches() {
    run(async {
        let settings = settings(kafka());
        let cluster = connect(&settings).await;
        // The cleaner looks for work every 15 s otherwise.
        let broker = cluster.describe(soon()).await.unwrap().brokers[0].id;
        let quick = ConfigChange::Set("500".to_owned());
        let change = BTreeMap::from([("log.cleaner.backoff.ms".to_owned(), quick)]);
        let changes = BTreeMap::from([(ConfigResource::Broker(broker), change)]);
        let mode = flowctl::kafka::Mode::Execute;
        for outcome in cluster.alter_configs(&changes, mode, soon()).await.unwrap().into_values() {
            outcome.unwrap();
        }
        let compact = [
            ("cleanup.policy", "compact"),
            ("segment.ms", "50"),
            ("min.cleanable.dirty.ratio", "0.01"),
            ("delete.retention.ms", "0"),
        ];
        let topic = new_topic(&cluster, 1, 1, &compact).await;
        let partitions = partitions_of(&topic, 1);
        let mut latest = BTreeMap::new();
        let mut written = 0;
        // Each round has a producer of its own, whose last batch is kept even when it is empty.
        let read = loop {
            let records: Vec<_> = (0..60)
                .map(|number| OutgoingRecord {
                    key: Some(format!("key-{}", number % 7).into_bytes().into()),
                    ..outgoing(&topic, 0, format!("value {}", written + number))
                })
                .collect();
            write(&settings, Codec::Snappy, &records);
            written += 60;
            for record in records {
                latest.insert(text(record.key.as_deref()), text(record.value.as_deref()));
            }
            let read = read_all(&cluster, &partitions).await;
            if i64::try_from(read.len()).unwrap() < written / 2 && written >= 600 {
                break read;
            }
        };
        let end =
            offsets(&cluster, &partitions, OffsetQuery::Latest, IsolationLevel::ReadCommitted);
        assert_eq!(end.await[&partitions[0]], written);
        assert!(read.is_sorted_by_key(|record| record.offset));
        let read_latest: BTreeMap<_, _> = read
            .iter()
            .map(|record| (text(record.key.as_deref()), text(record.value.as_deref())))
            .collect();
        assert_eq!(read_latest, latest);
        // The cleaner may still be at it: compared is what did not change meanwhile.
        loop {
            let before = read_all(&cluster, &partitions).await;
            let kcat = kcat_lines(kafka(), &partitions[0]);
            if before == read_all(&cluster, &partitions).await {
                assert_eq!(lines(&before), kcat);
                break;
            }
        }
    });
}

#[test]
fn an_offset_out_of_range_is_named_and_the_others_go_on() {
    run(async {
        let settings = settings(kafka());
        let cluster = connect(&settings).await;
        let topic = new_topic(&cluster, 2, 1, &[]).await;
        let partitions = partitions_of(&topic, 2);
        let records: Vec<_> =
            (0..20).map(|number| outgoing(&topic, number % 2, format!("{number}"))).collect();
        write(&settings, Codec::None, &records);
        let cut = BTreeMap::from([(partitions[0].clone(), 4)]);
        assert_eq!(
            cluster.delete_records(&cut, yes(), soon()).await.unwrap()[&partitions[0]],
            Ok(4)
        );
        let out_of_range = |wanted| Error::OffsetOutOfRange {
            topic_partition: partitions[0].clone(),
            wanted,
            log_start: 4,
            log_end: 10,
        };
        let mut reader = open(&cluster, &partitions, 0, impatient()).await;
        let mut others = Vec::new();
        let error = loop {
            match reader.next().await {
                Ok(fetched) => {
                    others.extend(fetched.into_iter().map(|fetched| fetched.topic_partition));
                }
                Err(error) => break error,
            }
        };
        assert_eq!(error, out_of_range(0));
        assert!(others.iter().all(|partition| *partition == partitions[1]));
        reader.seek(&partitions[0], 4);
        let bounds = partitions.iter().map(|p| (p.clone(), 10)).collect();
        let read = read_to(&mut reader, &bounds).await;
        let of_first: Vec<_> =
            read.iter().filter(|r| r.topic_partition == partitions[0]).cloned().collect();
        assert_eq!(values(&of_first), ["8", "10", "12", "14", "16", "18"]);

        let mut reader = open(&cluster, &partitions[..1], 11, impatient()).await;
        assert_eq!(reader.next().await.unwrap_err(), out_of_range(11));
        assert!(reader.next().await.unwrap().is_empty(), "nothing is left to read");
    });
}

#[test]
fn a_topic_that_is_deleted_or_created_again_ends_the_reading() {
    run(async {
        let settings = settings(kafka());
        let cluster = connect(&settings).await;
        let topic = new_topic(&cluster, 1, 1, &[]).await;
        let partitions = partitions_of(&topic, 1);
        write(&settings, Codec::None, &[outgoing(&topic, 0, "first")]);
        // Somebody else does it: who creates a topic knows that brokers hear of it later.
        let elsewhere = cluster;
        let cluster = connect(&settings).await;
        let mut reader = open(&cluster, &partitions, 0, impatient()).await;
        let bounds = partitions.iter().map(|p| (p.clone(), 1)).collect();
        assert_eq!(values(&read_to(&mut reader, &bounds).await), ["first"]);

        delete(&elsewhere, &topic).await;
        create(&elsewhere, &topic, 1, 1, &[]).await;
        write(&settings, Codec::None, &[outgoing(&topic, 0, "a"), outgoing(&topic, 0, "b")]);
        let error = loop {
            if let Err(error) = reader.next().await {
                break error.to_string();
            }
        };
        assert!(error.starts_with("UNKNOWN_TOPIC_OR_PARTITION: "), "{error}");
        assert!(error.contains("was deleted and created again"), "{error}");

        let mut reader = open(&cluster, &partitions, 0, impatient()).await;
        delete(&elsewhere, &topic).await;
        let error = loop {
            if let Err(error) = reader.next().await {
                break error.to_string();
            }
        };
        assert_eq!(error, format!("UNKNOWN_TOPIC_OR_PARTITION: {topic}[0]"));
    });
}

#[test]
fn records_larger_than_a_partition_s_share_are_read() {
    run(async {
        let mut properties = Properties::new();
        properties.set("message.max.bytes", "8000000", "the test");
        let settings = settings_with(kafka(), &properties);
        let cluster = connect(&settings).await;
        let topic = new_topic(&cluster, 3, 1, &[("max.message.bytes", "8000000")]).await;
        let partitions = partitions_of(&topic, 3);
        let records: Vec<_> = (0..12)
            .map(|number| {
                let size = if number % 4 == 0 { 3_000_000 } else { 10 };
                outgoing(&topic, number % 3, vec![b'x'; size])
            })
            .collect();
        for record in &records {
            write(&settings, Codec::None, std::slice::from_ref(record));
        }
        let options = ReadOptions { partition_max_bytes: 1000, max_bytes: 5000, ..impatient() };
        let mut reader = open(&cluster, &partitions, 0, options).await;
        let bounds = partitions.iter().map(|p| (p.clone(), 4)).collect();
        let read = read_to(&mut reader, &bounds).await;
        let size = |bytes: &Option<bytes::Bytes>| bytes.as_ref().map_or(0, bytes::Bytes::len);
        let total: usize = read.iter().map(|record| size(&record.value)).sum();
        assert_eq!((read.len(), total), (12, records.iter().map(|r| size(&r.value)).sum()));
    });
}

#[test]
fn partitions_take_turns() {
    run(async {
        let settings = settings(kafka());
        let cluster = connect(&settings).await;
        let topic = new_topic(&cluster, 3, 1, &[]).await;
        let partitions = partitions_of(&topic, 3);
        for _ in 0..4 {
            let round: Vec<_> =
                (0..3).map(|number| outgoing(&topic, number, vec![b'x'; 1000])).collect();
            write(&settings, Codec::None, &round);
        }
        // An answer has room for one batch.
        let options = ReadOptions { max_bytes: 100, ..impatient() };
        let mut reader = open(&cluster, &partitions, 0, options).await;
        let mut order = Vec::new();
        while order.len() < 12 {
            let fetched = reader.next().await.unwrap();
            let with_records = fetched.iter().filter(|fetched| !fetched.is_empty());
            order.extend(with_records.map(|fetched| fetched.topic_partition.partition));
        }
        for round in order.chunks(3) {
            assert_eq!(round.iter().collect::<BTreeSet<_>>().len(), 3, "{order:?}");
        }
    });
}

#[test]
fn dropping_next_at_any_time_loses_and_repeats_nothing() {
    run(async {
        let settings = settings(kafka());
        let cluster = connect(&settings).await;
        let topic = new_topic(&cluster, 2, 1, &[]).await;
        let partitions = partitions_of(&topic, 2);
        let records: Vec<_> =
            (0..4000).map(|number| outgoing(&topic, number % 2, format!("{number}"))).collect();
        write(&settings, Codec::Zstd, &records);
        let options = ReadOptions { partition_max_bytes: 500, ..impatient() };
        let mut reader = open(&cluster, &partitions, 0, options).await;
        let mut scratch = Scratch::default();
        let mut read: BTreeMap<_, Vec<i64>> = BTreeMap::new();
        let mut dropped = 0;
        while read.values().map(Vec::len).sum::<usize>() < 4000 {
            let fetched = tokio::select! {
                biased;
                () = tokio::time::sleep(Duration::from_micros(300)) => {
                    dropped += 1;
                    continue;
                }
                fetched = reader.next() => fetched.unwrap(),
            };
            for fetched in fetched {
                let offsets = read.entry(fetched.topic_partition.clone()).or_default();
                let flow = fetched.each_record(&mut scratch, |record| {
                    offsets.push(record.offset);
                    ControlFlow::<()>::Continue(())
                });
                assert_eq!(flow, Ok(ControlFlow::Continue(())));
                assert_eq!(reader.position(&fetched.topic_partition), Some(fetched.position));
            }
        }
        assert!(dropped > 0);
        for offsets in read.values() {
            assert!(offsets.iter().copied().eq(0..2000), "{offsets:?}");
        }
    });
}

#[test]
fn a_partition_that_is_stopped_brings_nothing_more() {
    run(async {
        let settings = settings(kafka());
        let cluster = connect(&settings).await;
        let topic = new_topic(&cluster, 2, 1, &[]).await;
        let partitions = partitions_of(&topic, 2);
        let records: Vec<_> = (0..2).map(|number| outgoing(&topic, number, "first")).collect();
        write(&settings, Codec::None, &records);
        let mut reader = open(&cluster, &partitions, 0, impatient()).await;
        let bounds = partitions.iter().map(|p| (p.clone(), 1)).collect();
        assert_eq!(read_to(&mut reader, &bounds).await.len(), 2);
        reader.stop(&partitions[0]);
        assert_eq!(reader.position(&partitions[0]), None);
        let more: Vec<_> = (0..2).map(|number| outgoing(&topic, number, "second")).collect();
        write(&settings, Codec::None, &more);
        let bounds = BTreeMap::from([(partitions[1].clone(), 2)]);
        let read: Vec<Record> = read_to(&mut reader, &bounds).await;
        assert_eq!(values(&read), ["second"]);
        assert_eq!(read[0].topic_partition, partitions[1]);
    });
}
