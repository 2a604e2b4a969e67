//! Runs the application that the tour plays: reads the main topic as its group, writes results and
//! dead letters, and commits its offsets with them in one transaction.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::clock::{Clock, Deadline};
use crate::error::Problem;
use crate::kafka::{
    Cluster, ConnectionSettings, ReadOptions, Reader, Scratch, SendError, Stability,
    TransactionalProducer,
};
use crate::model::name::{GroupId, TopicName};
use crate::model::offset::{CommittedOffset, IsolationLevel, OffsetQuery, TopicPartition};
use crate::model::record::{OutgoingRecord, Record};
use crate::tour::consumer::{self, Failure};

/// How long the application's transaction may take; it takes some milliseconds.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(30);

/// How long until the committed offsets are looked up again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The application: what it reads, where it writes.
#[derive(Debug, Clone)]
pub(super) struct Application {
    /// Its consumer group.
    pub(super) group: GroupId,
    /// The topic it reads.
    pub(super) source: TopicName,
    /// Where its results go.
    pub(super) results: TopicName,
    /// Where its dead letters go.
    pub(super) dlq: TopicName,
}

/// How much it does at a time, and how well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shift {
    /// It works through three quarters of each partition; some records fail.
    Troubled,
    /// It works through everything, and nothing fails.
    Recovered,
}

/// What it did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Work {
    /// How many records it read.
    pub(super) read: usize,
    /// How many of them failed, by reason.
    pub(super) failed: BTreeMap<Failure, usize>,
    /// How many it left unread.
    pub(super) left: i64,
}

impl Work {
    /// Returns how many failed.
    pub(super) fn failures(&self) -> usize {
        self.failed.values().sum()
    }
}

impl Application {
    /// Works for a shift.
    pub(super) async fn work(
        &self,
        cluster: &Cluster,
        settings: &ConnectionSettings,
        shift: Shift,
        clock: Clock,
        deadline: Deadline,
    ) -> anyhow::Result<Work> {
        let ranges = self.ranges(cluster, shift, deadline).await?;
        let records = read(cluster, &ranges, deadline).await?;
        let mut work = Work { read: records.len(), ..Work::default() };
        let mut outgoing = Vec::new();
        for record in &records {
            let failure = match shift {
                Shift::Troubled => consumer::failure(record),
                Shift::Recovered => None,
            };
            outgoing.push(match failure {
                None => consumer::analytics(record, &self.results),
                Some(failure) => {
                    *work.failed.entry(failure).or_default() += 1;
                    consumer::dead_letter(record, failure, &self.dlq, clock.now()).with_context(
                        || {
                            format!(
                                "{}@{} is no JSON object",
                                record.topic_partition, record.offset
                            )
                        },
                    )?
                }
            });
        }
        work.left = ranges.values().map(|range| range.end - range.until).sum();
        let offsets: BTreeMap<_, _> = ranges
            .into_iter()
            .map(|(partition, range)| {
                (partition, CommittedOffset { offset: range.until, metadata: None })
            })
            .collect();
        let settings = settings.clone();
        let group = self.group.clone();
        let written = offsets.clone();
        tokio::task::spawn_blocking(move || {
            write(&settings, &group, &outgoing, &written, deadline)
        })
        .await??;
        self.wait_for(&offsets, cluster, deadline).await?;
        Ok(work)
    }

