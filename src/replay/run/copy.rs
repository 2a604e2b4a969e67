//! Carries the plan of a replay out: writes one batch while the next one is read.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use anyhow::Context;
use tokio::task::JoinHandle;

use super::Replayer;
use super::reading::{Batch, Reading};
use crate::approval::Approval;
use crate::interrupt::{Interrupt, Interrupted, Signal};
use crate::kafka::writer::{Fate, Outbound, Stop, Writer, Written};
use crate::model::offset_set::OffsetSet;
use crate::replay::plan::{PartitionRange, Replay};

/// How often in a row the producer is opened anew without anything getting copied.
const MOST_REOPENINGS: u32 = 5;

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
    fn of(outbounds: &[Outbound]) -> Option<Self> {
        let ((partition, first), (_, last)) = (outbounds.first()?.place, outbounds.last()?.place);
        Some(Self { partition, offsets: first..=last })
    }
}

/// What a replay has done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// The records that were copied.
    pub copied: u64,
    /// The records that the broker did not take: their offsets, by partition of the source.
    pub refused: BTreeMap<i32, OffsetSet>,
    /// The next offset to copy, of each partition that was begun.
    pub next: BTreeMap<i32, i64>,
    /// Offsets that retention deleted before they were read.
    pub expired: i64,
}

impl Outcome {
    /// Returns how many records the broker did not take.
    pub fn refusals(&self) -> u64 {
        u64::try_from(self.refused.values().map(OffsetSet::count).sum::<i64>()).unwrap_or(0)
    }

    /// Returns how many records are copied or refused.
    pub fn done(&self) -> u64 {
        self.copied.saturating_add(self.refusals())
    }

    /// Tells whether nothing of the plan is left.
    fn covers(&self, plan: &Replay) -> bool {
        let reaches = |(partition, range): (&i32, &PartitionRange)| {
            self.next.get(partition).is_some_and(|next| *next >= range.end)
        };
        plan.limit.is_some_and(|limit| self.done() >= limit) || plan.ranges.iter().all(reaches)
    }

    /// Returns how many offsets of the plan are done.
    fn reached(&self, plan: &Replay) -> u64 {
        let done = |(partition, range): (&i32, &PartitionRange)| {
            self.next.get(partition).map_or(0, |next| next - range.start)
        };
        u64::try_from(plan.ranges.iter().map(done).sum::<i64>()).unwrap_or(0)
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
}

/// A batch that is being written.
type Writing = JoinHandle<(Writer, Batch, Written)>;

/// What comes next.
enum Next {
    Signal(Signal),
    Read(anyhow::Result<Option<Batch>>),
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
        let (mut outcome, mut in_flight) = (Outcome::default(), None);
        let copying = self.copy(plan, interrupt, &mut outcome, &mut in_flight, tell);
        let ended = match interrupt.finish(copying).await {
            Ok(ended) => ended.unwrap_or_else(Ended::Failed),
            Err(signal) => Ended::StoppedAtOnce(signal, in_flight),
        };
        // It came too late to stop anything.
        let was_stopped = matches!(ended, Ended::Interrupted(_) | Ended::StoppedAtOnce(_, None));
        let ended = if was_stopped && outcome.covers(plan) { Ended::Complete } else { ended };
        (outcome, ended)
    }

