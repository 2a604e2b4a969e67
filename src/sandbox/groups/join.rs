//! `JoinGroup`: who may join, under which member id, and what joining sets in motion.

use bytes::Bytes;
use kafka_protocol::ResponseError;

use super::Groups;
use super::group::{Group, JoinPhase, Phase, end_waits};
use super::member::{Member, Protocol, Terms, later};
use super::rebalance::Step;
use super::settings::NEW_MEMBER_TIMEOUT_MS;
use super::waiting::{JoinRefused, Ticket};
use crate::model::name::GroupId;
use crate::model::timestamp::Timestamp;

/// A client's wish to be a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Join {
    pub(in crate::sandbox) group: GroupId,
    /// Empty for a newcomer.
    pub(in crate::sandbox) member_id: String,
    pub(in crate::sandbox) instance_id: Option<String>,
    pub(in crate::sandbox) client_id: String,
    pub(in crate::sandbox) client_host: String,
    pub(in crate::sandbox) protocol_type: String,
    pub(in crate::sandbox) protocols: Vec<Protocol>,
    pub(in crate::sandbox) session_timeout_ms: i32,
    pub(in crate::sandbox) rebalance_timeout_ms: i32,
    /// Text that no other join has, to make a member id of.
    pub(in crate::sandbox) unique: String,
    /// The client can join again with an id it is told (version 4 on).
    pub(in crate::sandbox) must_know_member_id: bool,
    /// The client understands that its assignment stands (version 9 on).
    pub(in crate::sandbox) can_keep_assignment: bool,
}

impl Join {
    fn terms(&self) -> Terms {
        Terms {
            protocols: self.protocols.clone(),
            session_timeout_ms: self.session_timeout_ms,
            rebalance_timeout_ms: self.rebalance_timeout_ms,
        }
    }

    /// How much memory its member will take, about.
    fn memory(&self) -> usize {
        let who = self.instance_id.as_ref().map_or(0, String::len) + self.client_id.len();
        size_of::<Member>() + 2 * (who + self.unique.len()) + self.terms().memory()
    }

    fn new_member_id(&self) -> String {
        let who = self.instance_id.as_ref().unwrap_or(&self.client_id);
        format!("{who}-{}", self.unique)
    }

    fn new_member(&self, ticket: Ticket, now: Timestamp) -> Member {
        Member {
            instance_id: self.instance_id.clone(),
            client_id: self.client_id.clone(),
            client_host: self.client_host.clone(),
            terms: self.terms(),
            assignment: Bytes::new(),
            is_new: true,
            join: Some(ticket),
            sync: None,
            session_ends: Some(later(now, NEW_MEMBER_TIMEOUT_MS)),
        }
    }
}

impl Groups {
    /// Joins a group. The answer comes when the members' next generation begins.
    pub(in crate::sandbox) fn join(&mut self, join: &Join, now: Timestamp) -> Ticket {
        let ticket = self.waiting.open_join();
        if let Err(refused) = self.try_join(join, ticket, now) {
            self.waiting.answer_join(ticket, Err(refused));
        }
        ticket
    }

    fn try_join(&mut self, join: &Join, ticket: Ticket, now: Timestamp) -> Result<(), JoinRefused> {
        let refused = |error| JoinRefused { member_id: join.member_id.clone(), error };
        if join.group.as_str().is_empty() {
            return Err(refused(ResponseError::InvalidGroupId));
        }
        let sessions = self.settings.min_session_timeout_ms..=self.settings.max_session_timeout_ms;
        if !sessions.contains(&join.session_timeout_ms) {
            return Err(refused(ResponseError::InvalidSessionTimeout));
        }
        let is_newcomer = join.member_id.is_empty();
        if !self.by_id.contains_key(&join.group) {
            if !is_newcomer {
                return Err(refused(ResponseError::UnknownMemberId));
            }
            self.create(&join.group, now).map_err(refused)?;
        }
        if !self.has_room(join.memory()) {
            return Err(refused(ResponseError::GroupMaxSizeReached));
        }
        let Some(group) = self.by_id.get_mut(&join.group) else {
            return Err(refused(ResponseError::UnknownMemberId));
        };
        let step = &mut Step { settings: &self.settings, waiting: &mut self.waiting, now };
        if !group.has_room_for(&join.member_id, step.settings.max_size) {
            group.remove(&join.member_id, step.waiting);
            let error = ResponseError::GroupMaxSizeReached;
            return Err(JoinRefused { member_id: String::new(), error });
        }
        if !group.fits(&join.protocol_type, &join.protocols) {
            return Err(refused(ResponseError::InconsistentGroupProtocol));
        }
        if is_newcomer {
            group.join_new(join, ticket, step)
        } else {
            group.join_again(join, ticket, step).map_err(refused)
        }
    }
}

impl Group {
    fn has_room_for(&self, member_id: &str, max_size: usize) -> bool {
        let is_known =
            self.members.contains_key(member_id) || self.promised.contains_key(member_id);
        is_known || self.members.len() + self.promised.len() < max_size
    }

