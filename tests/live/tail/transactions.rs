//! What a tail sees of transactions.

use std::time::Duration;

use flowctl::clock::Deadline;
use flowctl::kafka::TransactionalProducer;
use flowctl::model::name::TopicName;
use flowctl::model::record::{OutgoingRecord, SentTime};

use crate::home::{PATIENCE, unique};
use crate::support::kafka;
use crate::tailing::tail_text;

#[test]
fn aborted_records_are_unseen_and_markers_at_the_end_do_not_matter() {
    let topic = kafka().new_topic("tail-transactions", 1);
    let name = TopicName::from(topic.as_str());
    let minute = Duration::from_secs(60);
    let deadline = Deadline::after(PATIENCE);
    let producer =
        TransactionalProducer::open(&kafka().settings(), &unique("tail"), minute, deadline)
            .unwrap();
    for (value, is_committed) in [("one", true), ("aborted", false), ("two", true), ("no", false)] {
        producer.begin().unwrap();
        let record = OutgoingRecord {
            topic: name.clone(),
            partition: Some(0),
            timestamp: SentTime::Now,
            key: None,
            value: Some(value.into()),
            headers: Vec::new(),
        };
        producer.send(&record, 0).unwrap();
        for delivery in producer.drain(deadline) {
            delivery.outcome.unwrap();
        }
        if is_committed { producer.commit(deadline) } else { producer.abort(deadline) }.unwrap();
    }
    assert_eq!(tail_text(kafka(), &topic, &["--from", "start", "-e"]), "one\ntwo\n");
    assert_eq!(
        tail_text(kafka(), &topic, &["-n", "2", "-e"]),
        "one\ntwo\n",
        "it looks behind the markers"
    );
    let all = ["--from", "start", "-e", "--isolation", "read_uncommitted"];
    assert_eq!(tail_text(kafka(), &topic, &all), "one\naborted\ntwo\nno\n");
}
