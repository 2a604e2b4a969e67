//! Position → offset, given the marks of the log.

use super::Position;
use crate::model::timestamp::Timestamp;

/// What a partition's log says of itself, asked for once when the command starts: a position that
/// is resolved twice means the same offset twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogMarks {
    /// The log start offset.
    pub log_start: i64,
    /// The end: the last stable offset for a `read_committed` reader, else the high watermark.
    pub end: i64,
    /// The offset that the group committed, if a group is asked about and has one.
    pub committed: Option<i64>,
}

/// The offset that a position means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolved {
    /// The offset: never before the log start, never behind the end.
    pub offset: i64,
    /// That an offset was asked for which the log does not have; to be told to the user.
    pub moved: Option<Moved>,
}

/// An offset that was asked for and is not in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// It was deleted: reading begins at the log start offset.
    ToStart {
        /// The offset that was asked for.
        asked: i64,
    },
    /// It does not exist yet: the end stands for it.
    ToEnd {
        /// The offset that was asked for.
        asked: i64,
    },
}

/// The group has no committed offset in the partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the group has no committed offset")]
pub struct NoCommittedOffset;

/// Resolves a position. `by_time` finds the first offset with that timestamp or a later one, `None`
/// when there is none; it is asked for [`Position::time`] only.
pub fn resolve(
    position: Position,
    marks: &LogMarks,
    by_time: impl FnOnce(Timestamp) -> Option<i64>,
) -> Result<Resolved, NoCommittedOffset> {
    let LogMarks { log_start, end, committed } = *marks;
    // A broker may tell the two marks at different moments; an end before the start is an empty
    // log.
    let end = end.max(log_start);
    let within = |offset: i64| Resolved { offset: offset.clamp(log_start, end), moved: None };
    Ok(match position {
        Position::Start => within(log_start),
        Position::End => within(end),
        Position::AfterStart(count) => within(log_start.saturating_add(count)),
        Position::BeforeEnd(count) => within(end.saturating_sub(count)),
        Position::Time(time) => within(by_time(time).unwrap_or(end)),
        Position::Offset(offset) | Position::OffsetAndTime(offset, _) => {
            exact(offset, log_start, end)
        }
        Position::Committed => exact(committed.ok_or(NoCommittedOffset)?, log_start, end),
    })
}

/// Keeps an offset that was named, or says why it cannot be kept.
fn exact(asked: i64, log_start: i64, end: i64) -> Resolved {
    if asked < log_start {
        Resolved { offset: log_start, moved: Some(Moved::ToStart { asked }) }
    } else if asked > end {
        Resolved { offset: end, moved: Some(Moved::ToEnd { asked }) }
    } else {
        Resolved { offset: asked, moved: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: LogMarks = LogMarks { log_start: 100, end: 200, committed: Some(150) };

    fn offset(position: Position) -> i64 {
        let resolved = resolve(position, &MARKS, |_| None).unwrap();
        assert_eq!(resolved.moved, None);
        resolved.offset
    }

    #[test]
    fn each_kind_means_its_offset() {
        assert_eq!(offset(Position::Start), 100);
        assert_eq!(offset(Position::End), 200);
        assert_eq!(offset(Position::Committed), 150);
        assert_eq!(offset(Position::Offset(120)), 120);
        assert_eq!(offset(Position::Offset(200)), 200);
        assert_eq!(offset(Position::OffsetAndTime(120, Timestamp(7))), 120);
        assert_eq!(offset(Position::AfterStart(5)), 105);
        assert_eq!(offset(Position::BeforeEnd(5)), 195);
    }

    #[test]
    fn counts_stop_at_the_log_start_and_the_end() {
        assert_eq!(offset(Position::BeforeEnd(101)), 100);
        assert_eq!(offset(Position::BeforeEnd(i64::MAX)), 100);
        assert_eq!(offset(Position::AfterStart(101)), 200);
        assert_eq!(offset(Position::AfterStart(i64::MAX)), 200);
    }

    #[test]
    fn a_time_behind_the_last_record_is_the_end() {
        let time = Position::Time(Timestamp(7));
        let at = |found| resolve(time, &MARKS, |_| found).unwrap().offset;
        assert_eq!(at(None), 200);
        assert_eq!(at(Some(130)), 130);
        // Found by a reader that sees further than this one, or before records were deleted.
        assert_eq!(at(Some(250)), 200);
        assert_eq!(at(Some(50)), 100);
    }

    #[test]
    fn a_named_offset_that_is_not_there_is_told() {
        let moved = |position| resolve(position, &MARKS, |_| None).unwrap();
        assert_eq!(
            moved(Position::Offset(7)),
            Resolved { offset: 100, moved: Some(Moved::ToStart { asked: 7 }) }
        );
        assert_eq!(
            moved(Position::Offset(201)),
            Resolved { offset: 200, moved: Some(Moved::ToEnd { asked: 201 }) }
        );
        let behind = LogMarks { committed: Some(3), ..MARKS };
        assert_eq!(
            resolve(Position::Committed, &behind, |_| None),
            Ok(Resolved { offset: 100, moved: Some(Moved::ToStart { asked: 3 }) })
        );
    }

    #[test]
    fn without_a_committed_offset_there_is_no_guess() {
        let marks = LogMarks { committed: None, ..MARKS };
        assert_eq!(resolve(Position::Committed, &marks, |_| None), Err(NoCommittedOffset));
    }

    #[test]
    fn in_an_empty_partition_everything_is_the_same_place() {
        let empty = LogMarks { log_start: 40, end: 40, committed: None };
        for position in [
            Position::Start,
            Position::End,
            Position::AfterStart(3),
            Position::BeforeEnd(3),
            Position::Time(Timestamp(1)),
            Position::Offset(40),
        ] {
            assert_eq!(resolve(position, &empty, |_| None).unwrap().offset, 40);
        }
    }
}
