//! `EndTxn`: commit or abort, and what that writes.

use std::collections::BTreeSet;

use kafka_protocol::ResponseError;

use super::Transactions;
use super::transaction::{Producer, State};
use crate::model::name::GroupId;
use crate::model::offset::TopicPartition;

/// How a transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sandbox) enum Outcome {
    Commit,
    Abort,
}

/// What the end of a transaction writes: a marker to each partition, and to each group its pending
/// offsets, or their end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the markers have to be written"]
pub(in crate::sandbox) struct Ending {
    pub(in crate::sandbox) producer: Producer,
    pub(in crate::sandbox) outcome: Outcome,
    pub(in crate::sandbox) partitions: BTreeSet<TopicPartition>,
    pub(in crate::sandbox) groups: BTreeSet<GroupId>,
}

impl Transactions {
    /// Ends the producer's transaction. Asking for the same end again is no error and writes
    /// nothing: the first answer may have been lost.
    pub(in crate::sandbox) fn end(
        &mut self,
        transactional_id: &str,
        producer: Producer,
        outcome: Outcome,
    ) -> Result<Option<Ending>, ResponseError> {
        let transaction = self.of_producer(transactional_id, producer)?;
        match transaction.state {
            State::Ongoing => Ok(Some(transaction.end(outcome))),
            State::Complete(before) if before == outcome => Ok(None),
            State::Complete(_) | State::Empty => Err(ResponseError::InvalidTxnState),
        }
    }
}
