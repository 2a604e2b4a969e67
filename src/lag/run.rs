//! Reads what a lag report needs: groups and committed offsets first, the ends of the logs after.

use std::collections::{BTreeMap, BTreeSet};

use super::compute::{self, Marks, ObservedGroup};
use super::report::LagReport;
use super::select::{Selection, WantedGroup};
use crate::clock::{Clock, Deadline};
use crate::error::{self, Problem, Report};
use crate::kafka::{self, Cluster, ErrorCode, GroupList, Stability};
use crate::model::name::{GroupId, TopicName};
use crate::model::offset::{IsolationLevel, OffsetQuery, TopicPartition};

/// A report, and the groups that were named but do not exist.
#[derive(Debug)]
pub struct Gathered {
    /// The report.
    pub report: LagReport,
    /// The groups without a trace in the cluster.
    pub missing: Vec<GroupId>,
}

/// Reads the lag of the selected groups; `only` limits it to one topic.
pub async fn gather(
    cluster: &Cluster,
    selection: Selection,
    only: Option<&TopicName>,
    clock: Clock,
    deadline: Deadline,
) -> Result<Gathered, kafka::Error> {
    let mut errors = Vec::new();
    let is_all = matches!(selection, Selection::All(_));
    let wanted = match selection {
        Selection::Groups(wanted) => wanted,
        Selection::All(declared) => {
            let (wanted, missing) = all_groups(cluster, declared, deadline).await?;
            errors.extend(missing);
            wanted
        }
    };
    let ids: Vec<_> = wanted
        .iter()
        .map(|wanted| wanted.group.clone())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let mains: Vec<_> = wanted
        .iter()
        .filter_map(|wanted| wanted.flow.as_ref().map(|(_, main)| main.clone()))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let (groups, counts) = tokio::try_join!(
        observe_groups(cluster, &ids, deadline),
        partition_counts(cluster, &mains, deadline)
    )?;
    let (observed, group_errors) = groups;
    errors.extend(group_errors);
    let cluster_id = cluster.id(deadline).await?;
    let (counts, count_failures) = counts;
    for (topic, cause) in count_failures {
        if cause.code() != Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) {
            errors.push(partial(cause, format!("cannot describe topic `{topic}`")));
        } else if !is_all {
            let problem = Problem::not_found(&format!("topic `{topic}`"), cluster_id.as_deref());
            errors.push(error::report(&problem.hint("flowctl apply creates it").into()));
        }
        // Who asks for every group of the cluster has not asked for what is declared.
    }

    let nothing = ObservedGroup::default();
    let concerned: Vec<_> = wanted
        .iter()
        .map(|wanted| {
            let group = observed.get(&wanted.group).unwrap_or(&nothing);
            (wanted, group, compute::partitions(wanted, group, &counts, only))
        })
        .collect();
    let partitions: BTreeSet<_> =
        concerned.iter().flat_map(|(_, _, partitions)| partitions).cloned().collect();
    let (marks, mark_errors) = marks(cluster, &partitions, deadline).await?;
    errors.extend(mark_errors);
    let missing = concerned
        .iter()
        .filter(|(wanted, group, _)| is_missing(wanted, group))
        .map(|(wanted, _, _)| wanted.group.clone())
        .collect();
    let groups = concerned
        .into_iter()
        .filter(|(wanted, group, _)| !is_missing(wanted, group))
        // Of a cluster's many groups, only those that read the topic are of interest.
        .filter(|(_, _, partitions)| !(is_all && only.is_some() && partitions.is_empty()))
        // Nor one that is only declared, for a topic that is not there.
        .filter(|(_, group, partitions)| !(is_all && group.is_missing() && partitions.is_empty()))
        .map(|(wanted, group, partitions)| compute::group_lag(wanted, group, partitions, &marks))
        .collect();
    let report = LagReport { cluster_id, at: clock.now(), groups, errors };
    Ok(Gathered { report, missing })
}

/// Tells whether a group was named that does not exist. That of a flow may come later.
fn is_missing(wanted: &WantedGroup, group: &ObservedGroup) -> bool {
    wanted.flow.is_none() && group.is_missing()
}

/// Lists the groups of the cluster; those that the topology declares keep their flow.
async fn all_groups(
    cluster: &Cluster,
    declared: Vec<WantedGroup>,
    deadline: Deadline,
) -> Result<(Vec<WantedGroup>, Vec<Report>), kafka::Error> {
    let GroupList { groups, missing } = cluster.groups(deadline).await?;
    let mut wanted = declared;
    for group in groups {
        // Connect and others use groups without offsets; a simple group has no protocol type.
        let has_offsets = group.protocol_type == "consumer" || group.protocol_type.is_empty();
        if has_offsets && !wanted.iter().any(|wanted| wanted.group == group.id) {
            wanted.push(WantedGroup { group: group.id, flow: None });
        }
    }
    let missing = missing
        .into_iter()
        .map(|(broker, cause)| partial(cause, format!("cannot list the groups of broker {broker}")))
        .collect();
    Ok((wanted, missing))
}

