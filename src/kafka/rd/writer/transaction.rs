//! One transaction of a writer: sends, learns from what was refused, adds, commits or aborts.

use std::time::Duration;

use super::super::send_all::Sent;
use super::super::setback::TransactionError;
use super::care::Attempt;
use super::{Add, Fate, Outbound, Stop, TRANSACTION_TIMEOUT, Writer};
use crate::clock::{Deadline, Stopwatch};
use crate::kafka::Error;
use crate::model::record::OutgoingRecord;

/// Why a transaction was not committed.
pub(super) enum Setback {
    /// The broker refused records; what is known of them has been learned.
    Refused,
    /// It is aborted for another reason, and can be tried again.
    Aborted(Error),
    /// Its commit had no answer; what became of its records if it was committed.
    InDoubt(Box<Stop>, Vec<Fate>),
    /// Nothing of it is committed.
    Stop(Stop),
}

impl Writer {
    /// Runs one transaction; none where there is nothing to write.
    pub(super) fn transaction(
        &mut self,
        start: usize,
        share: &[Outbound],
        add: Add<'_>,
    ) -> Result<Committed, Setback> {
        let range = start..start + share.len();
        let mut fates = Vec::with_capacity(share.len());
        let mut sendable = Vec::with_capacity(share.len());
        let mut sizes = Vec::with_capacity(share.len());
        for outbound in share {
            let size = outbound.record.as_ref().map_or(0, OutgoingRecord::encoded_size);
            let verdict = self.care.verdict(outbound, size);
            if let (None, Some(record)) = (&verdict, &outbound.record) {
                sendable.push(record);
                sizes.push((fates.len(), size));
            }
            fates.push(verdict.map_or(Fate::Nothing, Fate::Refused));
        }
        let mut addition = None;
        if sendable.is_empty() {
            let known = add(range.clone(), &fates).map_err(fatal)?;
            if known.is_empty() {
                return Ok(Committed { fates, took: None });
            }
            addition = Some(known);
        }
        let open = Stopwatch::start();
        let deadline = Deadline::after(TRANSACTION_TIMEOUT);
        self.producer.begin().map_err(|error| self.aborted(error))?;
        let sent = self.producer.send_all(&sendable, deadline);
        self.check(share, &sizes, &sent)?;
        for ((index, _), sent) in sizes.into_iter().zip(sent) {
            if let Some(fate) = fates.get_mut(index) {
                *fate = match sent {
                    Sent::Written(at) => Fate::Written(at),
                    Sent::NotTaken(error) | Sent::Failed(error) => Fate::Refused(error),
                    // Another one has failed then, which `check` has found.
                    Sent::GivenUp => continue,
                };
            }
        }
        let made = addition.map_or_else(|| add(range, &fates), Ok);
        let records = made.map_err(|error| self.given_up(error))?;
        self.add(&records, deadline)?;
        match self.producer.commit(deadline) {
            Ok(()) => Ok(Committed { fates, took: Some(open.elapsed()) }),
            Err(error @ TransactionError::Abortable(_)) => Err(self.uncommitted(error, fates)),
            Err(TransactionError::Undecided(error)) => {
                Err(Setback::InDoubt(Box::new(Stop::Undecided(error)), fates))
            }
            // The answer to a first try may be the one that was lost.
            Err(TransactionError::Fenced(error)) => {
                Err(Setback::InDoubt(Box::new(Stop::Fenced(error)), fates))
            }
            Err(TransactionError::Fatal(error)) => {
                Err(Setback::InDoubt(Box::new(Stop::Lost(error)), fates))
            }
        }
    }

    /// Ends the transaction if one of its records has failed, and learns from that.
    fn check(
        &mut self,
        share: &[Outbound],
        sizes: &[(usize, usize)],
        sent: &[Sent],
    ) -> Result<(), Setback> {
        let failures = || {
            sent.iter().filter_map(|sent| match sent {
                Sent::Failed(error) => Some(error),
                Sent::Written(_) | Sent::NotTaken(_) | Sent::GivenUp => None,
            })
        };
        // What the broker refused says more than what failed along with it.
        let failure = failures().find(|error| error.is_of_records()).or_else(|| failures().next());
        let Some(error) = failure.cloned() else { return Ok(()) };
        if !error.is_of_records() {
            return Err(self.aborted(TransactionError::Abortable(error)));
        }
        let attempts: Vec<_> = sizes
            .iter()
            .zip(sent)
            .filter_map(|((index, size), sent)| {
                Some(Attempt { outbound: share.get(*index)?, size: *size, sent })
            })
            .collect();
        self.care.refused(&attempts);
        // Not aborted: the producer is of no more use, opening it again aborts, and librdkafka
        // would wait half a second before that.
        Err(Setback::Refused)
    }

