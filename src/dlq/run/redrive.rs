//! Runs a redrive, counts what it does, and cuts it when somebody asks twice.

use super::watch::{Counts, WrittenTo};
use super::{Dlq, Sink, Snapshot};
use crate::approval::Approval;
use crate::dlq::batch::Item;
use crate::dlq::compose::Composition;
use crate::dlq::dead_letter::DeadLetterId;
use crate::dlq::event::{Event, Fate};
use crate::dlq::plan::Redrive;
use crate::dlq::select::Selector;
use crate::interrupt::{Interrupt, Signal};
use crate::kafka::Lookout;
use crate::ledger::Ledger;
use crate::model::lost::Lost;

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
    /// Somebody asked to stop: what was in flight is committed, if it is not in doubt.
    Interrupted(Signal),
    /// Somebody asked twice: the transaction in flight, if there was one, was left to itself.
    StoppedAtOnce(Signal),
    /// Another run has taken over, and does the rest.
    TakenOver(anyhow::Error),
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
    /// The transactions that were committed: answered, or found in the ledger.
    pub transactions: u64,
    /// Whether the last commit had no answer or was not waited for, and nothing has settled it
    /// since: only the ledger knows of it.
    pub is_in_doubt: bool,
    /// Topics that were written to and are gone: of what was counted, that is not there any more.
    pub lost: Vec<Lost>,
}

impl Outcome {
    /// Returns how many dead letters were handled.
    pub fn handled(&self) -> u64 {
        self.redriven + self.duplicates + self.refused + self.failed
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
            is_in_flight: false,
            setbacks: 0,
            written_to: WrittenTo::default(),
            lookout: Lookout::new(self.cluster.clone(), self.timeout),
        };
        let ended = match interrupt.finish(run.run()).await {
            Ok(ended) => ended,
            Err(signal) => run.cut_short().unwrap_or_else(|| {
                run.outcome.is_in_doubt |= run.is_in_flight;
                Ended::StoppedAtOnce(signal)
            }),
        };
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
    /// Whether a batch is being written.
    pub(super) is_in_flight: bool,
    /// How often in a row the producer was lost without anything getting done.
    pub(super) setbacks: u32,
    pub(super) written_to: WrittenTo,
    /// Looks after the topics that are written to; says how many records each has got.
    pub(super) lookout: Lookout<Counts>,
}

impl Run<'_> {
    /// Redrives, then looks whether all that was sent is there.
    async fn run(&mut self) -> Ended {
        let ended = Box::pin(self.pass()).await.unwrap_or_else(Ended::Failed);
        self.look(ended).await
    }

    /// Finds the ledger, or makes it and says so.
    pub(super) async fn ledger(&mut self) -> anyhow::Result<Ledger> {
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

    /// Counts and tells what became of dead letters.
    pub(super) fn count_all(&mut self, handled: Vec<(Item, Fate)>) -> anyhow::Result<()> {
        if !handled.is_empty() {
            self.setbacks = 0;
        }
        handled.into_iter().try_for_each(|(item, fate)| self.count(item.dead_letter.id(), fate))
    }

    fn count(&mut self, id: DeadLetterId, fate: Fate) -> anyhow::Result<()> {
        self.written_to.count(&fate);
        match &fate {
            Fate::Redriven { .. } => self.outcome.redriven += 1,
            Fate::Duplicate => self.outcome.duplicates += 1,
            Fate::Refused(_) => self.outcome.refused += 1,
            Fate::Failed(_) => self.outcome.failed += 1,
        }
        (self.tell)(Event::Handled(id, fate))
    }
}
