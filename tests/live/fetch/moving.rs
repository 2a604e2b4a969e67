//! Leaders that move and brokers that go away are a pause, never a loss.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use flowctl::kafka::{ConnectionSettings, Producer, ProducerOptions};
use flowctl::model::name::TopicName;

use super::{
    connect, impatient, new_topic, open, outgoing, partitions_of, read_once, read_to, run,
    settings, soon,
};
use crate::home::PATIENCE;
use crate::support::three_brokers;

/// Writes numbers to three partitions until it is told to stop; returns how many to each.
fn write_numbers(settings: &ConnectionSettings, topic: &TopicName, stop: &AtomicBool) -> i64 {
    let producer = Producer::open(settings, &ProducerOptions::default()).unwrap();
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        for partition in 0..3 {
            producer.send(&outgoing(topic, partition, number.to_string()), 0).unwrap();
        }
        number += 1;
        for delivery in producer.poll(std::time::Duration::from_millis(5)) {
            delivery.outcome.unwrap();
        }
    }
    for delivery in producer.close(PATIENCE / 2) {
        delivery.outcome.unwrap();
    }
    number
}

#[test]
fn every_record_is_read_once_and_in_order_while_brokers_go_and_leaders_move() {
    let three = three_brokers();
    let settings = settings(&three.kafka);
    let stop = AtomicBool::new(false);
    let topic = run(async {
        let cluster = connect(&settings).await;
        let topic = new_topic(&cluster, 3, 3, &[("min.insync.replicas", "1")]).await;
        let named = [topic.clone()];
        loop {
            let described = cluster.topics(&named, soon()).await.unwrap().remove(&topic).unwrap();
            if described.unwrap().partitions.values().all(|p| p.in_sync.len() == 3) {
                break topic;
            }
        }
    });
    let (read, written) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| write_numbers(&settings, &topic, &stop));
        let operator = scope.spawn(|| {
            three.kill(2);
            three.start(2);
            // Leaders go back to where they were: those who have them now answer NOT_LEADER.
            let mut elect = three.kafka.tool("elect-leader");
            elect.args(["--election-type", "preferred", "--all-topic-partitions"]);
            elect.assert().success();
            stop.store(true, Ordering::Relaxed);
        });
        run(async {
            let cluster = connect(&settings).await;
            let partitions = partitions_of(&topic, 3);
            let mut reader = open(&cluster, &partitions, 0, impatient()).await;
            let mut read: BTreeMap<i32, Vec<String>> = BTreeMap::new();
            while !writer.is_finished() {
                sort(read_once(&mut reader).await, &mut read);
            }
            operator.join().unwrap();
            let written = writer.join().unwrap();
            let bounds = partitions.iter().map(|p| (p.clone(), written)).collect();
            sort(read_to(&mut reader, &bounds).await, &mut read);
            (read, written)
        })
    });
    assert!(written > 100, "{written}");
    for (partition, numbers) in read {
        let expected: Vec<_> = (0..written).map(|number| number.to_string()).collect();
        assert_eq!(numbers, expected, "partition {partition}");
    }
}

/// Sorts records by partition.
fn sort(records: Vec<flowctl::model::record::Record>, read: &mut BTreeMap<i32, Vec<String>>) {
    for record in records {
        let numbers = read.entry(record.topic_partition.partition).or_default();
        numbers.push(super::text(record.value.as_deref()));
    }
}
