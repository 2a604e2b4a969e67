//! Reads what a redrive's plan says and puts it together to batches.

use std::time::Duration;

use super::Dlq;
use super::lookup::Lookup;
use super::redrive::Run;
use super::scan::{Found, Scan};
use crate::dlq::batch::{Assembler, Batch};
use crate::dlq::event::Event;
use crate::dlq::plan::Redrive;
use crate::dlq::select::Selector;
use crate::kafka::writer::TRANSACTION_TIMEOUT;
use crate::ledger::Memory;

/// How long the DLQ is waited for beyond `--timeout`: an outage in which the writer's transaction
/// is given up, which the coordinator sees up to ten seconds late.
const OUTAGE: Duration = TRANSACTION_TIMEOUT.saturating_mul(2);

/// The reading of one pass.
pub(super) struct Reading<'a> {
    scan: Scan<'a>,
    lookup: Lookup,
    assembler: Assembler,
}

impl<'a> Reading<'a> {
    /// Reads what the plan says.
    pub(super) fn new(dlq: &'a Dlq, plan: &Redrive) -> Self {
        Self {
            scan: Scan::new(dlq, plan.ranges.clone()).with_patience(OUTAGE + dlq.timeout),
            lookup: Lookup::default(),
            assembler: Assembler::default(),
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
                Found::Expired(partition, gone) => {
                    let resolved = memory.count_in(partition, gone.clone());
                    self.outcome.expired += gone.end - gone.start - resolved;
                    let (from, to) = (gone.start, gone.end);
                    (self.tell)(Event::Expired { partition, from, to })?;
                    continue;
                }
            };
            let rule = Some(selector.rule());
            let new = reading.lookup.check(self.dlq, &mut dead_letters, rule).await?;
            let ids = new.iter().filter_map(|topic| reading.lookup.ids.get_key_value(topic));
            self.written_to.know(ids);
            let now = self.job.composition.now;
            reading.lookup.set_oldest(self.dlq, selector, new, now).await?;
            for dead_letter in dead_letters {
                let partition = dead_letter.record.topic_partition.partition;
                let done = memory.find(partition, dead_letter.record.offset);
                let decision = selector.decide(&dead_letter, done, &reading.lookup.topics);
                reading.assembler.take(dead_letter, decision);
            }
        }
        Ok(reading.assembler.cut())
    }
}
