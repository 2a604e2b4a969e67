//! Runs a redrive: pass after pass, until the plan is carried out or it cannot go on.

use std::collections::{BTreeMap, BTreeSet};

use super::pass::Pass;
use super::write::Redriver;
use super::{Dlq, Sink, Snapshot};
use crate::approval::Approval;
use crate::dlq::compose::Composition;
use crate::dlq::dead_letter::DeadLetterId;
use crate::dlq::event::{Event, Fate};
use crate::dlq::plan::Redrive;
use crate::dlq::select::Selector;
use crate::interrupt::{Interrupt, Signal};
use crate::ledger::Ledger;

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
    /// Somebody asked twice: the transaction in flight was left to itself, and only the ledger knows
    /// whether it was committed.
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

impl Outcome {
    /// Returns how many dead letters were handled.
    pub fn handled(&self) -> u64 {
        let Self { redriven, duplicates, refused, failed, expired: _, transactions: _ } = self;
        redriven + duplicates + refused + failed
    }
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
            redriver: None,
            settled: BTreeSet::new(),
            expired: BTreeMap::new(),
        };
        let ended = run.all().await.unwrap_or_else(Ended::Failed);
        (run.outcome, ended)
    }
}

/// A redrive under way.
pub(super) struct Run<'a> {
    pub(super) dlq: &'a Dlq,
    pub(super) plan: &'a Redrive,
    pub(super) job: &'a Job,
    pub(super) snapshot: &'a Snapshot,
    pub(super) interrupt: &'a Interrupt,
    pub(super) tell: Sink<'a>,
    pub(super) outcome: Outcome,
    /// The writer of the last pass, which knows what the broker refuses.
    pub(super) redriver: Option<Redriver>,
    /// The dead letters that the ledger has settled and that were counted: each pass reads them again.
    pub(super) settled: BTreeSet<(i32, i64)>,
    /// Up to where expired offsets were counted, for the same reason.
    pub(super) expired: BTreeMap<i32, i64>,
}

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
                    from = place;
                }
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

    /// Counts and tells what became of a dead letter.
    pub(super) fn count(&mut self, id: DeadLetterId, fate: Fate) -> anyhow::Result<()> {
        match &fate {
            Fate::Redriven { .. } => self.outcome.redriven += 1,
            Fate::Duplicate => self.outcome.duplicates += 1,
            Fate::Refused(_) => self.outcome.refused += 1,
            Fate::Failed(_) => self.outcome.failed += 1,
        }
        (self.tell)(Event::Handled(id, fate))
    }
}
