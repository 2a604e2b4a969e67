//! What is there: the cluster, the topology's topics, their configs, and what is left over of
//! others. A few requests, however many topics there are.

use std::collections::{BTreeMap, BTreeSet};

use super::report;
use crate::clock::{Clock, Deadline};
use crate::kafka::{Cluster, Error, ErrorCode, PerItem};
use crate::model::config_entry::{ConfigEntry, ConfigResource};
use crate::model::name::TopicName;
use crate::plan::blast_radius::unanswered;
use crate::plan::observed::{Observed, ObservedTopic, Presence};
use crate::plan::undeclared::left_over;
use crate::topology::Resolved;

/// The configs of topics that could be asked for.
type Configs = BTreeMap<ConfigResource, Result<BTreeMap<String, ConfigEntry>, Error>>;

/// Gathers what the topology is compared with.
pub async fn gather(
    cluster: &Cluster,
    wanted: &Resolved,
    clock: Clock,
    deadline: Deadline,
) -> Result<Observed, Error> {
    // Who may not see all topics is told of fewer.
    let (description, mut there) = cluster.describe_all(deadline).await?;
    let left_over = left_over(wanted, &there);
    let names: BTreeSet<_> = wanted.topics().map(|topic| &topic.name).collect();
    let (present, absent): (Vec<_>, Vec<_>) =
        names.into_iter().cloned().partition(|name| there.contains_key(name));
    // Only by its name a topic tells whether it is missing or hidden.
    let mut described =
        if absent.is_empty() { PerItem::new() } else { cluster.topics(&absent, deadline).await? };
    let present = present.into_iter().filter_map(|name| there.remove_entry(&name));
    described.extend(present.map(|(name, description)| (name, Ok(description))));
    // Nobody compares the configs of others' topics.
    let compared: Vec<_> = wanted
        .topics()
        .filter(|topic| !topic.external)
        .filter(|topic| described.get(&topic.name).is_some_and(Result::is_ok))
        .map(|topic| ConfigResource::Topic(topic.name.clone()))
        .collect();
    let mut configs = if compared.is_empty() {
        Configs::new()
    } else {
        cluster.describe_configs(&compared, deadline).await?
    };
    let topics = described.into_iter().map(|(name, described)| {
        let presence = match described {
            Ok(description) => Presence::Present(ObservedTopic {
                description,
                configs: configs
                    .remove(&ConfigResource::Topic(name.clone()))
                    .map_or_else(|| Err(unanswered()), |answer| answer.map_err(report)),
            }),
            Err(error) => absence(&name, error),
        };
        (name, presence)
    });
    let topics = topics.collect();
    Ok(Observed { as_of: clock.now(), cluster: description, topics, left_over })
}

/// Says what is known of a topic that was not described.
fn absence(name: &TopicName, error: Error) -> Presence {
    match error.code() {
        Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) => Presence::Missing,
        // Kafka answers so for a topic that is not there too, to those who may not create it.
        Some(ErrorCode::TOPIC_AUTHORIZATION_FAILED) => {
            let mut denied = report(error);
            let reason = std::mem::take(&mut denied.message);
            denied.message = format!("`{name}` does not exist, or may not be described: {reason}");
            Presence::Unknown(denied)
        }
        Some(_) | None => Presence::Unknown(report(error)),
    }
}
