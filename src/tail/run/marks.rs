//! Where the logs begin and end, asked for once.

use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow};

use crate::clock::Deadline;
use crate::kafka::{Cluster, Stability};
use crate::model::offset::{OffsetQuery, TopicPartition};
use crate::model::position::LogMarks;
use crate::tail::request::Request;
use crate::tail::span::{PartitionMarks, Span, spans, times};

/// Finds out which part of each partition is to be read. The `partitions` exist.
pub async fn gather(
    cluster: &Cluster,
    request: &Request,
    partitions: &[i32],
    deadline: Deadline,
) -> anyhow::Result<BTreeMap<i32, Span>> {
    Ok(spans(request, &marks(cluster, request, partitions, deadline).await?)?)
}

/// Asks where the logs begin and end, and for the offsets of times and groups.
pub(super) async fn marks(
    cluster: &Cluster,
    request: &Request,
    partitions: &[i32],
    deadline: Deadline,
) -> anyhow::Result<BTreeMap<i32, PartitionMarks>> {
    let mut committed = BTreeMap::new();
    if let Some(group) = request.group.as_ref().filter(|_| request.needs_committed()) {
        let groups = [group.clone()];
        for (_, offsets) in cluster.committed_offsets(&groups, Stability::AsIs, deadline).await? {
            committed = offsets.with_context(|| format!("cannot read the offsets of `{group}`"))?;
        }
    }
    let topic_partition = |partition| TopicPartition::new(request.topic.clone(), partition);
    let questions: Vec<_> = partitions
        .iter()
        .flat_map(|&partition| {
            [OffsetQuery::Earliest, OffsetQuery::Latest]
                .into_iter()
                .chain(times(request, partition).into_iter().map(OffsetQuery::At))
                .map(move |query| (topic_partition(partition), query))
        })
        .collect();
    let mut marks: BTreeMap<_, _> = partitions
        .iter()
        .map(|&partition| {
            let committed = committed.get(&topic_partition(partition)).map(|found| found.offset);
            let log = LogMarks { log_start: 0, end: 0, committed };
            (partition, PartitionMarks { log, times: BTreeMap::new() })
        })
        .collect();
    for ((asked, query), offset) in cluster.offsets(&questions, request.isolation, deadline).await?
    {
        let offset = offset.with_context(|| format!("cannot read the offsets of {asked}"))?;
        let Some(marks) = marks.get_mut(&asked.partition) else { continue };
        let known =
            || offset.ok_or_else(|| anyhow!("the log of {asked} does not say where it ends"));
        match query {
            OffsetQuery::Earliest => marks.log.log_start = known()?,
            OffsetQuery::Latest => marks.log.end = known()?,
            OffsetQuery::At(time) => drop(marks.times.insert(time, offset)),
        }
    }
    Ok(marks)
}