    /// Waits until the group's coordinator has applied a commit, which is answered before: lag
    /// would show what was committed earlier. To ask for stable offsets is not enough: Kafka 3 does
    /// not count as pending what a group commits for the first time, when all its offsets are asked
    /// for.
    async fn wait_for(
        &self,
        offsets: &BTreeMap<TopicPartition, CommittedOffset>,
        cluster: &Cluster,
        deadline: Deadline,
    ) -> anyhow::Result<()> {
        let is_there = |shown: &BTreeMap<TopicPartition, CommittedOffset>| {
            offsets.iter().all(|(partition, it)| {
                shown.get(partition).is_some_and(|shown| shown.offset == it.offset)
            })
        };
        while !is_there(&self.committed(cluster, deadline).await?) {
            ensure!(!deadline.has_passed(), "the committed offsets of {} do not show", self.group);
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// Returns what the group committed, transactions that have just ended included.
    async fn committed(
        &self,
        cluster: &Cluster,
        deadline: Deadline,
    ) -> anyhow::Result<BTreeMap<TopicPartition, CommittedOffset>> {
        let group = [self.group.clone()];
        let mut committed = cluster.committed_offsets(&group, Stability::Stable, deadline).await?;
        Ok(committed.remove(&self.group).transpose()?.unwrap_or_default())
    }

    /// Finds what to read: from the committed offset as far as the shift goes.
    async fn ranges(
        &self,
        cluster: &Cluster,
        shift: Shift,
        deadline: Deadline,
    ) -> anyhow::Result<BTreeMap<TopicPartition, Range>> {
        let committed = self.committed(cluster, deadline).await?;
        let topic = [self.source.clone()];
        let mut topics = cluster.topics(&topic, deadline).await?;
        let source = topics.remove(&self.source).transpose()?.context("the topic is gone")?;
        let queries: Vec<_> = source
            .partitions
            .keys()
            .map(|number| (TopicPartition::new(self.source.clone(), *number), OffsetQuery::Latest))
            .collect();
        let ends = cluster.offsets(&queries, IsolationLevel::ReadCommitted, deadline).await?;
        let mut ranges = BTreeMap::new();
        for ((partition, _), end) in ends {
            let end = end?.with_context(|| format!("no broker says where {partition} ends"))?;
            let from = committed.get(&partition).map_or(0, |committed| committed.offset);
            let until = match shift {
                Shift::Troubled => from + (end - from) * 3 / 4,
                Shift::Recovered => end,
            };
            ranges.insert(partition, Range { from, until, end });
        }
        Ok(ranges)
    }
}

/// A range of a partition, and where its log ends.
#[derive(Debug, Clone, Copy)]
struct Range {
    from: i64,
    until: i64,
    end: i64,
}

/// Reads the records of the ranges.
async fn read(
    cluster: &Cluster,
    ranges: &BTreeMap<TopicPartition, Range>,
    deadline: Deadline,
) -> anyhow::Result<Vec<Record>> {
    let starts: BTreeMap<_, _> = ranges
        .iter()
        .filter(|(_, range)| range.from < range.until)
        .map(|(partition, range)| (partition.clone(), range.from))
        .collect();
    let mut left: Vec<_> = starts.keys().cloned().collect();
    let mut reader = Reader::open(cluster, starts, ReadOptions::default(), deadline).await?;
    let mut records = Vec::new();
    let mut scratch = Scratch::default();
    while !left.is_empty() {
        let answer = tokio::time::timeout_at(deadline.at(), reader.next())
            .await
            .context("the application waited too long for its records")??;
        for fetched in answer {
            let partition = &fetched.topic_partition;
            let until = ranges.get(partition).map_or(0, |range| range.until);
            let walked = fetched.each_record(&mut scratch, |record| {
                if record.offset >= until {
                    return ControlFlow::Break(());
                }
                records.push(Record::copy(partition.clone(), record));
                ControlFlow::Continue(())
            })?;
            if walked.is_break() || fetched.position >= until {
                reader.stop(partition);
                left.retain(|other| other != partition);
            }
        }
    }
    Ok(records)
}

/// Writes records and offsets in one transaction.
fn write(
    settings: &ConnectionSettings,
    group: &GroupId,
    records: &[OutgoingRecord],
    offsets: &BTreeMap<TopicPartition, CommittedOffset>,
    deadline: Deadline,
) -> anyhow::Result<()> {
    let id = format!("flowctl.tour.{group}");
    let producer = TransactionalProducer::open(settings, &id, TRANSACTION_TIMEOUT, deadline)?;
    producer.begin()?;
    for (tag, record) in (0_u64..).zip(records) {
        match producer.send(record, tag) {
            Ok(()) => {}
            // librdkafka's queue holds 100 000 records: the tour has some hundred.
            Err(SendError::QueueFull) => {
                return Err(Problem::failed("the application's queue is full").into());
            }
            Err(SendError::Rejected(error)) => return Err(error.into()),
        }
    }
    for delivery in producer.drain(deadline) {
        delivery.outcome?;
    }
    producer.send_offsets(group, offsets, deadline)?;
    Ok(producer.commit(deadline)?)
}
