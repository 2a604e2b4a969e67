//! Finds the topics of a replay and makes its plan; `reading` reads a range, `copy` writes it to
//! the other topic, `resume` goes on after an outage, `settle` finds out what it has left in doubt,
//! `watch` looks whether the target is still the same topic.

mod copy;
mod reading;
mod resume;
mod settle;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Context;

use self::reading::Reading;
use super::plan::{Extent, Replay, Wanted};
use crate::clock::Deadline;
use crate::error::Problem;
use crate::kafka::{Cluster, ConnectionSettings};
use crate::model::name::TopicName;
use crate::model::offset::{IsolationLevel, OffsetQuery, TopicPartition};
use crate::model::position::{LogMarks, Position};
use crate::model::topic::{Gone, TopicDescription, check_partitions};

pub use copy::{Ended, Event, InFlight};

/// The two topics of a replay.
#[derive(Debug, Clone)]
pub struct Replayer {
    cluster: Cluster,
    settings: ConnectionSettings,
    source: TopicName,
    target: TopicName,
    /// The id of this incarnation of the target.
    target_id: Option<String>,
    /// The partitions of the source and how many the target has.
    partitions: BTreeSet<i32>,
    target_partitions: i32,
    timeout: Duration,
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
        let (source, target, target_id) = (source.name, target.name, target.id);
        Self {
            cluster,
            settings,
            source,
            target,
            target_id,
            partitions,
            target_partitions,
            timeout,
        }
    }

    /// Makes the plan. The end is where the log ends now, so a replay is finite.
    pub async fn plan(&self, wanted: &Wanted) -> anyhow::Result<Replay> {
        let partitions: Vec<i32> = self.partitions.iter().copied().collect();
        let range = &wanted.range;
        check_partitions(&self.source, wanted.partitions.iter().copied(), partitions.len())
            .and_then(|()| range.from.check(&self.source, partitions.len()))
            .and_then(|()| range.until.check(&self.source, partitions.len()))
            .map_err(|error| Problem::usage(error.to_string()))?;
        let target = std::slice::from_ref(&self.target);
        self.cluster.check_write(target, Deadline::after(self.timeout)).await?;
        let starts = self.offsets(|_| Some(OffsetQuery::Earliest), false).await?;
        let stable = self.offsets(|_| Some(OffsetQuery::Latest), true).await?;
        let ends = self.offsets(|_| Some(OffsetQuery::Latest), false).await?;
        let since =
            |partition| range.from.get(partition).and_then(Position::time).map(OffsetQuery::At);
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
        let queries = self.partitions.iter().filter_map(|&at| Some((at, query(at)?)));
        let isolation =
            if is_stable { IsolationLevel::ReadCommitted } else { IsolationLevel::ReadUncommitted };
        let (source, deadline) = (&self.source, Deadline::after(self.timeout));
        let offsets = self.cluster.offsets_of(source, queries, isolation, deadline).await;
        offsets.with_context(|| format!("cannot read the offsets of topic `{source}`"))
    }

    /// Counts the records that would be copied, by partition of the source.
    pub async fn count(&self, plan: &Replay) -> anyhow::Result<BTreeMap<i32, u64>> {
        let mut counts = BTreeMap::new();
        let mut reading = Reading::new(self, plan);
        while let Some(batch) = reading.next().await? {
            let count = u64::try_from(batch.outbounds.len()).unwrap_or(u64::MAX);
            *counts.entry(batch.partition).or_default() += count;
        }
        Ok(counts)
    }

    /// Looks what became of the target since it was planned with; `None` where it is the same.
    async fn what_became_of_the_target(&self) -> anyhow::Result<Option<Gone>> {
        let (target, deadline) = (&self.target, Deadline::after(self.timeout));
        let became = self.cluster.what_became_of(target, self.target_id.as_deref(), deadline);
        became.await.with_context(|| format!("cannot find topic `{target}`"))
    }

    fn partition(&self, partition: i32) -> TopicPartition {
        TopicPartition::new(self.source.clone(), partition)
    }
}
