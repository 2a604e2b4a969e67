//! Leaves out what a reader with `read_committed` must not see.

use std::collections::BTreeSet;

use super::{Batch, BatchError, Scratch};

/// An aborted transaction, as a broker names it beside the batches of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AbortedTransaction {
    /// The producer.
    pub(crate) producer_id: i64,
    /// The offset of the transaction's first record.
    pub(crate) first_offset: i64,
}

/// Follows the batches of a partition in order and knows which producers are in an aborted
/// transaction: from its first offset up to the producer's abort marker.
#[derive(Debug)]
pub(crate) struct AbortedTransactions {
    /// Those that have not begun yet, the next one last.
    coming: Vec<AbortedTransaction>,
    /// The producers of those that have.
    open: BTreeSet<i64>,
}

impl AbortedTransactions {
    /// Starts before the first batch.
    pub(crate) fn new(transactions: &[AbortedTransaction]) -> Self {
        let mut coming = transactions.to_vec();
        coming.sort_by_key(|transaction| std::cmp::Reverse(transaction.first_offset));
        Self { coming, open: BTreeSet::new() }
    }

    /// Goes past the next batch and tells whether its records were aborted.
    pub(crate) fn hides(
        &mut self,
        batch: &Batch<'_>,
        scratch: &mut Scratch,
    ) -> Result<bool, BatchError> {
        let last_offset = batch.header.last_offset();
        while let Some(transaction) = self.coming.pop_if(|t| t.first_offset <= last_offset) {
            self.open.insert(transaction.producer_id);
        }
        let producer_id = batch.header.producer_id;
        if self.open.contains(&producer_id) && batch.is_abort_marker(scratch)? {
            self.open.remove(&producer_id);
        }
        Ok(batch.header.is_transactional() && self.open.contains(&producer_id))
    }
}
