//! A range of a topic: from positions to positions, by offset or by time.

use super::{Position, Positions, PositionsError, parse_time};
use crate::model::timestamp::Timestamp;

/// A range: the record at `from` is the first one in it, the one at `to` the first one after it.
///
/// Both ends are resolved to offsets against the marks of the log when the command starts, so a
/// range is finite and never waits for records that are still to come. By time this means: from the
/// first record with that timestamp or a later one, in the order of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    /// Where it begins; a partition without one begins where the command says.
    pub from: Positions,
    /// Where it ends; a partition without one ends where the command says.
    pub to: Positions,
}

impl Range {
    /// Reads a range as `--from` and `--to` (each can be repeated) or `--since` and `--until` give it.
    pub fn parse(
        from: &[String],
        to: &[String],
        since: Option<&str>,
        until: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, PositionsError> {
        Ok(Self {
            from: one_end(("--from", from), ("--since", since), now)?,
            to: one_end(("--to", to), ("--until", until), now)?,
        })
    }

    /// Tells whether a partition is not meant: others were named, and neither end has a word for this
    /// one. Whoever writes `--from 0=2 --until 0=5` means three records, not all of partition 1 too.
    pub fn leaves_out(&self, partition: i32) -> bool {
        (self.from.names_partitions() || self.to.names_partitions())
            && self.from.get(partition).is_none()
            && self.to.get(partition).is_none()
    }
}

fn one_end(
    (position_flag, positions): (&'static str, &[String]),
    (time_flag, time): (&'static str, Option<&str>),
    now: Timestamp,
) -> Result<Positions, PositionsError> {
    match time {
        None => Positions::parse(positions, now),
        Some(time) if positions.is_empty() => {
            Ok(Positions::all(Position::Time(parse_time(time, now)?)))
        }
        Some(_) => Err(PositionsError::SameEnd(position_flag, time_flag)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_233_600_000);

    #[test]
    fn since_and_until_are_times() {
        let range = Range::parse(&[], &[], Some("1h"), Some("2026-11-21"), NOW).unwrap();
        assert_eq!(range.from.get(0), Some(Position::Time(Timestamp(NOW.0 - 3_600_000))));
        assert_eq!(range.to.get(0), Some(Position::Time(Timestamp(1_795_219_200_000))));
    }

    #[test]
    fn naming_partitions_leaves_the_others_out() {
        let range = |from: &[&str], to: &[&str]| {
            let texts = |texts: &[&str]| texts.iter().map(|&t| t.to_owned()).collect::<Vec<_>>();
            Range::parse(&texts(from), &texts(to), None, None, Timestamp(0)).unwrap()
        };
        assert!(!range(&[], &[]).leaves_out(1), "nothing named means all");
        assert!(!range(&["0=2"], &["0=5"]).leaves_out(0));
        assert!(range(&["0=2"], &["0=5"]).leaves_out(1));
        assert!(!range(&["0=2", "*=7"], &[]).leaves_out(1));
        assert!(!range(&["0=2"], &["9"]).leaves_out(1));
    }

    #[test]
    fn an_end_has_one_name() {
        assert_eq!(
            Range::parse(&["start".to_owned()], &[], Some("1h"), None, NOW),
            Err(PositionsError::SameEnd("--from", "--since"))
        );
        assert_eq!(Range::parse(&[], &[], None, None, NOW), Ok(Range::default()));
    }
}
