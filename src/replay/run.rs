//! Reads a range and writes it to another topic, a transaction a batch.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::time::Duration;

use anyhow::Context;

use super::plan::{Extent, Replay};
use crate::approval::Approval;
use crate::clock::Deadline;
use crate::error::Problem;
use crate::interrupt::{Interrupt, Signal};
use crate::kafka::{
    Cluster, ConnectionSettings, Error, ReadOptions, Reader, Scratch, Sent, TransactionError,
    TransactionalProducer,
};
use crate::model::name::TopicName;
use crate::model::offset::{IsolationLevel, OffsetQuery, TopicPartition};
use crate::model::position::{self, LogMarks, Position};
use crate::model::record::{OutgoingRecord, Record};
use crate::model::topic::TopicDescription;

/// When the coordinator aborts a transaction by itself: consumers of the target wait so long at most
/// after a crash.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(20);

/// The most records and bytes of a transaction: it holds up `read_committed` consumers of the target.
const MOST_RECORDS: usize = 10_000;
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// The two topics of a replay.
#[derive(Debug, Clone)]
pub struct Replayer {
    cluster: Cluster,
    settings: ConnectionSettings,
    source: TopicName,
    target: TopicName,
    /// The partitions of the source and how many the target has.
    partitions: BTreeSet<i32>,
    target_partitions: i32,
    timeout: Duration,
}

/// How a replay ended.
#[derive(Debug)]
pub enum Ended {
    /// The plan is carried out.
    Complete,
    /// Somebody asked to stop: what was in flight is committed.
    Interrupted(Signal),
    /// It could not go on. Nothing of the last batch was copied.
    Failed(anyhow::Error),
    /// Nobody knows whether the last batch was committed.
    Undecided(anyhow::Error, Batch),
}

/// What a replay has done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// The records that were copied.
    pub copied: u64,
    /// The next offset to copy, of each partition that was begun.
    pub next: BTreeMap<i32, i64>,
    /// Offsets that retention deleted before they were read.
    pub expired: i64,
}

/// Records of one partition that are written in one transaction.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The partition.
    pub partition: i32,
    /// The offset of the first record.
    pub first: i64,
    /// Behind the offset that was read last.
    pub next: i64,
    records: Vec<OutgoingRecord>,
    offsets: Vec<i64>,
    bytes: usize,
}

/// Why a batch was not written.
enum Setback {
    Failed(anyhow::Error),
    Undecided(anyhow::Error),
}

impl Replayer {
    /// Takes both topics as the cluster describes them; `timeout` is that of each metadata call.
    pub fn new(
        cluster: Cluster,
        settings: ConnectionSettings,
        source: TopicDescription,
        target: TopicDescription,
        timeout: Duration,
    ) -> Self {
        let target_partitions = target.partition_count();
        let partitions = source.partitions.into_keys().collect();
        let (source, target) = (source.name, target.name);
        Self { cluster, settings, source, target, partitions, target_partitions, timeout }
    }

    /// Makes the plan. The end is where the log ends now, so a replay is finite.
    pub async fn plan(&self, wanted: &position::Range) -> anyhow::Result<Replay> {
        let partitions: Vec<i32> = self.partitions.iter().copied().collect();
        for positions in [&wanted.from, &wanted.until] {
            positions
                .check(self.source.as_str(), &partitions)
                .map_err(|error| Problem::usage(error.to_string()))?;
        }
        let starts = self.offsets(|_| Some(OffsetQuery::Earliest), false).await?;
        let stable = self.offsets(|_| Some(OffsetQuery::Latest), true).await?;
        let ends = self.offsets(|_| Some(OffsetQuery::Latest), false).await?;
        let since =
            |partition| wanted.from.get(partition).and_then(Position::time).map(OffsetQuery::At);
        let times = self.offsets(since, false).await?;
        let of = |offsets: &BTreeMap<i32, i64>, partition: i32| {
            offsets.get(&partition).copied().with_context(|| {
                format!("no broker says where {} begins and ends", self.partition(partition))
            })
        };
        let extents = partitions
            .iter()
            .filter(|partition| !wanted.leaves_out(**partition))
            .map(|&partition| {
                let end = of(&stable, partition)?;
                let marks = LogMarks { log_start: of(&starts, partition)?, end, committed: None };
                let high_watermark = of(&ends, partition)?.max(end);
                let at_since = times.get(&partition).copied();
                Ok((partition, Extent { marks, high_watermark, at_since }))
            })
            .collect::<anyhow::Result<_>>()?;
        let keeps = i32::try_from(partitions.len()).is_ok_and(|n| n == self.target_partitions);
        let (source, target) = (self.source.clone(), self.target.clone());
        Replay::resolve(source, target, wanted, &extents, keeps)
            .map_err(|error| Problem::usage(error.to_string()).into())
    }

