//! Topics that nothing declares and that belong to a flow by their name: left over from a consumer
//! that is gone, or from a name that has changed.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::name::{FlowId, TopicName};
use crate::model::topic::TopicDescription;
use crate::topology::Resolved;
use crate::topology::resolved::Role;

use super::blast_radius::{Known, unanswered};

/// A topic that is there and not declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOver {
    /// The flow that it belongs to by its name.
    pub flow: FlowId,
    /// What it is for by its name.
    pub role: Role,
    /// Its partitions.
    pub partitions: BTreeSet<i32>,
}

/// The same, with what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undeclared {
    /// The topic.
    pub topic: TopicName,
    /// The flow that it belongs to by its name.
    pub flow: FlowId,
    /// What it is for by its name.
    pub role: Role,
    /// The offsets between log start and end: at most so many records.
    pub records: Known<i64>,
}

/// Finds what is left over among all topics of a cluster.
pub fn left_over(
    wanted: &Resolved,
    all: &BTreeMap<TopicName, TopicDescription>,
) -> BTreeMap<TopicName, LeftOver> {
    let declared: BTreeSet<_> = wanted.topics().map(|topic| &topic.name).collect();
    let mut found = BTreeMap::new();
    for flow in wanted.flows.values() {
        for pattern in &flow.names {
            let alike = all
                .range(TopicName::from(pattern.prefix())..)
                .take_while(|(name, _)| name.as_str().starts_with(pattern.prefix()))
                .filter(|(name, _)| pattern.matches(name.as_str()))
                .filter(|(name, topic)| !declared.contains(name) && !topic.is_internal);
            for (name, topic) in alike {
                found.entry(name.clone()).or_insert_with(|| LeftOver {
                    flow: flow.id.clone(),
                    role: pattern.role,
                    partitions: topic.partitions.keys().copied().collect(),
                });
            }
        }
    }
    found
}

/// Puts together what is known of them.
pub(super) fn undeclared(
    left_over: &BTreeMap<TopicName, LeftOver>,
    holdings: &BTreeMap<TopicName, Known<i64>>,
) -> Vec<Undeclared> {
    let known = left_over.iter().map(|(topic, LeftOver { flow, role, partitions: _ })| {
        let records = holdings.get(topic).cloned().unwrap_or_else(|| Err(unanswered()));
        Undeclared { topic: topic.clone(), flow: flow.clone(), role: *role, records }
    });
    known.collect()
}
