//! Goes on after the producer was lost: refused, given up by the broker, or left without an answer.
//!
//! A commit without an answer is settled by the target. Opening the producer again ends the
//! transaction one way or the other, and then its records are there for `read_committed` readers or
//! they are not. Where another run may have opened meanwhile, nobody is fenced in turn: a replay
//! has no ledger to see by whether there is one. What is in doubt is looked up all the same, so
//! that the line which goes on is exact.

use super::copy::{Ended, Event, InFlight, Run};
use super::reading::Batch;
use super::settle::Settled;
use crate::interrupt::Interrupted;
use crate::kafka::writer::{Fate, Stop, Writer};

/// How often in a row the producer may be lost without anything getting copied.
const MOST_SETBACKS: u32 = 5;

impl Run<'_> {
    /// Opens the producer again where that helps and settles what is in doubt; returns what is left
    /// to be written, or how the replay ends.
    pub(super) async fn resume(
        &mut self,
        writer: Writer,
        mut batch: Batch,
        stop: Stop,
        in_doubt: Vec<Fate>,
    ) -> anyhow::Result<Result<(Writer, Batch), Ended>> {
        let timeout = self.replayer.timeout;
        self.in_flight = batch.outbounds.get(..in_doubt.len()).and_then(InFlight::of);
        match stop {
            Stop::Asked => Ok(Err(Ended::Interrupted(self.interrupt.wait().await))),
            Stop::Final(error) => Ok(Err(Ended::Failed(error))),
            // What was refused has left a transaction open, which this aborts.
            Stop::Reopen => Ok(Ok((writer.reopen(timeout).await?, batch))),
            Stop::Aborted(error) => {
                if let Err(ended) = self.set_back("opening the producer anew", error.into()) {
                    return Ok(Err(ended));
                }
                match self.interrupt.cut(writer.reopen(timeout)).await {
                    Ok(writer) => Ok(Ok((writer?, batch))),
                    Err(Interrupted(signal)) => Ok(Err(Ended::Interrupted(signal))),
                }
            }
            // Worth to be settled also after a signal.
            Stop::Undecided(error) => {
                let error = anyhow::Error::from(error);
                (self.tell)(Event::Note(format!("settling the last transaction: {error:#}")));
                let writer = match writer.reopen(timeout).await {
                    Ok(writer) => writer,
                    Err(failure) => return Ok(Err(self.undecided(failure))),
                };
                Ok(match self.settle(&mut batch, in_doubt).await {
                    Settled::Committed => Ok((writer, batch)),
                    Settled::Aborted => self
                        .set_back("it was aborted; trying again", error)
                        .map(|()| (writer, batch)),
                    Settled::Unknown => Err(self.undecided(error)),
                })
            }
            Stop::Fenced(error) | Stop::Lost(error) => {
                let settled = self.settle(&mut batch, in_doubt).await;
                Ok(Err(match settled {
                    Settled::Committed if self.outcome.covers(self.plan) => Ended::Complete,
                    Settled::Committed | Settled::Aborted => Ended::Failed(error.into()),
                    Settled::Unknown => self.undecided(error.into()),
                }))
            }
        }
    }

    /// Finds out what became of the transaction in doubt, the front of a batch, and counts it if it
    /// was committed.
    async fn settle(&mut self, batch: &mut Batch, in_doubt: Vec<Fate>) -> Settled {
        if in_doubt.is_empty() {
            return Settled::Aborted;
        }
        let settled = match self.replayer.settle(&batch.outbounds, &in_doubt).await {
            Ok(settled) => settled,
            Err(error) => {
                (self.tell)(Event::Note(format!("cannot settle the last transaction: {error:#}")));
                Settled::Unknown
            }
        };
        if settled == Settled::Committed {
            self.count(batch, in_doubt);
        }
        if settled != Settled::Unknown {
            self.in_flight = None;
        }
        settled
    }

    /// Ends with what is in flight in doubt.
    fn undecided(&mut self, error: anyhow::Error) -> Ended {
        match self.in_flight.take() {
            Some(in_flight) => Ended::Undecided(error, in_flight),
            None => Ended::Failed(error),
        }
    }

    /// Counts a setback and says what is done about it; one too many ends the replay.
    fn set_back(&mut self, what: &str, error: anyhow::Error) -> Result<(), Ended> {
        self.setbacks += 1;
        if self.setbacks > MOST_SETBACKS {
            return Err(Ended::Failed(error.context("cannot replay any further")));
        }
        (self.tell)(Event::Note(format!("{what}: {error:#}")));
        Ok(())
    }
}
