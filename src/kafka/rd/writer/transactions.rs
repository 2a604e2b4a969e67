//! What a writer needs of a transactional producer: a broker played in memory can do it too.

use super::super::send_all::Sent;
use super::super::setback::TransactionError;
use super::super::transaction::TransactionalProducer;
use crate::clock::Deadline;
use crate::model::record::OutgoingRecord;

/// Transactions, one after the other; each method is that of [`TransactionalProducer`].
pub(super) trait Transactions: Send {
    fn begin(&self) -> Result<(), TransactionError>;
    fn send_all(&self, records: &[&OutgoingRecord], deadline: Deadline) -> Vec<Sent>;
    fn commit(&self, deadline: Deadline) -> Result<(), TransactionError>;
    fn abort(&self, deadline: Deadline) -> Result<(), TransactionError>;
}

impl Transactions for TransactionalProducer {
    fn begin(&self) -> Result<(), TransactionError> {
        self.begin()
    }

    fn send_all(&self, records: &[&OutgoingRecord], deadline: Deadline) -> Vec<Sent> {
        self.send_all(records, deadline)
    }

    fn commit(&self, deadline: Deadline) -> Result<(), TransactionError> {
        self.commit(deadline)
    }

    fn abort(&self, deadline: Deadline) -> Result<(), TransactionError> {
        self.abort(deadline)
    }
}
