//! Writes records of a source in transactions, finds those that the broker refuses, and lets the
//! others through. `care` decides how; this does it. Blocks its thread.

#[cfg(test)]
mod broker;
mod care;
mod open;
mod outbound;
#[cfg(test)]
mod tests;
mod transaction;
mod transactions;

use std::ops::Range;
use std::time::Duration;

use self::care::Care;
use self::transaction::{Committed, Setback};
use self::transactions::Transactions;
use crate::clock::Stopwatch;
use crate::kafka::{ConnectionSettings, Error};
use crate::model::duration::format_duration;
use crate::model::record::OutgoingRecord;

pub(super) use self::care::Batching;
pub use self::care::{MOST_BYTES, MOST_RECORDS};
pub use self::open::{Purpose, opened};
pub use self::outbound::{Fate, Outbound, PartitionOffset};

/// When the coordinator aborts a transaction by itself. Who is killed leaves its last one open, and
/// consumers of the target wait for so long at most; a broker that restarts needs less.
pub const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(20);

/// How often an aborted transaction is tried again in a row, before the producer is opened anew.
const MOST_ATTEMPTS: u32 = 5;

/// Makes the addition, given which records are in this transaction and what became of them.
pub type Add<'a> = &'a mut dyn FnMut(Range<usize>, &[Fate]) -> anyhow::Result<Vec<OutgoingRecord>>;

/// How far a writer got.
#[derive(Debug, Default)]
pub struct Written {
    /// What became of the front; all of that is committed.
    pub fates: Vec<Fate>,
    /// The transactions that were committed.
    pub transactions: u64,
    /// What became of the front of the rest if its transaction was committed, which nobody knows:
    /// there was no answer.
    pub in_doubt: Vec<Fate>,
    /// Why the rest was not written; `None` when there is no rest.
    pub stop: Option<Stop>,
}

/// Why writing stopped.
#[derive(Debug)]
pub enum Stop {
    /// The broker refused a record, after which the producer cannot be used, or batches are to be
    /// made in another way: [`Writer::reopen`], and write the rest. Each time more is known.
    Reopen,
    /// It did not work, though it was tried again; nothing of the rest is committed. Opening again
    /// may help.
    Aborted(Error),
    /// A commit had no answer: opening again settles it, and then only the target or a ledger
    /// tells.
    Undecided(Error),
    /// The producer was fenced: another run has opened one with this transactional id, or the
    /// coordinator gave the transaction up because it took longer than its timeout. Opening again
    /// fences the other run in turn, so look first whether there is one.
    Fenced(Error),
    /// A commit had no answer, and opening again will not help: the client library gave up.
    Lost(Error),
    /// Somebody asked to stop; nothing of the rest is committed, and no transaction is open.
    Asked,
    /// It makes no sense to go on; nothing of the rest is committed.
    Final(anyhow::Error),
}

/// Writes in transactions.
pub struct Writer {
    producer: Box<dyn Transactions>,
    batching: Batching,
    care: Care,
    settings: ConnectionSettings,
    transactional_id: String,
    /// How long brokers may answer without a transaction that goes through.
    patience: Duration,
    /// How long transactions have been tried in vain, since one was aborted and none was committed,
    /// or asked to be.
    failing: Option<Duration>,
}

impl Writer {
    /// Writes records, in one transaction or several, each with its addition. Whether somebody
    /// asked to stop is looked up before each: the one in flight is written to its end.
    pub fn write(
        &mut self,
        outbounds: &[Outbound],
        add: Add<'_>,
        is_asked_to_stop: &dyn Fn() -> bool,
    ) -> Written {
        let mut written =
            Written { fates: Vec::with_capacity(outbounds.len()), ..Written::default() };
        let mut attempts = 0;
        let mut left = outbounds;
        while let Some((share, rest)) = left.split_at_checked(self.care.share(left))
            && let Some(last) = share.last()
        {
            if is_asked_to_stop() {
                written.stop = Some(Stop::Asked);
                return written;
            }
            if self.care.batching() != self.batching {
                written.stop = Some(Stop::Reopen);
                return written;
            }
            let start = outbounds.len() - left.len();
            let trying = Stopwatch::start();
            match self.transaction(start, share, add) {
                Ok(Committed { fates, took }) => {
                    attempts = 0;
                    self.failing = None;
                    left = rest;
                    written.fates.extend(fates);
                    written.transactions += u64::from(took.is_some());
                    self.care.committed(last.place, took);
                }
                Err(Setback::Aborted(error)) if self.has_failed_for_long(trying.elapsed()) => {
                    written.stop = Some(Stop::Final(self.given_up_on(error)));
                    return written;
                }
                Err(Setback::Aborted(_)) if attempts < MOST_ATTEMPTS => attempts += 1,
                Err(Setback::Refused) if is_asked_to_stop() => {
                    // Nobody opens it again, and consumers of the target would wait for the
                    // timeout.
                    self.abort();
                    written.stop = Some(Stop::Asked);
                    return written;
                }
                Err(setback) => {
                    // A commit that may have gone through ends the series, as one that did.
                    if matches!(setback, Setback::InDoubt(..)) {
                        self.failing = None;
                    }
                    written.stop = Some(match setback {
                        Setback::Aborted(error) => Stop::Aborted(error),
                        Setback::Refused => Stop::Reopen,
                        Setback::InDoubt(stop, fates) => {
                            written.in_doubt = fates;
                            *stop
                        }
                        Setback::Stop(stop) => stop,
                    });
                    return written;
                }
            }
        }
        written
    }

    /// Tells of a transaction that was aborted, and took so long, whether that has lasted for as
    /// long as it may. Between two attempts the producer may be opened anew for as long as an
    /// outage takes; that is no time in which brokers refuse.
    fn has_failed_for_long(&mut self, took: Duration) -> bool {
        let lasted = self.failing.map_or(Duration::ZERO, |before| before + took);
        self.failing = Some(lasted);
        lasted >= self.patience
    }

    fn given_up_on(&self, error: Error) -> anyhow::Error {
        let allowed = format_duration(self.patience);
        anyhow::Error::from(error).context(format!(
            "no transaction went through within {allowed} after the first one was given up"
        ))
    }
}
