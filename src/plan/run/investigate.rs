//! What else a plan needs to know: what a dangerous change would hit, and what the brokers refuse.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future;

use super::report;
use crate::clock::{Clock, Deadline};
use crate::error::Report;
use crate::kafka::{Cluster, Error, Mode};
use crate::model::config_entry::{ConfigChange, ConfigResource};
use crate::model::group::GroupDescription;
use crate::model::name::TopicName;
use crate::model::offset::{IsolationLevel, OffsetQuery, TopicPartition};
use crate::plan::batches::{Batch, batches};
use crate::plan::blast_radius::{
    Known, Live, LiveGroup, LiveTopic, Question, questions, unanswered,
};
use crate::plan::decide::{Findings, Refusals};
use crate::plan::diff::Differences;
use crate::plan::observed::Observed;
use crate::plan::undeclared::LeftOver;
use crate::topology::Resolved;

/// Asks for live data where a change is dangerous, and has the brokers check everything that could
/// be carried out.
pub async fn investigate(
    cluster: &Cluster,
    wanted: &Resolved,
    observed: &Observed,
    differences: &Differences,
    clock: Clock,
    deadline: Deadline,
) -> Result<Findings, Error> {
    let questions = questions(&differences.differences, wanted, observed, clock.now());
    let (live, refusals, holdings) = future::join3(
        live(cluster, &questions, deadline),
        refusals(cluster, differences, deadline),
        Box::pin(holdings(cluster, &observed.left_over, deadline)),
    )
    .await;
    Ok(Findings { live: live?, refusals: refusals?, questions, holdings })
}

/// Counts the offsets of topics that are left over.
async fn holdings(
    cluster: &Cluster,
    left_over: &BTreeMap<TopicName, LeftOver>,
    deadline: Deadline,
) -> BTreeMap<TopicName, Known<i64>> {
    if left_over.is_empty() {
        return BTreeMap::new();
    }
    let questions = left_over.iter().map(|(topic, LeftOver { partitions, .. })| {
        (topic.clone(), Question { partitions: partitions.clone(), retention: None })
    });
    let counted = count(cluster, &questions.collect(), deadline).await;
    counted.into_iter().map(|(topic, live)| (topic, live.records)).collect()
}

/// Has everything checked that nothing stands in the way of.
async fn refusals(
    cluster: &Cluster,
    differences: &Differences,
    deadline: Deadline,
) -> Result<Refusals, Error> {
    let possible = differences.differences.iter().filter(|d| d.obstacle.is_none());
    let mut refusals = Refusals::default();
    for batch in batches(possible) {
        let results = send(cluster, &batch, Mode::ValidateOnly, deadline).await?;
        let refused = match batch {
            Batch::Create(_) => &mut refusals.creations,
            Batch::Partitions(_) => &mut refusals.partitions,
            Batch::Configs(_) => &mut refusals.configs,
        };
        refused.extend(results.into_iter().filter_map(|(topic, result)| Some((topic, result?))));
    }
    Ok(refusals)
}

/// Sends a batch; every topic of it has an answer, `None` where all is well.
pub(super) async fn send(
    cluster: &Cluster,
    batch: &Batch,
    mode: Mode,
    deadline: Deadline,
) -> Result<BTreeMap<TopicName, Option<Report>>, Error> {
    let refused = |result: Result<(), Error>| result.err().map(report);
    match batch {
        Batch::Create(topics) => {
            let results = cluster.create_topics(topics, mode, deadline).await?;
            Ok(results.into_iter().map(|(topic, result)| (topic, refused(result))).collect())
        }
        Batch::Partitions(counts) => {
            let results = cluster.create_partitions(counts, mode, deadline).await?;
            Ok(results.into_iter().map(|(topic, result)| (topic, refused(result))).collect())
        }
        Batch::Configs(topics) => {
            let changes = topics.iter().map(|(topic, configs)| {
                let set = |value: &String| ConfigChange::Set(value.clone());
                let configs = configs.iter().map(|(key, value)| (key.clone(), set(value)));
                (ConfigResource::Topic(topic.clone()), configs.collect())
            });
            let results = cluster.alter_configs(&changes.collect(), mode, deadline).await?;
            let of_topic = |(resource, result)| match resource {
                ConfigResource::Topic(topic) => Some((topic, refused(result))),
                ConfigResource::Broker(_) => None,
            };
            Ok(results.into_iter().filter_map(of_topic).collect())
        }
    }
}

