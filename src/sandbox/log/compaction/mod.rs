//! Compaction: of each key the last record stays.
//!
//! It takes the segments behind the active one and below the last stable offset, shares their
//! bytes, and works on them without the log: [`Log::compaction`] says what there is to do,
//! [`Compaction::run`] does it, [`Log::compacted`] puts the outcome in its place. As in Kafka,
//! offsets stay, tombstones and markers stay for `delete.retention.ms` after they were first seen,
//! what was aborted goes, and the last batch of every producer stays, if only as a header: its next
//! one is judged by it.

mod batch;
mod transactions;

use std::collections::BTreeMap;

use self::batch::Keep;
use self::transactions::Transactions;
use super::Log;
use super::aborted::Aborted;
use super::config::At;
use super::producers::Trace;
use super::segment::{Segment, Stored};
use crate::kafka::batch::{BatchHeader, Scratch};
use crate::model::timestamp::Timestamp;

/// How many bytes the keys may take that are looked at together, like
/// `log.cleaner.dedupe.buffer.size` of Kafka's brokers. The next round goes on behind them.
const MOST_KEYS: usize = 128 << 20;
/// What a key takes beside its bytes, about.
const KEY: usize = 64;

/// The offset of the last record of each key.
type Offsets = BTreeMap<Box<[u8]>, i64>;

/// What was found about the keys that were written since the last time.
#[derive(Debug)]
struct Latest {
    offsets: Offsets,
    /// The offset before which they were looked at: there was no room for more.
    to: i64,
}

/// What there is to compact.
#[derive(Debug)]
pub(in crate::sandbox) struct Compaction {
    segments: Vec<Segment>,
    /// The offset before which they are.
    to: i64,
    /// The log's own mark when they were taken: before it each key is there once.
    clean_to: i64,
    aborted: Vec<Aborted>,
    traces: BTreeMap<i64, Trace>,
    now: Timestamp,
    delete_retention_ms: i64,
    segment_bytes: u64,
}

/// What is left.
#[derive(Debug)]
pub(in crate::sandbox) struct Compacted {
    segments: Vec<Segment>,
    to: i64,
    clean_to: i64,
    /// What the mark is from now on.
    next_clean_to: i64,
    /// The aborted transactions that still have records.
    aborted: Vec<Aborted>,
}

impl Log {
    /// Returns what is to be compacted, if it is worth it.
    pub(in crate::sandbox) fn compaction(&self, at: At<'_>) -> Option<Compaction> {
        let At { config, now } = at;
        if !config.compacts {
            return None;
        }
        let first_dirty = self.clean_to.max(self.start);
        let stable = self.last_stable_offset();
        let is_dirty = |segment: &Segment| segment.end() > first_dirty;
        let is_settled = |segment: &Segment| {
            let (age, lag) = (now.0.saturating_sub(segment.newest()), config.min_compaction_lag_ms);
            !is_dirty(segment) || lag <= 0 || age >= lag
        };
        let next = self.segments.iter().skip(1);
        let cleanable: Vec<_> = self
            .segments
            .iter()
            .zip(next)
            .take_while(|(segment, next)| next.base_offset <= stable && is_settled(segment))
            .collect();
        let to = cleanable.last()?.1.base_offset;
        let segments: Vec<_> = cleanable.into_iter().map(|(segment, _)| segment).collect();
        let size = |of: &dyn Fn(&Segment) -> bool| -> u64 {
            segments.iter().filter(|segment| of(segment)).map(|segment| segment.size).sum()
        };
        let dirty = size(&is_dirty);
        let is_worth_it = is_over(dirty, size(&|_| true), config.min_dirty_ratio);
        let deadline = now.0.saturating_sub(config.max_compaction_lag_ms.max(0));
        let is_late = segments
            .iter()
            .any(|it| is_dirty(it) && it.oldest().is_some_and(|oldest| oldest < deadline));
        (dirty > 0 && (is_worth_it || is_late)).then(|| Compaction {
            segments: segments.into_iter().cloned().collect(),
            to,
            clean_to: self.clean_to,
            aborted: self.aborted.between(self.start, to),
            traces: self.producers.traces(),
            now,
            delete_retention_ms: config.delete_retention_ms,
            segment_bytes: config.segment_bytes,
        })
    }

    /// Puts what compaction left in its place, unless another one was faster.
    pub(in crate::sandbox) fn compacted(&mut self, compacted: Compacted) {
        let Compacted { segments, to, clean_to, next_clean_to, aborted } = compacted;
        if clean_to != self.clean_to {
            return;
        }
        self.clean_to = next_clean_to;
        self.aborted.keep_before(to, &aborted);
        let behind = self.segments.partition_point(|segment| segment.base_offset < to);
        let rest = self.segments.split_off(behind);
        self.segments = segments.into_iter().chain(rest).collect();
        // Records may have been deleted since.
        self.forget_unreadable();
    }
}

