//! Positions for each partition: `3=1200`, `*=-1h`, or one for all.

use std::collections::BTreeMap;

use super::{Position, PositionError, parse_position};
use crate::model::name::TopicName;
use crate::model::timestamp::Timestamp;
use crate::model::topic::{NoSuchPartition, check_partitions};

/// Positions by partition, with one for the partitions that are not named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Positions {
    named: BTreeMap<i32, Position>,
    others: Option<Position>,
}

/// Why texts are not positions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PositionsError {
    /// A position is none.
    #[error(transparent)]
    Position(#[from] PositionError),
    /// What stands before `=` is no partition.
    #[error("`{0}` is not a partition; write 3=POSITION for one, *=POSITION for all others")]
    Partition(String),
    /// A partition twice.
    #[error("partition {0} has two positions")]
    Twice(String),
    /// Two flags for the same end of a range.
    #[error("{0} and {1} name the same end of the range")]
    SameEnd(&'static str, &'static str),
    /// What a group committed, where there is no group.
    #[error("`committed` is where a group stands, and only tail --group knows one")]
    NoGroup,
    /// An offset with a time, where each record's own time does not decide.
    #[error(
        "OFFSET@TIME bounds a selection, as in replay and dlq; tail reads from offset to offset"
    )]
    OffsetAndTime,
}

impl Positions {
    /// One position for all partitions.
    pub fn all(position: Position) -> Self {
        Self { named: BTreeMap::new(), others: Some(position) }
    }

    /// Reads what a flag was given, as often as it was given.
    pub fn parse<Text: AsRef<str>>(texts: &[Text], now: Timestamp) -> Result<Self, PositionsError> {
        Self::parse_by(texts, |text| parse_position(text, now))
    }

    /// The same, each position by a grammar of its own.
    pub(super) fn parse_by<Text: AsRef<str>>(
        texts: &[Text],
        parse: impl Fn(&str) -> Result<Position, PositionError>,
    ) -> Result<Self, PositionsError> {
        let mut positions = Self::default();
        for text in texts {
            let (partition, position) = match text.as_ref().split_once('=') {
                None | Some(("*", _)) => {
                    let position = text.as_ref();
                    (None, position.strip_prefix("*=").unwrap_or(position))
                }
                Some((partition, position)) => (Some(parse_partition(partition)?), position),
            };
            let position = parse(position)?;
            let (before, name) = match partition {
                Some(number) => (positions.named.insert(number, position), number.to_string()),
                None => (positions.others.replace(position), "*".to_owned()),
            };
            if before.is_some() {
                return Err(PositionsError::Twice(name));
            }
        }
        Ok(positions)
    }

    /// Returns the position for a partition; `None` leaves it to the command.
    pub fn get(&self, partition: i32) -> Option<Position> {
        self.named.get(&partition).copied().or(self.others)
    }

    /// Tells whether partitions were named, each with its own position.
    pub fn names_partitions(&self) -> bool {
        !self.named.is_empty()
    }

    /// Tells whether no position was given.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty() && self.others.is_none()
    }

    /// Tells whether one of the positions is what a group committed.
    pub fn needs_committed(&self) -> bool {
        self.named.values().chain(&self.others).any(|position| *position == Position::Committed)
    }

    /// Tells whether one of the positions is an offset and a time.
    pub fn have_offset_and_time(&self) -> bool {
        let is_both = |position: &Position| matches!(position, Position::OffsetAndTime(..));
        self.named.values().chain(&self.others).any(is_both)
    }

    /// Checks that every named partition exists: a slip would silently mean another position.
    pub fn check(&self, topic: &TopicName, count: usize) -> Result<(), NoSuchPartition> {
        check_partitions(topic, self.named.keys().copied(), count)
    }
}

fn parse_partition(text: &str) -> Result<i32, PositionsError> {
    Some(text)
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| PositionsError::Partition(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_233_600_000);

    #[test]
    fn a_named_partition_goes_before_the_star() {
        let positions = Positions::parse(&["3=1200", "*=-5"], NOW).unwrap();
        assert_eq!(positions.get(3), Some(Position::Offset(1200)));
        assert_eq!(positions.get(0), Some(Position::BeforeEnd(5)));
        assert!(positions.check(&"orders".into(), 4).is_ok());
        assert!(positions.check(&"orders".into(), 2).is_err());
    }

    #[test]
    fn unnamed_partitions_are_left_to_the_command() {
        let positions = Positions::parse(&["3=committed"], NOW).unwrap();
        assert_eq!(positions.get(0), None);
        assert!(positions.needs_committed());
        assert!(!positions.is_empty());
        assert!(Positions::default().is_empty());
    }

    #[test]
    fn one_position_is_for_all() {
        let positions = Positions::parse(&["-1h"], NOW).unwrap();
        assert_eq!(positions.get(9), Some(Position::Time(Timestamp(NOW.0 - 3_600_000))));
        assert_eq!(Positions::all(Position::Start).get(9), Some(Position::Start));
    }

    #[test]
    fn mistakes_are_named() {
        for (texts, expected) in [
            (&["x=5"][..], "`x` is not a partition"),
            (&["-1=5"], "`-1` is not a partition"),
            (&["=5"], "`` is not a partition"),
            (&["1=5", "1=6"], "partition 1 has two positions"),
            (&["5", "*=6"], "partition * has two positions"),
            (&["1=strat"], "`strat` is not a position"),
        ] {
            let error = Positions::parse(texts, NOW).unwrap_err().to_string();
            assert!(error.contains(expected), "{texts:?}: {error}");
        }
    }
}