    /// Asks for an offset of every partition that has a question.
    async fn offsets(
        &self,
        query: impl Fn(i32) -> Option<OffsetQuery>,
        is_stable: bool,
    ) -> anyhow::Result<BTreeMap<i32, i64>> {
        let questions: Vec<_> = self
            .partitions
            .iter()
            .filter_map(|&partition| Some((self.partition(partition), query(partition)?)))
            .collect();
        let isolation =
            if is_stable { IsolationLevel::ReadCommitted } else { IsolationLevel::ReadUncommitted };
        let deadline = Deadline::after(self.timeout);
        let cannot = || format!("cannot read the offsets of topic `{}`", self.source);
        let answers = self.cluster.offsets(&questions, isolation, deadline).await;
        let mut offsets = BTreeMap::new();
        for ((place, _), answer) in answers.with_context(cannot)? {
            if let Some(offset) = answer.with_context(cannot)? {
                offsets.insert(place.partition, offset);
            }
        }
        Ok(offsets)
    }

    /// Counts the records that would be copied, by partition of the source.
    pub async fn count(&self, plan: &Replay) -> anyhow::Result<BTreeMap<i32, u64>> {
        let mut counts = BTreeMap::new();
        let mut reading = Reading::new(self, plan);
        let mut outcome = Outcome::default();
        while let Some(batch) = reading.next(&mut outcome).await? {
            let count = u64::try_from(batch.records.len()).unwrap_or(u64::MAX);
            *counts.entry(batch.partition).or_default() += count;
        }
        Ok(counts)
    }

    /// Carries the plan out. `tell` hears how many records are copied so far.
    pub async fn run(
        &self,
        plan: &Replay,
        _approval: Approval,
        interrupt: &Interrupt,
        tell: &mut dyn FnMut(u64),
    ) -> (Outcome, Ended) {
        let mut outcome = Outcome::default();
        let ended = self.copy(plan, interrupt, &mut outcome, tell).await;
        (outcome, ended.unwrap_or_else(Ended::Failed))
    }

    async fn copy(
        &self,
        plan: &Replay,
        interrupt: &Interrupt,
        outcome: &mut Outcome,
        tell: &mut dyn FnMut(u64),
    ) -> anyhow::Result<Ended> {
        let mut producer = self.producer().await?;
        let mut reading = Reading::new(self, plan);
        loop {
            let batch = tokio::select! {
                biased;
                signal = interrupt.wait() => return Ok(Ended::Interrupted(signal)),
                batch = reading.next(outcome) => batch?,
            };
            let Some(batch) = batch else { return Ok(Ended::Complete) };
            let writing = tokio::task::spawn_blocking(move || {
                let written = write(&producer, &batch);
                (producer, batch, written)
            });
            // A batch is written to its end: a signal is heard before the next one.
            let (returned, batch, written) = writing.await.context("the writing thread ended")?;
            producer = returned;
            match written {
                Ok(()) => {
                    outcome.copied += u64::try_from(batch.records.len()).unwrap_or(u64::MAX);
                    outcome.next.insert(batch.partition, batch.next);
                    tell(outcome.copied);
                }
                Err(Setback::Failed(error)) => return Ok(Ended::Failed(error)),
                Err(Setback::Undecided(error)) => return Ok(Ended::Undecided(error, batch)),
            }
        }
    }

    /// Opens the producer, which fences another replay between the same topics.
    async fn producer(&self) -> anyhow::Result<TransactionalProducer> {
        let cluster_id = self.cluster.id(Deadline::after(self.timeout)).await?;
        let short: String = cluster_id.unwrap_or_default().chars().take(8).collect();
        let transactional_id = format!("flowctl.replay.{short}.{}.{}", self.source, self.target);
        let settings = self.settings.clone();
        let deadline = Deadline::after(TRANSACTION_TIMEOUT + self.timeout);
        let opened = tokio::task::spawn_blocking(move || {
            TransactionalProducer::open(&settings, &transactional_id, TRANSACTION_TIMEOUT, deadline)
        });
        let producer = opened.await.context("the writing thread ended")?;
        producer.context("cannot open the transactional producer")
    }

    fn partition(&self, partition: i32) -> TopicPartition {
        TopicPartition::new(self.source.clone(), partition)
    }

    /// Makes the copy of a record.
    fn copy_of(&self, record: Record, keeps_partitions: bool) -> OutgoingRecord {
        let Record { topic_partition, timestamp, key, value, headers, .. } = record;
        OutgoingRecord {
            topic: self.target.clone(),
            partition: keeps_partitions.then_some(topic_partition.partition),
            timestamp,
            key,
            value,
            headers,
        }
    }
}

