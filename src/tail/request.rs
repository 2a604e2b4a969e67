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

/// How many records are a few: a screen full or two.
const FEW: u64 = 100;

impl Request {
    /// Tells whether a record is wanted.
    pub fn wants(&self, record: &RecordView<'_>) -> bool {
        self.key.as_deref().is_none_or(|key| record.key == Some(key))
    }

    /// Tells whether a few records will be enough: they are shown sooner when little else is
    /// fetched.
    pub(super) fn wants_few(&self) -> bool {
        let newest = match self.start {
            Start::Newest(count) => u64::try_from(count).ok().filter(|_| self.exit_at_end),
            Start::At(_) => None,
        };
        // With a key, nobody knows how much there is to read until there are so many.
        self.key.is_none() && newest.or(self.limit).is_some_and(|count| count <= FEW)
    }

    /// Returns where a partition begins and stops; begins nowhere when the newest records are
    /// wanted.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn request(start: Start, limit: Option<u64>) -> Request {
        Request {
            topic: TopicName::from("orders"),
            partitions: None,
            start,
            until: Positions::default(),
            exit_at_end: false,
            limit,
            key: None,
            isolation: IsolationLevel::ReadCommitted,
            group: None,
        }
    }

    #[test]
    fn a_few_are_wanted_where_a_bound_says_so() {
        let from_start = |limit| request(Start::At(Positions::default()), limit);
        assert!(from_start(Some(1)).wants_few());
        assert!(from_start(Some(FEW)).wants_few());
        assert!(!from_start(Some(FEW + 1)).wants_few());
        assert!(!from_start(None).wants_few());
        assert!(!Request { key: Some(b"k".to_vec()), ..from_start(Some(1)) }.wants_few());
        let newest = Request { exit_at_end: true, ..request(Start::Newest(10), None) };
        assert!(newest.wants_few());
        assert!(!Request { exit_at_end: false, ..newest }.wants_few(), "what comes may be much");
    }
}
