//! How a group comes from one generation to the next: everybody joins, the leader assigns.

use std::collections::BTreeMap;

use bytes::Bytes;
use kafka_protocol::ResponseError;

use super::group::{FirstJoin, Group, JoinPhase, Phase};
use super::member::later;
use super::settings::Settings;
use super::waiting::{Synced, Waiting};
use crate::model::timestamp::Timestamp;

/// What a step of a group needs besides the group.
pub(super) struct Step<'a> {
    pub(super) settings: &'a Settings,
    pub(super) waiting: &'a mut Waiting,
    pub(super) now: Timestamp,
}

impl Group {
    /// Something changed that concerns everybody: starts a rebalance, or carries the running one
    /// on.
    pub(super) fn rebalance(&mut self, step: &mut Step) {
        match self.phase {
            Phase::Preparing(_) => self.end_join_if_complete(step),
            Phase::Empty | Phase::Completing | Phase::Stable => self.start_rebalance(step),
        }
    }

    /// Asks everybody to join again.
    pub(super) fn start_rebalance(&mut self, step: &mut Step) {
        if self.phase == Phase::Completing {
            self.call_syncs_off(step);
        }
        self.unsynced.clear();
        self.sync_ends = None;
        let timeout_ms = self.rebalance_timeout_ms();
        let delay_ms = step.settings.initial_rebalance_delay_ms;
        let (wait_ms, first) = if self.is_empty() {
            let remaining_ms = timeout_ms.saturating_sub(delay_ms).max(0);
            (delay_ms, Some(FirstJoin { delay_ms, remaining_ms, has_newcomer: false }))
        } else {
            (timeout_ms, None)
        };
        let is_without_delay = first.is_some() && delay_ms <= 0;
        let is_first = first.is_some();
        let ends = later(step.now, wait_ms);
        self.enter(Phase::Preparing(JoinPhase { ends, first }), step.now);
        if is_without_delay || (!is_first && self.has_everybody_joined()) {
            self.end_join(step);
        }
    }

    /// Members that wait for an assignment are told to join again instead.
    fn call_syncs_off(&mut self, step: &mut Step) {
        for member in self.members.values_mut() {
            member.assignment = Bytes::new();
            if let Some(ticket) = member.sync.take() {
                member.heard(step.now);
                step.waiting.answer_sync(ticket, Err(ResponseError::RebalanceInProgress));
            }
        }
    }

    /// Ends the join phase when nobody is missing. A group that was empty waits for its delay.
    pub(super) fn end_join_if_complete(&mut self, step: &mut Step) {
        if let Phase::Preparing(JoinPhase { first: None, .. }) = self.phase
            && self.has_everybody_joined()
        {
            self.end_join(step);
        }
    }

    /// The time to join is over: an empty group may wait once more for newcomers, any other goes on
    /// with those who came.
    pub(super) fn end_join_time(&mut self, step: &mut Step) {
        if let Phase::Preparing(JoinPhase { ends, first: Some(first) }) = &mut self.phase
            && first.has_newcomer
            && first.remaining_ms > 0
        {
            let delay_ms = step.settings.initial_rebalance_delay_ms.min(first.remaining_ms);
            first.remaining_ms = first.remaining_ms.saturating_sub(first.delay_ms).max(0);
            first.delay_ms = delay_ms;
            first.has_newcomer = false;
            *ends = later(step.now, delay_ms);
        } else {
            self.end_join(step);
        }
    }

    /// Goes on with those who joined. Static members may be away for as long as their session
    /// lasts; all others who did not join are no members any more.
    pub(super) fn end_join(&mut self, step: &mut Step) {
        let missing: Vec<String> = self
            .members
            .iter()
            .filter(|(_, member)| member.join.is_none() && member.instance_id.is_none())
            .map(|(member_id, _)| member_id.clone())
            .collect();
        for member_id in missing {
            self.remove(&member_id, step.waiting);
        }
        if self.members.is_empty() {
            self.end_empty(step);
        } else if self.elect_leader() {
            self.begin_generation(step);
        } else {
            // Only static members are left and none is here: wait until one comes or their
            // sessions end.
            let ends = later(step.now, self.rebalance_timeout_ms());
            self.phase = Phase::Preparing(JoinPhase { ends, first: None });
        }
    }

    /// The leader stays if it joined, else one who did takes over. Returns false if nobody joined.
    fn elect_leader(&mut self) -> bool {
        let has_leader_joined = self
            .leader
            .as_ref()
            .and_then(|leader| self.members.get(leader))
            .is_some_and(|leader| leader.join.is_some());
        if has_leader_joined {
            return true;
        }
        let joined = self.members.iter().find(|(_, member)| member.join.is_some());
        let Some((member_id, _)) = joined else { return false };
        self.leader = Some(member_id.clone());
        true
    }

