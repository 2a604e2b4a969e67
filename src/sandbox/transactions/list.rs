//! Transactions as an administrator sees them.

use std::collections::BTreeSet;

use kafka_protocol::ResponseError;

use super::Transactions;
use super::transaction::{Producer, Transaction};
use crate::model::offset::TopicPartition;
use crate::model::timestamp::Timestamp;

/// Which transactions are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::sandbox) struct Wanted {
    /// Empty for all.
    pub(in crate::sandbox) producer_ids: BTreeSet<i64>,
    /// None for all; with no known name among them, there are none.
    pub(in crate::sandbox) states: Option<BTreeSet<String>>,
    /// Only those that began longer ago.
    pub(in crate::sandbox) longer_than_ms: Option<i64>,
}

/// A line of the list of transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct ListedTransaction {
    pub(in crate::sandbox) transactional_id: String,
    pub(in crate::sandbox) producer_id: i64,
    pub(in crate::sandbox) state: &'static str,
}

/// A transactional id with what its transaction has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct DescribedTransaction {
    pub(in crate::sandbox) producer: Producer,
    pub(in crate::sandbox) state: &'static str,
    pub(in crate::sandbox) timeout_ms: i32,
    pub(in crate::sandbox) started: Option<Timestamp>,
    pub(in crate::sandbox) partitions: Vec<TopicPartition>,
}

/// Whether Kafka has a state of this name; the sandbox never shows some of them.
pub(in crate::sandbox) fn is_state(name: &str) -> bool {
    const NAMES: [&str; 8] = [
        "Empty",
        "Ongoing",
        "PrepareCommit",
        "PrepareAbort",
        "CompleteCommit",
        "CompleteAbort",
        "Dead",
        "PrepareEpochFence",
    ];
    NAMES.contains(&name)
}

impl Transactions {
    /// Lists transactional ids.
    pub(in crate::sandbox) fn list(
        &self,
        wanted: &Wanted,
        now: Timestamp,
    ) -> Vec<ListedTransaction> {
        self.by_id
            .iter()
            .filter(|(_, transaction)| wanted.has(transaction, now))
            .map(|(id, transaction)| ListedTransaction {
                transactional_id: id.clone(),
                producer_id: transaction.producer.id,
                state: transaction.state.name(),
            })
            .collect()
    }

    /// Describes a transactional id.
    pub(in crate::sandbox) fn describe(
        &self,
        transactional_id: &str,
    ) -> Result<DescribedTransaction, ResponseError> {
        if transactional_id.is_empty() {
            return Err(ResponseError::InvalidRequest);
        }
        let known = self.by_id.get(transactional_id);
        let transaction = known.ok_or(ResponseError::TransactionalIdNotFound)?;
        Ok(DescribedTransaction {
            producer: transaction.producer,
            state: transaction.state.name(),
            timeout_ms: transaction.timeout_ms,
            started: transaction.started,
            partitions: transaction.partitions.iter().cloned().collect(),
        })
    }
}

impl Wanted {
    fn has(&self, transaction: &Transaction, now: Timestamp) -> bool {
        let Self { producer_ids, states, longer_than_ms } = self;
        // Kafka counts from −1 where no transaction has begun.
        let started = transaction.started.map_or(-1, |started| started.0);
        let age = now.0.saturating_sub(started);
        (producer_ids.is_empty() || producer_ids.contains(&transaction.producer.id))
            && states.as_ref().is_none_or(|states| states.contains(transaction.state.name()))
            && longer_than_ms.is_none_or(|longer_than| age > longer_than)
    }
}
