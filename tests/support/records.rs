//! Records that a test writes and reads by the library.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use bytes::Bytes;
use flowctl::clock::Deadline;
use flowctl::kafka::{
    Delivery, Producer, ProducerOptions, ReadOptions, Reader, Scratch, SendError,
};
use flowctl::model::name::TopicName;
use flowctl::model::offset::{IsolationLevel, OffsetQuery, TopicPartition};
use flowctl::model::record::{OutgoingRecord, Record, SentTime};

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

impl Broker {
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
}
