//! The way of a redrive through its plan: fences, reads the ledger, then writes batch by batch
//! while the next one is read.
//!
//! The order matters. Opening the producer fences every other run on this DLQ and decides the fate
//! of its last transaction; only then is the ledger complete. Whoever reads it first and fences
//! later misses that transaction and sends its records twice. That holds whenever a producer is
//! opened again, so `resume` reads then what came to the ledger since.

use anyhow::Context;
use tokio::task::JoinHandle;

use super::account::Account;
use super::reading::Reading;
use super::redrive::{Ended, Job, Run};
use super::resume::Loss;
use super::write::{Redriver, Written};
use super::{Dlq, LEDGER_WAIT};
use crate::clock::Deadline;
use crate::dlq::batch::Batch;
use crate::dlq::duplicates::Known;
use crate::dlq::event::Event;
use crate::dlq::select::Selector;
use crate::error::Problem;
use crate::interrupt::{Interrupted, Signal};
use crate::kafka::writer::{Purpose, Stop, Writer, opened};
use crate::ledger::{Ledger, Memory, Recalled};

/// What a run begins with.
struct Begun {
    ledger: Ledger,
    redriver: Redriver,
    memory: Memory,
    /// Up to where the ledger was read.
    read_to: i64,
    /// It knows what was redriven before.
    selector: Selector,
}

/// A batch that is being written.
type Writing = JoinHandle<(Redriver, Written)>;

