//! Sends the records of a transaction in one go and tells what became of each.

use std::collections::BTreeSet;
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
    /// Nobody waited for it, since another one of the same transaction has
    /// [`Failed`](Self::Failed).
    GivenUp,
}

/// How long to wait for room when the queue is full.
const ROOM: Duration = Duration::from_millis(10);

/// How long to wait for the others once one has failed. The transaction has to be aborted then, and
/// librdkafka would hold what is behind a refused batch until its delivery timeout. What is in
/// flight is answered within a round trip; what was not heard only has to be found out another
/// time.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

impl TransactionalProducer {
    /// Puts records into the open transaction, waits for all of them, and returns what became of
    /// each, in their order. When the deadline passes, those without an answer have failed; when
    /// one fails, the others are not waited for.
    pub(super) fn send_all(&self, records: &[&OutgoingRecord], deadline: Deadline) -> Vec<Sent> {
        let first = self.tags(records.len());
        let (mut outcomes, mut has_failed) =
            put(records, first, |record, tag| self.send(record, tag), || self.poll(ROOM), deadline);
        let soon = || Deadline::after(AFTER_FAILURE.min(deadline.left()));
        let mut until = if has_failed { soon() } else { deadline };
        while self.in_flight() > 0 && !until.has_passed() {
            let is_failure = note(&mut outcomes, first, self.poll(ROOM));
            if is_failure && !has_failed {
                has_failed = true;
                until = soon();
            }
        }
        has_failed |= note(&mut outcomes, first, self.poll(Duration::ZERO));
        let unanswered =
            || if has_failed { Sent::GivenUp } else { Sent::Failed(timeout(deadline)) };
        let mut sent: Vec<_> =
            outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(unanswered)).collect();
        if has_failed {
            self.give_reason(records, &mut sent);
        }
        sent
    }

    /// Gives records that the client has given up the reason why: a broker refused their
    /// transaction.
    fn give_reason(&self, records: &[&OutgoingRecord], sent: &mut [Sent]) {
        let is_given_up =
            |sent: &Sent| matches!(sent, Sent::Failed(error) if error.code().is_none());
        let given_up = records.iter().zip(&*sent).filter(|(_, sent)| is_given_up(sent));
        let topics: BTreeSet<_> = given_up.map(|(record, _)| &record.topic).collect();
        if topics.is_empty() {
            return;
        }
        // One that is about records is theirs that were refused, and says nothing of the others.
        let is_refusal = |reason: &Error| reason.code().is_some() && !reason.is_of_records();
        if let Some(reason) = self.failure(&topics).filter(is_refusal) {
            for outcome in sent.iter_mut().filter(|sent| is_given_up(sent)) {
                *outcome = Sent::Failed(reason.clone());
            }
        }
    }
}

/// Puts records into the queue, polling where it is full, and returns what is known of them by then
/// and whether one has failed: those behind are not put then.
fn put(
    records: &[&OutgoingRecord],
    first: u64,
    send: impl Fn(&OutgoingRecord, u64) -> Result<(), SendError>,
    poll: impl Fn() -> Vec<Delivery>,
    deadline: Deadline,
) -> (Vec<Option<Sent>>, bool) {
    let mut outcomes = vec![None; records.len()];
    for (index, record) in records.iter().enumerate() {
        let tag = u64::try_from(index).map_or(u64::MAX, |index| first.saturating_add(index));
        let refusal = loop {
            match send(record, tag) {
                Ok(()) => break None,
                Err(SendError::Rejected(error)) => break Some(Sent::NotTaken(error)),
                Err(SendError::QueueFull) => {
                    if note(&mut outcomes, first, poll()) {
                        return (outcomes, true);
                    }
                    if deadline.has_passed() {
                        break Some(Sent::Failed(timeout(deadline)));
                    }
                }
            }
        };
        let has_failed = matches!(refusal, Some(Sent::Failed(_)));
        if let Some(outcome) = outcomes.get_mut(index)
            && refusal.is_some()
        {
            *outcome = refusal;
        }
        if has_failed {
            return (outcomes, true);
        }
    }
    (outcomes, false)
}

/// Notes what became of records, whose tags begin at `first`, and tells whether one has failed.
/// What comes late of an earlier transaction has a lower one, and is passed over: an abort leaves
/// failures of all that it has purged.
fn note(outcomes: &mut [Option<Sent>], first: u64, deliveries: Vec<Delivery>) -> bool {
    let mut has_failed = false;
    for Delivery { tag, outcome } in deliveries {
        let index = tag.checked_sub(first).and_then(|index| usize::try_from(index).ok());
        if let Some(place) = index.and_then(|index| outcomes.get_mut(index)) {
            has_failed |= outcome.is_err();
            *place = Some(match outcome {
                Ok(delivered) => Sent::Written(delivered),
                Err(error) => Sent::Failed(error),
            });
        }
    }
    has_failed
}

fn timeout(deadline: Deadline) -> Error {
    Error::Timeout { doing: "the records of a transaction".to_owned(), allowed: deadline.allowed() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_a_failure_nothing_waits_for_room() {
        let record = OutgoingRecord::for_test();
        let records = [&record; 5];
        let room = |tag| if tag < 12 { Ok(()) } else { Err(SendError::QueueFull) };
        let error = Error::Client("too large".to_owned());
        let failed = |tag| Delivery { tag, outcome: Err(error.clone()) };
        let put = |poll: &dyn Fn() -> Vec<Delivery>, wait| {
            put(&records, 10, |_, tag| room(tag), poll, Deadline::after(wait))
        };
        // An hour is left for the others.
        let (outcomes, has_failed) = put(&|| vec![failed(11)], Duration::from_secs(3_600));
        assert_eq!(outcomes, [None, Some(Sent::Failed(error.clone())), None, None, None]);
        assert!(has_failed);
        let (outcomes, has_failed) = put(&Vec::new, Duration::ZERO);
        assert!(matches!(outcomes[..], [None, None, Some(Sent::Failed(_)), None, None]));
        assert!(has_failed, "nor does anything behind one whose time is over");
    }

    #[test]
    fn what_comes_late_of_an_earlier_transaction_is_no_records_fate() {
        let at = Delivered { partition: 0, offset: 70 };
        let delivered = |tag| Delivery { tag, outcome: Ok(at) };
        let error = Error::Client("purged".to_owned());
        let failed = |tag| Delivery { tag, outcome: Err(error.clone()) };
        let mut outcomes = vec![None, None];
        let late = [failed(0), delivered(3), failed(4), delivered(6), failed(7)];
        assert!(!note(&mut outcomes, 5, late.into()), "what was purged before is no failure");
        assert_eq!(outcomes, [None, Some(Sent::Written(at))]);
        assert!(note(&mut outcomes, 5, vec![failed(5)]));
        assert_eq!(outcomes, [Some(Sent::Failed(error.clone())), Some(Sent::Written(at))]);
    }
}
