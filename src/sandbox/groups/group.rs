//! One group: its members, its leader, its generation, and what they agreed on. How a rebalance
//! goes is in `rebalance`.

use std::collections::{BTreeMap, BTreeSet};

use kafka_protocol::ResponseError;

use super::member::{Member, Protocol};
use super::subscription;
use super::waiting::{JoinRefused, Joined, RosterEntry, Waiting};
use crate::model::timestamp::Timestamp;

/// The protocol type of consumers; other users of groups (Kafka Connect) have their own.
pub(super) const CONSUMER: &str = "consumer";

/// Where a group stands between two generations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nobody is in it; it may have committed offsets.
    Empty,
    /// Waiting for every member to join.
    Preparing(JoinPhase),
    /// Everybody has joined; waiting for the leader's assignment.
    Completing,
    /// Everybody has an assignment.
    Stable,
}

/// How long members may take to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JoinPhase {
    pub(super) ends: Timestamp,
    /// Set while an empty group waits a little for more members than the first.
    pub(super) first: Option<FirstJoin>,
}

/// The initial delay (`group.initial.rebalance.delay.ms`): it starts again with every newcomer, as
/// long as the rebalance timeout allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FirstJoin {
    pub(super) delay_ms: i32,
    pub(super) remaining_ms: i32,
    pub(super) has_newcomer: bool,
}

impl Phase {
    /// Returns Kafka's own name.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::Preparing(_) => "PreparingRebalance",
            Self::Completing => "CompletingRebalance",
            Self::Stable => "Stable",
        }
    }
}

/// A classic consumer group.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) phase: Phase,
    pub(super) generation: i32,
    pub(super) protocol_type: Option<String>,
    pub(super) protocol: Option<String>,
    pub(super) leader: Option<String>,
    pub(super) members: BTreeMap<String, Member>,
    /// Group instance id → member id.
    pub(super) statics: BTreeMap<String, String>,
    /// Member ids that were given out (`MEMBER_ID_REQUIRED`) and until when they may be used.
    pub(super) promised: BTreeMap<String, Timestamp>,
    /// Who has not yet asked for the assignment of this generation.
    pub(super) unsynced: BTreeSet<String>,
    /// When those who have not asked are given up.
    pub(super) sync_ends: Option<Timestamp>,
    /// The topics of all members' subscriptions, where they can be read.
    pub(super) subscribed: Option<BTreeSet<String>>,
    /// When the phase last changed.
    pub(super) since: Timestamp,
}

