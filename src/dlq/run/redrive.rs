//! Runs a redrive: fences, reads the ledger, then writes batch by batch while the next one is read.
//!
//! The order matters. Opening the producer fences every other run on this DLQ and decides the fate of
//! its last transaction; only then is the ledger complete. Whoever reads it first and fences later
//! misses that transaction and sends its records twice.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use tokio::task::JoinHandle;

use super::lookup::Lookup;
use super::scan::{Found, Scan};
use super::write::{Progress, Stop, TRANSACTION_TIMEOUT, Writer, Written};
use super::{Dlq, LEDGER_WAIT, Sink, Snapshot};
use crate::approval::Approval;
use crate::clock::Deadline;
use crate::dlq::batch::{Assembler, Batch};
use crate::dlq::compose::Composition;
use crate::dlq::dead_letter::DeadLetterId;
use crate::dlq::event::{Event, Fate};
use crate::dlq::plan::Redrive;
use crate::dlq::select::{Decision, Selector};
use crate::error::Problem;
use crate::interrupt::{Interrupt, Signal};
use crate::kafka::TransactionalProducer;
use crate::ledger::{Ledger, Memory, Outcome as LedgerOutcome};
use crate::model::name::GroupId;

/// How often in a row a transaction may have to be settled without anything getting done.
const MOST_SETTLINGS: u32 = 5;

/// What a redrive is given, besides its plan.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its id: it stands in every entry of the ledger.
    pub id: String,
    /// The selection, as it was planned with.
    pub selector: Selector,
    /// How records are made.
    pub composition: Composition,
}

/// How a redrive ended.
#[derive(Debug)]
pub enum Ended {
    /// The plan is carried out.
    Complete,
    /// Somebody asked to stop: what was in flight is committed.
    Interrupted(Signal),
    /// Somebody asked twice: the last transaction was left to be aborted.
    StoppedAtOnce(Signal),
    /// It could not go on.
    Failed(anyhow::Error),
}

/// What a redrive has done, however it ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// How many were sent.
    pub redriven: u64,
    /// How many were found to be duplicates.
    pub duplicates: u64,
    /// How many could not be sent.
    pub refused: u64,
    /// How many the broker did not take.
    pub failed: u64,
    /// Offsets that retention deleted while they were pending.
    pub expired: i64,
    /// The transactions that were committed and answered.
    pub transactions: u64,
}

/// How far a redrive got.
enum Pass {
    Ended(Ended),
    /// The last transaction has to be settled; the reading goes on at this partition and offset.
    Settle(anyhow::Error, (i32, i64)),
    /// The broker refused a record; the same, but every time something is learned from it.
    Rejected((i32, i64)),
}

impl Dlq {
    /// Carries out a plan. What was done is in the outcome and in the ledger, however it ends.
    pub async fn redrive(
        &self,
        plan: &Redrive,
        job: &Job,
        snapshot: &Snapshot,
        _approval: Approval,
        interrupt: &Interrupt,
        tell: Sink<'_>,
    ) -> (Outcome, Ended) {
        let mut run = Run {
            dlq: self,
            plan,
            job,
            snapshot,
            interrupt,
            tell,
            outcome: Outcome::default(),
            progress: Progress::default(),
            settled: BTreeSet::new(),
            expired: BTreeMap::new(),
        };
        let ended = run.all().await.unwrap_or_else(Ended::Failed);
        let Run { mut outcome, progress, .. } = run;
        outcome.transactions = progress.transactions;
        (outcome, ended)
    }
}

/// A redrive under way.
struct Run<'a> {
    dlq: &'a Dlq,
    plan: &'a Redrive,
    job: &'a Job,
    snapshot: &'a Snapshot,
    interrupt: &'a Interrupt,
    tell: Sink<'a>,
    outcome: Outcome,
    progress: Progress,
    /// The dead letters that the ledger has settled and that were counted: each pass reads them again.
    settled: BTreeSet<(i32, i64)>,
    /// Up to where expired offsets were counted, for the same reason.
    expired: BTreeMap<i32, i64>,
}

/// A batch that is being written.
type Writing = JoinHandle<(Writer, Written)>;