    fn join_new(
        &mut self,
        join: &Join,
        ticket: Ticket,
        step: &mut Step,
    ) -> Result<(), JoinRefused> {
        let member_id = join.new_member_id();
        let replaced = join.instance_id.as_ref().and_then(|id| self.statics.get(id)).cloned();
        if let Some(replaced) = replaced {
            self.replace_static(join, &replaced, &member_id, ticket, step);
        } else if join.instance_id.is_none() && join.must_know_member_id {
            // A client that gives up waiting comes again with the same id, not as one more member.
            let ends = later(step.now, join.session_timeout_ms);
            self.promised.insert(member_id.clone(), ends);
            return Err(JoinRefused { member_id, error: ResponseError::MemberIdRequired });
        } else {
            self.welcome(join, member_id, ticket, step);
        }
        Ok(())
    }

    /// Adds a member that was not there.
    fn welcome(&mut self, join: &Join, member_id: String, ticket: Ticket, step: &mut Step) {
        if let Phase::Preparing(JoinPhase { first: Some(first), .. }) = &mut self.phase {
            first.has_newcomer = true;
        }
        self.add(member_id, join.new_member(ticket, step.now), &join.protocol_type);
        self.rebalance(step);
    }

    /// A static member came back under a new member id: it takes the place of the old one, which
    /// is fenced. In a stable group nothing else happens, which is what static members are for.
    fn replace_static(
        &mut self,
        join: &Join,
        old_id: &str,
        new_id: &str,
        ticket: Ticket,
        step: &mut Step,
    ) {
        let Some(mut old) = self.members.remove(old_id) else { return };
        let mut member = join.new_member(ticket, step.now);
        member.assignment = std::mem::take(&mut old.assignment);
        member.client_id.clone_from(&old.client_id);
        member.client_host.clone_from(&old.client_host);
        member.is_new = false;
        member.heard(step.now);
        end_waits(&old, old_id, ResponseError::FencedInstanceId, step.waiting);
        let leader_before = self.leader.clone();
        if self.is_leader(old_id) {
            self.leader = Some(new_id.to_owned());
        }
        if let Some(instance_id) = &member.instance_id {
            self.statics.insert(instance_id.clone(), new_id.to_owned());
        }
        if self.unsynced.remove(old_id) {
            self.unsynced.insert(new_id.to_owned());
        }
        self.members.insert(new_id.to_owned(), member);
        match self.phase {
            Phase::Stable if self.elected_protocol() == self.protocol => {
                self.keep_assignment(join, new_id, leader_before, ticket, step);
            }
            Phase::Stable => self.rebalance(step),
            // The leader may be assigning to the old member id at this moment.
            Phase::Completing => self.start_rebalance(step),
            Phase::Preparing(_) | Phase::Empty => self.end_join_if_complete(step),
        }
    }

    /// Answers a static member that came back to a stable group.
    fn keep_assignment(
        &mut self,
        join: &Join,
        member_id: &str,
        leader_before: Option<String>,
        ticket: Ticket,
        step: &mut Step,
    ) {
        let mut joined = self.joined(member_id);
        if join.can_keep_assignment {
            joined.is_assignment_kept = self.is_leader(member_id);
        } else {
            // An older client would assign again if it knew that it leads.
            joined.leader = leader_before.unwrap_or_default();
            joined.members = Vec::new();
        }
        if let Some(member) = self.members.get_mut(member_id) {
            member.join = None;
        }
        step.waiting.answer_join(ticket, Ok(joined));
    }

    /// A member that was promised its id, or that was there before, joins.
    fn join_again(
        &mut self,
        join: &Join,
        ticket: Ticket,
        step: &mut Step,
    ) -> Result<(), ResponseError> {
        let member_id = &join.member_id;
        if self.promised.contains_key(member_id) {
            if join.instance_id.is_some() {
                return Err(ResponseError::UnknownServerError);
            }
            self.welcome(join, member_id.clone(), ticket, step);
            return Ok(());
        }
        self.check_member(member_id, join.instance_id.as_deref())?;
        let Some(member) = self.members.get_mut(member_id) else {
            return Err(ResponseError::UnknownMemberId);
        };
        let says_the_same = member.terms.protocols == join.protocols;
        let is_settled = match self.phase {
            Phase::Empty => return Err(ResponseError::UnknownMemberId),
            Phase::Preparing(_) => false,
            // Its first answer may have been lost.
            Phase::Completing => says_the_same,
            // The leader joins to have everybody assigned anew, for what it alone knows.
            Phase::Stable => says_the_same && self.leader.as_ref() != Some(member_id),
        };
        if is_settled {
            step.waiting.answer_join(ticket, Ok(self.joined(member_id)));
            return Ok(());
        }
        member.terms = join.terms();
        if let Some(older) = member.join.replace(ticket) {
            // The client asked twice; only the later request gets the new generation.
            let error = ResponseError::RebalanceInProgress;
            let refused = JoinRefused { member_id: member_id.clone(), error };
            step.waiting.answer_join(older, Err(refused));
        }
        self.rebalance(step);
        Ok(())
    }
}
