//! Carries the plan of a replay out: writes one batch while the next one is read.

use std::ops::RangeInclusive;

use anyhow::Context;
use tokio::task::JoinHandle;

use super::Replayer;
use super::reading::{Batch, Reading};
use crate::approval::Approval;
use crate::clock::Deadline;
use crate::interrupt::{Interrupt, Interrupted, Signal};
use crate::kafka::Lookout;
use crate::kafka::writer::{Fate, Outbound, Purpose, Writer, Written, opened};
use crate::replay::outcome::Outcome;
use crate::replay::plan::Replay;

/// How a replay ended.
#[derive(Debug)]
pub enum Ended {
    /// The plan is carried out.
    Complete,
    /// Somebody asked to stop: what was in flight is committed.
    Interrupted(Signal),
    /// Somebody asked twice: nobody knows of what was in flight whether it was copied.
    StoppedAtOnce(Signal, Option<InFlight>),
    /// It could not go on. Nothing behind the next offsets was copied.
    Failed(anyhow::Error),
    /// Nobody knows of what was in flight whether it was copied.
    Undecided(anyhow::Error, InFlight),
}

/// Offsets of a partition that are being copied, in one transaction or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InFlight {
    /// The partition in the source.
    pub partition: i32,
    /// The offsets there.
    pub offsets: RangeInclusive<i64>,
}

impl InFlight {
    /// Returns what these copy, which are of one partition; `None` where there are none.
    pub(super) fn of(outbounds: &[Outbound]) -> Option<Self> {
        let ((partition, first), (_, last)) = (outbounds.first()?.place, outbounds.last()?.place);
        Some(Self { partition, offsets: first..=last })
    }
}

/// What a replay tells while it runs.
#[derive(Debug)]
pub enum Event {
    /// So many offsets of the plan are done: copied, refused, or nothing to copy.
    Reached(u64),
    /// The broker did not take a record.
    Refused {
        /// Its partition in the source.
        partition: i32,
        /// Its offset there.
        offset: i64,
        /// Why.
        error: anyhow::Error,
    },
    /// Something the user should know.
    Note(String),
    /// Something for who waits for it.
    Detail(String),
}

/// A batch that is being written.
type Writing = JoinHandle<(Writer, Batch, Written)>;

/// What comes next.
enum Next {
    Signal(Signal),
    Read(anyhow::Result<Option<Batch>>),
}

/// A replay under way.
pub(super) struct Run<'a> {
    pub(super) replayer: &'a Replayer,
    pub(super) plan: &'a Replay,
    pub(super) interrupt: &'a Interrupt,
    pub(super) tell: &'a mut dyn FnMut(Event),
    pub(super) outcome: Outcome,
    /// What nobody knows of yet whether it is copied.
    pub(super) in_flight: Option<InFlight>,
    /// How often in a row the producer was lost without anything getting copied.
    pub(super) setbacks: u32,
    /// Looks after the target; says how many records have been copied.
    pub(super) lookout: Lookout<u64>,
}

impl Replayer {
    /// Carries the plan out; `tell` hears what happens.
    pub async fn run(
        &self,
        plan: &Replay,
        _approval: Approval,
        interrupt: &Interrupt,
        tell: &mut dyn FnMut(Event),
    ) -> (Outcome, Ended) {
        let (outcome, in_flight, setbacks) = (Outcome::default(), None, 0);
        let lookout = Lookout::new(self.cluster.clone(), self.timeout);
        let mut run =
            Run { replayer: self, plan, interrupt, tell, outcome, in_flight, setbacks, lookout };
        let ended = match interrupt.finish(Box::pin(run.run())).await {
            Ok(ended) => ended,
            Err(signal) => match run.cut_short() {
                Some(ended) => ended,
                None => Ended::StoppedAtOnce(signal, run.in_flight),
            },
        };
        (run.outcome, ended)
    }

    /// Opens the producer, which fences every other copy of this source to this target.
    async fn open(&self) -> anyhow::Result<Writer> {
        let Self { settings, source, target, timeout, .. } = self;
        let cluster_id = self.cluster.id(Deadline::after(*timeout)).await?;
        let purpose = Purpose::Replay { source, target };
        Writer::open(settings, purpose, cluster_id.as_deref(), *timeout).await
    }
}

