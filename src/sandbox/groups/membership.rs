//! What members say between joins: `SyncGroup`, `Heartbeat` and `LeaveGroup`.

use bytes::Bytes;
use kafka_protocol::ResponseError;

use super::Groups;
use super::group::Phase;
use super::rebalance::Step;
use super::waiting::{Synced, Ticket};
use crate::model::name::GroupId;
use crate::model::timestamp::Timestamp;

/// Who speaks for which group, and in which generation it believes to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Speaker {
    pub(in crate::sandbox) group: GroupId,
    pub(in crate::sandbox) member_id: String,
    pub(in crate::sandbox) instance_id: Option<String>,
    pub(in crate::sandbox) generation: i32,
}

/// A member asks for its assignment; the leader brings everybody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Sync {
    pub(in crate::sandbox) speaker: Speaker,
    pub(in crate::sandbox) protocol_type: Option<String>,
    pub(in crate::sandbox) protocol: Option<String>,
    pub(in crate::sandbox) assignments: Vec<(String, Bytes)>,
}

/// A member to be taken out of a group, by its member id or, without one, by its instance id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Leaver {
    pub(in crate::sandbox) member_id: String,
    pub(in crate::sandbox) instance_id: Option<String>,
}

impl Groups {
    /// Asks for an assignment. The answer comes when the leader has brought it.
    pub(in crate::sandbox) fn sync(&mut self, sync: &Sync, now: Timestamp) -> Ticket {
        let ticket = self.waiting.open_sync();
        match self.try_sync(sync, ticket, now) {
            Ok(None) => {}
            Ok(Some(synced)) => self.waiting.answer_sync(ticket, Ok(synced)),
            Err(error) => self.waiting.answer_sync(ticket, Err(error)),
        }
        ticket
    }

    /// Returns the assignment if it is there already.
    fn try_sync(
        &mut self,
        sync: &Sync,
        ticket: Ticket,
        now: Timestamp,
    ) -> Result<Option<Synced>, ResponseError> {
        let Speaker { group, member_id, instance_id, generation } = &sync.speaker;
        if group.as_str().is_empty() {
            return Err(ResponseError::InvalidGroupId);
        }
        let more = sync.assignments.iter().map(|(_, assignment)| assignment.len()).sum();
        if more > 0 && !self.has_room(more) {
            // What Kafka says when it cannot store an assignment because of its size.
            return Err(ResponseError::UnknownServerError);
        }
        let group = self.by_id.get_mut(group).ok_or(ResponseError::UnknownMemberId)?;
        group.check_member(member_id, instance_id.as_deref())?;
        if *generation != group.generation {
            return Err(ResponseError::IllegalGeneration);
        }
        let differs =
            |said: &Option<String>, agreed: &Option<String>| said.is_some() && said != agreed;
        if differs(&sync.protocol_type, &group.protocol_type)
            || differs(&sync.protocol, &group.protocol)
        {
            return Err(ResponseError::InconsistentGroupProtocol);
        }
        let Some(member) = group.members.get_mut(member_id) else {
            return Err(ResponseError::UnknownMemberId);
        };
        match group.phase {
            Phase::Empty => Err(ResponseError::UnknownMemberId),
            Phase::Preparing(_) => Err(ResponseError::RebalanceInProgress),
            Phase::Stable => {
                let assignment = member.assignment.clone();
                group.has_synced(member_id);
                Ok(Some(Synced {
                    protocol_type: group.protocol_type.clone(),
                    protocol: group.protocol.clone(),
                    assignment,
                }))
            }
            Phase::Completing => {
                if let Some(older) = member.sync.replace(ticket) {
                    let error = ResponseError::RebalanceInProgress;
                    self.waiting.answer_sync(older, Err(error));
                }
                group.has_synced(member_id);
                if group.is_leader(member_id) {
                    let waiting = &mut self.waiting;
                    let step = &mut Step { settings: &self.settings, waiting, now };
                    group.assign(&sync.assignments, step);
                }
                Ok(None)
            }
        }
    }

    /// Takes a sign of life; tells a member that it has to join again.
    pub(in crate::sandbox) fn heartbeat(
        &mut self,
        speaker: &Speaker,
        now: Timestamp,
    ) -> Result<(), ResponseError> {
        let Speaker { group, member_id, instance_id, generation } = speaker;
        if group.as_str().is_empty() {
            return Err(ResponseError::InvalidGroupId);
        }
        let group = self.by_id.get_mut(group).ok_or(ResponseError::UnknownMemberId)?;
        group.check_member(member_id, instance_id.as_deref())?;
        if *generation != group.generation {
            return Err(ResponseError::IllegalGeneration);
        }
        if let Some(member) = group.members.get_mut(member_id) {
            member.heard(now);
        }
        match group.phase {
            Phase::Empty => Err(ResponseError::UnknownMemberId),
            Phase::Preparing(_) => Err(ResponseError::RebalanceInProgress),
            Phase::Completing | Phase::Stable => Ok(()),
        }
    }

    /// Takes members out, each for itself; the group rebalances once for all of them.
    pub(in crate::sandbox) fn leave(
        &mut self,
        group: &GroupId,
        leavers: &[Leaver],
        now: Timestamp,
    ) -> Result<Vec<Result<(), ResponseError>>, ResponseError> {
        if group.as_str().is_empty() {
            return Err(ResponseError::InvalidGroupId);
        }
        let Some(group) = self.by_id.get_mut(group) else {
            return Ok(leavers.iter().map(|_| Err(ResponseError::UnknownMemberId)).collect());
        };
        let step = &mut Step { settings: &self.settings, waiting: &mut self.waiting, now };
        let mut results = Vec::with_capacity(leavers.len());
        for leaver in leavers {
            let found = group.find_leaver(leaver);
            if let Ok(member_id) = &found {
                group.remove(member_id, step.waiting);
            }
            results.push(found.map(|_| ()));
        }
        if results.iter().any(Result::is_ok) && !group.is_empty() {
            group.rebalance(step);
        }
        Ok(results)
    }
}

impl super::group::Group {
    /// Returns the member id of who is to leave.
    fn find_leaver(&self, leaver: &Leaver) -> Result<String, ResponseError> {
        let Leaver { member_id, instance_id } = leaver;
        if member_id.is_empty() {
            // An administrator knows a static member by its instance id only.
            let known = instance_id.as_ref().and_then(|id| self.statics.get(id));
            return known.cloned().ok_or(ResponseError::UnknownMemberId);
        }
        if !self.promised.contains_key(member_id) {
            self.check_member(member_id, instance_id.as_deref())?;
        }
        Ok(member_id.clone())
    }
}
