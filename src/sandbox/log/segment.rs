//! A segment: the batches between two offsets, which retention forgets and compaction cleans
//! together.

use std::collections::VecDeque;

use bytes::Bytes;

use super::config::At;
use crate::kafka::batch::{Batch, BatchHeader, Batches};
use crate::model::timestamp::Timestamp;

/// A batch as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    /// The offset of its last record when it was written.
    pub(super) last_offset: i64,
    /// The greatest timestamp of its records.
    pub(super) max_timestamp: i64,
    /// All of it.
    pub(super) bytes: Bytes,
}

impl Stored {
    /// Stores an encoded batch.
    pub(super) fn new(header: &BatchHeader, bytes: Vec<u8>) -> Self {
        Self {
            last_offset: header.last_offset(),
            max_timestamp: header.max_timestamp,
            bytes: Bytes::from(bytes),
        }
    }

    /// Looks into the batch. It was checked before it was stored, so it is always there.
    pub(super) fn batch(&self) -> Option<Batch<'_>> {
        Batches::new(&self.bytes).next()?.ok()
    }

    /// Returns its size in bytes.
    pub(super) fn size(&self) -> u64 {
        // No memory holds more bytes than that.
        u64::try_from(self.bytes.len()).unwrap_or(u64::MAX)
    }
}

/// A run of batches.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    /// Where it begins: no batch of the segments before it reaches this offset.
    pub(super) base_offset: i64,
    /// In the order of their offsets.
    pub(super) batches: VecDeque<Stored>,
    /// The size of all batches.
    pub(super) size: u64,
    /// The greatest timestamp of the first batch that it was given.
    first_timestamp: i64,
    /// When it was begun.
    created: Timestamp,
    /// When it was last written to.
    written: Timestamp,
    /// The greatest timestamp that it was given.
    pub(super) max_timestamp: i64,
}

/// The timestamp of a segment without one.
const NO_TIMESTAMP: i64 = -1;

impl Segment {
    /// Begins a segment.
    pub(super) fn new(base_offset: i64, now: Timestamp) -> Self {
        Self {
            base_offset,
            batches: VecDeque::new(),
            size: 0,
            first_timestamp: NO_TIMESTAMP,
            created: now,
            written: now,
            max_timestamp: NO_TIMESTAMP,
        }
    }

    /// Takes a batch at its end.
    pub(super) fn push(&mut self, stored: Stored, now: Timestamp) {
        if self.batches.is_empty() {
            self.first_timestamp = stored.max_timestamp;
        }
        self.written = now;
        self.max_timestamp = self.max_timestamp.max(stored.max_timestamp);
        self.size = self.size.saturating_add(stored.size());
        self.batches.push_back(stored);
    }

    /// Returns the segment with other batches.
    pub(super) fn with(self, batches: VecDeque<Stored>) -> Self {
        Self {
            size: batches.iter().map(Stored::size).sum(),
            max_timestamp: batches.iter().map(|it| it.max_timestamp).max().unwrap_or(NO_TIMESTAMP),
            batches,
            ..self
        }
    }

    /// Takes in the segment that follows it.
    pub(super) fn absorb(&mut self, next: Self) {
        if self.batches.is_empty() {
            self.first_timestamp = next.first_timestamp;
        }
        self.size = self.size.saturating_add(next.size);
        self.written = next.written;
        self.max_timestamp = self.max_timestamp.max(next.max_timestamp);
        self.batches.extend(next.batches);
    }

    /// Forgets the batches that end before an offset.
    pub(super) fn forget_before(&mut self, offset: i64) {
        while self.batches.front().is_some_and(|batch| batch.last_offset < offset) {
            let gone = self.batches.pop_front().map_or(0, |batch| batch.size());
            self.size = self.size.saturating_sub(gone);
        }
    }

    /// Returns the offset behind its last batch.
    pub(super) fn end(&self) -> i64 {
        self.batches.back().map_or(self.base_offset, |batch| batch.last_offset.saturating_add(1))
    }

    /// Returns the time that its age is counted from: that of its newest record, and of the last
    /// append where records have none.
    pub(super) fn newest(&self) -> i64 {
        if self.max_timestamp >= 0 { self.max_timestamp } else { self.written.0 }
    }

    /// Returns the time of its first batch, where it has one.
    pub(super) fn oldest(&self) -> Option<i64> {
        (self.first_timestamp > 0).then_some(self.first_timestamp)
    }

    /// Tells whether a batch has to go into the next segment. Time is the records' own where they
    /// have one, as in Kafka, so that what is loaded from elsewhere is cut as it was written.
    pub(super) fn is_full_for(&self, batch: &BatchHeader, size: u64, at: At<'_>) -> bool {
        let At { config, now } = at;
        if self.batches.is_empty() {
            return false;
        }
        let waited = if self.first_timestamp >= 0 {
            batch.max_timestamp.saturating_sub(self.first_timestamp)
        } else {
            now.0.saturating_sub(self.created.0)
        };
        self.size.saturating_add(size) > config.segment_bytes || waited > config.roll_ms()
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::LogConfig;
    use super::super::sample::{Sample, header};
    use super::*;

    fn stored(offset: i64, time: i64) -> (BatchHeader, Stored) {
        let sample = Sample::of(&["a", "b"]).times(&[time, time]).at(offset);
        (header(&sample), Stored::new(&header(&sample), sample.bytes().to_vec()))
    }

    #[test]
    fn a_segment_is_full_by_size_or_by_the_time_of_its_records() {
        let config = LogConfig { segment_bytes: 200, segment_ms: 1_000, ..LogConfig::default() };
        let at = At { config: &config, now: Timestamp(1_000_000) };
        let mut segment = Segment::new(0, Timestamp(0));
        let (first, batch) = stored(0, 5_000);
        assert!(!segment.is_full_for(&first, 10_000, at), "an empty one takes what comes");
        segment.push(batch, Timestamp(0));
        let left = 200 - segment.size;
        assert!(!segment.is_full_for(&stored(2, 6_000).0, left, at));
        assert!(segment.is_full_for(&stored(2, 6_000).0, left + 1, at));
        assert!(segment.is_full_for(&stored(2, 6_001).0, left, at));
        let compacted = LogConfig { compacts: true, max_compaction_lag_ms: 500, ..config.clone() };
        let at = At { config: &compacted, ..at };
        assert!(segment.is_full_for(&stored(2, 5_501).0, left, at));
    }

    #[test]
    fn without_timestamps_the_clock_counts() {
        let config = LogConfig { segment_ms: 1_000, ..LogConfig::default() };
        let mut segment = Segment::new(0, Timestamp(7_000));
        segment.push(stored(0, -1).1, Timestamp(7_100));
        let is_full = |now| segment.is_full_for(&stored(2, -1).0, 1, At { config: &config, now });
        assert!(!is_full(Timestamp(8_000)));
        assert!(is_full(Timestamp(8_001)));
        assert_eq!(segment.newest(), 7_100);
    }

    #[test]
    fn only_whole_batches_are_forgotten() {
        let mut segment = Segment::new(0, Timestamp(0));
        for offset in [0, 2, 4] {
            segment.push(stored(offset, 1).1, Timestamp(0));
        }
        let size = segment.size;
        segment.forget_before(3);
        assert_eq!(segment.batches.front().unwrap().last_offset, 3);
        assert_eq!(segment.size, size / 3 * 2);
        assert_eq!(segment.end(), 6);
    }
}
