//! What differs: the topology against the cluster, topic by topic in the topology's order.

use std::collections::BTreeSet;

use crate::model::config_entry::ConfigSource;
use crate::model::count::count;
use crate::model::name::FlowId;
use crate::model::topic_config::{self, CLEANUP_POLICY, MIN_INSYNC_REPLICAS};
use crate::topology::Resolved;
use crate::topology::resolved::{ResolvedTopic, Role, Setting};

use super::classify::{self, Class};
use super::difference::{Action, Difference, Obstacle, ObstacleKind, UnmanagedConfig};
use super::observed::{Observed, ObservedTopic, Presence};

/// Everything that differs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Differences {
    /// The differences, in the topology's order.
    pub differences: Vec<Difference>,
    /// What is set on topics without being declared.
    pub unmanaged: Vec<UnmanagedConfig>,
    /// How many topics were compared.
    pub compared: usize,
}

/// Compares. A topic that several flows refer to is compared once.
pub fn diff(wanted: &Resolved, observed: &Observed) -> Differences {
    let mut found = Differences::default();
    let mut seen = BTreeSet::new();
    for (flow, topic) in topics(wanted) {
        if seen.insert(&topic.name) {
            found.compared += 1;
            Comparison { flow, topic, observed, found: &mut found }.compare();
        }
    }
    found
}

/// Gives every topic with its flow, the ledger last.
fn topics(wanted: &Resolved) -> impl Iterator<Item = (Option<&FlowId>, &ResolvedTopic)> {
    let of_flows = wanted
        .flows
        .values()
        .flat_map(|flow| flow.topics().map(move |topic| (Some(&flow.id), topic)));
    let ledger = wanted.topics().filter(|topic| topic.role == Role::Ledger);
    of_flows.chain(ledger.map(|topic| (None, topic)))
}

/// The comparison of one topic.
struct Comparison<'a> {
    flow: Option<&'a FlowId>,
    topic: &'a ResolvedTopic,
    observed: &'a Observed,
    found: &'a mut Differences,
}

