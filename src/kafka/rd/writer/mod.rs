//! Writes records of a source in transactions, finds those that the broker refuses, and lets the
//! others through. `care` decides how; this does it. Blocks its thread.

#[cfg(test)]
mod broker;
mod care;
mod outbound;

use std::ops::Range;
use std::time::Duration;

use self::care::{Attempt, Care};
use super::config;
use super::send_all::Sent;
use super::setback::TransactionError;
use super::transaction::TransactionalProducer;
use crate::clock::Deadline;
use crate::kafka::{ConnectionSettings, Error};
use crate::model::record::OutgoingRecord;

pub(super) use self::care::Batching;
pub use self::care::MOST_RECORDS;
pub use self::outbound::{Addition, Fate, Outbound, Place};

/// When the coordinator aborts a transaction by itself. Who is killed leaves its last one open, and
/// consumers of the target wait for so long at most; a broker that restarts needs less.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a transaction should be open at most, since consumers wait for it.
const SLOW: Duration = Duration::from_millis(250);

/// How often an aborted transaction is tried again in a row, before the producer is opened anew.
const MOST_ATTEMPTS: u32 = 5;

/// Makes the addition, given which records are in this transaction and what became of them.
pub type Add<'a> = &'a mut dyn FnMut(Range<usize>, &[Fate]) -> anyhow::Result<Addition>;

/// How far a writer got.
#[derive(Debug)]
pub struct Written {
    /// What became of the front; all of that is committed.
    pub fates: Vec<Fate>,
    /// The transactions that were committed.
    pub transactions: u64,
    /// Why the rest was not written; `None` when there is no rest.
    pub stop: Option<Stop>,
}

/// Why writing stopped.
#[derive(Debug)]
pub enum Stop {
    /// The broker refused a record, after which the producer cannot be used, or batches are to be
    /// made in another way: [`Writer::reopen`], and write the rest. Each time more is known.
    Reopen,
    /// It did not work, though it was tried again; nothing of the rest is committed. Opening again may
    /// help.
    Aborted(Error),
    /// Nobody knows whether a transaction of the rest was committed: opening again settles it, and
    /// then only the target or a ledger tells.
    Undecided(Error),
    /// It makes no sense to go on.
    Final(anyhow::Error),
}

/// Why a transaction was not committed.
enum Setback {
    /// The broker refused records; what is known of them has been learned.
    Refused,
    /// It is aborted for another reason, and can be tried again.
    Aborted(Error),
    Stop(Stop),
}

/// Writes in transactions.
pub struct Writer {
    producer: TransactionalProducer,
    batching: Batching,
    care: Care,
    settings: ConnectionSettings,
    transactional_id: String,
}

impl Writer {
    /// Opens the producer, which fences all others with this transactional id; when it returns, the
    /// fate of their transactions is decided. `patience` is for the coordinator's answers.
    pub fn open(
        settings: ConnectionSettings,
        transactional_id: String,
        patience: Duration,
    ) -> Result<Self, Error> {
        let care = Care::new(config::batch_bytes(&settings), config::is_compressed(&settings));
        Self::open_with(settings, transactional_id, patience, care)
    }

    /// Opens again with what was learned; that fences too.
    pub fn reopen(self, patience: Duration) -> Result<Self, Error> {
        let Self { producer, batching: _, care, settings, transactional_id } = self;
        drop(producer);
        Self::open_with(settings, transactional_id, patience, care)
    }

    fn open_with(
        settings: ConnectionSettings,
        transactional_id: String,
        patience: Duration,
        care: Care,
    ) -> Result<Self, Error> {
        // A predecessor's transaction may have to be waited for.
        let deadline = Deadline::after(TRANSACTION_TIMEOUT + patience);
        let batching = care.batching();
        let (id, timeout) = (&transactional_id, TRANSACTION_TIMEOUT);
        let producer =
            TransactionalProducer::open_with(&settings, id, timeout, deadline, batching)?;
        Ok(Self { producer, batching, care, settings, transactional_id })
    }

