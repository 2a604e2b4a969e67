//! Shows the backlog of a DLQ to whoever watches lag: commits the lowest pending offsets to a group
//! of its own.
//!
//! What is pending is read anew from the ledger and the DLQ. What a run has counted would not do:
//! it knows nothing of a run that was killed, nor of one that has gone on in its place.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;

use super::scan::{Found, Scan};
use super::{Dlq, available};
use crate::clock::Deadline;
use crate::kafka::Error;
use crate::ledger::{Memory, Recalled};
use crate::model::name::GroupId;
use crate::model::offset::{CommittedOffset, TopicPartition};

impl Dlq {
    /// Commits the lowest pending offset of each partition to the group `flowctl.dlq.<topic>`. It
    /// is a courtesy: where it fails nothing is wrong, because only the ledger is believed.
    ///
    /// Not in the transactions of a redrive: librdkafka waits for ever for a coordinator that has
    /// gone (<https://github.com/confluentinc/librdkafka/issues/5456>).
    pub async fn show_backlog(&self, allowed: Duration) -> anyhow::Result<()> {
        let group = GroupId::new(format!("flowctl.dlq.{}", self.topic()));
        let deadline = Deadline::after(allowed);
        let shown = tokio::time::timeout_at(deadline.at(), self.commit_pending(&group, deadline));
        let timeout = |_| Error::Timeout { doing: "what is pending".to_owned(), allowed };
        let shown = shown.await.map_err(timeout);
        let cannot = || format!("cannot show the backlog by the offsets of group `{group}`");
        shown.with_context(cannot)?.with_context(cannot)
    }

    async fn commit_pending(&self, group: &GroupId, deadline: Deadline) -> anyhow::Result<()> {
        // Where nothing was ever redriven, nobody asks for it.
        let Some(ledger) = self.find_ledger().await? else { return Ok(()) };
        let topic_id = self.description.id.as_deref();
        loop {
            let Recalled { memory, end } =
                ledger.read(&self.cluster, topic_id, None, deadline).await?;
            self.check_identity().await?;
            let pending = self.lowest_pending(&memory).await?;
            self.cluster.commit_offsets(group, &pending, deadline).await?;
            // Whoever has written since may have shown less than this, before this came over it.
            let news = ledger.read(&self.cluster, topic_id, Some(end), deadline).await?;
            if news.memory.is_empty() {
                return Ok(());
            }
        }
    }

    /// Finds the first record of each partition that the ledger does not know. An offset may hold
    /// none: transactions and compaction leave holes, which are no backlog.
    async fn lowest_pending(
        &self,
        memory: &Memory,
    ) -> anyhow::Result<BTreeMap<TopicPartition, CommittedOffset>> {
        let mut lowest = BTreeMap::new();
        for (partition, range) in available(&self.snapshot().await?) {
            let unknown = memory.first_unresolved(partition, range.start).min(range.end);
            let mut scan = Scan::new(self, [(partition, unknown..range.end)]);
            let mut pending = None;
            while pending.is_none()
                && let Some(found) = scan.next().await?
            {
                let Found::DeadLetters(dead_letters) = found else { continue };
                let mut offsets = dead_letters.iter().map(|dead_letter| dead_letter.record.offset);
                pending = offsets.find(|offset| memory.find(partition, *offset).is_none());
            }
            let offset = pending.unwrap_or(range.end);
            lowest.insert(self.partition(partition), CommittedOffset { offset, metadata: None });
        }
        Ok(lowest)
    }
}