impl Run<'_> {
    /// Copies, then looks whether all that was copied is in the target.
    async fn run(&mut self) -> Ended {
        let ended = self.pass().await.unwrap_or_else(Ended::Failed);
        self.look(ended).await
    }

    /// Copies until the plan is carried out, or it cannot go on.
    async fn pass(&mut self) -> anyhow::Result<Ended> {
        // Nothing is in flight yet.
        let tell = &mut self.tell;
        let opening = opened(self.replayer.open(), |text| tell(Event::Detail(text)));
        let mut idle = match self.interrupt.cut(opening).await {
            Ok(opened) => Some(opened?),
            Err(Interrupted(signal)) => return Ok(Ended::Interrupted(signal)),
        };
        self.replayer.check_target().await?;
        let mut reading = Reading::new(self.replayer, self.plan);
        let mut writing: Option<Writing> = None;
        let mut ahead = None;
        loop {
            let next = if let Some(next) = ahead.take() {
                next
            } else {
                tokio::select! {
                    biased;
                    signal = self.interrupt.wait() => Next::Signal(signal),
                    next = reading.next() => Next::Read(next),
                }
            };
            if let Some(handle) = writing.take() {
                // A transaction is written to its end: the writer hears a signal before the next.
                let (writer, mut batch, written) =
                    handle.await.context("the writing thread ended")?;
                let Written { fates, transactions: _, in_doubt, stop } = written;
                self.in_flight = None;
                self.count(&mut batch, fates);
                if let Some(stop) = stop {
                    match self.resume(writer, batch, stop, in_doubt).await? {
                        Ok((writer, rest)) => writing = Some(self.start(writer, rest)),
                        Err(ended) => return Ok(ended),
                    }
                    ahead = Some(next);
                    continue;
                }
                if let Some(ended) = self.glance() {
                    return Ok(ended);
                }
                idle = Some(writer);
            }
            match next {
                Next::Signal(signal) => return Ok(Ended::Interrupted(signal)),
                Next::Read(batch) => match (batch?, idle.take()) {
                    (Some(batch), Some(writer)) => writing = Some(self.start(writer, batch)),
                    (None, _) | (_, None) => return Ok(Ended::Complete),
                },
            }
        }
    }

    /// Counts what became of the front of a batch, and takes it off.
    pub(super) fn count(&mut self, batch: &mut Batch, fates: Vec<Fate>) {
        if !fates.is_empty() {
            self.setbacks = 0;
        }
        let outcome = &mut self.outcome;
        let handled: Vec<_> = batch.outbounds.drain(..fates.len()).collect();
        for (outbound, fate) in handled.iter().zip(fates) {
            let (partition, offset) = outbound.place;
            outcome.next.insert(partition, offset.saturating_add(1));
            match fate {
                Fate::Written(_) | Fate::Nothing => outcome.copied += 1,
                Fate::Refused(error) => {
                    outcome.refused.entry(partition).or_default().insert(offset);
                    (self.tell)(Event::Refused { partition, offset, error: error.into() });
                }
            }
        }
        if batch.outbounds.is_empty() {
            outcome.expired += std::mem::take(&mut batch.expired);
            outcome.next.insert(batch.partition, batch.next);
        }
        (self.tell)(Event::Reached(outcome.reached(self.plan)));
    }

    /// Starts to write a batch. A signal is heard before each transaction, also before the first.
    fn start(&mut self, mut writer: Writer, batch: Batch) -> Writing {
        self.in_flight = InFlight::of(&batch.outbounds);
        let interrupt = self.interrupt.clone();
        tokio::task::spawn_blocking(move || {
            let is_asked_to_stop = || interrupt.requested().is_some();
            let mut add = |_, _: &[Fate]| Ok(Vec::new());
            let written = writer.write(&batch.outbounds, &mut add, &is_asked_to_stop);
            (writer, batch, written)
        })
    }
}
