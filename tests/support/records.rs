//! Records that a test writes and reads by the library.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use bytes::Bytes;
use flowctl::approval::{Approval, ApprovedBy};
use flowctl::clock::Deadline;
use flowctl::kafka::{
    Delivery, Producer, ProducerOptions, ReadOptions, Reader, Scratch, SendError,
};
use flowctl::model::header::Header;
use flowctl::model::name::{GroupId, TopicName};
use flowctl::model::offset::{CommittedOffset, IsolationLevel, OffsetQuery, TopicPartition};
use flowctl::model::record::{OutgoingRecord, Record, SentTime};
use flowctl::model::timestamp::Timestamp;

use crate::broker::{Broker, block_on};
use crate::home::PATIENCE;

/// Makes a record.
pub(crate) fn record(topic: &str, partition: i32, key: &str, value: &str) -> OutgoingRecord {
    OutgoingRecord {
        topic: TopicName::from(topic),
        partition: Some(partition),
        timestamp: SentTime::Now,
        key: Some(Bytes::copy_from_slice(key.as_bytes())),
        value: Some(Bytes::copy_from_slice(value.as_bytes())),
        headers: Vec::new(),
    }
}

/// Times that a test chooses are old: retention would delete the records while it runs.
pub(crate) const FOR_EVER: (&str, &str) = ("retention.ms", "-1");

impl Broker {
    /// Makes a topic of records a second apart, from 1700000000 on, with the keys PARTITION-NUMBER.
    pub(crate) fn new_timed_topic(&self, name: &str, partitions: i32, each: i64) -> String {
        let topic = self.new_topic_with(name, partitions, &[FOR_EVER]);
        let records = (0..partitions).flat_map(|partition| {
            let topic = topic.clone();
            (0..each).map(move |number| {
                let key = format!("{partition}-{number}");
                let mut record = record(&topic, partition, &key, "v\u{0}");
                record.timestamp = SentTime::At(Timestamp(1_700_000_000_000 + number * 1_000));
                record.headers = vec![Header::new("h", "1"), Header::new("h", "")];
                record
            })
        });
        self.write(records);
        topic
    }

    /// Writes records and waits until all are there.
    pub(crate) fn write(&self, records: impl IntoIterator<Item = OutgoingRecord>) {
        let producer = Producer::open(&self.settings(), &ProducerOptions::default()).unwrap();
        let check = |deliveries: Vec<Delivery>| {
            for delivery in deliveries {
                delivery.outcome.unwrap();
            }
        };
        for record in records {
            while let Err(error) = producer.send(&record, 0) {
                assert_eq!(error, SendError::QueueFull);
                check(producer.poll(Duration::from_millis(10)));
            }
        }
        check(producer.close(PATIENCE));
    }

    /// Reads all committed records of a topic, partition by partition.
    pub(crate) fn read(&self, topic: &str) -> Vec<Record> {
        block_on(async {
            let deadline = Deadline::after(PATIENCE);
            let cluster = self.connect(deadline).await;
            let name = TopicName::from(topic);
            let described = cluster.topics(std::slice::from_ref(&name), deadline).await.unwrap();
            let described = described.into_values().next().unwrap().unwrap();
            let partitions: Vec<i32> = described.partitions.keys().copied().collect();
            let mut records = Vec::new();
            for partition in partitions {
                let place = TopicPartition::new(name.clone(), partition);
                let question = (place.clone(), OffsetQuery::Latest);
                let asked =
                    cluster.offsets(&[question], IsolationLevel::ReadUncommitted, deadline).await;
                let end = asked.unwrap().into_values().next().unwrap().unwrap().unwrap();
                let starts = BTreeMap::from([(place.clone(), 0)]);
                let mut reader =
                    Reader::open(&cluster, starts, ReadOptions::default(), deadline).await.unwrap();
                while reader.position(&place).is_some_and(|position| position < end) {
                    assert!(!deadline.has_passed(), "{place} cannot be read to its end");
                    for fetched in reader.next().await.unwrap() {
                        let walked = fetched.each_record(&mut Scratch::default(), |record| {
                            records.push(Record::copy(place.clone(), record));
                            ControlFlow::<()>::Continue(())
                        });
                        assert_eq!(walked, Ok(ControlFlow::Continue(())));
                    }
                }
            }
            records
        })
    }

    /// Deletes a topic and waits until it is gone: brokers hear of it a moment after the answer.
    pub(crate) fn delete_topic(&self, topic: &str) {
        block_on(async {
            let deadline = Deadline::after(PATIENCE);
            let cluster = self.connect(deadline).await;
            let (names, approval) = ([topic.into()], Approval::given(ApprovedBy::Flag));
            let deleted = cluster.delete_topics(&names, approval, deadline).await.unwrap();
            assert!(deleted.into_values().all(|deleted| deleted.is_ok()));
            loop {
                let seen = cluster.topics(&names, deadline).await.unwrap();
                if seen.into_values().all(|topic| topic.is_err()) {
                    return;
                }
                assert!(!deadline.has_passed(), "`{topic}` is still there");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
    }

    /// Deletes the records of partition 0 before an offset.
    pub(crate) fn delete_before(&self, topic: &str, offset: i64) {
        block_on(async {
            let deadline = Deadline::after(PATIENCE);
            let cluster = self.connect(deadline).await;
            let before = [(TopicPartition::new(topic.into(), 0), offset)].into();
            let approval = Approval::given(ApprovedBy::Flag);
            let deleted = cluster.delete_records(&before, approval, deadline).await.unwrap();
            assert!(deleted.into_values().all(|deleted| deleted.is_ok()));
        });
    }

    /// Commits an offset of partition 0 for a group.
    pub(crate) fn commit(&self, topic: &str, group: &str, offset: i64) {
        let offset = CommittedOffset { offset, metadata: None };
        let offsets = BTreeMap::from([(TopicPartition::new(topic.into(), 0), offset)]);
        block_on(async {
            let deadline = Deadline::after(PATIENCE);
            let cluster = self.connect(deadline).await;
            cluster.commit_offsets(&GroupId::new(group), &offsets, deadline).await.unwrap();
        });
    }
}
