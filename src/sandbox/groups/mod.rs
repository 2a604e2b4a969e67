//! Consumer groups (the classic protocol) and the offsets they commit, as a pure state machine: the
//! time is an argument, and an answer that comes later is fetched with a ticket.

mod describe;
mod group;
mod join;
mod member;
mod membership;
mod offset_commit;
mod offset_fetch;
mod offsets;
mod rebalance;
mod settings;
mod subscription;
mod waiting;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use kafka_protocol::ResponseError;

pub(in crate::sandbox) use describe::DescribedGroup;
pub(in crate::sandbox) use join::Join;
pub(in crate::sandbox) use member::Protocol;
pub(in crate::sandbox) use membership::{Leaver, Speaker, Sync};
pub(in crate::sandbox) use offset_commit::{NewOffsets, PartitionResults};
pub(in crate::sandbox) use offset_fetch::{Fetched, Wanted};
pub(in crate::sandbox) use offsets::StoredOffset;
pub(in crate::sandbox) use settings::Settings;
pub(in crate::sandbox) use waiting::{JoinAnswer, JoinRefused, Joined, SyncAnswer, Synced, Ticket};

use crate::model::name::GroupId;
use crate::model::timestamp::Timestamp;
use group::Group;
use member::later;
use offsets::Offsets;
use rebalance::Step;
use settings::EMPTY_GROUP_KEPT_MS;
use waiting::Waiting;

/// All groups of the sandbox.
#[derive(Debug)]
pub(in crate::sandbox) struct Groups {
    settings: Settings,
    by_id: BTreeMap<GroupId, Group>,
    offsets: Offsets,
    waiting: Waiting,
}

impl Groups {
    /// Starts without groups.
    pub(in crate::sandbox) fn new(settings: Settings) -> Self {
        Self {
            settings,
            by_id: BTreeMap::new(),
            offsets: Offsets::default(),
            waiting: Waiting::default(),
        }
    }

    fn create(&mut self, id: &GroupId, now: Timestamp) -> Result<(), ResponseError> {
        if self.by_id.len() >= self.settings.max_groups || !self.has_room(id.as_str().len()) {
            return Err(ResponseError::GroupMaxSizeReached);
        }
        self.by_id.entry(id.clone()).or_insert_with(|| Group::new(now));
        Ok(())
    }

    /// Tells whether there is memory for so many bytes more.
    fn has_room(&self, more: usize) -> bool {
        let of_group = |(id, group): (&GroupId, &Group)| id.as_str().len() + group.memory();
        let groups: usize = self.by_id.iter().map(of_group).sum();
        let taken = groups.saturating_add(self.offsets.memory());
        taken.saturating_add(more) <= self.settings.max_bytes
    }

    /// Returns the answer to a join, once, when there is one.
    pub(in crate::sandbox) fn take_join(&mut self, ticket: Ticket) -> Option<JoinAnswer> {
        self.waiting.take_join(ticket)
    }

    /// Returns the answer to a sync, once, when there is one.
    pub(in crate::sandbox) fn take_sync(&mut self, ticket: Ticket) -> Option<SyncAnswer> {
        self.waiting.take_sync(ticket)
    }

    /// The client that waited is gone. Its member stays until its session ends, as in Kafka.
    pub(in crate::sandbox) fn forget(&mut self, ticket: Ticket) {
        self.waiting.forget(ticket);
    }

    /// Lets time pass: sessions and rebalances end. Returns true if somebody who waited has an
    /// answer now.
    pub(in crate::sandbox) fn tick(&mut self, now: Timestamp) -> bool {
        let answered = self.waiting.answered();
        let step = &mut Step { settings: &self.settings, waiting: &mut self.waiting, now };
        for group in self.by_id.values_mut() {
            group.tick(step);
        }
        let offsets = &self.offsets;
        self.by_id.retain(|id, group| {
            let is_recent = later(group.since, EMPTY_GROUP_KEPT_MS) > now;
            let is_used = !group.is_empty() || !group.promised.is_empty();
            is_recent || is_used || offsets.has_any(id)
        });
        self.waiting.answered() != answered
    }
}
