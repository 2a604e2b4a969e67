//! Reads what a redrive's plan says and puts it together to batches.

use std::collections::BTreeMap;

use super::lookup::Lookup;
use super::redrive::Run;
use super::scan::{Found, Scan};
use super::{Dlq, Snapshot};
use crate::dlq::batch::{Assembler, Batch};
use crate::dlq::event::{Event, Fate};
use crate::dlq::plan::Redrive;
use crate::dlq::select::{Decision, Selector};
use crate::ledger::{Memory, Outcome as LedgerOutcome};

/// The reading of one pass.
pub(super) struct Reading<'a> {
    scan: Scan<'a>,
    lookup: Lookup,
    assembler: Assembler,
}

impl<'a> Reading<'a> {
    /// Reads what the plan says, from a place on.
    pub(super) fn new(
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

impl Run<'_> {
    /// Reads until a batch is full or there is no more.
    pub(super) async fn read_batch(
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
}
