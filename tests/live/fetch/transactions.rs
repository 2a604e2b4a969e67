//! What readers see of transactions, and that their positions move all the same.

use std::time::Duration;

use flowctl::kafka::{Cluster, ReadOptions, TransactionalProducer};
use flowctl::model::name::TopicName;
use flowctl::model::offset::{IsolationLevel, OffsetQuery, TopicPartition};

use super::{
    connect, impatient, kcat_lines, lines, new_topic, offsets, open, outgoing, partitions_of,
    read_all, read_to, run, settings, soon, values,
};
use crate::home::unique;
use crate::support::kafka;

/// Opens a transactional producer under a name of its own.
fn producer() -> TransactionalProducer {
    let timeout = Duration::from_secs(60);
    TransactionalProducer::open(&settings(kafka()), &unique("fetch"), timeout, soon()).unwrap()
}

/// Writes records of one value each into the open transaction, and waits until they are in the log.
fn send(producer: &TransactionalProducer, topic: &TopicName, values: &[&str]) {
    for value in values {
        producer.send(&outgoing(topic, 0, *value), 0).unwrap();
    }
    for delivery in producer.drain(soon()) {
        delivery.outcome.unwrap();
    }
}

/// Returns the end of the only partition.
async fn end(cluster: &Cluster, partitions: &[TopicPartition], isolation: IsolationLevel) -> i64 {
    let ends = offsets(cluster, partitions, OffsetQuery::Latest, isolation).await;
    *ends.values().next().unwrap()
}

#[test]
fn aborted_records_are_hidden_and_the_position_passes_them() {
    run(async {
        let cluster = connect(&settings(kafka())).await;
        let topic = new_topic(&cluster, 1, 1, &[]).await;
        let partitions = partitions_of(&topic, 1);
        let (one, two) = (producer(), producer());
        one.begin().unwrap();
        two.begin().unwrap();
        send(&one, &topic, &["one committed", "one committed too"]);
        send(&two, &topic, &["two aborted"]);
        one.commit(soon()).unwrap();
        one.begin().unwrap();
        send(&one, &topic, &["one aborted"]);
        send(&two, &topic, &["two aborted too"]);
        two.abort(soon()).unwrap();
        two.begin().unwrap();
        send(&two, &topic, &["two committed"]);
        one.abort(soon()).unwrap();
        two.commit(soon()).unwrap();
        one.begin().unwrap();
        send(&one, &topic, &["one aborted at the end"]);
        one.abort(soon()).unwrap();

        // The markers of the last transaction are written after its end was answered.
        let high_watermark = loop {
            let end_now = end(&cluster, &partitions, IsolationLevel::ReadUncommitted).await;
            if end_now == end(&cluster, &partitions, IsolationLevel::ReadCommitted).await {
                break end_now;
            }
        };
        assert_eq!(high_watermark, 12, "seven records and five markers");
        let committed = read_all(&cluster, &partitions).await;
        assert_eq!(values(&committed), ["one committed", "one committed too", "two committed"]);
        assert_eq!(lines(&committed), kcat_lines(kafka(), &partitions[0]));

        let bounds = partitions.iter().map(|p| (p.clone(), high_watermark)).collect();
        let options =
            ReadOptions { isolation: IsolationLevel::ReadUncommitted, ..ReadOptions::default() };
        let mut reader = open(&cluster, &partitions, 0, options).await;
        assert_eq!(
            values(&read_to(&mut reader, &bounds).await),
            [
                "one committed",
                "one committed too",
                "two aborted",
                "one aborted",
                "two aborted too",
                "two committed",
                "one aborted at the end"
            ]
        );
        // From within an aborted transaction on: the broker names it although it began before.
        let mut reader = open(&cluster, &partitions, 5, ReadOptions::default()).await;
        assert_eq!(values(&read_to(&mut reader, &bounds).await), ["two committed"]);
    });
}

#[test]
fn an_open_transaction_holds_read_committed_back_until_it_ends() {
    run(async {
        let cluster = connect(&settings(kafka())).await;
        let topic = new_topic(&cluster, 1, 1, &[]).await;
        let partitions = partitions_of(&topic, 1);
        let (open_one, other) = (producer(), producer());
        open_one.begin().unwrap();
        send(&open_one, &topic, &["open"]);
        other.begin().unwrap();
        send(&other, &topic, &["committed behind it"]);
        other.commit(soon()).unwrap();
        let mut reader = open(&cluster, &partitions, 0, impatient()).await;
        let fetched = reader.next().await.unwrap();
        assert!(fetched[0].is_empty());
        assert_eq!((fetched[0].position, fetched[0].last_stable_offset), (0, 0));
        assert!(fetched[0].high_watermark >= 2);
        open_one.commit(soon()).unwrap();
        let bounds = partitions.iter().map(|p| (p.clone(), 4)).collect();
        let read = read_to(&mut reader, &bounds).await;
        assert_eq!(values(&read), ["open", "committed behind it"]);
    });
}
