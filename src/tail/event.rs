//! What is told while reading goes on, and how it ended.

use std::collections::BTreeMap;

use crate::interrupt::Signal;
use crate::model::position::Moved;
use crate::model::record::RecordView;

/// What is told while reading goes on.
#[derive(Debug, Clone, Copy)]
pub enum Event<'e> {
    /// Reading begins.
    Started {
        /// How many partitions are read.
        partitions: usize,
    },
    /// A record; it lasts as long as the call.
    Record {
        /// Its partition.
        partition: i32,
        /// The record.
        record: &'e RecordView<'e>,
    },
    /// Nothing more is at hand: what was given so far should be seen now.
    Pause,
    /// An offset that was asked for is not in the log.
    Moved {
        /// The partition.
        partition: i32,
        /// What stands for it.
        moved: Moved,
    },
    /// Offsets went missing while they were to be read.
    Gap {
        /// The partition.
        partition: i32,
        /// The offset that was to be read next.
        wanted: i64,
        /// Where reading goes on.
        next: i64,
    },
    /// No broker answers for some partitions, for this reason; reading goes on when one does.
    Trouble(&'e str),
    /// Partitions that the topic did not have before are read too.
    NewPartitions(&'e [i32]),
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How many records were given.
    pub records: u64,
    /// The next offset of each partition: where to go on. Empty where that cannot be said.
    pub next: BTreeMap<i32, i64>,
    /// Whether offsets went missing while they were to be read.
    pub has_gaps: bool,
    /// Whether it would have gone on until somebody ended it.
    pub goes_on: bool,
    /// Why it ended.
    pub ended: Ended,
}

/// Why it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All that was asked for has been read.
    Done,
    /// A signal came.
    Interrupted(Signal),
}
