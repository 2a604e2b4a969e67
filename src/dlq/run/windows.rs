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
    /// letter before it is older. Its end is not, since timestamps may be out of order, so the rest
    /// of the log is read and each record's own time decides.
    pub async fn windows(
        &self,
        range: &position::Range,
        snapshot: &Snapshot,
    ) -> anyhow::Result<BTreeMap<i32, Window>> {
        let topic = self.topic();
        for positions in [&range.from, &range.until] {
            let checked = positions.check(topic, snapshot.len());
            checked.map_err(|error| Problem::usage(error.to_string()))?;
        }
        let times = self.first_offsets(range).await?;
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
            let by_time = times.get(&partition).copied();
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

    /// Asks for the first offset at or after a time, of every partition that begins at one.
    async fn first_offsets(&self, range: &position::Range) -> anyhow::Result<BTreeMap<i32, i64>> {
        let questions: Vec<_> = self
            .description
            .partitions
            .keys()
            .filter(|partition| !range.leaves_out(**partition))
            .filter_map(|&partition| {
                let time = range.from.get(partition).and_then(Position::time)?;
                Some((self.partition(partition), OffsetQuery::At(time)))
            })
            .collect();
        let deadline = self.deadline();
        let asked = self.cluster.offsets(&questions, IsolationLevel::ReadUncommitted, deadline);
        let cannot = || format!("cannot look up times in DLQ `{}`", self.topic());
        let mut offsets = BTreeMap::new();
        for ((place, _), answer) in asked.await.with_context(cannot)? {
            if let Some(offset) = answer.with_context(cannot)? {
                offsets.insert(place.partition, offset);
            }
        }
        Ok(offsets)
    }
}
