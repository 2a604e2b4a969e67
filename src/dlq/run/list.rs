//! Reads selected dead letters to be shown.

use std::ops::ControlFlow;

use super::lookup::Lookup;
use super::scan::{Found, Scan};
use super::{Dlq, Snapshot, Watch, available};
use crate::dlq::dead_letter::DeadLetter;
use crate::dlq::query::{Query, StatusFilter};
use crate::ledger::{Done, Memory};

/// Shows a dead letter with what the ledger says of it; breaks when it has seen enough.
pub type Show<'a> =
    &'a mut dyn FnMut(&DeadLetter, Option<Done<'_>>) -> anyhow::Result<ControlFlow<()>>;

impl Dlq {
    /// Shows the dead letters that meet the query, in order, until `show` breaks or the limit is
    /// reached; returns how many were shown.
    pub async fn list(
        &self,
        snapshot: &Snapshot,
        memory: &mut Memory,
        query: &Query,
        status: StatusFilter,
        watch: Watch<'_>,
        show: Show<'_>,
    ) -> anyhow::Result<u64> {
        let limit = query.limit.unwrap_or(u64::MAX);
        let ranges = available(snapshot).into_iter().filter_map(|(partition, available)| {
            Some((partition, query.range(partition, &available)?))
        });
        let mut lookup = Lookup::default();
        let mut scan = Scan::new(self, ranges).watched(watch);
        let mut shown = 0;
        while let Some(found) = scan.next().await? {
            let Found::DeadLetters(mut dead_letters) = found else { continue };
            lookup.check(self, &mut dead_letters, None).await?;
            for dead_letter in &dead_letters {
                let record = &dead_letter.record;
                let (partition, offset) = (record.topic_partition.partition, record.offset);
                memory.disprove(partition, offset, record.timestamp);
                let done = memory.find(partition, offset);
                if shown >= limit {
                    return Ok(shown);
                }
                if query.matches(dead_letter) && status.admits(done.map(|done| done.outcome)) {
                    shown += 1;
                    if show(dead_letter, done)?.is_break() {
                        return Ok(shown);
                    }
                }
            }
        }
        Ok(shown)
    }
}