impl Comparison<'_> {
    fn compare(mut self) {
        match self.observed.topics.get(&self.topic.name) {
            Some(Presence::Present(_)) if self.topic.external => {}
            // Other projects may share it and declare it otherwise; but no redrive goes on with one
            // that forgets.
            Some(Presence::Present(present)) if self.topic.role == Role::Ledger => {
                self.configs(present, |key| key == CLEANUP_POLICY);
            }
            Some(Presence::Present(present)) => {
                self.partitions(present);
                self.replication(present);
                self.configs(present, |_| true);
                self.note_unmanaged(present);
            }
            Some(Presence::Unknown(report)) => {
                let obstacle = Obstacle::refused(report);
                self.add(Action::Read, Class::Impossible, Some(obstacle));
            }
            Some(Presence::Missing) | None if self.topic.external => {
                let obstacle = Obstacle::impossible(
                    "the topic does not exist; it is external, so flowctl does not create it",
                    &["ask its owner, or correct the name in `external`"],
                );
                self.add(Action::AwaitExternal, Class::Impossible, Some(obstacle));
            }
            Some(Presence::Missing) | None => self.create(),
        }
    }

    fn create(&mut self) {
        let ResolvedTopic { partitions, replication, configs, .. } = self.topic;
        let obstacle = replication
            .as_ref()
            .and_then(|replication| self.too_few_brokers(replication))
            .or_else(|| in_sync_obstacle(self.topic, replication.as_ref().map(|r| r.value)));
        let class = if obstacle.is_some() { Class::Impossible } else { Class::Additive };
        let action = Action::Create {
            partitions: partitions.clone(),
            replication: replication.clone(),
            configs: configs.clone(),
        };
        self.add(action, class, obstacle);
    }

    fn partitions(&mut self, present: &ObservedTopic) {
        let current = present.description.partition_count();
        let Some(wanted) = self.topic.partitions.clone().filter(|wanted| wanted.value != current)
        else {
            return;
        };
        if wanted.value > current {
            let class = classify::more_partitions(self.topic.keyed, self.topic.role);
            self.add(Action::ChangePartitions { current, wanted }, class, None);
            return;
        }
        let obstacle = Obstacle::impossible(
            "Kafka never takes partitions away from a topic",
            &[
                &format!("keep partitions: {current}"),
                &format!(
                    "or create a topic of another name with {} and copy the records with flowctl \
                     replay",
                    wanted.value
                ),
            ],
        );
        self.add(Action::ChangePartitions { current, wanted }, Class::Impossible, Some(obstacle));
    }

    fn replication(&mut self, present: &ObservedTopic) {
        let current = present.description.replication_factor();
        let Some(wanted) = self.topic.replication.clone().filter(|wanted| wanted.value != current)
        else {
            return;
        };
        let (class, obstacle) = match self.too_few_brokers(&wanted) {
            Some(obstacle) => (Class::Impossible, obstacle),
            None => (
                Class::Disruptive,
                Obstacle {
                    kind: ObstacleKind::Unsupported,
                    reason: "flowctl does not move replicas yet".to_owned(),
                    hints: vec![
                        format!("keep replication: {current}"),
                        "or move them with kafka-reassign-partitions.sh".to_owned(),
                    ],
                },
            ),
        };
        self.add(Action::ChangeReplication { current, wanted }, class, Some(obstacle));
    }

    fn too_few_brokers(&self, replication: &Setting<i16>) -> Option<Obstacle> {
        let brokers = self.observed.cluster.brokers.len();
        let has_enough = usize::try_from(replication.value).is_ok_and(|wanted| wanted <= brokers);
        if has_enough {
            return None;
        }
        let reason = format!(
            "replication {} needs as many brokers, and the cluster has {}",
            replication.value,
            count(brokers, "broker")
        );
        let way_out =
            format!("it comes from {}: lower it, or start more brokers", replication.from);
        Some(Obstacle::impossible(reason, &[&way_out]))
    }

    /// Compares the configs that count.
    fn configs(&mut self, present: &ObservedTopic, counts: impl Fn(&str) -> bool) {
        let mut wanted = self.topic.configs.iter().filter(|(key, _)| counts(key)).peekable();
        if let (Err(report), Some(_)) = (&present.configs, wanted.peek()) {
            let obstacle = Obstacle::refused(report);
            self.add(Action::Read, Class::Impossible, Some(obstacle));
            return;
        }
        let replication = present.description.replication_factor();
        let deletes = deletes(self.topic, present);
        for (key, wanted) in wanted {
            let value = present.config(key);
            let obstacle = (key == MIN_INSYNC_REPLICAS)
                .then(|| in_sync_obstacle(self.topic, Some(replication)))
                .flatten();
            let is_equal =
                value.is_some_and(|value| topic_config::is_equal(key, value, &wanted.value));
            if is_equal && obstacle.is_none() {
                continue;
            }
            let class = match obstacle {
                Some(_) => Class::Impossible,
                None => classify::config(key, value, &wanted.value, deletes),
            };
            let action = Action::SetConfig {
                key: key.clone(),
                current: value.map(str::to_owned),
                wanted: wanted.clone(),
            };
            self.add(action, class, obstacle);
        }
    }

    fn note_unmanaged(&mut self, present: &ObservedTopic) {
        let unmanaged = present
            .configs
            .iter()
            .flatten()
            .filter(|(_, entry)| entry.source == ConfigSource::DynamicTopic)
            .filter(|(key, _)| !self.topic.configs.contains_key(*key))
            .filter(|(key, _)| !topic_config::is_throttle(key))
            .map(|(key, entry)| UnmanagedConfig {
                topic: self.topic.name.clone(),
                key: key.clone(),
                value: entry.value.clone(),
            });
        self.found.unmanaged.extend(unmanaged);
    }

    fn add(&mut self, action: Action, class: Class, obstacle: Option<Obstacle>) {
        let ResolvedTopic { name, role, protect, declared_at, .. } = self.topic;
        self.found.differences.push(Difference {
            topic: name.clone(),
            role: *role,
            flow: self.flow.cloned(),
            protect: *protect,
            declared_at: declared_at.clone(),
            action,
            class,
            obstacle,
        });
    }
}

/// Tells whether records are deleted by retention once the topic is as wanted.
fn deletes(topic: &ResolvedTopic, present: &ObservedTopic) -> bool {
    let declared = topic.configs.get(CLEANUP_POLICY).map(|policy| policy.value.as_str());
    let policy = declared.or_else(|| present.config(CLEANUP_POLICY)).unwrap_or("delete");
    topic_config::policies(policy).contains("delete")
}

/// Finds out whether more in-sync replicas are declared than there will be replicas: then nobody
/// could write with `acks=all`. A replication factor that is left to the broker is not known.
fn in_sync_obstacle(topic: &ResolvedTopic, replication: Option<i16>) -> Option<Obstacle> {
    let wanted = topic.configs.get(MIN_INSYNC_REPLICAS)?;
    let wanted_count = wanted.value.trim().parse::<i64>().ok()?;
    let replication = replication?;
    if wanted_count <= i64::from(replication) {
        return None;
    }
    let reason = format!(
        "with {}, {wanted_count} are never in sync: every write with acks=all would fail",
        count(replication, "replica")
    );
    let way_out =
        format!("it comes from {}: lower it, or raise the replication factor first", wanted.from);
    Some(Obstacle::impossible(reason, &[&way_out]))
}
