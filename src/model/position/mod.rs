//! Positions in a partition as people give them (`start`, `-10`, `-1h30m`, `2026-11-21T04:00Z`),
//! and which offsets they mean. Pure: the time now and the marks of the log are passed in.

mod parse;
mod per_partition;
mod range;
mod resolve;

use std::fmt;

use super::timestamp::Timestamp;

pub use parse::{PositionError, parse_position, parse_time, parse_until};
pub use per_partition::{Positions, PositionsError};
pub use range::Range;
pub use resolve::{LogMarks, Moved, NoCommittedOffset, Resolved, resolve};

/// A place in a partition, before it is known which offset that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// The log start offset.
    Start,
    /// The end as it was when the command started.
    End,
    /// The offset that the group committed.
    Committed,
    /// An offset.
    Offset(i64),
    /// An offset, and a time: both bound the range, each record's own time decides.
    OffsetAndTime(i64, Timestamp),
    /// So many offsets after the log start offset.
    AfterStart(i64),
    /// So many offsets before the end, but not before the log start offset.
    BeforeEnd(i64),
    /// The first record with this timestamp or a later one; the end when there is none.
    Time(Timestamp),
}

impl Position {
    /// Returns the time that records are compared with.
    pub fn time(self) -> Option<Timestamp> {
        match self {
            Self::Time(time) | Self::OffsetAndTime(_, time) => Some(time),
            Self::Start
            | Self::End
            | Self::Committed
            | Self::Offset(_)
            | Self::AfterStart(_)
            | Self::BeforeEnd(_) => None,
        }
    }
}

impl fmt::Display for Position {
    /// Writes the position as [`parse_position`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => f.write_str("start"),
            Self::End => f.write_str("end"),
            Self::Committed => f.write_str("committed"),
            Self::Offset(offset) => write!(f, "{offset}"),
            Self::OffsetAndTime(offset, time) => write!(f, "{offset}@{time}"),
            Self::AfterStart(count) => write!(f, "+{count}"),
            Self::BeforeEnd(count) => write!(f, "-{count}"),
            Self::Time(time) => write!(f, "@{time}"),
        }
    }
}
