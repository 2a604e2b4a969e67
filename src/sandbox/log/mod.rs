//! The records of one partition, and all that Kafka knows and promises of them.
//!
//! What a producer sends is checked by [`validate`], which needs no partition, and then appended by
//! [`Log::append`], which sets offsets and looks at sequences. Batches are kept as they came, in
//! segments that exist only to be forgotten and compacted like those on a disk. There is one
//! replica: the high watermark is always the end.
//!
//! Nothing here waits, knows the time or keeps a config: both are arguments.

mod aborted;
mod append;
mod compaction;
mod config;
mod producers;
mod read;
mod refused;
#[cfg(test)]
mod sample;
mod segment;
#[cfg(test)]
mod tests;
mod times;
mod trim;
mod upkeep;
mod validate;

use std::collections::VecDeque;

use self::aborted::AbortedIndex;
use self::producers::Producers;
use self::segment::{Segment, Stored};
use super::broker::LEADER_EPOCH;

pub(super) use self::append::Appended;
pub(super) use self::compaction::{Compacted, Compaction};
pub(super) use self::config::{At, LogConfig};
pub(super) use self::read::{Bounds, Isolation, OutOfRange, Slice};
pub(super) use self::refused::Refused;
pub(super) use self::times::{Found, Position, Search};
pub(super) use self::validate::{Produced, Rules, validate, weight};

/// A partition.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// Oldest first; the last one is active: the only one that is written to.
    segments: VecDeque<Segment>,
    /// How many batches the segments have.
    batches: usize,
    /// The size of all batches.
    size: u64,
    /// The first offset that can be read.
    start: i64,
    /// The offset of the next record.
    end: i64,
    /// The offset up to which compaction has come.
    clean_to: i64,
    producers: Producers,
    aborted: AbortedIndex,
}

impl Log {
    /// Returns the log start offset.
    pub(super) fn start(&self) -> i64 {
        self.start
    }

    /// Returns the log end offset, which is the high watermark too.
    pub(super) fn end(&self) -> i64 {
        self.end
    }

    /// Returns the last stable offset: where the first open transaction begins, or the end.
    pub(super) fn last_stable_offset(&self) -> i64 {
        self.producers.first_open().map_or(self.end, |offset| offset.max(self.start))
    }

    /// Tells whether a producer has an open transaction here.
    pub(super) fn has_open_transaction(&self, producer_id: i64) -> bool {
        self.producers.is_open(producer_id)
    }

    /// Returns the size of all batches in bytes.
    #[cfg(test)]
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Returns how much memory the partition takes: the batches and what is known of each, of
    /// producers and of aborted transactions.
    pub(super) fn memory(&self) -> u64 {
        let known = self.batches * size_of::<Stored>()
            + self.segments.len() * size_of::<Segment>()
            + self.producers.memory()
            + self.aborted.memory();
        self.size.saturating_add(u64::try_from(known).unwrap_or(u64::MAX))
    }

    /// Returns the batches from the one that has an offset, or the next one, to the end.
    fn batches_from(&self, offset: i64) -> impl Iterator<Item = &Stored> {
        let first = self.segments.partition_point(|segment| segment.end() <= offset);
        let skipped = self.segments.get(first).map_or(0, |segment| {
            segment.batches.partition_point(|batch| batch.last_offset < offset)
        });
        self.segments.range(first..).flat_map(|segment| &segment.batches).skip(skipped)
    }
}
