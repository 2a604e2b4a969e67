//! The offsets that groups committed, and those that wait for the end of a transaction.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::name::{GroupId, TopicName};
use crate::model::offset::TopicPartition;

/// An offset as a client committed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct StoredOffset {
    pub(in crate::sandbox) offset: i64,
    /// The leader epoch of the last record read, −1 if unknown.
    pub(in crate::sandbox) leader_epoch: i32,
    pub(in crate::sandbox) metadata: String,
}

/// A stored offset and its place among all commits: of two for a partition the later one counts,
/// and a transactional one was made when it was sent, not when its transaction ended.
#[derive(Debug)]
struct Entry {
    stored: StoredOffset,
    order: u64,
}

type OfGroups = BTreeMap<GroupId, BTreeMap<TopicPartition, Entry>>;

/// All offsets of all groups.
#[derive(Debug, Default)]
pub(super) struct Offsets {
    committed: OfGroups,
    /// By producer id.
    pending: BTreeMap<i64, OfGroups>,
    order: u64,
    /// The weight of all of them.
    memory: usize,
}

/// Returns how much memory an offset takes, about.
pub(super) fn weight(partition: &TopicPartition, stored: &StoredOffset) -> usize {
    size_of::<(TopicPartition, Entry)>() + partition.topic.as_str().len() + stored.metadata.len()
}

impl Offsets {
    pub(super) fn commit(
        &mut self,
        group: &GroupId,
        partition: &TopicPartition,
        stored: StoredOffset,
    ) {
        let entry = self.entry(partition, stored);
        let committed = self.committed.entry(group.clone()).or_default();
        if let Some(before) = committed.insert(partition.clone(), entry) {
            self.memory -= weight(partition, &before.stored);
        }
    }

    /// Stores an offset that counts once the producer's transaction is committed.
    pub(super) fn commit_in_transaction(
        &mut self,
        producer_id: i64,
        group: &GroupId,
        partition: &TopicPartition,
        stored: StoredOffset,
    ) {
        let entry = self.entry(partition, stored);
        let groups = self.pending.entry(producer_id).or_default();
        let pending = groups.entry(group.clone()).or_default();
        if let Some(before) = pending.insert(partition.clone(), entry) {
            self.memory -= weight(partition, &before.stored);
        }
    }

    /// Makes an entry, which is weighed from now on.
    fn entry(&mut self, partition: &TopicPartition, stored: StoredOffset) -> Entry {
        self.memory += weight(partition, &stored);
        self.order = self.order.wrapping_add(1);
        Entry { stored, order: self.order }
    }

    /// The producer's transaction was committed: its offsets count from now on.
    pub(super) fn apply_pending(&mut self, producer_id: i64) {
        for (group, partitions) in self.pending.remove(&producer_id).unwrap_or_default() {
            let committed = self.committed.entry(group).or_default();
            for (partition, entry) in partitions {
                let is_later = |existing: &Entry| existing.order > entry.order;
                let dropped = if committed.get(&partition).is_some_and(is_later) {
                    Some(entry)
                } else {
                    committed.insert(partition.clone(), entry)
                };
                self.memory -= dropped.map_or(0, |entry| weight(&partition, &entry.stored));
            }
        }
    }

    /// The producer's transaction was aborted: its offsets never were.
    pub(super) fn drop_pending(&mut self, producer_id: i64) {
        let dropped = self.pending.remove(&producer_id).unwrap_or_default();
        for (partition, entry) in dropped.values().flatten() {
            self.memory -= weight(partition, &entry.stored);
        }
    }

    pub(super) fn memory(&self) -> usize {
        self.memory
    }

    pub(super) fn get(&self, group: &GroupId, partition: &TopicPartition) -> Option<&StoredOffset> {
        self.committed.get(group)?.get(partition).map(|entry| &entry.stored)
    }

    pub(super) fn of(
        &self,
        group: &GroupId,
    ) -> impl Iterator<Item = (&TopicPartition, &StoredOffset)> {
        let partitions = self.committed.get(group).into_iter().flatten();
        partitions.map(|(partition, entry)| (partition, &entry.stored))
    }

    /// Returns the partitions whose offsets open transactions are about to move.
    pub(super) fn unstable(&self, group: &GroupId) -> BTreeSet<&TopicPartition> {
        let of_producers = self.pending.values().filter_map(|groups| groups.get(group));
        of_producers.flat_map(|partitions| partitions.keys()).collect()
    }

    pub(super) fn has_any(&self, group: &GroupId) -> bool {
        self.committed.contains_key(group)
            || self.pending.values().any(|groups| groups.contains_key(group))
    }

    pub(super) fn delete(&mut self, group: &GroupId, partition: &TopicPartition) {
        for groups in self.pending.values_mut().chain([&mut self.committed]) {
            let Some(partitions) = groups.get_mut(group) else { continue };
            if let Some(entry) = partitions.remove(partition) {
                self.memory -= weight(partition, &entry.stored);
            }
            if partitions.is_empty() {
                groups.remove(group);
            }
        }
        self.pending.retain(|_, groups| !groups.is_empty());
    }

    pub(super) fn delete_group(&mut self, group: &GroupId) {
        self.retain(|other, _| other != group);
    }

    pub(super) fn delete_topic(&mut self, topic: &TopicName) {
        self.retain(|_, partition| partition.topic != *topic);
    }

    /// Keeps some offsets, pending ones too: what is deleted must not come back at the end of a
    /// transaction.
    fn retain(&mut self, keeps: impl Fn(&GroupId, &TopicPartition) -> bool) {
        for groups in self.pending.values_mut().chain([&mut self.committed]) {
            groups.retain(|group, partitions| {
                partitions.retain(|partition, entry| {
                    let is_kept = keeps(group, partition);
                    if !is_kept {
                        self.memory -= weight(partition, &entry.stored);
                    }
                    is_kept
                });
                !partitions.is_empty()
            });
        }
        self.pending.retain(|_, groups| !groups.is_empty());
    }
}
