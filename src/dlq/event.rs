//! What a redrive tells while it runs.

use super::dead_letter::{DeadLetter, DeadLetterId};
use super::select::Decision;
use super::select::Refusal;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The plan has a decision about a dead letter.
    Decided(Box<DeadLetter>, Decision),
    /// A dead letter was handled.
    Handled(DeadLetterId, Fate),
    /// Offsets of a partition are gone: retention deleted them while they were pending.
    Expired {
        /// The partition.
        partition: i32,
        /// The first of them.
        from: i64,
        /// Behind the last of them.
        to: i64,
    },
    /// Something the user should know.
    Note(String),
    /// Something that is not as it should be.
    Warning(String),
}

/// What became of a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It was sent, and that is committed.
    Redriven {
        /// The topic.
        topic: crate::model::name::TopicName,
        /// Partition and offset there; unknown when the commit was only seen in the ledger of a run
        /// that had to be settled.
        place: Option<(i32, i64)>,
    },
    /// It is remembered that another one of its origin was sent.
    Duplicate,
    /// It was not sent, for a reason known beforehand.
    Refused(Refusal),
    /// The broker did not take it; the text says why.
    Failed(String),
}