/// Tells whether a part is more than a ratio of the whole.
fn is_over(part: u64, whole: u64, ratio: f64) -> bool {
    const PRECISION: u32 = 1_000_000;
    let parts = part.saturating_mul(PRECISION.into()).checked_div(whole).unwrap_or_default();
    f64::from(u32::try_from(parts).unwrap_or(PRECISION)) > ratio * f64::from(PRECISION)
}

impl Compaction {
    /// Compacts.
    pub(in crate::sandbox) fn run(self, scratch: &mut Scratch) -> Compacted {
        self.run_within(MOST_KEYS, scratch)
    }

    /// Compacts with so much room for keys.
    fn run_within(mut self, room: usize, scratch: &mut Scratch) -> Compacted {
        let latest = self.latest(room, scratch);
        let mut transactions = Transactions::new(&self.aborted);
        let mut segments: Vec<Segment> = Vec::new();
        for segment in std::mem::take(&mut self.segments) {
            let clean = |stored: &Stored| self.clean(stored, &latest, &mut transactions, scratch);
            let left = segment.batches.iter().filter_map(clean).collect();
            let segment = segment.with(left);
            // Small segments become one, or there would be ever more of them.
            match segments.last_mut() {
                Some(last) if last.size.saturating_add(segment.size) <= self.segment_bytes => {
                    last.absorb(segment);
                }
                Some(_) | None => segments.push(segment),
            }
        }
        let Self { to, clean_to, .. } = self;
        let aborted = transactions.kept();
        Compacted { segments, to, clean_to, next_clean_to: latest.to, aborted }
    }

    /// Finds the last record that was not aborted of each key, of the batches since the last time:
    /// what is older stays unless it comes again.
    fn latest(&self, room: usize, scratch: &mut Scratch) -> Latest {
        let mut latest = Latest { offsets: Offsets::new(), to: self.to };
        let mut size = 0_usize;
        let mut transactions = Transactions::new(&self.aborted);
        for stored in self.segments.iter().flat_map(|segment| &segment.batches) {
            let Some(batch) = stored.batch() else { continue };
            let header = &batch.header;
            if transactions.is_done_with(&batch, scratch)
                || header.is_control()
                || header.last_offset() < self.clean_to
            {
                continue;
            }
            let Ok(records) = batch.records(scratch) else { continue };
            for record in records.filter_map(Result::ok) {
                let Some(key) = record.key else { continue };
                if latest.offsets.insert(key.into(), record.offset).is_none() {
                    size = size.saturating_add(key.len()).saturating_add(KEY);
                }
            }
            if size > room {
                latest.to = header.next_offset();
                break;
            }
        }
        latest
    }

    /// Returns what is left of a batch; `None` is nothing.
    fn clean(
        &self,
        stored: &Stored,
        latest: &Latest,
        transactions: &mut Transactions,
        scratch: &mut Scratch,
    ) -> Option<Stored> {
        // Batches were checked when they came: what could not be read would stay.
        let Some(batch) = stored.batch() else { return Some(stored.clone()) };
        let header = &batch.header;
        let is_done_with = transactions.is_done_with(&batch, scratch);
        if header.base_offset >= latest.to {
            return Some(stored.clone());
        }
        let is_over = header.delete_horizon().is_some_and(|horizon| horizon <= self.now.0);
        let stays_as_header = self.is_needed(header);
        let keep = match (is_done_with, header.is_control()) {
            (true, false) => Keep::Nothing,
            (true, true) if is_over => Keep::Nothing,
            (true, true) => Keep::AllUntilHorizon,
            (false, true) => Keep::All,
            (false, false) => Keep::Latest { of: &latest.offsets, drops_tombstones: is_over },
        };
        let horizon = self.now.0.saturating_add(self.delete_retention_ms);
        match keep.apply(&batch, horizon, scratch) {
            batch::Left::Same => Some(stored.clone()),
            batch::Left::Changed(left) => Some(left),
            batch::Left::Nothing if stays_as_header => {
                let emptied = header.emptied();
                Some(emptied.encode(&[]).map_or(stored.clone(), |it| Stored::new(&emptied, it)))
            }
            batch::Left::Nothing => None,
        }
    }

    /// Tells whether the header of a batch is needed without its records: for its producer, or
    /// because it is the last of what is compacted.
    fn is_needed(&self, header: &BatchHeader) -> bool {
        let is_trace = match self.traces.get(&header.producer_id) {
            Some(Trace::Batch(last_offset)) => header.last_offset() == *last_offset,
            Some(Trace::Marker(epoch)) => header.is_control() && header.producer_epoch == *epoch,
            None => false,
        };
        (header.has_producer() && is_trace) || header.next_offset() == self.to
    }
}

#[cfg(test)]
mod tests;
