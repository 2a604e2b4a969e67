//! Commits offsets for many groups, so that `dev/bench` has lag to measure.
//!
//! `commit_offsets BROKERS TOPIC PARTITIONS GROUPS`: group `bench-0` … commits offset 1 in every
//! partition, by transactions, which need no member in the group.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use flowctl::clock::Deadline;
use flowctl::kafka::{ConnectionSettings, Properties, TransactionalProducer};
use flowctl::model::name::{GroupId, TopicName};
use flowctl::model::offset::{CommittedOffset, TopicPartition};

/// How many groups one transaction commits for: few round trips, well within the timeout.
const GROUPS_AT_ONCE: usize = 25;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [brokers, topic, partitions, groups] = arguments.as_slice() else {
        anyhow::bail!("usage: commit_offsets BROKERS TOPIC PARTITIONS GROUPS");
    };
    let partitions: i32 = partitions.parse().context("PARTITIONS is a number")?;
    let groups: usize = groups.parse().context("GROUPS is a number")?;
    let (settings, _) = ConnectionSettings::from_properties(Some(brokers), &Properties::new())?;
    let deadline = Deadline::after(Duration::from_secs(300));
    let id = format!("commit-offsets-{topic}");
    let producer = TransactionalProducer::open(&settings, &id, Duration::from_secs(60), deadline)?;
    let offsets: BTreeMap<_, _> = (0..partitions)
        .map(|partition| {
            let place = TopicPartition::new(TopicName::from(topic.as_str()), partition);
            (place, CommittedOffset { offset: 1, metadata: None })
        })
        .collect();
    let ids: Vec<_> = (0..groups).map(|number| GroupId::new(format!("bench-{number}"))).collect();
    for some in ids.chunks(GROUPS_AT_ONCE) {
        producer.begin()?;
        for group in some {
            producer.send_offsets(group, &offsets, deadline)?;
        }
        producer.commit(deadline)?;
    }
    Ok(())
}
