//! Follows the transactions through a log that is compacted: what was aborted can go, and a marker
//! can go when nothing of its transaction is left.

use std::collections::{BTreeMap, BTreeSet};

use super::super::aborted::Aborted;
use crate::kafka::batch::{Batch, Scratch};

/// The transactions around the next batch.
#[derive(Debug)]
pub(super) struct Transactions {
    /// The aborted ones that have not begun yet, the next one last.
    coming: Vec<Aborted>,
    /// The aborted ones that have, by producer, and whether something of them is still there.
    aborted: BTreeMap<i64, (Aborted, bool)>,
    /// The producers of committed ones of which something is still there.
    committed: BTreeSet<i64>,
    /// The aborted ones of which something was there.
    kept: Vec<Aborted>,
}

impl Transactions {
    /// Starts before the first batch.
    pub(super) fn new(aborted: &[Aborted]) -> Self {
        let mut coming = aborted.to_vec();
        coming.sort_by_key(|aborted| std::cmp::Reverse(aborted.first_offset));
        let (aborted, committed, kept) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
        Self { coming, aborted, committed, kept }
    }

    /// Goes past the next batch; tells whether nobody needs it: it was aborted, or it is the marker
    /// of a transaction that has nothing left.
    pub(super) fn is_done_with(&mut self, batch: &Batch<'_>, scratch: &mut Scratch) -> bool {
        let header = &batch.header;
        let last_offset = header.last_offset();
        while let Some(aborted) = self.coming.pop_if(|it| it.first_offset <= last_offset) {
            self.aborted.entry(aborted.producer_id).or_insert((aborted, false));
        }
        let producer_id = header.producer_id;
        if header.is_control() {
            // A marker that was emptied has nothing left to say.
            return header.record_count == 0
                || match batch.is_abort_marker(scratch) {
                    Ok(true) => self.end_aborted(producer_id),
                    Ok(false) => !self.committed.remove(&producer_id),
                    Err(_) => false,
                };
        }
        if !header.is_transactional() {
            return false;
        }
        if let Some((_, is_there)) = self.aborted.get_mut(&producer_id) {
            *is_there = true;
            return true;
        }
        self.committed.insert(producer_id);
        false
    }

    /// Ends an aborted transaction; tells whether nothing of it was there.
    fn end_aborted(&mut self, producer_id: i64) -> bool {
        match self.aborted.remove(&producer_id) {
            Some((aborted, true)) => {
                self.kept.push(aborted);
                false
            }
            Some((_, false)) | None => true,
        }
    }

    /// Returns the aborted transactions that have to be known on.
    pub(super) fn kept(self) -> Vec<Aborted> {
        self.kept
    }
}
