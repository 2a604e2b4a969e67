//! The transaction coordinator as a pure state machine: which producer may write under a
//! transactional id, and which partitions and groups its transaction has.
//!
//! What the end of a transaction writes is returned as a value. It is applied under the same lock,
//! so nobody ever sees a transaction that is being completed: Kafka's `PrepareCommit` and
//! `PrepareAbort` do not exist here. Transactions of version 2 (KIP-890) are not offered.

mod end;
mod init;
mod list;
mod partitions;
mod settings;
mod transaction;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use kafka_protocol::ResponseError;

pub(in crate::sandbox) use end::{Ending, Outcome};
pub(in crate::sandbox) use list::{Wanted, is_state};
pub(in crate::sandbox) use settings::Settings;
pub(in crate::sandbox) use transaction::Producer;

use crate::model::timestamp::Timestamp;
use transaction::Transaction;

/// All transactional ids of the sandbox, and the producer ids it gave out.
#[derive(Debug)]
pub(in crate::sandbox) struct Transactions {
    settings: Settings,
    by_id: BTreeMap<String, Transaction>,
    next_producer_id: i64,
}

impl Transactions {
    /// Starts without producers.
    pub(in crate::sandbox) fn new(settings: Settings) -> Self {
        Self { settings, by_id: BTreeMap::new(), next_producer_id: 0 }
    }

    fn new_producer_id(&mut self) -> i64 {
        let id = self.next_producer_id;
        self.next_producer_id = id.saturating_add(1);
        id
    }

    /// Returns the transaction if this producer may go on with it.
    fn of_producer(
        &mut self,
        transactional_id: &str,
        producer: Producer,
    ) -> Result<&mut Transaction, ResponseError> {
        if transactional_id.is_empty() {
            return Err(ResponseError::InvalidRequest);
        }
        let known = self.by_id.get_mut(transactional_id);
        let transaction = known.ok_or(ResponseError::InvalidProducerIdMapping)?;
        transaction.check(producer)?;
        Ok(transaction)
    }

    /// Lets time pass: aborts transactions that took longer than their producers said they would.
    #[must_use = "the markers have to be written"]
    pub(in crate::sandbox) fn tick(&mut self, now: Timestamp) -> Vec<Ending> {
        let late = self.by_id.values_mut().filter(|transaction| transaction.is_late(now));
        late.map(Transaction::fence).collect()
    }
}