impl Group {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            phase: Phase::Empty,
            generation: 0,
            protocol_type: None,
            protocol: None,
            leader: None,
            members: BTreeMap::new(),
            statics: BTreeMap::new(),
            promised: BTreeMap::new(),
            unsynced: BTreeSet::new(),
            sync_ends: None,
            subscribed: None,
            since: now,
        }
    }

    pub(super) fn enter(&mut self, phase: Phase, now: Timestamp) {
        self.phase = phase;
        self.since = now;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.phase == Phase::Empty
    }

    pub(super) fn is_leader(&self, member_id: &str) -> bool {
        self.leader.as_deref() == Some(member_id)
    }

    pub(super) fn is_of_consumers(&self) -> bool {
        self.protocol_type.as_deref() == Some(CONSUMER)
    }

    /// Returns how many members support each protocol.
    fn supporters(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for member in self.members.values() {
            for name in member.protocol_names() {
                *counts.entry(name).or_default() += 1;
            }
        }
        counts
    }

    /// Whether a member that speaks these protocols fits to those who are there.
    pub(super) fn fits(&self, protocol_type: &str, protocols: &[Protocol]) -> bool {
        if self.is_empty() {
            return !protocol_type.is_empty() && !protocols.is_empty();
        }
        let (supporters, all) = (self.supporters(), self.members.len());
        let is_of_all = |protocol: &Protocol| {
            all == 0 || supporters.get(protocol.name.as_str()).is_some_and(|count| *count == all)
        };
        self.protocol_type.as_deref() == Some(protocol_type) && protocols.iter().any(is_of_all)
    }

    /// Returns the protocol with the most votes: each member votes for the first of its own that
    /// all others support. Among equals the first by name wins.
    pub(super) fn elected_protocol(&self) -> Option<String> {
        let (supporters, all) = (self.supporters(), self.members.len());
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for member in self.members.values() {
            let is_of_all = |known: &&Protocol| supporters.get(known.name.as_str()) == Some(&all);
            let vote = member.terms.protocols.iter().find(is_of_all);
            if let Some(vote) = vote {
                *votes.entry(&vote.name).or_default() += 1;
            }
        }
        let most = votes.values().copied().max()?;
        votes.into_iter().find(|(_, count)| *count == most).map(|(name, _)| name.to_owned())
    }

    /// Adds a member; the first one leads and decides what the group is for.
    pub(super) fn add(&mut self, member_id: String, member: Member, protocol_type: &str) {
        if self.members.is_empty() {
            self.protocol_type = Some(protocol_type.to_owned());
        }
        if self.leader.is_none() {
            self.leader = Some(member_id.clone());
        }
        if let Some(instance_id) = &member.instance_id {
            self.statics.insert(instance_id.clone(), member_id.clone());
        }
        self.promised.remove(&member_id);
        self.members.insert(member_id, member);
    }

    /// Takes a member out. Whatever it waits for ends with `UNKNOWN_MEMBER_ID`, so that a client
    /// that still lives joins again.
    pub(super) fn remove(&mut self, member_id: &str, waiting: &mut Waiting) {
        self.promised.remove(member_id);
        self.unsynced.remove(member_id);
        let Some(member) = self.members.remove(member_id) else { return };
        if let Some(instance_id) = &member.instance_id {
            self.statics.remove(instance_id);
        }
        if self.is_leader(member_id) {
            self.leader = self.members.keys().next().cloned();
        }
        end_waits(&member, "", ResponseError::UnknownMemberId, waiting);
    }

    /// Checks that a member belongs to the group, and that a static one was not replaced.
    pub(super) fn check_member(
        &self,
        member_id: &str,
        instance_id: Option<&str>,
    ) -> Result<(), ResponseError> {
        if let Some(instance_id) = instance_id {
            match self.statics.get(instance_id) {
                None => return Err(ResponseError::UnknownMemberId),
                Some(current) if current != member_id => {
                    return Err(ResponseError::FencedInstanceId);
                }
                Some(_) => {}
            }
        }
        if self.members.contains_key(member_id) {
            Ok(())
        } else {
            Err(ResponseError::UnknownMemberId)
        }
    }

    /// The longest time that any member asks to be waited for.
    pub(super) fn rebalance_timeout_ms(&self) -> i32 {
        self.members.values().map(|member| member.terms.rebalance_timeout_ms).max().unwrap_or(0)
    }

    /// Whether nobody is missing: neither a member nor one who holds a promised member id.
    pub(super) fn has_everybody_joined(&self) -> bool {
        self.promised.is_empty() && self.members.values().all(|member| member.join.is_some())
    }

    /// Returns what a member learns about the current generation.
    pub(super) fn joined(&self, member_id: &str) -> Joined {
        let members = if self.is_leader(member_id) { self.roster() } else { Vec::new() };
        Joined {
            member_id: member_id.to_owned(),
            generation: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol: self.protocol.clone(),
            leader: self.leader.clone().unwrap_or_default(),
            members,
            is_assignment_kept: false,
        }
    }

    fn roster(&self) -> Vec<RosterEntry> {
        let protocol = self.protocol.as_deref().unwrap_or_default();
        self.members
            .iter()
            .map(|(member_id, member)| RosterEntry {
                member_id: member_id.clone(),
                instance_id: member.instance_id.clone(),
                metadata: member.metadata(protocol),
            })
            .collect()
    }

    /// How much memory it takes, about.
    pub(super) fn memory(&self) -> usize {
        let members = self.members.iter().map(|(id, member)| id.len() + member.memory());
        let promised = self.promised.keys().map(|id| id.len() + size_of::<Timestamp>());
        size_of::<Self>() + members.chain(promised).sum::<usize>()
    }

    /// Whether the members read this topic. Consumers whose subscriptions are unknown may read
    /// every topic.
    pub(super) fn is_subscribed_to(&self, topic: &str) -> bool {
        match &self.subscribed {
            Some(topics) => topics.contains(topic),
            None => self.is_of_consumers(),
        }
    }

    /// Reads the subscriptions anew, after the members or the protocol changed.
    pub(super) fn read_subscriptions(&mut self) {
        self.subscribed = self
            .is_of_consumers()
            .then(|| {
                let protocol = self.protocol.as_deref().unwrap_or_default();
                let subscriptions = self.members.values().map(|member| member.metadata(protocol));
                subscription::topics(subscriptions)
            })
            .flatten();
    }
}

/// Ends a member's waits with an error.
pub(super) fn end_waits(
    member: &Member,
    member_id: &str,
    error: ResponseError,
    waiting: &mut Waiting,
) {
    if let Some(ticket) = member.join {
        waiting.answer_join(ticket, Err(JoinRefused { member_id: member_id.to_owned(), error }));
    }
    if let Some(ticket) = member.sync {
        waiting.answer_sync(ticket, Err(error));
    }
}
