//! Reads DLQs and redrives: what the pure files decide, done to a cluster.
//!
//! `survey` makes the plan and `windows` its bounds. `scan` reads dead letters in order, `lookup`
//! asks for the topics they name, `reading` puts batches together, `write` writes one with what
//! `account` says about it, `pass` all of them, `resume` goes on after an outage, `redrive` counts,
//! `watch` looks whether the targets are still there. `backlog` shows what is left; `overview` and
//! `list` only look.

mod account;
mod backlog;
mod list;
mod lookup;
mod overview;
mod pass;
mod reading;
mod redrive;
mod resume;
mod scan;
mod survey;
mod watch;
mod windows;
mod write;

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use anyhow::Context;

use super::convention::Expected;
use super::event::Event;
use super::seen::Seen;
use crate::clock::Deadline;
use crate::error::Problem;
use crate::kafka::{Cluster, ConnectionSettings};
use crate::ledger::{Ledger, Memory};
use crate::model::name::TopicName;
use crate::model::offset::{IsolationLevel, OffsetQuery, TopicPartition};
use crate::model::topic::TopicDescription;

pub use list::Show;
pub use redrive::{Ended, Job, Outcome};

/// How long the reading of the ledger may wait for a stranger's transaction: that of a producer
/// with Kafka's default `transaction.timeout.ms` of 60 s is aborted by then, or nearly so.
const LEDGER_WAIT: Duration = Duration::from_secs(60);

/// What a DLQ is, before the cluster is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// The DLQ.
    pub topic: TopicName,
    /// The topic whose dead letters it holds, if the topology says so.
    pub main: Option<TopicName>,
    /// How its dead letters are marked.
    pub expected: Expected,
    /// The ledger's name.
    pub ledger: TopicName,
}

/// A DLQ of a cluster.
#[derive(Debug, Clone)]
pub struct Dlq {
    cluster: Cluster,
    settings: ConnectionSettings,
    declared: Declared,
    description: TopicDescription,
    /// The deadline of a metadata or admin call.
    timeout: Duration,
}

/// Where a partition began and ended when the command looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The log start offset.
    pub start: i64,
    /// The last stable offset: what is behind it may be aborted yet.
    pub end: i64,
    /// The high watermark.
    pub high_watermark: i64,
}

/// The partitions of a DLQ when the command looked.
pub type Snapshot = BTreeMap<i32, Extent>;

impl Dlq {
    /// Takes a DLQ as the cluster describes it; `timeout` is that of each metadata or admin call.
    pub fn new(
        cluster: Cluster,
        settings: ConnectionSettings,
        declared: Declared,
        description: TopicDescription,
        timeout: Duration,
    ) -> Self {
        Self { cluster, settings, declared, description, timeout }
    }

    /// Returns the DLQ's name.
    pub fn topic(&self) -> &TopicName {
        &self.declared.topic
    }

    /// Tells whether a topology says that it is a DLQ.
    pub fn is_declared(&self) -> bool {
        self.declared.main.is_some()
    }

    /// Returns the ledger's name.
    pub fn ledger(&self) -> &TopicName {
        &self.declared.ledger
    }

    /// Looks where the partitions begin and end. What arrives later is not part of what follows, so
    /// dead letters that come back while a redrive runs are not sent around in circles.
    pub async fn snapshot(&self) -> anyhow::Result<Snapshot> {
        let deadline = self.deadline();
        let starts = self.offsets(OffsetQuery::Earliest, IsolationLevel::ReadUncommitted, deadline);
        let starts = starts.await?;
        let stable = self.offsets(OffsetQuery::Latest, IsolationLevel::ReadCommitted, deadline);
        let stable = stable.await?;
        let ends = self.offsets(OffsetQuery::Latest, IsolationLevel::ReadUncommitted, deadline);
        let ends = ends.await?;
        let of = |offsets: &BTreeMap<i32, i64>, partition| {
            offsets.get(&partition).copied().with_context(|| {
                format!("no broker says where {} begins and ends", self.partition(partition))
            })
        };
        let extent = |partition| {
            let (start, end) = (of(&starts, partition)?, of(&stable, partition)?);
            // The three are asked one after the other; a transaction may have ended in between.
            let high_watermark = of(&ends, partition)?.max(end);
            Ok((partition, Extent { start, end, high_watermark }))
        };
        self.description.partitions.keys().map(|partition| extent(*partition)).collect()
    }

    /// Asks for an offset of every partition.
    pub(crate) async fn offsets(
        &self,
        query: OffsetQuery,
        isolation: IsolationLevel,
        deadline: Deadline,
    ) -> anyhow::Result<BTreeMap<i32, i64>> {
        let topic = self.topic();
        let queries = self.description.partitions.keys().map(|partition| (*partition, query));
        let offsets = self.cluster.offsets_of(topic, queries, isolation, deadline).await;
        offsets.with_context(|| format!("cannot read the offsets of DLQ `{topic}`"))
    }

    /// Finds the ledger; `None` when there is none yet.
    async fn find_ledger(&self) -> anyhow::Result<Option<Ledger>> {
        let Declared { topic, ledger, .. } = &self.declared;
        Ledger::find(&self.cluster, ledger, topic, self.deadline()).await
    }

    /// Checks that the ledger, if there is one, forgets nothing; returns a warning when that cannot
    /// be seen.
    async fn check_ledger(&self) -> anyhow::Result<Option<String>> {
        match self.find_ledger().await? {
            None => Ok(None),
            Some(ledger) => ledger.check(&self.cluster, self.deadline()).await,
        }
    }

    /// Checks that the DLQ is still the topic that was opened: of another one, the offsets that
    /// were planned with are other records.
    async fn check_identity(&self) -> anyhow::Result<()> {
        let topic = self.topic();
        let id = self.description.id.as_deref();
        let became = self.cluster.what_became_of(topic, id, self.deadline()).await;
        match became.with_context(|| format!("cannot find DLQ `{topic}`"))? {
            None => Ok(()),
            Some(gone) => Err(Problem::planned_with(&format!("DLQ `{topic}`"), gone).into()),
        }
    }

    /// Reads what the ledger remembers, as of now: a run that is under way may add to it. Without a
    /// ledger nothing was redriven.
    pub async fn recall(&self) -> anyhow::Result<Memory> {
        match self.find_ledger().await? {
            None => Ok(Memory::default()),
            Some(ledger) => {
                let deadline = Deadline::after(LEDGER_WAIT);
                let topic_id = self.description.id.as_deref();
                Ok(ledger.read(&self.cluster, topic_id, None, deadline).await?.memory)
            }
        }
    }

    fn partition(&self, partition: i32) -> TopicPartition {
        TopicPartition::new(self.declared.topic.clone(), partition)
    }

    fn deadline(&self) -> Deadline {
        Deadline::after(self.timeout)
    }
}

/// Returns what can be read of each partition.
fn available(snapshot: &Snapshot) -> Vec<(i32, Range<i64>)> {
    snapshot.iter().map(|(partition, extent)| (*partition, extent.start..extent.end)).collect()
}

/// Returns how many offsets are behind open transactions.
fn hidden(snapshot: &Snapshot) -> i64 {
    snapshot.values().map(|extent| extent.high_watermark - extent.end).sum()
}

/// What a caller gets told while something is read: the records of each answer.
pub type Watch<'a> = &'a mut dyn FnMut(Seen);

/// What a caller gets told while something runs.
pub type Sink<'a> = &'a mut dyn FnMut(Event) -> anyhow::Result<()>;
