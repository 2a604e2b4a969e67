//! One member of a group: what it said when it joined, and what it waits for.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::waiting::Ticket;
use crate::model::timestamp::Timestamp;

/// A way of assigning that a member knows, with what it says under it (its subscription).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Protocol {
    pub(in crate::sandbox) name: String,
    pub(in crate::sandbox) metadata: Bytes,
}

/// What a member asks for when it joins, and may change when it joins again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Terms {
    /// In the order the member likes them.
    pub(super) protocols: Vec<Protocol>,
    pub(super) session_timeout_ms: i32,
    pub(super) rebalance_timeout_ms: i32,
}

/// A member of a group.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) instance_id: Option<String>,
    pub(super) client_id: String,
    pub(super) client_host: String,
    pub(super) terms: Terms,
    pub(super) assignment: Bytes,
    /// Its first join has not been answered: it cannot send heartbeats, yet it does not wait
    /// forever either.
    pub(super) is_new: bool,
    pub(super) join: Option<Ticket>,
    pub(super) sync: Option<Ticket>,
    /// When the group gives the member up; none while it waits for the others.
    pub(super) session_ends: Option<Timestamp>,
}

impl Terms {
    /// How much memory they take, about.
    pub(super) fn memory(&self) -> usize {
        let memory = |protocol: &Protocol| {
            size_of::<Protocol>() + protocol.name.len() + protocol.metadata.len()
        };
        self.protocols.iter().map(memory).sum()
    }
}

impl Member {
    /// How much memory it takes, about.
    pub(super) fn memory(&self) -> usize {
        let texts = [Some(&self.client_id), Some(&self.client_host), self.instance_id.as_ref()];
        let texts: usize = texts.into_iter().flatten().map(String::len).sum();
        size_of::<Self>() + texts + self.terms.memory() + self.assignment.len()
    }

    /// Returns the names of its protocols, each once.
    pub(super) fn protocol_names(&self) -> BTreeSet<&str> {
        self.terms.protocols.iter().map(|known| known.name.as_str()).collect()
    }

    /// Returns what the member said under a protocol.
    pub(super) fn metadata(&self, protocol: &str) -> Bytes {
        self.terms
            .protocols
            .iter()
            .find(|known| known.name == protocol)
            .map(|known| known.metadata.clone())
            .unwrap_or_default()
    }

    /// The session starts anew: the member was heard, or has to answer next.
    pub(super) fn heard(&mut self, now: Timestamp) {
        self.session_ends = Some(later(now, self.terms.session_timeout_ms));
    }

    /// Whether the group may give the member up when its session has ended: nobody who waits for
    /// the others is to blame, unless it never had an answer.
    pub(super) fn is_lost(&self) -> bool {
        self.is_new || (self.join.is_none() && self.sync.is_none())
    }
}

/// Returns the time so many milliseconds later; a negative wait is none.
pub(super) fn later(now: Timestamp, milliseconds: i32) -> Timestamp {
    Timestamp(now.0.saturating_add(i64::from(milliseconds.max(0))))
}
