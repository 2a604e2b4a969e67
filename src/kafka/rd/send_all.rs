//! Sends the records of a transaction in one go and tells what became of each.

use std::time::Duration;

use super::context::{Delivered, Delivery};
use super::queue::SendError;
use super::transaction::TransactionalProducer;
use crate::clock::Deadline;
use crate::kafka::Error;
use crate::model::record::OutgoingRecord;

/// What became of a record that was put into a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sent {
    /// It is in the transaction, at this place.
    Written(Delivered),
    /// It never left; the transaction is unharmed.
    NotTaken(Error),
    /// It failed; the transaction has to be aborted.
    Failed(Error),
}

/// How long to wait for room when the queue is full.
const ROOM: Duration = Duration::from_millis(10);

/// How long to wait for the others once one has failed. The transaction has to be aborted then, and
/// librdkafka would hold what is behind a refused batch until its delivery timeout. What is in flight
/// is answered within a round trip; what was not heard only has to be found out another time.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

impl TransactionalProducer {
    /// Puts records into the open transaction, waits for all of them, and returns what became of
    /// each, in their order. When the deadline passes, those without an answer have failed; when one
    /// fails, the others are not waited for.
    pub(super) fn send_all(&self, records: &[&OutgoingRecord], deadline: Deadline) -> Vec<Sent> {
        // What an aborted transaction has left behind bears the same tags.
        drop(self.poll(Duration::ZERO));
        let mut outcomes: Vec<Option<Sent>> = vec![None; records.len()];
        for (index, record) in records.iter().enumerate() {
            let tag = u64::try_from(index).unwrap_or(u64::MAX);
            let refusal = loop {
                match self.send(record, tag) {
                    Ok(()) => break None,
                    Err(SendError::Rejected(error)) => break Some(Sent::NotTaken(error)),
                    Err(SendError::QueueFull) if deadline.has_passed() => {
                        break Some(Sent::Failed(timeout(deadline)));
                    }
                    Err(SendError::QueueFull) => note(&mut outcomes, self.poll(ROOM)),
                }
            };
            if let Some(outcome) = outcomes.get_mut(index)
                && refusal.is_some()
            {
                *outcome = refusal;
            }
        }
        let mut has_failed =
            outcomes.iter().any(|outcome| matches!(outcome, Some(Sent::Failed(_))));
        let mut until =
            if has_failed { Deadline::after(AFTER_FAILURE.min(deadline.left())) } else { deadline };
        while self.in_flight() > 0 && !until.has_passed() {
            let deliveries = self.poll(ROOM);
            if !has_failed && deliveries.iter().any(|delivery| delivery.outcome.is_err()) {
                has_failed = true;
                until = Deadline::after(AFTER_FAILURE.min(deadline.left()));
            }
            note(&mut outcomes, deliveries);
        }
        note(&mut outcomes, self.poll(Duration::ZERO));
        let unanswered = || {
            if has_failed && !deadline.has_passed() {
                return Error::Client("given up, since another record failed".to_owned());
            }
            timeout(deadline)
        };
        outcomes
            .into_iter()
            .map(|outcome| outcome.unwrap_or_else(|| Sent::Failed(unanswered())))
            .collect()
    }
}

/// Notes what became of records.
fn note(outcomes: &mut [Option<Sent>], deliveries: Vec<Delivery>) {
    for Delivery { tag, outcome } in deliveries {
        if let Some(place) = usize::try_from(tag).ok().and_then(|index| outcomes.get_mut(index)) {
            *place = Some(match outcome {
                Ok(delivered) => Sent::Written(delivered),
                Err(error) => Sent::Failed(error),
            });
        }
    }
}

fn timeout(deadline: Deadline) -> Error {
    Error::Timeout { doing: "the records of a transaction".to_owned(), allowed: deadline.allowed() }
}