    async fn copy(
        &self,
        plan: &Replay,
        interrupt: &Interrupt,
        outcome: &mut Outcome,
        in_flight: &mut Option<InFlight>,
        tell: &mut dyn FnMut(Event),
    ) -> anyhow::Result<Ended> {
        let topics = [&self.source, &self.target];
        let opening = Writer::open(&self.cluster, &self.settings, "replay", &topics, self.timeout);
        // Nothing is in flight yet.
        let mut idle = match interrupt.cut(opening).await {
            Ok(opened) => Some(opened?),
            Err(Interrupted(signal)) => return Ok(Ended::Interrupted(signal)),
        };
        let mut reading = Reading::new(self, plan);
        let mut writing: Option<Writing> = None;
        let mut ahead = None;
        let mut reopenings = 0;
        loop {
            let next = if let Some(next) = ahead.take() {
                next
            } else {
                tokio::select! {
                    biased;
                    signal = interrupt.wait() => Next::Signal(signal),
                    next = reading.next() => Next::Read(next),
                }
            };
            if let Some(handle) = writing.take() {
                // A transaction is written to its end: the writer hears a signal before the next.
                let (writer, mut batch, written) =
                    handle.await.context("the writing thread ended")?;
                let Written { fates, transactions, in_doubt, stop } = written;
                if transactions > 0 || !fates.is_empty() {
                    reopenings = 0;
                }
                let handled: Vec<_> = batch.outbounds.drain(..fates.len()).collect();
                for (outbound, fate) in handled.iter().zip(fates) {
                    let (partition, offset) = outbound.place;
                    outcome.next.insert(partition, offset.saturating_add(1));
                    match fate {
                        Fate::Written(_) | Fate::Nothing => outcome.copied += 1,
                        Fate::Refused(error) => {
                            outcome.refused.entry(partition).or_default().insert(offset);
                            tell(Event::Refused { partition, offset, error: error.into() });
                        }
                    }
                }
                let undecided = batch.outbounds.get(..in_doubt.len()).and_then(InFlight::of);
                *in_flight = None;
                if stop.is_none() {
                    outcome.expired += batch.expired;
                    outcome.next.insert(batch.partition, batch.next);
                }
                tell(Event::Reached(outcome.reached(plan)));
                match stop {
                    None => idle = Some(writer),
                    Some(Stop::Final(error)) => return Ok(Ended::Failed(error)),
                    Some(Stop::Asked) => return Ok(Ended::Interrupted(interrupt.wait().await)),
                    Some(Stop::Undecided(error) | Stop::Fenced(error) | Stop::Lost(error)) => {
                        let error = error.into();
                        return Ok(match undecided {
                            Some(undecided) => Ended::Undecided(error, undecided),
                            None => Ended::Failed(error),
                        });
                    }
                    Some(stop @ (Stop::Reopen | Stop::Aborted(_))) => {
                        let reopening = writer.reopen(self.timeout);
                        let reopened = if let Stop::Aborted(error) = stop {
                            reopenings += 1;
                            if reopenings > MOST_REOPENINGS {
                                return Ok(Ended::Failed(error.into()));
                            }
                            let error = anyhow::Error::from(error);
                            tell(Event::Note(format!("opening the producer anew: {error:#}")));
                            interrupt.cut(reopening).await
                        } else {
                            // What was refused has left a transaction open, which this aborts.
                            Ok(reopening.await)
                        };
                        let writer = match reopened {
                            Ok(writer) => writer?,
                            Err(Interrupted(signal)) => return Ok(Ended::Interrupted(signal)),
                        };
                        *in_flight = InFlight::of(&batch.outbounds);
                        writing = Some(start(writer, batch, interrupt));
                        ahead = Some(next);
                        continue;
                    }
                }
            }
            match next {
                Next::Signal(signal) => return Ok(Ended::Interrupted(signal)),
                Next::Read(batch) => match (batch?, idle.take()) {
                    (Some(batch), Some(writer)) => {
                        *in_flight = InFlight::of(&batch.outbounds);
                        writing = Some(start(writer, batch, interrupt));
                    }
                    (None, _) | (_, None) => return Ok(Ended::Complete),
                },
            }
        }
    }
}

/// Starts to write a batch. A signal is heard before each transaction, also before the first one.
fn start(mut writer: Writer, batch: Batch, interrupt: &Interrupt) -> Writing {
    let interrupt = interrupt.clone();
    tokio::task::spawn_blocking(move || {
        let is_asked_to_stop = || interrupt.requested().is_some();
        let mut add = |_, _: &[Fate]| Ok(Vec::new());
        let written = writer.write(&batch.outbounds, &mut add, &is_asked_to_stop);
        (writer, batch, written)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_covered_by_its_ends_or_by_its_limit() {
        let range = |start, end| PartitionRange { start, end, since: None, until: None };
        let mut plan = Replay {
            source: "a".into(),
            target: "b".into(),
            ranges: BTreeMap::from([(0, range(0, 5)), (2, range(3, 9))]),
            keeps_partitions: true,
            hidden: 0,
            moved: Vec::new(),
            limit: None,
            is_everything: true,
        };
        let mut outcome =
            Outcome { copied: 5, next: BTreeMap::from([(0, 5)]), ..Outcome::default() };
        assert!(!outcome.covers(&plan), "partition 2 was not begun");
        plan.limit = Some(6);
        outcome.next.insert(2, 8);
        assert!(!outcome.covers(&plan));
        outcome.refused.entry(2).or_default().insert(7);
        assert!(outcome.covers(&plan), "what is refused counts");
        plan.limit = None;
        assert!(!outcome.covers(&plan));
        outcome.next.insert(2, 9);
        assert!(outcome.covers(&plan));
    }
}
