//! Puts what was decided together to batches, each of which becomes a transaction or few.

use super::dead_letter::DeadLetter;
use super::refusal::Refusal;
use super::select::Decision;
use super::target::Target;

/// The most records of a batch: those of a transaction.
const MOST_RECORDS: usize = 10_000;

/// From how many bytes on a batch is full: those of a transaction. What is more goes into the next.
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
pub(super) type Batch = Vec<Item>;

/// Puts batches together. Dead letters come in the order of the DLQ, partition by partition.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    batch: Batch,
    bytes: usize,
}

impl Assembler {
    /// Takes a dead letter.
    pub(super) fn take(&mut self, dead_letter: DeadLetter, decision: Decision) {
        let intent = match decision {
            Decision::Send(target) => Intent::Send(target),
            Decision::Duplicate => Intent::Duplicate,
            Decision::Refused(refusal) => Intent::Refused(refusal),
            Decision::Resolved(_) | Decision::NotSelected => return,
        };
        self.bytes += dead_letter.record.size();
        self.batch.push(Item { dead_letter, intent });
    }

    /// Tells whether the batch should go now.
    pub(super) fn is_full(&self) -> bool {
        self.batch.len() >= MOST_RECORDS || self.bytes >= MOST_BYTES
    }

    /// Gives the batch out; `None` when it has nothing.
    pub(super) fn cut(&mut self) -> Option<Batch> {
        self.bytes = 0;
        Some(std::mem::take(&mut self.batch)).filter(|batch| !batch.is_empty())
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
    fn what_nothing_is_to_be_done_with_is_left_out() {
        let mut assembler = Assembler::default();
        assembler.take(dead_letter(5, 1), Decision::NotSelected);
        assert_eq!(assembler.cut(), None);
        assembler.take(dead_letter(6, 1), Decision::Refused(Refusal::SameTopic));
        assembler.take(dead_letter(7, 1), Decision::Duplicate);
        let offsets: Vec<_> = assembler.cut().unwrap().iter().map(|item| item.place().1).collect();
        assert_eq!(offsets, [6, 7]);
        assert_eq!(assembler.cut(), None);
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
