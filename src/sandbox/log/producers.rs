//! The producers that write to a partition: what makes a batch sent twice be stored once, and which
//! transactions are open.

use std::collections::{BTreeMap, VecDeque};

use kafka_protocol::ResponseError;

use crate::kafka::batch::BatchHeader;
use crate::model::timestamp::Timestamp;

/// How many batches of a producer are remembered: as many as an idempotent producer may have under
/// way.
const REMEMBERED: usize = 5;
/// The sequence number before the first one.
const BEFORE_FIRST: i32 = -1;

/// The producers of a partition by id.
#[derive(Debug, Default)]
pub(super) struct Producers {
    by_id: BTreeMap<i64, Producer>,
    /// The producers with an open transaction, by the offset at which it begins.
    open: BTreeMap<i64, i64>,
}

/// What is known of a producer.
#[derive(Debug)]
struct Producer {
    epoch: i16,
    /// The greatest epoch of a transaction coordinator that ended one of its transactions.
    coordinator_epoch: i32,
    /// When it last wrote.
    seen: Timestamp,
    /// Where its open transaction begins.
    transaction_start: Option<i64>,
    /// The last batches of this epoch, the newest last.
    sent: VecDeque<Sent>,
}

/// A batch that was appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sent {
    first_sequence: i32,
    last_sequence: i32,
    /// The offset of its first record.
    pub(super) first_offset: i64,
    last_offset: i64,
    /// Its greatest timestamp.
    pub(super) timestamp: i64,
}

/// What is to be done with a batch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is new.
    Append,
    /// It was appended already, there.
    Duplicate(Sent),
}

/// What compaction has to leave of a producer, so that its next batch is judged the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trace {
    /// The batch that ends with this offset.
    Batch(i64),
    /// A marker of this epoch.
    Marker(i16),
}

impl Producers {
    /// Judges a batch by what its producer sent before. Of a producer that is not known any number
    /// is taken: what it sent before may have been deleted.
    pub(super) fn judge(&self, header: &BatchHeader) -> Result<Verdict, ResponseError> {
        let producer = self.by_id.get(&header.producer_id);
        let Some(producer) = producer.filter(|_| header.has_producer()) else {
            return Ok(Verdict::Append);
        };
        let (epoch, sequence) = (header.producer_epoch, header.base_sequence);
        let last = last_sequence(header);
        let is_this = |sent: &&Sent| sent.first_sequence == sequence && sent.last_sequence == last;
        if epoch == producer.epoch
            && let Some(sent) = producer.sent.iter().find(is_this)
        {
            return Ok(Verdict::Duplicate(*sent));
        }
        if epoch < producer.epoch {
            return Err(ResponseError::InvalidProducerEpoch);
        }
        let before = match producer.sent.back() {
            Some(sent) if epoch == producer.epoch => sent.last_sequence,
            Some(_) | None => BEFORE_FIRST,
        };
        if sequence != following(before, 1) {
            return Err(ResponseError::OutOfOrderSequenceNumber);
        }
        if producer.transaction_start.is_some() && !header.is_transactional() {
            return Err(ResponseError::InvalidTxnState);
        }
        Ok(Verdict::Append)
    }

    /// Remembers a batch that was appended.
    pub(super) fn remember(&mut self, header: &BatchHeader, now: Timestamp) {
        if !header.has_producer() {
            return;
        }
        let producer = self.known(header.producer_id, header.producer_epoch);
        if producer.sent.len() == REMEMBERED {
            producer.sent.pop_front();
        }
        producer.sent.push_back(Sent {
            first_sequence: header.base_sequence,
            last_sequence: last_sequence(header),
            first_offset: header.base_offset,
            last_offset: header.last_offset(),
            timestamp: header.max_timestamp,
        });
        producer.seen = now;
        if header.is_transactional() && producer.transaction_start.is_none() {
            producer.transaction_start = Some(header.base_offset);
            self.open.insert(header.base_offset, header.producer_id);
        }
    }

    /// Checks that a coordinator may end the transaction of a producer.
    pub(super) fn check_end(
        &self,
        (id, epoch): (i64, i16),
        coordinator_epoch: i32,
    ) -> Result<(), ResponseError> {
        match self.by_id.get(&id) {
            Some(producer) if epoch < producer.epoch => Err(ResponseError::InvalidProducerEpoch),
            Some(producer) if coordinator_epoch < producer.coordinator_epoch => {
                Err(ResponseError::TransactionCoordinatorFenced)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Ends the transaction of a producer; returns where it began, if there was one.
    pub(super) fn end(
        &mut self,
        (id, epoch): (i64, i16),
        coordinator_epoch: i32,
        now: Timestamp,
    ) -> Option<i64> {
        let producer = self.known(id, epoch);
        producer.coordinator_epoch = coordinator_epoch;
        producer.seen = now;
        let start = producer.transaction_start.take()?;
        self.open.remove(&start);
        Some(start)
    }

    /// Returns a producer, in this epoch: sequences begin anew with each.
    fn known(&mut self, id: i64, epoch: i16) -> &mut Producer {
        let producer = self.by_id.entry(id).or_insert_with(|| Producer {
            epoch,
            coordinator_epoch: -1,
            seen: Timestamp(0),
            transaction_start: None,
            sent: VecDeque::with_capacity(REMEMBERED),
        });
        if producer.epoch != epoch {
            producer.epoch = epoch;
            producer.sent.clear();
        }
        producer
    }

    /// Returns where the first open transaction begins.
    pub(super) fn first_open(&self) -> Option<i64> {
        self.open.first_key_value().map(|(offset, _)| *offset)
    }

    /// Tells whether a producer has an open transaction.
    pub(super) fn is_open(&self, id: i64) -> bool {
        self.by_id.get(&id).is_some_and(|producer| producer.transaction_start.is_some())
    }

    /// Returns what each producer needs left in the log.
    pub(super) fn traces(&self) -> BTreeMap<i64, Trace> {
        let trace = |producer: &Producer| match producer.sent.back() {
            Some(sent) => Trace::Batch(sent.last_offset),
            None => Trace::Marker(producer.epoch),
        };
        self.by_id.iter().map(|(id, producer)| (*id, trace(producer))).collect()
    }

    /// Forgets who has not written since then and has nothing open; tells whether there was one.
    pub(super) fn forget_before(&mut self, then: Timestamp) -> bool {
        let before = self.by_id.len();
        self.by_id.retain(|_, it| it.seen > then || it.transaction_start.is_some());
        self.by_id.len() < before
    }

    /// Returns how much memory this takes.
    pub(super) fn memory(&self) -> usize {
        self.by_id.len() * (size_of::<(i64, Producer)>() + REMEMBERED * size_of::<Sent>())
            + self.open.len() * size_of::<(i64, i64)>()
    }
}

/// Returns the sequence number of a batch's last record.
fn last_sequence(header: &BatchHeader) -> i32 {
    following(header.base_sequence, header.last_offset_delta)
}

/// Returns the sequence number that is `count` further; 0 follows the greatest.
fn following(sequence: i32, count: i32) -> i32 {
    sequence.checked_add(count).unwrap_or_else(|| count - (i32::MAX - sequence) - 1)
}

#[cfg(test)]
mod tests;
