//! Committing and deleting offsets: who may do it, and when.

use kafka_protocol::ResponseError;

use super::Groups;
use super::group::{Group, Phase};
use super::membership::Speaker;
use super::offsets::{StoredOffset, weight};
use crate::model::name::{GroupId, TopicName};
use crate::model::offset::TopicPartition;
use crate::model::timestamp::Timestamp;

/// Offsets to store.
pub(in crate::sandbox) type NewOffsets = Vec<(TopicPartition, StoredOffset)>;

/// What came of each of several partitions, in the order asked.
pub(in crate::sandbox) type PartitionResults = Vec<(TopicPartition, Result<(), ResponseError>)>;

impl Groups {
    /// Stores offsets. A generation below 0 is somebody who is no member: allowed as long as nobody
    /// is in the group. `has_group_errors` is version 9 on, which knows that a group may not exist.
    pub(in crate::sandbox) fn commit(
        &mut self,
        speaker: &Speaker,
        offsets: NewOffsets,
        has_group_errors: bool,
        now: Timestamp,
    ) -> Result<PartitionResults, ResponseError> {
        let no_group = if has_group_errors {
            ResponseError::GroupIdNotFound
        } else {
            ResponseError::IllegalGeneration
        };
        let group = self.group_to_commit_to(speaker, no_group, now)?;
        group.check_commit(speaker)?;
        if matches!(group.phase, Phase::Stable | Phase::Preparing(_))
            && let Some(member) = group.members.get_mut(&speaker.member_id)
        {
            member.heard(now);
        }
        Ok(self.store(offsets, |stored_offsets, partition, stored| {
            stored_offsets.commit(&speaker.group, partition, stored);
        }))
    }

    /// Stores offsets that count when the producer's transaction is committed. Whether the
    /// transaction has this group is for the transaction coordinator to say, before.
    pub(in crate::sandbox) fn commit_in_transaction(
        &mut self,
        speaker: &Speaker,
        producer_id: i64,
        offsets: NewOffsets,
        now: Timestamp,
    ) -> Result<PartitionResults, ResponseError> {
        if speaker.group.as_str().is_empty() {
            return Err(ResponseError::InvalidGroupId);
        }
        let group = self.group_to_commit_to(speaker, ResponseError::IllegalGeneration, now)?;
        group.check_transactional_commit(speaker)?;
        Ok(self.store(offsets, |stored_offsets, partition, stored| {
            stored_offsets.commit_in_transaction(producer_id, &speaker.group, partition, stored);
        }))
    }

    /// The producer's transaction was committed.
    pub(in crate::sandbox) fn transaction_committed(&mut self, producer_id: i64) {
        self.offsets.apply_pending(producer_id);
    }

    /// The producer's transaction was aborted.
    pub(in crate::sandbox) fn transaction_aborted(&mut self, producer_id: i64) {
        self.offsets.drop_pending(producer_id);
    }

    /// Deletes offsets of partitions that no member reads.
    pub(in crate::sandbox) fn delete_offsets(
        &mut self,
        id: &GroupId,
        partitions: Vec<TopicPartition>,
    ) -> Result<PartitionResults, ResponseError> {
        if id.as_str().is_empty() {
            return Err(ResponseError::InvalidGroupId);
        }
        let group = self.by_id.get(id).ok_or(ResponseError::GroupIdNotFound)?;
        if !group.is_empty() && !group.is_of_consumers() {
            return Err(ResponseError::NonEmptyGroup);
        }
        let mut results = Vec::with_capacity(partitions.len());
        for partition in partitions {
            let result = if group.is_subscribed_to(partition.topic.as_str()) {
                Err(ResponseError::GroupSubscribedToTopic)
            } else {
                self.offsets.delete(id, &partition);
                Ok(())
            };
            results.push((partition, result));
        }
        Ok(results)
    }

    /// Deletes a group that nobody is in, with its offsets.
    pub(in crate::sandbox) fn delete(&mut self, id: &GroupId) -> Result<(), ResponseError> {
        let group = self.by_id.get(id).ok_or(ResponseError::GroupIdNotFound)?;
        if !group.is_empty() {
            return Err(ResponseError::NonEmptyGroup);
        }
        self.by_id.remove(id);
        self.offsets.delete_group(id);
        Ok(())
    }

    /// A topic was deleted: nobody has an offset in it.
    pub(in crate::sandbox) fn topic_deleted(&mut self, topic: &TopicName) {
        self.offsets.delete_topic(topic);
    }

    /// Returns the group, which is made where a client that is no member commits to a new one.
    fn group_to_commit_to(
        &mut self,
        speaker: &Speaker,
        no_group: ResponseError,
        now: Timestamp,
    ) -> Result<&mut Group, ResponseError> {
        if !self.by_id.contains_key(&speaker.group) {
            if speaker.generation >= 0 {
                return Err(no_group);
            }
            self.create(&speaker.group, now)?;
        }
        self.by_id.get_mut(&speaker.group).ok_or(no_group)
    }

    fn store(
        &mut self,
        offsets: NewOffsets,
        store: impl Fn(&mut super::offsets::Offsets, &TopicPartition, StoredOffset),
    ) -> PartitionResults {
        // What Kafka says when it cannot store offsets because of their size.
        let more = offsets.iter().map(|(partition, stored)| weight(partition, stored)).sum();
        let has_room = self.has_room(more);
        let mut results = Vec::with_capacity(offsets.len());
        for (partition, stored) in offsets {
            let length = stored.metadata.encode_utf16().count();
            let result = if length > self.settings.max_offset_metadata {
                Err(ResponseError::OffsetMetadataTooLarge)
            } else if !has_room {
                Err(ResponseError::InvalidCommitOffsetSize)
            } else {
                store(&mut self.offsets, &partition, stored);
                Ok(())
            };
            results.push((partition, result));
        }
        results
    }
}

impl Group {
    fn check_commit(&self, speaker: &Speaker) -> Result<(), ResponseError> {
        if speaker.generation < 0 && self.is_empty() {
            return Ok(());
        }
        if !speaker.claims_membership() {
            return Err(ResponseError::UnknownMemberId);
        }
        self.check_speaker(speaker)?;
        if self.phase == Phase::Completing {
            // It has heard of the new generation, and does not know yet what it is to read.
            return Err(ResponseError::RebalanceInProgress);
        }
        Ok(())
    }

    /// Producers before KIP-447 do not say who they are; they are trusted.
    fn check_transactional_commit(&self, speaker: &Speaker) -> Result<(), ResponseError> {
        let is_of_nobody = speaker.generation < 0 && self.is_empty();
        if is_of_nobody || !speaker.claims_membership() {
            return Ok(());
        }
        self.check_speaker(speaker)
    }

    fn check_speaker(&self, speaker: &Speaker) -> Result<(), ResponseError> {
        self.check_member(&speaker.member_id, speaker.instance_id.as_deref())?;
        if speaker.generation != self.generation {
            return Err(ResponseError::IllegalGeneration);
        }
        Ok(())
    }
}

impl Speaker {
    fn claims_membership(&self) -> bool {
        self.generation >= 0 || !self.member_id.is_empty() || self.instance_id.is_some()
    }
}
