//! Reads dead letters in order: partition by partition, offset by offset, so that a plan and its
//! run see the same ones, and an answer at a time, so that a DLQ of any size fits.

use std::collections::{BTreeMap, VecDeque};
use std::ops::{ControlFlow, Range};
use std::time::Duration;

use anyhow::Context;

use super::{Dlq, Watch};
use crate::clock::Deadline;
use crate::dlq::dead_letter::DeadLetter;
use crate::dlq::seen::Seen;
use crate::kafka::{Error, ReadOptions, Reader, Scratch};
use crate::model::record::Record;

/// What was found next.
#[derive(Debug)]
pub(super) enum Found {
    /// Dead letters, in order.
    DeadLetters(Vec<DeadLetter>),
    /// Offsets that retention has deleted meanwhile.
    Expired(i32, Range<i64>),
}

/// A reading under way.
pub(super) struct Scan<'a> {
    dlq: &'a Dlq,
    /// What is still to be read; the front is being read.
    left: VecDeque<(i32, Range<i64>)>,
    reader: Option<Reader>,
    scratch: Scratch,
    /// How long no broker may answer.
    patience: Duration,
    watch: Option<Watch<'a>>,
}

impl<'a> Scan<'a> {
    pub(super) fn new(dlq: &'a Dlq, ranges: impl IntoIterator<Item = (i32, Range<i64>)>) -> Self {
        let left = ranges.into_iter().filter(|(_, range)| range.start < range.end).collect();
        let (scratch, patience) = (Scratch::default(), dlq.timeout);
        Self { dlq, left, reader: None, scratch, patience, watch: None }
    }

    /// Reads on when no broker answers for longer.
    pub(super) fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Tells what it reads.
    pub(super) fn watched(mut self, watch: Watch<'a>) -> Self {
        self.watch = Some(watch);
        self
    }

    /// Returns what is next; `None` at the end. Cancel-safe: a dropped call loses nothing.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Found>> {
        while let Some((partition, range)) = self.left.front().cloned() {
            let place = self.dlq.partition(partition);
            let cannot = || format!("cannot read {place}");
            if self.reader.is_none() {
                let starts = BTreeMap::from([(place.clone(), range.start)]);
                let deadline = Deadline::after(self.patience);
                let opened =
                    Reader::open(&self.dlq.cluster, starts, ReadOptions::default(), deadline).await;
                self.reader = Some(opened.with_context(cannot)?);
            }
            let Some(reader) = &mut self.reader else { continue };
            let fetched = match reader.next().await {
                Ok(fetched) => fetched,
                Err(Error::OffsetOutOfRange { wanted, log_start, .. }) if wanted < log_start => {
                    let gone = wanted..log_start.min(range.end);
                    if log_start < range.end {
                        reader.seek(&place, log_start);
                    } else {
                        self.end_partition();
                    }
                    return Ok(Some(Found::Expired(partition, gone)));
                }
                Err(error) => return Err(error).with_context(cannot),
            };
            let mut dead_letters = Vec::new();
            let mut position = range.start;
            for answer in fetched {
                position = answer.position;
                let declared = &self.dlq.declared;
                let walked = answer.each_record(&mut self.scratch, |record| {
                    if record.offset >= range.end {
                        return ControlFlow::Break(());
                    }
                    let record = Record::copy(place.clone(), record);
                    let (expected, main) = (declared.expected, declared.main.as_ref());
                    dead_letters.push(DeadLetter::read(record, expected, main));
                    ControlFlow::Continue(())
                });
                // A walk that was broken off has met the end of the range.
                let _: ControlFlow<()> = walked.with_context(cannot)?;
            }
            if position >= range.end {
                self.end_partition();
            }
            if !dead_letters.is_empty() {
                if let Some(watch) = &mut self.watch {
                    watch(Seen::of(&dead_letters));
                }
                return Ok(Some(Found::DeadLetters(dead_letters)));
            }
        }
        Ok(None)
    }

    fn end_partition(&mut self) {
        self.reader = None;
        self.left.pop_front();
    }
}
