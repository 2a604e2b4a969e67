//! A range of a topic: from positions to positions, by offset or by time.

use super::{Position, PositionError, Positions, PositionsError, parse_time, parse_until};
use crate::model::timestamp::Timestamp;

/// A range: the record at `from` is the first one in it, the one at `until` the first one after it.
///
/// Both ends are resolved to offsets against the marks of the log when the command starts, so a
/// range is finite and never waits for records that are still to come. By time this means: from the
/// first record with that timestamp or a later one, in the order of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    /// Where it begins; a partition without one begins where the command says.
    pub from: Positions,
    /// Where it ends; a partition without one ends where the command says.
    pub until: Positions,
}

impl Range {
    /// Reads a range as `--from` and `--until` (each can be repeated) give it; `--since` is a
    /// `--from` for times.
    pub fn parse(
        from: &[String],
        until: &[String],
        since: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, PositionsError> {
        let from = match since {
            None => Positions::parse(from, now)?,
            Some(time) if from.is_empty() => {
                Positions::all(Position::Time(parse_since(time, now)?))
            }
            Some(_) => return Err(PositionsError::SameEnd("--from", "--since")),
        };
        Ok(Self { from, until: Positions::parse_by(until, |text| parse_until(text, now))? })
    }

    /// Tells whether one of the positions is what a group committed.
    pub fn needs_committed(&self) -> bool {
        self.from.needs_committed() || self.until.needs_committed()
    }

    /// Tells whether a partition is not meant: others were named, and neither end has a word for
    /// this one. Whoever writes `--from 0=2 --until 0=5` means three records, not all of partition
    /// 1 too.
    pub fn leaves_out(&self, partition: i32) -> bool {
        (self.from.names_partitions() || self.until.names_partitions())
            && self.from.get(partition).is_none()
            && self.until.get(partition).is_none()
    }
}

/// Reads the time of `--since`. A small number alone is a duration whose unit was forgotten; as
/// milliseconds since 1970 it would mean everything.
fn parse_since(text: &str, now: Timestamp) -> Result<Timestamp, PositionError> {
    let is_small = text.len() < 10 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_small { Err(PositionError::Time(text.to_owned())) } else { parse_time(text, now) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_233_600_000);

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn a_number_without_a_unit_is_no_time_to_begin_at() {
        for (since, is_time) in [("1", false), ("999999999", false), ("1700000000", true)] {
            assert_eq!(Range::parse(&[], &[], Some(since), NOW).is_ok(), is_time, "{since}");
        }
    }

    #[test]
    fn since_is_a_time_and_until_needs_no_sign() {
        let range = |until: &[&str]| Range::parse(&[], &texts(until), Some("1h"), NOW).unwrap();
        let hour_ago = Position::Time(Timestamp(NOW.0 - 3_600_000));
        assert_eq!(range(&["2026-11-21"]).from.get(0), Some(hour_ago));
        let today = Position::Time(Timestamp(1_795_219_200_000));
        assert_eq!(range(&["2026-11-21"]).until.get(0), Some(today));
        for until in ["1h", "-1h", "60m"] {
            assert_eq!(range(&[until]).until.get(0), Some(hour_ago), "{until}");
        }
        let each = range(&["3=1h", "*=1200"]).until;
        assert_eq!((each.get(3), each.get(0)), (Some(hour_ago), Some(Position::Offset(1200))));
    }

    #[test]
    fn naming_partitions_leaves_the_others_out() {
        let range = |from: &[&str], to: &[&str]| {
            Range::parse(&texts(from), &texts(to), None, Timestamp(0)).unwrap()
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
            Range::parse(&texts(&["start"]), &[], Some("1h"), NOW),
            Err(PositionsError::SameEnd("--from", "--since"))
        );
        assert_eq!(Range::parse(&[], &[], None, NOW), Ok(Range::default()));
    }
}
