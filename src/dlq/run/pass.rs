//! One pass of a redrive: fences, reads the ledger, then writes batch by batch while the next one is
//! read.
//!
//! The order matters. Opening the producer fences every other run on this DLQ and decides the fate of
//! its last transaction; only then is the ledger complete. Whoever reads it first and fences later
//! misses that transaction and sends its records twice. That holds whenever a producer is opened
//! again: what came to the ledger since then must be our own, or the pass is over.

use anyhow::Context;
use tokio::task::JoinHandle;

use super::account::Account;
use super::reading::Reading;
use super::redrive::{Ended, Run};
use super::write::{Redriver, Written};
use super::{Dlq, LEDGER_WAIT};
use crate::clock::Deadline;
use crate::dlq::batch::Batch;
use crate::dlq::event::Event;
use crate::dlq::failures::Failures;
use crate::error::Problem;
use crate::interrupt::{Interrupt, Signal};
use crate::kafka::writer::{Stop, Writer};
use crate::ledger::{Ledger, Recalled};
use crate::model::name::GroupId;

const CANNOT_OPEN: &str = "cannot open the transactional producer";

/// How far a redrive got.
pub(super) enum Pass {
    Ended(Ended),
    /// The last transaction has to be settled; the reading goes on at this partition and offset.
    Settle(anyhow::Error, Option<(i32, i64)>),
}

/// A batch that is being written.
type Writing = JoinHandle<(Redriver, Written)>;

impl Run<'_> {
    /// Fences, reads the ledger, and goes on from a place until the end or until something has to be
    /// settled.
    pub(super) async fn pass(
        &mut self,
        ledger: &Ledger,
        from: Option<(i32, i64)>,
    ) -> anyhow::Result<Pass> {
        let mut idle = Some(match self.redriver.take() {
            Some(redriver) => self.reopen(redriver).await?,
            None => self.open(ledger).await?,
        });
        self.dlq.check_identity().await?;
        let Recalled { mut memory, end: mut read_to } = self.recall(ledger, None).await?;
        let mut selector = self.job.selector.clone();
        self.dlq.remember(self.snapshot, &mut memory, &mut selector, &mut *self.tell).await?;

        let mut reading = Reading::new(self.dlq, self.plan, &memory, self.snapshot, from);
        let mut writing: Option<Writing> = None;
        let mut ahead = None;
        let mut next_from = from;
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
                let (mut redriver, written) = match self.interrupt.finish(handle).await {
                    Ok(ended) => ended.context("the writing thread ended")?,
                    Err(signal) => return Ok(Pass::Ended(Ended::StoppedAtOnce(signal))),
                };
                let Written { handled, rest, transactions, stop } = written;
                self.outcome.transactions += transactions;
                if let Some((item, _)) = handled.last() {
                    let (partition, offset) = item.place();
                    next_from = Some((partition, offset.saturating_add(1)));
                }
                for (item, fate) in handled {
                    self.count(item.dead_letter.id(), fate)?;
                }
                (self.tell)(Event::Progress(self.outcome.handled()))?;
                match stop {
                    None => idle = Some(redriver),
                    Some(Stop::Asked) => {
                        let signal = self.interrupt.wait().await;
                        return Ok(Pass::Ended(Ended::Interrupted(signal)));
                    }
                    Some(Stop::Reopen) => {
                        redriver = self.reopen(redriver).await?;
                        self.dlq.check_identity().await?;
                        let news = self.recall(ledger, Some(read_to)).await?;
                        if !news.memory.is_of(&self.job.id) {
                            self.redriver = Some(redriver);
                            let error = Problem::failed("another run wrote to the ledger");
                            return Ok(Pass::Settle(error.into(), next_from));
                        }
                        read_to = news.end;
                        writing = Some(start(redriver, rest, self.interrupt));
                        ahead = Some(next);
                        continue;
                    }
                    Some(Stop::Aborted(error) | Stop::Undecided(error)) => {
                        self.redriver = Some(redriver);
                        return Ok(Pass::Settle(error.into(), next_from));
                    }
                    // Whoever has taken over is not to be fenced, and the ledger knows.
                    Some(Stop::Lost(error)) => {
                        return Ok(Pass::Ended(Ended::Failed(error.into())));
                    }
                    Some(Stop::Final(error)) => return Ok(Pass::Ended(Ended::Failed(error))),
                }
            }
            match next {
                Next::Signal(signal) => return Ok(Pass::Ended(Ended::Interrupted(signal))),
                Next::Read(Err(error)) => return Ok(Pass::Ended(Ended::Failed(error))),
                Next::Read(Ok(None)) => return Ok(Pass::Ended(Ended::Complete)),
                Next::Read(Ok(Some(batch))) => {
                    let Some(redriver) = idle.take() else {
                        return Err(Problem::failed("the writer is gone").into());
                    };
                    writing = Some(start(redriver, batch, self.interrupt));
                }
            }
        }
    }

    /// Reads the ledger, or what came to it since an offset.
    async fn recall(&self, ledger: &Ledger, since: Option<i64>) -> anyhow::Result<Recalled> {
        let topic_id = self.dlq.description.id.as_deref();
        let deadline = Deadline::after(LEDGER_WAIT);
        ledger.read(&self.dlq.cluster, topic_id, since, deadline).await
    }

    /// Opens the producer, which fences every other run on this DLQ.
    async fn open(&self, ledger: &Ledger) -> anyhow::Result<Redriver> {
        let Dlq { cluster, settings, declared, description, timeout } = self.dlq;
        let cluster_id = cluster.id(self.dlq.deadline()).await?;
        let short: String = cluster_id.unwrap_or_default().chars().take(8).collect();
        // Made of the DLQ alone, not of host or process: that is what lets one run fence another.
        let transactional_id = format!("flowctl.redrive.{short}.{}", declared.topic);
        let (settings, patience) = (settings.clone(), *timeout);
        let opening = move || Writer::open(settings, transactional_id, patience);
        let opened =
            tokio::task::spawn_blocking(opening).await.context("the writing thread ended")?;
        Ok(Redriver {
            writer: opened.context(CANNOT_OPEN)?,
            account: Account {
                dlq: declared.topic.clone(),
                topic_id: description.id.clone(),
                ledger: ledger.clone(),
                job: self.job.id.clone(),
                group: GroupId::new(format!("flowctl.dlq.{}", declared.topic)),
            },
            composition: self.job.composition,
            failures: Failures::default(),
        })
    }

    /// Opens the producer anew, with what the last one has learned.
    async fn reopen(&self, redriver: Redriver) -> anyhow::Result<Redriver> {
        let Redriver { writer, account, composition, failures } = redriver;
        let patience = self.dlq.timeout;
        let opened = tokio::task::spawn_blocking(move || writer.reopen(patience));
        let opened = opened.await.context("the writing thread ended")?;
        Ok(Redriver { writer: opened.context(CANNOT_OPEN)?, account, composition, failures })
    }
}

/// Starts to write a batch. A signal is heard before each transaction, also before the first one.
fn start(mut redriver: Redriver, batch: Batch, interrupt: &Interrupt) -> Writing {
    let interrupt = interrupt.clone();
    tokio::task::spawn_blocking(move || {
        let written = redriver.write(batch, &|| interrupt.requested().is_some());
        (redriver, written)
    })
}

/// What comes next.
enum Next {
    Signal(Signal),
    Read(anyhow::Result<Option<Batch>>),
}