/// Describes groups and reads their committed offsets, both at once.
async fn observe_groups(
    cluster: &Cluster,
    ids: &[GroupId],
    deadline: Deadline,
) -> Result<(BTreeMap<GroupId, ObservedGroup>, Vec<Report>), kafka::Error> {
    let (descriptions, committed) = tokio::try_join!(
        cluster.describe_groups(ids, deadline),
        cluster.committed_offsets(ids, Stability::AsIs, deadline)
    )?;
    let mut errors = Vec::new();
    let mut observed: BTreeMap<GroupId, ObservedGroup> = BTreeMap::new();
    for (id, description) in descriptions {
        match description {
            Ok(description) => {
                observed.entry(id).or_default().description = Some(description);
            }
            Err(kafka::Error::Broker { code, .. }) if code == ErrorCode::GROUP_ID_NOT_FOUND => {}
            Err(cause) => {
                errors.push(partial(cause, format!("cannot describe group `{id}`")));
                observed.entry(id).or_default().is_partial = true;
            }
        }
    }
    for (id, offsets) in committed {
        match offsets {
            Ok(offsets) => {
                observed.entry(id).or_default().committed = offsets
                    .into_iter()
                    .map(|(partition, committed)| (partition, committed.offset))
                    .collect();
            }
            Err(kafka::Error::Broker { code, .. }) if code == ErrorCode::GROUP_ID_NOT_FOUND => {}
            Err(cause) => {
                errors.push(partial(cause, format!("cannot read the offsets of group `{id}`")));
                observed.entry(id).or_default().is_partial = true;
            }
        }
    }
    Ok((observed, errors))
}

/// The partition counts of topics, and why some are not known.
type Counts = (BTreeMap<TopicName, i32>, Vec<(TopicName, kafka::Error)>);

/// Reads the partition counts of the flows' main topics.
async fn partition_counts(
    cluster: &Cluster,
    topics: &[TopicName],
    deadline: Deadline,
) -> Result<Counts, kafka::Error> {
    if topics.is_empty() {
        return Ok(Counts::default());
    }
    let mut counts = BTreeMap::new();
    let mut errors = Vec::new();
    for (topic, description) in cluster.topics(topics, deadline).await? {
        match description {
            Ok(description) => {
                counts.insert(topic, description.partition_count());
            }
            Err(cause) => errors.push((topic, cause)),
        }
    }
    Ok((counts, errors))
}

/// Reads the ends of the logs. The end is the high watermark: lag counts what is in the log, also
/// behind an open transaction.
async fn marks(
    cluster: &Cluster,
    partitions: &BTreeSet<TopicPartition>,
    deadline: Deadline,
) -> Result<(BTreeMap<TopicPartition, Marks>, Vec<Report>), kafka::Error> {
    let queries: Vec<_> = partitions
        .iter()
        .flat_map(|partition| {
            [(partition.clone(), OffsetQuery::Earliest), (partition.clone(), OffsetQuery::Latest)]
        })
        .collect();
    if queries.is_empty() {
        return Ok((BTreeMap::new(), Vec::new()));
    }
    let mut marks: BTreeMap<TopicPartition, Marks> = BTreeMap::new();
    let mut errors = Vec::new();
    for ((partition, query), offset) in
        cluster.offsets(&queries, IsolationLevel::ReadUncommitted, deadline).await?
    {
        let known = marks.entry(partition.clone()).or_default();
        match (query, offset) {
            (OffsetQuery::Earliest, Ok(offset)) => known.log_start = offset,
            (OffsetQuery::Latest, Ok(offset)) => known.end = offset,
            (OffsetQuery::At(_), Ok(_)) => {}
            (OffsetQuery::Latest, Err(cause)) => {
                errors.push(partial(cause, format!("cannot read the end of {partition}")));
            }
            // The same partition's end fails for the same reason, and says so.
            (OffsetQuery::Earliest | OffsetQuery::At(_), Err(_)) => {}
        }
    }
    Ok((marks, errors))
}

/// Makes an error of an item that the report goes on without.
fn partial(cause: kafka::Error, doing: String) -> Report {
    error::report(&anyhow::Error::new(cause).context(doing))
}