    /// Writes records, in one transaction or several, each with its addition.
    pub fn write(&mut self, outbounds: &[Outbound], add: Add<'_>) -> Written {
        let mut written =
            Written { fates: Vec::with_capacity(outbounds.len()), transactions: 0, stop: None };
        let mut attempts = 0;
        let mut left = outbounds;
        while let Some((share, rest)) = left.split_at_checked(self.care.share(left))
            && let Some(last) = share.last()
        {
            if self.care.batching() != self.batching {
                written.stop = Some(Stop::Reopen);
                return written;
            }
            let start = outbounds.len() - left.len();
            match self.transaction(start, share, add) {
                Ok(Committed { fates, was_slow }) => {
                    attempts = 0;
                    left = rest;
                    written.fates.extend(fates);
                    written.transactions += u64::from(was_slow.is_some());
                    self.care.committed(last.place, was_slow);
                }
                Err(Setback::Aborted(_)) if attempts < MOST_ATTEMPTS => attempts += 1,
                Err(setback) => {
                    written.stop = Some(match setback {
                        Setback::Aborted(error) => Stop::Aborted(error),
                        Setback::Refused => Stop::Reopen,
                        Setback::Stop(stop) => stop,
                    });
                    return written;
                }
            }
        }
        written
    }

    /// Runs one transaction; none where there is nothing to write.
    fn transaction(
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
            if known.records.is_empty() {
                return Ok(Committed { fates, was_slow: None });
            }
            addition = Some(known);
        }
        let slow = Deadline::after(SLOW);
        let deadline = Deadline::after(TRANSACTION_TIMEOUT);
        self.producer.begin().map_err(|error| self.aborted(error))?;
        let sent = self.producer.send_all(&sendable, deadline);
        self.check(share, &sizes, &sent)?;
        for ((index, _), sent) in sizes.into_iter().zip(sent) {
            if let Some(fate) = fates.get_mut(index) {
                *fate = match sent {
                    Sent::Written(at) => Fate::Written(at),
                    Sent::NotTaken(error) | Sent::Failed(error) => Fate::Refused(error),
                };
            }
        }
        let made = addition.map_or_else(|| add(range, &fates), Ok);
        let Addition { records, offsets } = made.map_err(|error| self.given_up(error))?;
        self.add(&records, deadline)?;
        if let Some((group, offsets)) = offsets {
            let sent = self.producer.send_offsets(&group, &offsets, deadline);
            sent.map_err(|error| self.aborted(error))?;
        }
        self.producer.commit(deadline).map_err(|error| self.aborted(error))?;
        Ok(Committed { fates, was_slow: Some(slow.has_passed()) })
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
                Sent::Written(_) | Sent::NotTaken(_) => None,
            })
        };
        // What the broker refused says more than what was given up because of it.
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
        // Not aborted: the producer is of no more use, opening it again aborts, and librdkafka would
        // wait half a second before that.
        Err(Setback::Refused)
    }

    /// Writes the records of the addition into the open transaction.
    fn add(&self, records: &[OutgoingRecord], deadline: Deadline) -> Result<(), Setback> {
        let records: Vec<_> = records.iter().collect();
        for sent in self.producer.send_all(&records, deadline) {
            match sent {
                Sent::Written(_) => {}
                Sent::NotTaken(error) | Sent::Failed(error) => {
                    // Without it the transaction must not be; it is refused every time.
                    return Err(match self.aborted(TransactionError::Abortable(error)) {
                        Setback::Aborted(error) if error.is_of_records() => fatal(error.into()),
                        other @ (Setback::Refused | Setback::Aborted(_) | Setback::Stop(_)) => {
                            other
                        }
                    });
                }
            }
        }
        Ok(())
    }

    /// Aborts where that is possible, and says what follows.
    fn aborted(&self, error: TransactionError) -> Setback {
        let abortable = match error {
            TransactionError::Abortable(error) => error,
            TransactionError::Undecided(error) => return Setback::Stop(Stop::Undecided(error)),
            TransactionError::Fenced(error) | TransactionError::Fatal(error) => {
                return fatal(error.into());
            }
        };
        let aborted = self.producer.abort(Deadline::after(TRANSACTION_TIMEOUT));
        match (abortable, aborted) {
            (_, Err(TransactionError::Fenced(error))) => fatal(error.into()),
            (error @ (Error::Denied { .. } | Error::Fenced(_)), _) => fatal(error.into()),
            (error, Ok(())) => Setback::Aborted(error),
            // The commit was never asked for.
            (error, Err(_)) => Setback::Stop(Stop::Aborted(error)),
        }
    }

    /// Aborts because the caller cannot go on. What cannot be aborted now, the coordinator aborts
    /// after its timeout.
    fn given_up(&self, error: anyhow::Error) -> Setback {
        drop(self.producer.abort(Deadline::after(TRANSACTION_TIMEOUT)));
        fatal(error)
    }
}

/// A transaction that was committed, or was none.
struct Committed {
    fates: Vec<Fate>,
    /// Whether it was open for too long; `None` where there was nothing to write.
    was_slow: Option<bool>,
}

fn fatal(error: anyhow::Error) -> Setback {
    Setback::Stop(Stop::Final(error))
}
