//! The effects: checks the topics, sends the records, waits for what becomes of them.

mod known_topic;
mod pump;

use std::collections::BTreeMap;

pub use known_topic::TopicError;
use pump::Pump;

use super::place::InputPlace;
use super::report::{Event, Written};
use super::source::{Source, SourceError};
use crate::approval::Approval;
use crate::clock::Deadline;
use crate::interrupt::{Interrupt, Signal};
use crate::kafka::{Cluster, ConnectionSettings, Error, Producer, ProducerOptions};
use crate::model::config_entry::{ConfigEntry, ConfigResource};
use crate::model::name::TopicName;
use crate::model::own_topics::OwnTopics;
use crate::model::topic::check_partitions;

/// What is to be written, and how.
#[derive(Debug)]
pub struct Job {
    /// Where the records come from.
    pub source: Source,
    /// The topics that are known before the first record.
    pub topics: Vec<TopicName>,
    /// flowctl's own topics, which take no records.
    pub own_topics: OwnTopics,
    /// The partition that all records go to, if it is one.
    pub partition: Option<i32>,
    /// How the producer works.
    pub options: ProducerOptions,
}

/// How it ended.
#[derive(Debug)]
pub struct Finished {
    /// What was written.
    pub written: Written,
    /// How many records were read and not sent any more.
    pub unsent: u64,
    /// Why it ended.
    pub ended: Ended,
}

/// Why it ended.
#[derive(Debug)]
pub enum Ended {
    /// There were no more records.
    AtEnd,
    /// The source failed.
    Source(SourceError),
    /// A record names a topic that cannot be written to.
    Topic {
        /// The record.
        place: InputPlace,
        /// Why.
        error: TopicError,
    },
    /// Somebody asked.
    Interrupted(Signal),
    /// No further record could have been delivered.
    Stopped(Error),
}

/// Writes all records of the source. A topic that does not exist, or a partition that it does not
/// have, is found before anything is sent. `deadline` is for the metadata, not for the records.
pub async fn run(
    cluster: &Cluster,
    settings: &ConnectionSettings,
    job: Job,
    _approval: Approval,
    interrupt: &Interrupt,
    deadline: Deadline,
    events: &mut dyn FnMut(Event<'_>),
) -> Result<Finished, TopicError> {
    let Job { mut source, topics, own_topics, partition, mut options } = job;
    options.largest_batch = largest_batch(cluster, &topics, deadline).await;
    let mut pump = Pump::new(cluster, Producer::open(settings, &options)?, own_topics, events);
    for topic in &topics {
        let known = pump.topic(topic, deadline).await?;
        if let Some(partition) = partition {
            check_partitions(topic, [partition], known.partitions)?;
        }
    }
    if let Some(topic) = topics.into_iter().next() {
        pump.warm_up(topic).await;
    }
    let ended = pump.pump(&mut source, interrupt, deadline).await;
    Ok(pump.finish(ended, interrupt).await)
}

/// Returns the most bytes that all of these topics take in one batch. It is only for not failing
/// neighbours together: who may not see configs does without.
async fn largest_batch(cluster: &Cluster, topics: &[TopicName], deadline: Deadline) -> Option<u32> {
    if topics.is_empty() {
        return None;
    }
    let resources: Vec<_> = topics.iter().cloned().map(ConfigResource::Topic).collect();
    let asked = cluster.describe_configs(&resources, deadline).await.ok()?;
    let limit = |configs: &BTreeMap<String, ConfigEntry>| {
        configs.get("max.message.bytes")?.value.as_ref()?.parse().ok()
    };
    asked.values().flatten().filter_map(limit).min()
}
