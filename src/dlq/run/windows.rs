//! Resolves positions to a part of each partition.

use std::collections::BTreeMap;

use anyhow::Context;

use super::{Dlq, Snapshot};
use crate::dlq::query::Window;
use crate::error::Problem;
use crate::model::offset::{IsolationLevel, OffsetQuery};
use crate::model::position::{self, LogMarks, Position};

impl Dlq {
    /// Resolves a range against the snapshot. The start of a time range is an offset: every dead
    /// letter before it is older. Its end is not, since timestamps may be out of order, so the rest of
    /// the log is read and each record's own time decides.
    pub async fn windows(
        &self,
        range: &position::Range,
        snapshot: &Snapshot,
    ) -> anyhow::Result<BTreeMap<i32, Window>> {
        let partitions: Vec<i32> = snapshot.keys().copied().collect();
        let topic = self.topic().as_str();
        let usage = |error: position::PositionsError| Problem::usage(error.to_string());
        range.from.check(topic, &partitions).map_err(usage)?;
        range.until.check(topic, &partitions).map_err(usage)?;
        let mut windows = BTreeMap::new();
        for (&partition, extent) in snapshot {
            let marks = LogMarks { log_start: extent.start, end: extent.end, committed: None };
            if range.leaves_out(partition) {
                let nothing = extent.start..extent.start;
                windows.insert(partition, Window { offsets: nothing, since: None, until: None });
                continue;
            }
            let (from, until) = (range.from.get(partition), range.until.get(partition));
            if from.is_none() && until.is_none() {
                continue;
            }
            let since = from.and_then(Position::time);
            let by_time = match since {
                Some(time) => self.first_at(partition, OffsetQuery::At(time)).await?,
                None => None,
            };
            let offset = |position: Position, by_time| {
                position::resolve(position, &marks, |_| by_time)
                    .map(|resolved| resolved.offset)
                    .map_err(|error| Problem::usage(format!("{topic}: {error}")))
            };
            let start = from.map_or(Ok(extent.start), |from| offset(from, by_time))?;
            let end = until.map_or(Ok(extent.end), |until| offset(until, None))?;
            let until = until.and_then(Position::time);
            windows.insert(partition, Window { offsets: start..end, since, until });
        }
        Ok(windows)
    }

    /// Asks for an offset of one partition.
    async fn first_at(&self, partition: i32, query: OffsetQuery) -> anyhow::Result<Option<i64>> {
        let question = (self.partition(partition), query);
        let asked = self
            .cluster
            .offsets(
                std::slice::from_ref(&question),
                IsolationLevel::ReadUncommitted,
                self.deadline(),
            )
            .await;
        let cannot = || format!("cannot look up a time in {}", question.0);
        match asked.with_context(cannot)?.remove(&question) {
            Some(answer) => answer.with_context(cannot),
            None => Ok(None),
        }
    }
}
