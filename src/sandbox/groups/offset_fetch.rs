//! Reading committed offsets back.

use std::collections::BTreeSet;

use super::Groups;
use super::offsets::StoredOffset;
use crate::model::name::GroupId;
use crate::model::offset::TopicPartition;

/// Which offsets of a group are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) enum Wanted {
    /// All that were committed.
    All,
    /// Those of these partitions, in this order.
    Partitions(Vec<TopicPartition>),
}

/// What a group has for a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) enum Fetched {
    /// This was committed.
    Offset(StoredOffset),
    /// Nothing was.
    Nothing,
    /// An open transaction is about to move it, and the client wants to know where to
    /// (`require_stable`).
    Unstable,
}

impl Groups {
    /// Returns committed offsets. A group that does not exist has none.
    pub(in crate::sandbox) fn fetch(
        &self,
        group: &GroupId,
        wanted: Wanted,
        must_be_stable: bool,
    ) -> Vec<(TopicPartition, Fetched)> {
        let partitions = match wanted {
            Wanted::Partitions(partitions) => partitions,
            Wanted::All => self.offsets.of(group).map(|(partition, _)| partition.clone()).collect(),
        };
        let unstable = if must_be_stable { self.offsets.unstable(group) } else { BTreeSet::new() };
        let fetched = |partition: &TopicPartition| {
            if unstable.contains(partition) {
                return Fetched::Unstable;
            }
            let stored = self.offsets.get(group, partition).cloned();
            stored.map_or(Fetched::Nothing, Fetched::Offset)
        };
        partitions
            .into_iter()
            .map(|partition| {
                let fetched = fetched(&partition);
                (partition, fetched)
            })
            .collect()
    }
}