/// Writes a batch in one transaction.
fn write(producer: &TransactionalProducer, batch: &Batch) -> Result<(), Setback> {
    let deadline = Deadline::after(TRANSACTION_TIMEOUT);
    let setback = |error: TransactionError| match error {
        TransactionError::Undecided(error) => Setback::Undecided(error.into()),
        TransactionError::Abortable(error)
        | TransactionError::Fenced(error)
        | TransactionError::Fatal(error) => {
            // What cannot be aborted now, the coordinator aborts after its timeout.
            drop(producer.abort(Deadline::after(TRANSACTION_TIMEOUT)));
            Setback::Failed(error.into())
        }
    };
    producer.begin().map_err(setback)?;
    for (sent, offset) in
        producer.send_all(&batch.records, deadline).into_iter().zip(&batch.offsets)
    {
        let error = match sent {
            Sent::Written(_) => continue,
            Sent::NotTaken(error) | Sent::Failed(error) => error,
        };
        drop(producer.abort(Deadline::after(TRANSACTION_TIMEOUT)));
        let first = batch.first;
        return Err(Setback::Failed(anyhow::Error::from(error).context(format!(
            "cannot copy offset {offset} of partition {}: nothing from offset {first} on was copied",
            batch.partition
        ))));
    }
    producer.commit(deadline).map_err(setback)
}

/// Reads a plan's ranges, partition by partition.
struct Reading<'a> {
    replayer: &'a Replayer,
    plan: &'a Replay,
    left: Vec<i32>,
    reader: Option<Reader>,
    scratch: Scratch,
    batch: Batch,
}

impl<'a> Reading<'a> {
    fn new(replayer: &'a Replayer, plan: &'a Replay) -> Self {
        // The lowest partition is taken first, from the end.
        let left = plan.ranges.keys().rev().copied().collect();
        let (reader, scratch, batch) = (None, Scratch::default(), Batch::default());
        Self { replayer, plan, left, reader, scratch, batch }
    }

    /// Returns the next batch, all of one partition; `None` at the end.
    async fn next(&mut self, outcome: &mut Outcome) -> anyhow::Result<Option<Batch>> {
        while let Some(&partition) = self.left.last() {
            let Some(range) = self.plan.ranges.get(&partition) else { break };
            let place = self.replayer.partition(partition);
            let cannot = || format!("cannot read {place}");
            if self.reader.is_none() {
                let starts = BTreeMap::from([(place.clone(), range.start)]);
                let deadline = Deadline::after(self.replayer.timeout);
                let cluster = &self.replayer.cluster;
                let opened = Reader::open(cluster, starts, ReadOptions::default(), deadline).await;
                self.reader = Some(opened.with_context(cannot)?);
                self.batch = Batch { partition, next: range.start, ..Batch::default() };
            }
            let Some(reader) = &mut self.reader else { continue };
            let fetched = match reader.next().await {
                Ok(fetched) => fetched,
                Err(Error::OffsetOutOfRange { wanted, log_start, .. }) if wanted < log_start => {
                    outcome.expired += log_start.min(range.end) - wanted;
                    self.batch.next = log_start;
                    if log_start < range.end {
                        reader.seek(&place, log_start);
                        continue;
                    }
                    Vec::new()
                }
                Err(error) => return Err(error).with_context(cannot),
            };
            for answer in fetched {
                let walked = answer.each_record(&mut self.scratch, |view| {
                    if view.offset >= range.end {
                        return ControlFlow::Break(());
                    }
                    let record = Record::copy(place.clone(), view);
                    if range.holds(&record) {
                        if self.batch.records.is_empty() {
                            self.batch.first = record.offset;
                        }
                        self.batch.bytes += record.size();
                        self.batch.offsets.push(record.offset);
                        let keeps = self.plan.keeps_partitions;
                        self.batch.records.push(self.replayer.copy_of(record, keeps));
                    }
                    ControlFlow::Continue(())
                });
                // A walk that was broken off has met the end of the range.
                let _: ControlFlow<()> = walked.with_context(cannot)?;
                self.batch.next = answer.position.min(range.end);
            }
            let is_done = self.batch.next >= range.end;
            let is_full =
                self.batch.records.len() >= MOST_RECORDS || self.batch.bytes >= MOST_BYTES;
            if is_done {
                self.reader = None;
                self.left.pop();
            }
            if (is_done || is_full) && !self.batch.records.is_empty() {
                let next = Batch { partition, next: self.batch.next, ..Batch::default() };
                return Ok(Some(std::mem::replace(&mut self.batch, next)));
            }
        }
        Ok(None)
    }
}
