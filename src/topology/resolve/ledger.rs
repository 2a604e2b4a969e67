//! The ledger: the compacted topic that remembers what flowctl did.

use std::collections::BTreeMap;

use crate::model::name::TopicName;
use crate::model::own_topics::LEDGER;
use crate::topology::resolved::{Protect, ResolvedFlow, ResolvedTopic, Role};
use crate::topology::source::{Findings, Origin, Place};
use crate::topology::{CLEANUP, MIN_INSYNC_REPLICAS};

use super::layers::built_in;
use super::names::Names;
use super::scope::Scope;

/// The entries of one DLQ share a partition, so this many DLQs are read apart from each other; more
/// than twelve redrives at once are rare, and compacted partitions cost next to nothing.
const PARTITIONS: i32 = 12;

/// Makes the ledger: as safe as the safest DLQ of the topology.
pub(super) fn ledger(
    flows: &BTreeMap<crate::model::name::FlowId, ResolvedFlow>,
    scope: &Scope<'_>,
    names: &mut Names,
    findings: &mut Findings<'_>,
) -> ResolvedTopic {
    let declared = scope.settings.ledger.as_ref();
    let start = Place { line: 1, column: 1, length: 1, origin: Origin::File };
    let place = declared.map_or(start, |name| name.place);
    let name = TopicName::new(declared.map_or(LEDGER, |name| name.value.as_str()));
    names.take(&name, place, &[], findings);
    let dlqs = flows.values().flat_map(|flow| &flow.dlqs).map(|dlq| &dlq.topic);
    let safest = dlqs
        .filter(|dlq| dlq.replication.is_some())
        .max_by_key(|dlq| dlq.replication.as_ref().map(|replication| replication.value));
    let mut configs = BTreeMap::new();
    configs.insert(CLEANUP.to_owned(), built_in("compact".to_owned()));
    if let Some(min_insync) = safest.and_then(|dlq| dlq.configs.get(MIN_INSYNC_REPLICAS)) {
        configs.insert(MIN_INSYNC_REPLICAS.to_owned(), min_insync.clone());
    }
    ResolvedTopic {
        name,
        role: Role::Ledger,
        external: false,
        partitions: Some(built_in(PARTITIONS)),
        replication: safest.and_then(|dlq| dlq.replication.clone()),
        configs,
        protect: Protect::Strict,
        keyed: true,
        declared_at: scope.source.declared_at(place),
    }
}
