//! What belongs to a transaction: partitions and groups are added before they are written to, and
//! the writing is checked against that.

use kafka_protocol::ResponseError;

use super::Transactions;
use super::transaction::{Producer, Transaction};
use crate::model::name::GroupId;
use crate::model::offset::TopicPartition;
use crate::model::timestamp::Timestamp;

impl Transactions {
    /// Adds partitions to the producer's transaction, which begins with the first one.
    pub(in crate::sandbox) fn add_partitions(
        &mut self,
        transactional_id: &str,
        producer: Producer,
        partitions: impl IntoIterator<Item = TopicPartition>,
        now: Timestamp,
    ) -> Result<(), ResponseError> {
        let partitions: Vec<_> = partitions.into_iter().collect();
        let has_room = self.has_room(partitions.len());
        let transaction = self.of_producer(transactional_id, producer)?;
        if !has_room {
            return Err(ResponseError::PolicyViolation);
        }
        transaction.begin(now);
        transaction.partitions.extend(partitions);
        Ok(())
    }

    /// Adds a group whose offsets the producer's transaction is going to commit.
    pub(in crate::sandbox) fn add_group(
        &mut self,
        transactional_id: &str,
        producer: Producer,
        group: GroupId,
        now: Timestamp,
    ) -> Result<(), ResponseError> {
        let has_room = self.has_room(1);
        let transaction = self.of_producer(transactional_id, producer)?;
        if !has_room {
            return Err(ResponseError::PolicyViolation);
        }
        transaction.begin(now);
        transaction.groups.insert(group);
        Ok(())
    }

    /// Tells whether there may be so many partitions and groups more in all transactions.
    fn has_room(&self, more: usize) -> bool {
        let added =
            |transaction: &Transaction| transaction.partitions.len() + transaction.groups.len();
        let added: usize = self.by_id.values().map(added).sum();
        added.saturating_add(more) <= self.settings.most_added
    }

    /// Checks that a producer may write to a partition in its transaction.
    pub(in crate::sandbox) fn check_partition(
        &self,
        transactional_id: &str,
        producer: Producer,
        partition: &TopicPartition,
    ) -> Result<(), NotInTransaction> {
        self.check_added(transactional_id, producer, |transaction| {
            transaction.partitions.contains(partition)
        })
    }

    /// Checks that a producer may commit a group's offsets in its transaction.
    pub(in crate::sandbox) fn check_group(
        &self,
        transactional_id: &str,
        producer: Producer,
        group: &GroupId,
    ) -> Result<(), NotInTransaction> {
        self.check_added(transactional_id, producer, |transaction| {
            transaction.groups.contains(group)
        })
    }

    fn check_added(
        &self,
        transactional_id: &str,
        producer: Producer,
        has: impl Fn(&Transaction) -> bool,
    ) -> Result<(), NotInTransaction> {
        if transactional_id.is_empty() {
            return Err(NotInTransaction::Refused(ResponseError::InvalidRequest));
        }
        let Some(transaction) = self.by_id.get(transactional_id) else {
            let error = ResponseError::InvalidProducerIdMapping;
            return Err(NotInTransaction::Refused(error));
        };
        if let Err(error) = transaction.check(producer) {
            let is_fenced = error == ResponseError::ProducerFenced;
            // Whoever writes hears it in the older words.
            let error = if is_fenced { ResponseError::InvalidProducerEpoch } else { error };
            return Err(NotInTransaction::Refused(error));
        }
        if has(transaction) { Ok(()) } else { Err(NotInTransaction::NotAdded) }
    }
}

/// Why a write is not part of its producer's transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum NotInTransaction {
    /// The producer is not the one that has the transactional id.
    Refused(ResponseError),
    /// There is no transaction, or it does not have this partition or group.
    NotAdded,
}

impl NotInTransaction {
    /// Returns the error for the client. Clients that know it (Produce from version 11 on,
    /// `TxnOffsetCommit` from version 4 on) are told that they can abort and go on.
    pub(in crate::sandbox) fn error(self, knows_abortable: bool) -> ResponseError {
        match self {
            Self::Refused(error) => error,
            Self::NotAdded if knows_abortable => ResponseError::TransactionAbortable,
            Self::NotAdded => ResponseError::InvalidTxnState,
        }
    }
}