/// Looks at topics at risk. What cannot be found out stays unknown, with the reason: a plan that
/// shows less is better than none.
async fn live(
    cluster: &Cluster,
    questions: &BTreeMap<TopicName, Question>,
    deadline: Deadline,
) -> Result<Live, Error> {
    if questions.is_empty() {
        return Ok(Live::default());
    }
    let (mut counted, groups) =
        future::join(count(cluster, questions, deadline), describe_groups(cluster, deadline)).await;
    let groups = groups.map_err(report);
    for (topic, live) in &mut counted {
        live.groups = groups.as_ref().map(|groups| readers(topic, groups)).map_err(Clone::clone);
    }
    Ok(Live { topics: counted })
}

/// Counts offsets: all, and those of records that are too old.
async fn count(
    cluster: &Cluster,
    questions: &BTreeMap<TopicName, Question>,
    deadline: Deadline,
) -> BTreeMap<TopicName, LiveTopic> {
    let mut asked = Vec::new();
    for (topic, Question { partitions, retention }) in questions {
        for partition in partitions {
            let at = TopicPartition::new(topic.clone(), *partition);
            asked.push((at.clone(), OffsetQuery::Earliest));
            asked.push((at.clone(), OffsetQuery::Latest));
            asked.extend(retention.map(|retention| (at, OffsetQuery::At(retention.cutoff))));
        }
    }
    let offsets = cluster.offsets(&asked, IsolationLevel::ReadUncommitted, deadline).await;
    let offsets = offsets.map_err(report);
    // `None` where no record is as young as the query wants.
    let offset = |topic: &TopicName, partition: i32, query| -> Known<Option<i64>> {
        let found = offsets.as_ref().map_err(Clone::clone)?;
        let found = found.get(&(TopicPartition::new(topic.clone(), partition), query));
        found.cloned().ok_or_else(unanswered)?.map_err(report)
    };
    let mark = |topic: &TopicName, partition: i32, query| -> Known<i64> {
        offset(topic, partition, query)?.ok_or_else(unanswered)
    };
    let sum = |topic: &TopicName, question: &Question, end: &dyn Fn(i32) -> Known<i64>| {
        question
            .partitions
            .iter()
            .map(|partition| {
                let start = mark(topic, *partition, OffsetQuery::Earliest)?;
                Ok((end(*partition)? - start).max(0))
            })
            .sum::<Known<i64>>()
    };
    let counted = questions.iter().map(|(topic, question)| {
        let latest = |partition| mark(topic, partition, OffsetQuery::Latest);
        let too_old = question.retention.map(|retention| {
            // No record is younger: all of them are too old.
            let first_young = |partition| {
                let young = offset(topic, partition, OffsetQuery::At(retention.cutoff))?;
                young.map_or_else(|| latest(partition), Ok)
            };
            sum(topic, question, &first_young)
        });
        let records = sum(topic, question, &latest);
        (topic.clone(), LiveTopic { records, too_old, groups: Err(unanswered()) })
    });
    counted.collect()
}

/// Describes every group that may be seen; fails when some are missing, for then nobody can tell
/// who reads a topic.
async fn describe_groups(
    cluster: &Cluster,
    deadline: Deadline,
) -> Result<Vec<GroupDescription>, Error> {
    let list = cluster.groups(deadline).await?;
    if let Some((_, missing)) = list.missing.into_iter().next() {
        return Err(missing);
    }
    let names: Vec<_> = list.groups.into_iter().map(|group| group.id).collect();
    let described = cluster.describe_groups(&names, deadline).await?;
    described.into_values().collect()
}

/// Finds the groups whose members have partitions of a topic.
fn readers(topic: &TopicName, groups: &[GroupDescription]) -> Vec<LiveGroup> {
    let readers = groups.iter().filter_map(|group| {
        let members = group.members.iter().filter(|member| {
            let assigned = member.assignment.iter().flatten();
            let topics: BTreeSet<_> = assigned.map(|(topic, _)| topic).collect();
            topics.contains(topic)
        });
        let member_count = members.count();
        (member_count > 0).then(|| LiveGroup { group: group.id.clone(), member_count })
    });
    readers.collect()
}
