//! Answers that come later: who waits for one, and the answers nobody has fetched yet.

use std::collections::BTreeMap;

use bytes::Bytes;
use kafka_protocol::ResponseError;

/// The place of one request in the queue for an answer that comes later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sandbox) struct Ticket(u64);

/// What a member learns when its join has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Joined {
    pub(in crate::sandbox) member_id: String,
    pub(in crate::sandbox) generation: i32,
    pub(in crate::sandbox) protocol_type: Option<String>,
    pub(in crate::sandbox) protocol: Option<String>,
    pub(in crate::sandbox) leader: String,
    /// All members for the leader, nobody for the others.
    pub(in crate::sandbox) members: Vec<RosterEntry>,
    /// The leader came back and the assignment stands: it must not assign again (KIP-814).
    pub(in crate::sandbox) is_assignment_kept: bool,
}

/// A member as the leader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct RosterEntry {
    pub(in crate::sandbox) member_id: String,
    pub(in crate::sandbox) instance_id: Option<String>,
    /// What the member said under the chosen protocol.
    pub(in crate::sandbox) metadata: Bytes,
}

/// A join that failed; the member id may be one that the client is to use from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct JoinRefused {
    pub(in crate::sandbox) member_id: String,
    pub(in crate::sandbox) error: ResponseError,
}

/// What a member learns when the leader has assigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Synced {
    pub(in crate::sandbox) protocol_type: Option<String>,
    pub(in crate::sandbox) protocol: Option<String>,
    pub(in crate::sandbox) assignment: Bytes,
}

pub(in crate::sandbox) type JoinAnswer = Result<Joined, JoinRefused>;
pub(in crate::sandbox) type SyncAnswer = Result<Synced, ResponseError>;

/// Every open ticket, with its answer once there is one.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    last: u64,
    joins: BTreeMap<Ticket, Option<JoinAnswer>>,
    syncs: BTreeMap<Ticket, Option<SyncAnswer>>,
    /// Counts answers, so that a caller sees whether something happened.
    answered: u64,
}

impl Waiting {
    pub(super) fn open_join(&mut self) -> Ticket {
        let ticket = self.next();
        self.joins.insert(ticket, None);
        ticket
    }

    pub(super) fn open_sync(&mut self) -> Ticket {
        let ticket = self.next();
        self.syncs.insert(ticket, None);
        ticket
    }

    fn next(&mut self) -> Ticket {
        // At a million a second this lasts half a million years.
        self.last = self.last.wrapping_add(1);
        Ticket(self.last)
    }

    /// Leaves the answer for its client; where the client is gone, nobody is told.
    pub(super) fn answer_join(&mut self, ticket: Ticket, answer: JoinAnswer) {
        if let Some(place) = self.joins.get_mut(&ticket) {
            *place = Some(answer);
            self.answered = self.answered.wrapping_add(1);
        }
    }

    pub(super) fn answer_sync(&mut self, ticket: Ticket, answer: SyncAnswer) {
        if let Some(place) = self.syncs.get_mut(&ticket) {
            *place = Some(answer);
            self.answered = self.answered.wrapping_add(1);
        }
    }

    /// Hands an answer out, once.
    pub(super) fn take_join(&mut self, ticket: Ticket) -> Option<JoinAnswer> {
        let answer = self.joins.get_mut(&ticket)?.take()?;
        self.joins.remove(&ticket);
        Some(answer)
    }

    pub(super) fn take_sync(&mut self, ticket: Ticket) -> Option<SyncAnswer> {
        let answer = self.syncs.get_mut(&ticket)?.take()?;
        self.syncs.remove(&ticket);
        Some(answer)
    }

    pub(super) fn forget(&mut self, ticket: Ticket) {
        self.joins.remove(&ticket);
        self.syncs.remove(&ticket);
    }

    pub(super) fn answered(&self) -> u64 {
        self.answered
    }

    #[cfg(test)]
    pub(super) fn unanswered(&self) -> usize {
        self.joins.values().filter(|answer| answer.is_none()).count()
            + self.syncs.values().filter(|answer| answer.is_none()).count()
    }
}
