//! Reads a plan's ranges, partition by partition, and makes the copies.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use anyhow::Context;

use super::Replayer;
use crate::clock::Deadline;
use crate::kafka::writer::{MOST_BYTES, MOST_RECORDS, Outbound};
use crate::kafka::{Error, ReadOptions, Reader, Scratch};
use crate::model::record::{OutgoingRecord, Record, SentTime};
use crate::replay::plan::Replay;

/// Records of one partition that are written together.
#[derive(Debug, Clone, Default)]
pub(super) struct Batch {
    pub(super) partition: i32,
    pub(super) outbounds: Vec<Outbound>,
    /// Behind the offset that was read last.
    pub(super) next: i64,
    /// Offsets before `next` that retention deleted before they were read.
    pub(super) expired: i64,
    bytes: usize,
}

/// A reading under way.
pub(super) struct Reading<'a> {
    replayer: &'a Replayer,
    plan: &'a Replay,
    left: Vec<i32>,
    reader: Option<Reader>,
    scratch: Scratch,
    batch: Batch,
    /// How many records may still be read.
    allowance: u64,
}

impl<'a> Reading<'a> {
    pub(super) fn new(replayer: &'a Replayer, plan: &'a Replay) -> Self {
        Self {
            replayer,
            plan,
            // The lowest partition is taken first, from the end.
            left: plan.ranges.keys().rev().copied().collect(),
            reader: None,
            scratch: Scratch::default(),
            batch: Batch::default(),
            allowance: plan.limit.unwrap_or(u64::MAX),
        }
    }

    /// Returns the next batch, all of one partition; `None` at the end. The last one of a partition
    /// may have no record, and tells only how far it was read. Cancel-safe: a dropped call loses
    /// nothing.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Batch>> {
        while let Some(&partition) = self.left.last() {
            let Some(range) = self.plan.ranges.get(&partition) else { break };
            let place = self.replayer.partition(partition);
            let cannot = || format!("cannot read {place}");
            if self.reader.is_none() {
                let starts = BTreeMap::from([(place.clone(), range.start)]);
                let deadline = Deadline::after(self.replayer.timeout);
                let cluster = &self.replayer.cluster;
                let opened = Reader::open(cluster, starts, ReadOptions::default(), deadline).await;
                self.reader = Some(opened.with_context(cannot)?);
                self.batch = Batch { partition, next: range.start, ..Batch::default() };
            }
            let Some(reader) = &mut self.reader else { continue };
            let fetched = match reader.next().await {
                Ok(fetched) => fetched,
                Err(Error::OffsetOutOfRange { wanted, log_start, .. }) if wanted < log_start => {
                    let reached = log_start.min(range.end);
                    self.batch.expired += reached - wanted;
                    self.batch.next = reached;
                    reader.seek(&place, log_start);
                    Vec::new()
                }
                Err(error) => return Err(error).with_context(cannot),
            };
            for answer in fetched {
                let (batch, allowance) = (&mut self.batch, &mut self.allowance);
                let walked = answer.each_record(&mut self.scratch, |view| {
                    if view.offset >= range.end || *allowance == 0 {
                        return ControlFlow::Break(view.offset.min(range.end));
                    }
                    let record = Record::copy(place.clone(), view);
                    if range.holds(&record) {
                        batch.bytes += record.size();
                        batch.outbounds.push(copy_of(record, self.plan));
                        *allowance -= 1;
                    }
                    ControlFlow::Continue(())
                });
                self.batch.next = match walked.with_context(cannot)? {
                    ControlFlow::Continue(()) => answer.position.min(range.end),
                    ControlFlow::Break(offset) => offset,
                };
            }
            let is_done = self.batch.next >= range.end || self.allowance == 0;
            if is_done {
                self.reader = None;
                self.left.pop();
            }
            if self.allowance == 0 {
                self.left.clear();
            }
            let is_full =
                self.batch.outbounds.len() >= MOST_RECORDS || self.batch.bytes >= MOST_BYTES;
            if is_done || is_full {
                let next = Batch { partition, next: self.batch.next, ..Batch::default() };
                return Ok(Some(std::mem::replace(&mut self.batch, next)));
            }
        }
        Ok(None)
    }
}

/// Makes the copy of a record.
fn copy_of(record: Record, plan: &Replay) -> Outbound {
    let Record { topic_partition, offset, timestamp, key, value, headers, .. } = record;
    let partition = topic_partition.partition;
    let record = OutgoingRecord {
        topic: plan.target.clone(),
        partition: plan.keeps_partitions.then_some(partition),
        timestamp: SentTime::copied(timestamp),
        key,
        value,
        headers,
    };
    Outbound { place: (partition, offset), record: Some(record) }
}
