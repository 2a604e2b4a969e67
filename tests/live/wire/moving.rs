//! A cluster in which brokers go away and come back.

use std::collections::BTreeMap;
use std::time::Duration;

use flowctl::clock::Deadline;
use flowctl::kafka::Mode;
use flowctl::model::name::TopicName;
use flowctl::model::offset::{IsolationLevel, OffsetQuery, TopicPartition};
use flowctl::model::topic::NewTopic;

use super::{connect, run, soon};
use crate::home::unique;
use crate::support::three_brokers;

#[test]
fn offsets_come_from_the_new_leaders_after_a_broker_was_killed() {
    let three = three_brokers();
    run(async {
        let cluster = connect(&three.kafka).await;
        let name = TopicName::new(unique("wire-moving"));
        let topic = NewTopic {
            name: name.clone(),
            partitions: 6,
            replication: 3,
            configs: BTreeMap::new(),
        };
        let made = cluster.create_topics(&[topic], Mode::Execute, soon()).await.unwrap();
        assert_eq!(made.get(&name), Some(&Ok(())));
        let ends: Vec<_> =
            (0..6).map(|n| (TopicPartition::new(name.clone(), n), OffsetQuery::Latest)).collect();
        let all_are_zero = async |what: &str| {
            let isolation = IsolationLevel::ReadCommitted;
            let found = cluster.offsets(&ends, isolation, soon()).await.unwrap();
            assert!(found.values().all(|end| *end == Ok(Some(0))), "{what}: {found:?}");
        };
        all_are_zero("all brokers").await;
        three.kill(2);
        all_are_zero("broker 2 killed").await;
        let listed = cluster.groups(Deadline::after(Duration::from_secs(20))).await.unwrap();
        assert!(listed.missing.keys().all(|broker| *broker == 2), "{listed:?}");
        three.start(2);
        all_are_zero("broker 2 back").await;
    });
}