    fn end_empty(&mut self, step: &Step) {
        self.next_generation();
        self.protocol = None;
        self.leader = None;
        self.read_subscriptions();
        self.enter(Phase::Empty, step.now);
    }

    fn begin_generation(&mut self, step: &mut Step) {
        self.next_generation();
        self.protocol = self.elected_protocol();
        self.read_subscriptions();
        self.enter(Phase::Completing, step.now);
        self.unsynced = self.members.keys().cloned().collect();
        self.sync_ends = Some(later(step.now, self.rebalance_timeout_ms()));
        let member_ids: Vec<String> = self.members.keys().cloned().collect();
        for member_id in member_ids {
            let joined = self.joined(&member_id);
            if let Some(member) = self.members.get_mut(&member_id) {
                member.heard(step.now);
                member.is_new = false;
                if let Some(ticket) = member.join.take() {
                    step.waiting.answer_join(ticket, Ok(joined));
                }
            }
        }
    }

    fn next_generation(&mut self) {
        // The protocol has 32 bits for it; −1 means none, so it starts again at 0.
        self.generation = self.generation.checked_add(1).unwrap_or(0);
        self.unsynced.clear();
        self.sync_ends = None;
    }

    /// Gives everybody the leader's assignment; whoever the leader left out gets an empty one.
    pub(super) fn assign(&mut self, assignments: &[(String, Bytes)], step: &mut Step) {
        // The last one for a member counts, as in the map that Kafka makes of them.
        let assigned = assignments.iter().map(|(member_id, assignment)| (member_id, assignment));
        let assigned: BTreeMap<&String, &Bytes> = assigned.collect();
        for (member_id, member) in &mut self.members {
            member.assignment = assigned.get(member_id).copied().cloned().unwrap_or_default();
            if let Some(ticket) = member.sync.take() {
                member.heard(step.now);
                let synced = Synced {
                    protocol_type: self.protocol_type.clone(),
                    protocol: self.protocol.clone(),
                    assignment: member.assignment.clone(),
                };
                step.waiting.answer_sync(ticket, Ok(synced));
            }
        }
        self.enter(Phase::Stable, step.now);
    }

    /// A member asked for its assignment; once all did, nobody is waited for.
    pub(super) fn has_synced(&mut self, member_id: &str) {
        self.unsynced.remove(member_id);
        if self.unsynced.is_empty() {
            self.sync_ends = None;
        }
    }

    /// A member is gone: the others share what it had, or need not wait for it any longer.
    pub(super) fn lose(&mut self, member_id: &str, step: &mut Step) {
        self.remove(member_id, step.waiting);
        match self.phase {
            Phase::Stable | Phase::Completing => self.start_rebalance(step),
            Phase::Preparing(_) | Phase::Empty => self.go_on_without_it(step),
        }
    }

    /// Somebody who was promised an id has not come. Whoever is there has lost nobody, so that only
    /// a rebalance that waited for it goes on.
    fn end_promise(&mut self, member_id: &str, step: &mut Step) {
        self.promised.remove(member_id);
        self.go_on_without_it(step);
    }

    /// Ends the time to join if the one who is gone was the last to be waited for.
    fn go_on_without_it(&mut self, step: &mut Step) {
        if matches!(self.phase, Phase::Preparing(_)) && self.has_everybody_joined() {
            self.end_join(step);
        }
    }

    /// Lets time pass: promised ids, sessions, the time to join and the time to sync may be over.
    pub(super) fn tick(&mut self, step: &mut Step) {
        if let Phase::Preparing(phase) = &self.phase
            && phase.ends <= step.now
        {
            self.end_join_time(step);
        }
        if self.sync_ends.is_some_and(|ends| ends <= step.now) {
            for member_id in std::mem::take(&mut self.unsynced) {
                self.remove(&member_id, step.waiting);
            }
            self.start_rebalance(step);
        }
        let over = |ends: Timestamp| ends <= step.now;
        let promised = self.promised.iter().filter(|(_, ends)| over(**ends));
        let sessions =
            self.members.iter().filter(|(_, member)| member.session_ends.is_some_and(over));
        let ended: Vec<String> =
            promised.map(|(id, _)| id).chain(sessions.map(|(id, _)| id)).cloned().collect();
        for member_id in ended {
            self.end_session(&member_id, step);
        }
    }

    fn end_session(&mut self, member_id: &str, step: &mut Step) {
        let is_promised = self.promised.contains_key(member_id);
        match self.members.get_mut(member_id) {
            Some(member) if !member.is_lost() => member.session_ends = None,
            // What happened to another member in this tick may have started this one's anew.
            Some(member) if member.session_ends.is_none_or(|ends| ends > step.now) => {}
            Some(_) => self.lose(member_id, step),
            None if is_promised => self.end_promise(member_id, step),
            None => {}
        }
    }
}
