//! What is to be read.

use crate::model::name::{GroupId, TopicName};
use crate::model::offset::IsolationLevel;
use crate::model::position::{Position, Positions};
use crate::model::record::RecordView;

/// What is to be read, and when it is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The topic.
    pub topic: TopicName,
    /// The partitions; `None` is all of them, also those that are added later.
    pub partitions: Option<Vec<i32>>,
    /// Where to begin.
    pub start: Start,
    /// Where to stop; a partition without a position goes on, or stops at its end.
    pub until: Positions,
    /// Whether to stop at the end as it is when reading begins.
    pub exit_at_end: bool,
    /// After how many records to stop.
    pub limit: Option<u64>,
    /// Only records with this key.
    pub key: Option<Vec<u8>>,
    /// What is seen of transactions.
    pub isolation: IsolationLevel,
    /// The group whose committed offsets are meant by [`Position::Committed`].
    pub group: Option<GroupId>,
}

/// Where reading begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// At so many of the newest records of all partitions together.
    Newest(usize),
    /// At positions; a partition without one begins at its end.
    At(Positions),
}

impl Request {
    /// Tells whether a record is wanted.
    pub fn wants(&self, record: &RecordView<'_>) -> bool {
        self.key.as_deref().is_none_or(|key| record.key == Some(key))
    }

    /// Returns where a partition begins and stops; begins nowhere when the newest records are wanted.
    pub(super) fn positions(&self, partition: i32) -> (Option<Position>, Option<Position>) {
        let from = match &self.start {
            Start::Newest(_) => None,
            Start::At(positions) => Some(positions.get(partition).unwrap_or(Position::End)),
        };
        let to = self.until.get(partition).or(self.exit_at_end.then_some(Position::End));
        (from, to)
    }

    /// Tells whether committed offsets are needed.
    pub fn needs_committed(&self) -> bool {
        let from = match &self.start {
            Start::Newest(_) => false,
            Start::At(positions) => positions.needs_committed(),
        };
        from || self.until.needs_committed()
    }
}