impl Run<'_> {
    /// Runs until the plan is carried out, or it cannot go on.
    async fn all(&mut self) -> anyhow::Result<Ended> {
        let ledger = self.ledger().await?;
        let mut from = None;
        let mut settlings = 0;
        loop {
            let before = self.outcome.clone();
            match self.pass(&ledger, from).await? {
                Pass::Ended(ended) => return Ok(ended),
                Pass::Settle(error, place) => {
                    settlings = if self.outcome == before { settlings + 1 } else { 1 };
                    if settlings > MOST_SETTLINGS {
                        return Ok(Ended::Failed(error.context("cannot redrive any further")));
                    }
                    (self.tell)(Event::Note(format!(
                        "settling the last transaction and going on: {error:#}"
                    )))?;
                    from = Some(place);
                }
                // It ends: the first one turns to single records, all others name at least one.
                Pass::Rejected(place) => from = Some(place),
            }
        }
    }

    /// Finds the ledger, or makes it and says so.
    async fn ledger(&mut self) -> anyhow::Result<Ledger> {
        let Dlq { cluster, declared, description, .. } = self.dlq;
        let (topic, dlq) = (&declared.ledger, &declared.topic);
        let found = self.dlq.find_ledger().await?;
        let ledger = if let Some(ledger) = found {
            ledger
        } else {
            let replication = description.replication_factor();
            let deadline = self.dlq.deadline();
            let made = Ledger::create(cluster, topic, dlq, replication, deadline).await?;
            (self.tell)(Event::Note(format!(
                "created topic `{topic}` (compacted, replication {replication}): it remembers what \
                 was redriven"
            )))?;
            made
        };
        // The plan has told the warning of a ledger that was there; of one that was just made, what
        // cannot be seen is known.
        ledger.check(cluster, self.dlq.deadline()).await?;
        Ok(ledger)
    }

    /// Fences, reads the ledger, and goes on from a place until the end or until something has to be
    /// settled.
    async fn pass(&mut self, ledger: &Ledger, from: Option<(i32, i64)>) -> anyhow::Result<Pass> {
        let mut writer = self.open(ledger).await?;
        self.dlq.check_identity().await?;
        let deadline = Deadline::after(LEDGER_WAIT);
        let topic_id = self.dlq.description.id.as_deref();
        let mut memory = ledger.read(&self.dlq.cluster, topic_id, deadline).await?;
        let mut selector = self.job.selector.clone();
        self.dlq.remember(self.snapshot, &mut memory, &mut selector, &mut *self.tell).await?;

        let mut reading = Reading::new(self.dlq, self.plan, &memory, self.snapshot, from);
        let mut writing: Option<Writing> = None;
        let mut next_from = from;
        loop {
            // The next batch is read while the last one is written.
            let next = tokio::select! {
                biased;
                signal = self.interrupt.wait() => Next::Signal(signal),
                next = self.read_batch(&mut reading, &memory, &mut selector) => Next::Read(next),
            };
            if let Some(handle) = writing.take() {
                let written = tokio::select! {
                    written = handle => written.context("the writing thread ended")?,
                    signal = self.interrupt.wait_for_second() => {
                        return Ok(Pass::Ended(Ended::StoppedAtOnce(signal)));
                    }
                };
                let (returned, Written { handled, stop }) = written;
                self.progress = returned.progress.clone();
                writer = Some(returned);
                if let Some((item, _)) = handled.last() {
                    let (partition, offset) = item.place();
                    next_from = Some((partition, offset.saturating_add(1)));
                }
                for (item, fate) in handled {
                    self.count(item.dead_letter.id(), fate)?;
                }
                let place = next_from.unwrap_or((i32::MIN, i64::MIN));
                match stop {
                    None => {}
                    Some(Stop::Settle(error)) => return Ok(Pass::Settle(error.into(), place)),
                    Some(Stop::Rejected) => return Ok(Pass::Rejected(place)),
                    Some(Stop::Final(error)) => {
                        return Ok(Pass::Ended(Ended::Failed(error.into())));
                    }
                }
            }
            match next {
                Next::Signal(signal) => return Ok(Pass::Ended(Ended::Interrupted(signal))),
                Next::Read(Err(error)) => return Ok(Pass::Ended(Ended::Failed(error))),
                Next::Read(Ok(None)) => return Ok(Pass::Ended(Ended::Complete)),
                Next::Read(Ok(Some(batch))) => {
                    let Some(mut taken) = writer.take() else {
                        return Err(Problem::failed("the writer is gone").into());
                    };
                    writing = Some(tokio::task::spawn_blocking(move || {
                        let written = taken.write(batch);
                        (taken, written)
                    }));
                }
            }
        }
    }

    /// Opens the producer, which fences every other run on this DLQ.
    async fn open(&self, ledger: &Ledger) -> anyhow::Result<Option<Writer>> {
        let Dlq { cluster, settings, declared, description, .. } = self.dlq;
        let cluster_id = cluster.id(self.dlq.deadline()).await?;
        let short: String = cluster_id.unwrap_or_default().chars().take(8).collect();
        // Made of the DLQ alone, not of host or process: that is what lets one run fence another.
        let transactional_id = format!("flowctl.redrive.{short}.{}", declared.topic);
        let settings = settings.clone();
        // A predecessor's transaction may have to be waited for.
        let deadline = Deadline::after(TRANSACTION_TIMEOUT + self.dlq.timeout);
        let singly = self.progress.singly;
        let open =
            if singly { TransactionalProducer::open_singly } else { TransactionalProducer::open };
        let opened = tokio::task::spawn_blocking(move || {
            open(&settings, &transactional_id, TRANSACTION_TIMEOUT, deadline)
        });
        let producer = opened.await.context("the writing thread ended")?;
        Ok(Some(Writer {
            producer: producer.context("cannot open the transactional producer")?,
            dlq: declared.topic.clone(),
            topic_id: description.id.clone(),
            ledger: ledger.clone(),
            job: self.job.id.clone(),
            composition: self.job.composition,
            group: GroupId::new(format!("flowctl.dlq.{}", declared.topic)),
            progress: self.progress.clone(),
        }))
    }

    /// Reads until a batch is full or there is no more.
    async fn read_batch(
        &mut self,
        reading: &mut Reading<'_>,
        memory: &Memory,
        selector: &mut Selector,
    ) -> anyhow::Result<Option<Batch>> {
        while !reading.assembler.is_full() {
            let Some(found) = reading.scan.next().await? else { break };
            let mut dead_letters = match found {
                Found::DeadLetters(dead_letters) => dead_letters,
                Found::Expired(partition, mut gone) => {
                    let counted = self.expired.insert(partition, gone.end);
                    gone.start = gone.start.max(counted.unwrap_or(gone.start));
                    if gone.start >= gone.end {
                        continue;
                    }
                    let resolved = memory.count_in(partition, gone.clone());
                    self.outcome.expired += gone.end - gone.start - resolved;
                    let (from, to) = (gone.start, gone.end);
                    (self.tell)(Event::Expired { partition, from, to })?;
                    continue;
                }
            };
            let rule = Some(selector.rule());
            let new = reading.lookup.check(self.dlq, &mut dead_letters, rule).await?;
            let now = self.job.composition.now;
            reading.lookup.set_oldest(self.dlq, selector, new, now).await?;
            for dead_letter in dead_letters {
                let partition = dead_letter.record.topic_partition.partition;
                let done = memory.find(partition, dead_letter.record.offset);
                let decision = selector.decide(&dead_letter, done, &reading.lookup.topics);
                // Ours, though the commit was never answered: the ledger has settled it.
                if let (Decision::Resolved(outcome), Some(done)) = (&decision, done)
                    && done.job == self.job.id
                    && self.settled.insert((partition, dead_letter.record.offset))
                {
                    let fate = match outcome {
                        LedgerOutcome::Duplicate => Fate::Duplicate,
                        LedgerOutcome::Redriven { to } => {
                            Fate::Redriven { topic: to.clone(), place: done.target }
                        }
                    };
                    self.count(dead_letter.id(), fate)?;
                }
                reading.assembler.take(dead_letter, decision);
            }
        }
        Ok(reading.assembler.cut())
    }

    /// Counts and tells what became of a dead letter.
    fn count(&mut self, id: DeadLetterId, fate: Fate) -> anyhow::Result<()> {
        match &fate {
            Fate::Redriven { .. } => self.outcome.redriven += 1,
            Fate::Duplicate => self.outcome.duplicates += 1,
            Fate::Refused(_) => self.outcome.refused += 1,
            Fate::Failed(_) => self.outcome.failed += 1,
        }
        (self.tell)(Event::Handled(id, fate))
    }
}

