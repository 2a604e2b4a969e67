//! `InitProducerId`: a producer starts, or starts again, and whoever had its transactional id
//! before is fenced.

use kafka_protocol::ResponseError;

use super::Transactions;
use super::end::Ending;
use super::transaction::{Producer, State, Transaction};

/// What came of a producer's start.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the markers have to be written"]
pub(in crate::sandbox) struct Initialised {
    pub(in crate::sandbox) answer: Result<Producer, ResponseError>,
    /// The transaction of the instance before, which had to be aborted.
    pub(in crate::sandbox) ending: Option<Ending>,
}

impl Transactions {
    /// Starts a producer. `current` is what it has already, if it only wants a higher epoch.
    pub(in crate::sandbox) fn init(
        &mut self,
        transactional_id: Option<&str>,
        timeout_ms: i32,
        current: Option<Producer>,
    ) -> Initialised {
        let Some(transactional_id) = transactional_id else {
            // Idempotent only: epochs are the producer's own affair, and every start is a new id.
            let id = self.new_producer_id();
            return Initialised { answer: Ok(Producer { id, epoch: 0 }), ending: None };
        };
        let mut ending = None;
        let answer = self.init_transactional(transactional_id, timeout_ms, current, &mut ending);
        Initialised { answer, ending }
    }

    fn init_transactional(
        &mut self,
        transactional_id: &str,
        timeout_ms: i32,
        current: Option<Producer>,
        ending: &mut Option<Ending>,
    ) -> Result<Producer, ResponseError> {
        if transactional_id.is_empty() {
            return Err(ResponseError::InvalidRequest);
        }
        if timeout_ms <= 0 || timeout_ms > self.settings.max_timeout_ms {
            return Err(ResponseError::InvalidTransactionTimeout);
        }
        let Some(transaction) = self.by_id.get_mut(transactional_id) else {
            return self.init_unknown(transactional_id, timeout_ms);
        };
        if current.is_some_and(|current| !transaction.may_be(current)) {
            return Err(ResponseError::ProducerFenced);
        }
        if transaction.state == State::Ongoing {
            *ending = Some(transaction.fence());
            // The client comes again; only then does it get an epoch.
            return Err(ResponseError::ConcurrentTransactions);
        }
        let is_own_epoch =
            current.is_none_or(|current| current.epoch == transaction.producer.epoch);
        if transaction.producer.is_exhausted() && is_own_epoch {
            let before = transaction.producer;
            transaction.last_producer_id = Some(before.id);
            transaction.last_epoch = current.map(|_| before.epoch);
            let id = self.next_producer_id;
            self.next_producer_id = id.saturating_add(1);
            transaction.producer = Producer { id, epoch: 0 };
        } else {
            transaction.bump(current)?;
        }
        transaction.timeout_ms = timeout_ms;
        transaction.state = State::Empty;
        transaction.started = None;
        Ok(transaction.producer)
    }

    /// A transactional id that nobody used: whatever the producer has, it gets a new id.
    fn init_unknown(
        &mut self,
        transactional_id: &str,
        timeout_ms: i32,
    ) -> Result<Producer, ResponseError> {
        let bytes: usize = self.by_id.keys().map(String::len).sum();
        let is_full = bytes + transactional_id.len() > self.settings.most_id_bytes
            || self.by_id.len() >= self.settings.most_ids;
        if is_full {
            return Err(ResponseError::PolicyViolation);
        }
        let producer = Producer { id: self.new_producer_id(), epoch: 0 };
        let transaction = Transaction::new(producer, timeout_ms);
        self.by_id.insert(transactional_id.to_owned(), transaction);
        Ok(producer)
    }
}

impl Transaction {
    /// Whether a producer that wants a higher epoch is the current one. Its epoch is looked at
    /// later, unless it was used up and the answer with the new producer id was lost.
    fn may_be(&self, claimed: Producer) -> bool {
        let is_before_rotation =
            Some(claimed.id) == self.last_producer_id && claimed.is_exhausted();
        claimed.id == self.producer.id || is_before_rotation
    }

    fn bump(&mut self, current: Option<Producer>) -> Result<(), ResponseError> {
        match current {
            None => {
                self.last_epoch = None;
                self.producer = self.producer.bumped();
            }
            Some(current) if current.epoch == self.producer.epoch => {
                self.last_epoch = Some(current.epoch);
                self.producer = self.producer.bumped();
            }
            // It asks again, because the answer was lost: it gets the same one.
            Some(current) if Some(current.epoch) == self.last_epoch => {}
            Some(_) => return Err(ResponseError::ProducerFenced),
        }
        Ok(())
    }
}