impl Run<'_> {
    /// Runs until the plan is carried out, or it cannot go on.
    pub(super) async fn pass(&mut self) -> anyhow::Result<Ended> {
        // Nothing is in flight yet.
        let interrupt = self.interrupt;
        let begun = match interrupt.cut(self.begin()).await {
            Ok(begun) => begun?,
            Err(Interrupted(signal)) => return Ok(Ended::Interrupted(signal)),
        };
        let Begun { ledger, redriver, memory, mut read_to, mut selector } = begun;
        let mut idle = Some(redriver);

        self.written_to.ledger = Some((ledger.place.topic.clone(), ledger.topic_id.clone()));
        let mut reading = Reading::new(self.dlq, self.plan);
        let mut writing: Option<Writing> = None;
        let mut ahead = None;
        loop {
            // The next batch is read while the last one is written.
            let next = if let Some(next) = ahead.take() {
                next
            } else {
                tokio::select! {
                    biased;
                    signal = self.interrupt.wait() => Next::Signal(signal),
                    next = self.read_batch(&mut reading, &memory, &mut selector) => {
                        Next::Read(next)
                    }
                }
            };
            if let Some(handle) = writing.take() {
                // A transaction is written to its end: the writer hears a signal before the next.
                let (redriver, written) = handle.await.context("the writing thread ended")?;
                self.is_in_flight = false;
                let Written { handled, rest, transactions, is_in_doubt, stop } = written;
                self.outcome.transactions += transactions;
                self.outcome.is_in_doubt = is_in_doubt;
                self.count_all(handled)?;
                (self.tell)(Event::Progress(self.outcome.handled()))?;
                let loss = match stop {
                    None => None,
                    Some(Stop::Asked) => {
                        let signal = self.interrupt.wait().await;
                        return Ok(Ended::Interrupted(signal));
                    }
                    Some(Stop::Lost(error)) => return Ok(Ended::Failed(error.into())),
                    Some(Stop::Final(error)) => return Ok(Ended::Failed(error)),
                    Some(Stop::Reopen) => Some(Loss::Refused),
                    Some(Stop::Aborted(error) | Stop::Undecided(error)) => {
                        Some(Loss::Unsettled(error))
                    }
                    Some(Stop::Fenced(error)) => Some(Loss::Fenced(error)),
                };
                if let Some(loss) = loss {
                    let resumed = self.resume(redriver, rest, loss, &ledger, &mut read_to).await?;
                    let (redriver, rest) = match resumed {
                        Ok(resumed) => resumed,
                        Err(ended) => return Ok(ended),
                    };
                    writing = Some(self.start(redriver, rest));
                    ahead = Some(next);
                    continue;
                }
                if let Some(ended) = self.glance() {
                    return Ok(ended);
                }
                idle = Some(redriver);
            }
            match next {
                Next::Signal(signal) => return Ok(Ended::Interrupted(signal)),
                Next::Read(Err(error)) => return Ok(Ended::Failed(error)),
                Next::Read(Ok(None)) => return Ok(Ended::Complete),
                Next::Read(Ok(Some(batch))) => {
                    let Some(redriver) = idle.take() else {
                        return Err(Problem::failed("the writer is gone").into());
                    };
                    writing = Some(self.start(redriver, batch));
                }
            }
        }
    }

    /// Finds the ledger, opens the producer, then reads the ledger and what it remembers.
    async fn begin(&mut self) -> anyhow::Result<Begun> {
        let ledger = self.ledger().await?;
        let mut told = Ok(());
        let tell = &mut self.tell;
        let opening = opened(open(self.dlq, self.job, &ledger), |text| {
            told = tell(Event::Detail(text));
        });
        let redriver = opening.await?;
        told?;
        self.dlq.check_identity().await?;
        let Recalled { mut memory, end: read_to } = self.recall(&ledger, None).await?;
        let mut selector = self.job.selector.clone();
        let (unwatched, tell) = (&mut |_| {}, &mut *self.tell);
        self.dlq.remember(self.snapshot, &mut memory, &mut selector, unwatched, tell).await?;
        Ok(Begun { ledger, redriver, memory, read_to, selector })
    }

    /// Reads the ledger, or what came to it since an offset.
    pub(super) async fn recall(
        &self,
        ledger: &Ledger,
        since: Option<i64>,
    ) -> anyhow::Result<Recalled> {
        let topic_id = self.dlq.description.id.as_deref();
        let deadline = Deadline::after(LEDGER_WAIT);
        ledger.read(&self.dlq.cluster, topic_id, since, deadline).await
    }

    /// Opens the producer anew, with what the last one has learned, then reads what came to the
    /// ledger since an offset.
    pub(super) async fn begin_anew(
        &self,
        redriver: Redriver,
        ledger: &Ledger,
        since: i64,
    ) -> anyhow::Result<(Redriver, Recalled)> {
        let Redriver { writer, account, composition, failed } = redriver;
        let writer = writer.reopen(self.dlq.timeout).await?;
        self.dlq.check_identity().await?;
        let news = self.recall(ledger, Some(since)).await?;
        Ok((Redriver { writer, account, composition, failed }, news))
    }

    /// Starts to write a batch. A signal is heard before each transaction, also before the first.
    fn start(&mut self, mut redriver: Redriver, batch: Batch) -> Writing {
        self.is_in_flight = true;
        let interrupt = self.interrupt.clone();
        tokio::task::spawn_blocking(move || {
            let written = redriver.write(batch, &|| interrupt.requested().is_some());
            (redriver, written)
        })
    }
}

/// Opens the producer, which fences every other run on this DLQ.
async fn open(dlq: &Dlq, job: &Job, ledger: &Ledger) -> anyhow::Result<Redriver> {
    let Dlq { cluster, settings, declared, description, timeout } = dlq;
    let cluster_id = cluster.id(dlq.deadline()).await?;
    let purpose = Purpose::Redrive { dlq: &declared.topic };
    Ok(Redriver {
        writer: Writer::open(settings, purpose, cluster_id.as_deref(), *timeout).await?,
        account: Account {
            dlq: declared.topic.clone(),
            topic_id: description.id.clone(),
            ledger: ledger.clone(),
            job: job.id.clone(),
        },
        composition: job.composition,
        failed: Known::default(),
    })
}

/// What comes next.
enum Next {
    Signal(Signal),
    Read(anyhow::Result<Option<Batch>>),
}
