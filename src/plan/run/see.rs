//! Waiting until the cluster shows what was done. Metadata and configs reach the brokers a moment
//! after the controller has answered, so nothing is concluded from one reading.

use std::collections::BTreeMap;

use super::report;
use crate::clock::Deadline;
use crate::error::{self, Problem, Report};
use crate::exit::Exit;
use crate::kafka::{Backoff, Cluster, Error};
use crate::model::config_entry::ConfigResource;
use crate::model::duration::format_duration;
use crate::model::name::TopicName;
use crate::plan::batches::Batch;
use crate::plan::observed::{Shown, shows_configs, shows_partitions};

/// Waits until all of `topics` show what the batch did; returns those which do not by the deadline,
/// each with what is missing.
pub(super) async fn see(
    cluster: &Cluster,
    batch: &Batch,
    mut topics: Vec<TopicName>,
    deadline: Deadline,
) -> BTreeMap<TopicName, Report> {
    let mut backoff = Backoff::new();
    loop {
        let mut unseen = match look(cluster, batch, &topics, deadline).await {
            Ok(unseen) => unseen,
            Err(error) => {
                return topics.into_iter().map(|topic| (topic, report(error.clone()))).collect();
            }
        };
        if unseen.is_empty() {
            return BTreeMap::new();
        }
        if !backoff.wait(deadline).await {
            return unseen
                .into_iter()
                .map(|(topic, missing)| (topic, late(&missing, deadline)))
                .collect();
        }
        topics = std::mem::take(&mut unseen).into_keys().collect();
    }
}

/// Reports what the controller has accepted and the brokers do not show.
fn late(missing: &str, deadline: Deadline) -> Report {
    let waited = format_duration(deadline.allowed());
    let problem = Problem::new(
        Exit::Unreachable,
        format!("the controller has accepted it, but after {waited} {missing}"),
    );
    let hint = "flowctl plan shows whether it has arrived since; --timeout allows more time";
    error::report(&problem.hint(hint).into())
}

/// Looks once; returns what is missing. A topic that may be changed but not looked at counts as
/// seen: the controller has said that it is done.
async fn look(
    cluster: &Cluster,
    batch: &Batch,
    topics: &[TopicName],
    deadline: Deadline,
) -> Result<BTreeMap<TopicName, String>, Error> {
    let mut unseen = BTreeMap::new();
    let mut note = |topic: &TopicName, shown: Shown| match shown {
        Shown::Yes => {}
        Shown::NotYet(missing) => {
            unseen.insert(topic.clone(), missing);
        }
    };
    match batch {
        Batch::Create(created) => {
            let counts: BTreeMap<_, _> =
                created.iter().map(|topic| (&topic.name, topic.partitions)).collect();
            for (topic, described) in cluster.topics(topics, deadline).await? {
                let wanted = counts.get(&topic).copied().unwrap_or(-1);
                note(
                    &topic,
                    described.map_or_else(|e| not_read(&e), |d| shows_partitions(&d, wanted)),
                );
            }
        }
        Batch::Partitions(counts) => {
            for (topic, described) in cluster.topics(topics, deadline).await? {
                let wanted = counts.get(&topic).copied().unwrap_or(-1);
                note(
                    &topic,
                    described.map_or_else(|e| not_read(&e), |d| shows_partitions(&d, wanted)),
                );
            }
        }
        Batch::Configs(wanted) => {
            let resources: Vec<_> = topics.iter().cloned().map(ConfigResource::Topic).collect();
            for (resource, described) in cluster.describe_configs(&resources, deadline).await? {
                let ConfigResource::Topic(topic) = resource else { continue };
                let Some(wanted) = wanted.get(&topic) else { continue };
                note(
                    &topic,
                    described.map_or_else(|e| not_read(&e), |d| shows_configs(&d, wanted)),
                );
            }
        }
    }
    Ok(unseen)
}

fn not_read(error: &Error) -> Shown {
    if matches!(error, Error::Denied { .. }) {
        Shown::Yes
    } else {
        Shown::NotYet(error.to_string())
    }
}
