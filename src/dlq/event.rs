//! What a redrive tells while it runs.

use super::dead_letter::{DeadLetter, DeadLetterId};
use super::refusal::Refusal;
use super::select::Decision;

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
    /// So many dead letters were handled.
    Progress(u64),
    /// Something the user should know.
    Note(String),
    /// Something for who waits for it.
    Detail(String),
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
        /// Partition and offset there; unknown while it was not answered, and of an entry of the
        /// ledger that does not say it.
        place: Option<(i32, i64)>,
    },
    /// It is remembered that another one of its origin was sent.
    Duplicate,
    /// It was not sent, for a reason known beforehand.
    Refused(Refusal),
    /// The broker did not take it.
    Failed(NotTaken),
}

/// Why a dead letter failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotTaken {
    /// The stable name: Kafka's own (`MESSAGE_TOO_LARGE`) where a broker answered.
    pub code: String,
    /// Kafka's number, where a broker answered.
    pub number: Option<i16>,
    /// What happened.
    pub message: String,
}

impl NotTaken {
    /// The failure of a duplicate whose original failed.
    pub(super) fn of_its_original() -> Self {
        Self {
            code: "original_failed".to_owned(),
            number: None,
            message: "another dead letter of the same origin failed".to_owned(),
        }
    }

    /// The failure of a record that nobody sent.
    pub(super) fn unsent() -> Self {
        Self { code: "unsent".to_owned(), number: None, message: "it was not sent".to_owned() }
    }
}
