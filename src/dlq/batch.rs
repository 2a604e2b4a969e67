//! Puts what was decided together to batches, each of which becomes a transaction or few.

use std::collections::BTreeMap;

use super::dead_letter::DeadLetter;
use super::refusal::Refusal;
use super::select::Decision;
use super::target::Target;

/// The most records of a batch: those of a transaction.
const MOST_RECORDS: usize = 10_000;

/// The most bytes of a batch: an open transaction holds up every `read_committed` consumer of the
/// target from its first record on.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// A dead letter that was selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) dead_letter: DeadLetter,
    pub(super) intent: Intent,
}

/// What is to be done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Intent {
    /// Send it.
    Send(Target),
    /// Remember that another one of its origin stands for it.
    Duplicate,
    /// Report it.
    Refused(Refusal),
}

impl Item {
    /// Returns partition and offset in the DLQ.
    pub(super) fn place(&self) -> (i32, i64) {
        (self.dead_letter.record.topic_partition.partition, self.dead_letter.record.offset)
    }
}

/// Selected dead letters in the order of the DLQ.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Batch {
    pub(super) items: Vec<Item>,
    /// The lowest offset of each partition that stays pending whatever becomes of this batch.
    pub(super) lowest_pending: BTreeMap<i32, i64>,
}

/// Puts batches together. Dead letters come in the order of the DLQ, partition by partition.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    items: Vec<Item>,
    bytes: usize,
    lowest_pending: BTreeMap<i32, i64>,
}

impl Assembler {
    /// Starts with the offsets that are pending before what is read.
    pub(super) fn new(lowest_pending: BTreeMap<i32, i64>) -> Self {
        Self { items: Vec::new(), bytes: 0, lowest_pending }
    }

    /// Takes a dead letter.
    pub(super) fn take(&mut self, dead_letter: DeadLetter, decision: Decision) {
        let partition = dead_letter.record.topic_partition.partition;
        let offset = dead_letter.record.offset;
        let intent = match decision {
            Decision::Send(target) => Intent::Send(target),
            Decision::Duplicate => Intent::Duplicate,
            Decision::Refused(refusal) => Intent::Refused(refusal),
            Decision::Resolved(_) => return,
            Decision::NotSelected => {
                self.lowest_pending.entry(partition).or_insert(offset);
                return;
            }
        };
        if matches!(intent, Intent::Refused(_)) {
            self.lowest_pending.entry(partition).or_insert(offset);
        }
        self.bytes += dead_letter.record.size();
        self.items.push(Item { dead_letter, intent });
    }

    /// Tells whether the batch should go now.
    pub(super) fn is_full(&self) -> bool {
        self.items.len() >= MOST_RECORDS || self.bytes >= MOST_BYTES
    }

    /// Gives the batch out; `None` when it has nothing.
    pub(super) fn cut(&mut self) -> Option<Batch> {
        if self.items.is_empty() {
            return None;
        }
        self.bytes = 0;
        let lowest_pending = self.lowest_pending.clone();
        Some(Batch { items: std::mem::take(&mut self.items), lowest_pending })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dlq::Expected;
    use crate::dlq::testing::record;

    fn dead_letter(offset: i64, size: usize) -> DeadLetter {
        let mut record = record(Some(&vec![b'x'; size]), Vec::new());
        record.offset = offset;
        DeadLetter::read(record, Expected::Auto, None)
    }

    #[test]
    fn what_is_left_out_is_the_lowest_pending_offset() {
        let mut assembler = Assembler::default();
        assembler.take(dead_letter(3, 1), Decision::Duplicate);
        assert_eq!(assembler.cut().unwrap().lowest_pending, BTreeMap::new());
        assembler.take(dead_letter(5, 1), Decision::NotSelected);
        assembler.take(dead_letter(6, 1), Decision::Refused(Refusal::SameTopic));
        let batch = assembler.cut().unwrap();
        assert_eq!(batch.lowest_pending, BTreeMap::from([(0, 5)]));
        assert_eq!(batch.items.len(), 1);
        assert_eq!(assembler.cut(), None);
        let mut assembler = Assembler::new(BTreeMap::from([(0, 2)]));
        assembler.take(dead_letter(9, 1), Decision::Refused(Refusal::SameTopic));
        assert_eq!(assembler.cut().unwrap().lowest_pending, BTreeMap::from([(0, 2)]));
    }

    #[test]
    fn a_batch_is_full_by_bytes_too() {
        let mut assembler = Assembler::default();
        assembler.take(dead_letter(0, MOST_BYTES - 1), Decision::Duplicate);
        assert!(assembler.is_full(), "the key counts");
        assembler.cut().unwrap();
        assert!(!assembler.is_full());
    }
}
