//! The flags that name a range of a topic: the same in tail, replay and dlq.

use crate::model::position::{PositionsError, Range};
use crate::model::timestamp::Timestamp;

/// A range of a topic.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct RangeArgs {
    /// Where to begin: start, end, an offset, +N after the start, -N before the end, a time,
    /// -1h30m before now; 3=POSITION for one partition (can be repeated)
    #[arg(long, value_name = "POSITION", allow_hyphen_values = true)]
    pub from: Vec<String>,

    /// Where to stop, in the same words or 1h30m before now; what is there is no longer read (can
    /// be repeated)
    #[arg(long, value_name = "POSITION", allow_hyphen_values = true)]
    pub until: Vec<String>,

    /// Begin at a time: 2026-11-21T04:00 (UTC), 2026-11-21T05:00+01:00, or 1h30m before now
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,
}

impl RangeArgs {
    /// Reads the flags for a command that can know what a group committed, and reads from offset to
    /// offset.
    pub fn parse(&self, now: Timestamp) -> Result<Range, PositionsError> {
        let range = self.range(now)?;
        let is_both = range.from.have_offset_and_time() || range.until.have_offset_and_time();
        if is_both { Err(PositionsError::OffsetAndTime) } else { Ok(range) }
    }

    /// Reads the flags for a command without a group, where a range is a selection.
    pub fn parse_without_group(&self, now: Timestamp) -> Result<Range, PositionsError> {
        let range = self.range(now)?;
        if range.needs_committed() { Err(PositionsError::NoGroup) } else { Ok(range) }
    }

    fn range(&self, now: Timestamp) -> Result<Range, PositionsError> {
        let Self { from, until, since } = self;
        Range::parse(from, until, since.as_deref(), now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_has_a_meaning_only_with_a_group() {
        let now = Timestamp(0);
        let committed = || vec!["0=committed".to_owned()];
        for range in [
            RangeArgs { from: committed(), ..RangeArgs::default() },
            RangeArgs { until: committed(), ..RangeArgs::default() },
        ] {
            assert!(range.parse(now).is_ok());
            assert_eq!(range.parse_without_group(now), Err(PositionsError::NoGroup));
        }
        assert!(RangeArgs::default().parse_without_group(now).is_ok());
    }

    #[test]
    fn an_offset_and_a_time_have_a_meaning_only_in_a_selection() {
        let now = Timestamp(0);
        let both = || vec!["0=5@2026-11-21".to_owned()];
        for range in [
            RangeArgs { from: both(), ..RangeArgs::default() },
            RangeArgs { until: both(), ..RangeArgs::default() },
        ] {
            assert!(range.parse_without_group(now).is_ok());
            assert_eq!(range.parse(now), Err(PositionsError::OffsetAndTime));
        }
    }
}