/// What comes next.
enum Next {
    Signal(Signal),
    Read(anyhow::Result<Option<Batch>>),
}

/// The reading of one pass.
struct Reading<'a> {
    scan: Scan<'a>,
    lookup: Lookup,
    assembler: Assembler,
}

impl<'a> Reading<'a> {
    /// Reads what the plan says, from a place on.
    fn new(
        dlq: &'a Dlq,
        plan: &Redrive,
        memory: &Memory,
        snapshot: &Snapshot,
        from: Option<(i32, i64)>,
    ) -> Self {
        let mut lowest_pending = BTreeMap::new();
        let mut ranges = Vec::new();
        for (partition, range) in &plan.ranges {
            let (partition, mut range) = (*partition, range.clone());
            match from {
                Some((at, _)) if partition < at => continue,
                Some((at, offset)) if partition == at => range.start = range.start.max(offset),
                Some(_) | None => {}
            }
            let log_start = snapshot.get(&partition).map_or(range.start, |extent| extent.start);
            let pending = memory.first_unresolved(partition, log_start);
            if pending < range.start {
                lowest_pending.insert(partition, pending);
            }
            ranges.push((partition, range));
        }
        Self {
            scan: Scan::new(dlq, ranges),
            lookup: Lookup::default(),
            assembler: Assembler::new(lowest_pending),
        }
    }
}