    /// Writes the records of the addition into the open transaction.
    fn add(&self, records: &[OutgoingRecord], deadline: Deadline) -> Result<(), Setback> {
        let all: Vec<_> = records.iter().collect();
        let sent = self.producer.send_all(&all, deadline);
        let mut errors = records.iter().zip(&sent).filter_map(|(record, sent)| match sent {
            Sent::NotTaken(error) | Sent::Failed(error) => Some((record, error.clone())),
            Sent::Written(_) | Sent::GivenUp => None,
        });
        let Some((record, error)) = errors.next() else { return Ok(()) };
        // Without it the transaction must not be; it is refused every time.
        Err(match self.aborted(TransactionError::Abortable(error)) {
            Setback::Aborted(error) if error.is_of_records() => fatal(refused(record, error)),
            other @ (Setback::Refused
            | Setback::Aborted(_)
            | Setback::InDoubt(..)
            | Setback::Stop(_)) => other,
        })
    }

    /// Aborts where that is possible, and says what follows. The commit was never asked for.
    fn aborted(&self, error: TransactionError) -> Setback {
        let abortable = match error {
            TransactionError::Abortable(error) | TransactionError::Undecided(error) => error,
            TransactionError::Fenced(error) => return Setback::Stop(Stop::Fenced(error)),
            TransactionError::Fatal(error) => return fatal(error.into()),
        };
        let aborted = self.producer.abort(Deadline::after(TRANSACTION_TIMEOUT));
        match (abortable, aborted) {
            (error @ Error::Fenced(_), _) | (_, Err(TransactionError::Fenced(error))) => {
                Setback::Stop(Stop::Fenced(error))
            }
            (error @ Error::Denied { .. }, _) => fatal(error.into()),
            (error, Ok(())) => Setback::Aborted(error),
            (error, Err(_)) => Setback::Stop(Stop::Aborted(error)),
        }
    }

    /// Aborts after a commit that failed. It may have been done all the same (`REQUEST_TIMED_OUT`):
    /// only an abort that works shows that it was not.
    fn uncommitted(&self, error: TransactionError, fates: Vec<Fate>) -> Setback {
        match self.aborted(error) {
            Setback::Stop(Stop::Aborted(error)) => {
                Setback::InDoubt(Box::new(Stop::Undecided(error)), fates)
            }
            Setback::Stop(stop @ Stop::Fenced(_)) => Setback::InDoubt(Box::new(stop), fates),
            known @ (Setback::Refused
            | Setback::Aborted(_)
            | Setback::InDoubt(..)
            | Setback::Stop(_)) => known,
        }
    }

    /// Aborts because the caller cannot go on.
    fn given_up(&self, error: anyhow::Error) -> Setback {
        self.abort();
        fatal(error)
    }

    /// Aborts. What cannot be aborted now, the coordinator aborts after its timeout.
    pub(super) fn abort(&self) {
        drop(self.producer.abort(Deadline::after(TRANSACTION_TIMEOUT)));
    }
}

/// A transaction that was committed, or was none.
pub(super) struct Committed {
    pub(super) fates: Vec<Fate>,
    /// How long it was open; `None` where there was nothing to write.
    pub(super) took: Option<Duration>,
}

fn fatal(error: anyhow::Error) -> Setback {
    Setback::Stop(Stop::Final(error))
}

/// Says what a record of the addition was for: it is not one of the caller's.
fn refused(record: &OutgoingRecord, error: Error) -> anyhow::Error {
    let size = record.encoded_size();
    anyhow::Error::from(error).context(format!(
        "cannot write to topic `{}` what is remembered of the transaction ({size} bytes)",
        record.topic
    ))
}
