//! Makes the plan of a redrive: reads what is selected, decides, counts. Nothing is changed.

use super::lookup::Lookup;
use super::scan::{Found, Scan};
use super::{Dlq, Sink, Snapshot, Watch, available, hidden};
use crate::dlq::dead_letter::DeadLetterId;
use crate::dlq::event::Event;
use crate::dlq::plan::Redrive;
use crate::dlq::select::{Decision, Selector};
use crate::ledger::Memory;
use crate::model::timestamp::Timestamp;

impl Dlq {
    /// Makes the plan. Every decision about a selected dead letter is told.
    pub async fn plan(
        &self,
        snapshot: &Snapshot,
        mut selector: Selector,
        now: Timestamp,
        watch: Watch<'_>,
        tell: Sink<'_>,
    ) -> anyhow::Result<Redrive> {
        if let Some(warning) = self.check_ledger().await? {
            tell(Event::Warning(warning))?;
        }
        let mut memory = self.recall().await?;
        self.remember(snapshot, &mut memory, &mut selector, watch, tell).await?;
        let mut plan = Redrive::new(self.topic().clone(), Vec::new(), hidden(snapshot));
        plan.before = selector.before();
        for (partition, available) in available(snapshot) {
            if let Some(selected) = selector.query().range(partition, &available) {
                // What comes before the first pending one has been read already.
                let start = memory.first_unresolved(partition, selected.start).min(selected.end);
                plan.ranges.push((partition, start..selected.end));
            }
        }
        let mut missing = selector.query().places.clone();
        missing.retain(|(partition, offset)| memory.find(*partition, *offset).is_none());
        let mut lookup = Lookup::default();
        let mut scan = Scan::new(self, plan.ranges.clone()).watched(watch);
        'reading: while let Some(found) = scan.next().await? {
            let mut dead_letters = match found {
                Found::DeadLetters(dead_letters) => dead_letters,
                Found::Expired(partition, gone) => {
                    plan.expired +=
                        gone.end - gone.start - memory.count_in(partition, gone.clone());
                    tell(Event::Expired { partition, from: gone.start, to: gone.end })?;
                    continue;
                }
            };
            let new = lookup.check(self, &mut dead_letters, Some(selector.rule())).await?;
            lookup.set_oldest(self, &mut selector, new, now).await?;
            for dead_letter in dead_letters {
                let place =
                    (dead_letter.record.topic_partition.partition, dead_letter.record.offset);
                missing.remove(&place);
                let done = memory.find(place.0, place.1);
                let decision = selector.decide(&dead_letter, done, &lookup.topics);
                plan.take(&decision);
                if !matches!(decision, Decision::NotSelected | Decision::Resolved(_)) {
                    tell(Event::Decided(Box::new(dead_letter), decision))?;
                }
                if selector.is_satisfied() {
                    plan.cut_behind(place.0, place.1);
                    missing.clear();
                    break 'reading;
                }
            }
        }
        let topic = self.topic();
        plan.missing = missing
            .into_iter()
            .map(|(partition, offset)| DeadLetterId { topic: topic.clone(), partition, offset })
            .collect();
        self.check_rights(&plan).await?;
        Ok(plan)
    }

    /// Makes sure that what the plan writes may be written: the records, and the ledger's entries.
    async fn check_rights(&self, plan: &Redrive) -> anyhow::Result<()> {
        if !plan.writes() {
            return Ok(());
        }
        let ledger = self.ledger();
        let topics: Vec<_> = plan.sent_by_topic().into_keys().chain([ledger]).cloned().collect();
        // A ledger that is not there yet is made by the run.
        Ok(self.cluster.check_write(&topics, self.deadline()).await?)
    }

    /// Reads the dead letters that were redriven before, so that one of the same origin is not sent
    /// again, and checks that the entries of the ledger are about these very records.
    pub(super) async fn remember(
        &self,
        snapshot: &Snapshot,
        memory: &mut Memory,
        selector: &mut Selector,
        watch: Watch<'_>,
        tell: Sink<'_>,
    ) -> anyhow::Result<()> {
        let (foreign, _) = memory.ignored();
        if foreign > 0 {
            tell(Event::Warning(format!(
                "the ledger has {foreign} entries about a former topic `{}`, which was deleted; they \
                 do not count",
                self.topic()
            )))?;
        }
        let spans = memory.spans();
        let ranges = available(snapshot).into_iter().filter_map(|(partition, available)| {
            let (first, last) = spans.get(&partition)?;
            let end = available.end.min(last.saturating_add(1));
            Some((partition, available.start.max(*first)..end))
        });
        let mut scan = Scan::new(self, ranges).watched(watch);
        while let Some(found) = scan.next().await? {
            let Found::DeadLetters(dead_letters) = found else { continue };
            for dead_letter in dead_letters {
                let record = &dead_letter.record;
                let (partition, offset) = (record.topic_partition.partition, record.offset);
                if memory.disprove(partition, offset, record.timestamp) {
                    tell(Event::Warning(format!(
                        "the ledger's entry about {} does not count: another record is there now",
                        dead_letter.id()
                    )))?;
                }
                if let Some(done) = memory.find(partition, offset) {
                    selector.remember(&dead_letter, done.outcome);
                }
            }
        }
        Ok(())
    }
}
