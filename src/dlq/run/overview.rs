//! Counts what a DLQ holds: one row of `dlq ls`.

use super::lookup::Lookup;
use super::scan::{Found, Scan};
use super::{Dlq, Watch, available, hidden};
use crate::dlq::overview::Overview;

impl Dlq {
    /// Reads the DLQ once and counts. What the ledger says is as of now: a redrive that is under
    /// way may add to it.
    pub async fn overview(&self, watch: Watch<'_>) -> anyhow::Result<Overview> {
        let snapshot = self.snapshot().await?;
        let mut memory = self.recall().await?;
        let mut overview = Overview::new(self.topic().clone(), self.declared.main.clone());
        overview.hidden = hidden(&snapshot);
        let mut lookup = Lookup::default();
        let mut scan = Scan::new(self, available(&snapshot)).watched(watch);
        while let Some(found) = scan.next().await? {
            let Found::DeadLetters(mut dead_letters) = found else { continue };
            lookup.check(self, &mut dead_letters, None).await?;
            for dead_letter in &dead_letters {
                let record = &dead_letter.record;
                let (partition, offset) = (record.topic_partition.partition, record.offset);
                memory.disprove(partition, offset, record.timestamp);
                overview.take(dead_letter, memory.find(partition, offset));
            }
        }
        Ok(overview)
    }
}
