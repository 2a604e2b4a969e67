//! The flags that name a range of a topic: the same in tail, replay and redrive.

use crate::model::duration::parse_duration;
use crate::model::position::{PositionsError, Range};
use crate::model::timestamp::Timestamp;

/// A range of a topic.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct RangeArgs {
    /// Where to begin: start, end, committed, an offset, +N after the start, -N before the end, a
    /// time, -1h30m before now; 3=POSITION for one partition (can be repeated)
    #[arg(long, value_name = "POSITION", allow_hyphen_values = true)]
    pub from: Vec<String>,

    /// Where to stop, in the same words; what is there is no longer read (can be repeated)
    #[arg(long, value_name = "POSITION", allow_hyphen_values = true)]
    pub to: Vec<String>,

    /// Begin at a time: 2026-11-21T04:00 (UTC), 2026-11-21T05:00+01:00, or 1h30m before now
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,

    /// Stop at a time
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub until: Option<String>,
}

impl RangeArgs {
    /// Reads the flags.
    pub fn parse(&self, now: Timestamp) -> Result<Range, PositionsError> {
        let Self { from, to, since, until } = self;
        Range::parse(from, to, since.as_deref(), until.as_deref(), now)
    }
}

/// A range of a topic, for commands whose `--to` names the topic that records are sent to.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct SourceRangeArgs {
    /// Where to begin: start, end, an offset, +N after the start, -N before the end, a time,
    /// -1h30m before now; 3=POSITION for one partition (can be repeated)
    #[arg(long, value_name = "POSITION", allow_hyphen_values = true)]
    pub from: Vec<String>,

    /// Where to stop, in the same words; what is there is no longer taken (can be repeated)
    #[arg(long, value_name = "POSITION", allow_hyphen_values = true)]
    pub until: Vec<String>,

    /// Begin at a time: 2026-11-21T04:00 (UTC), 2026-11-21T05:00+01:00, or 1h30m before now
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,
}

impl SourceRangeArgs {
    /// Reads the flags. A duration needs no sign after `--until` either.
    pub fn parse(&self, now: Timestamp) -> Result<Range, PositionsError> {
        let Self { from, until, since } = self;
        let signed = |text: &String| match parse_duration(text) {
            Ok(_) => format!("-{text}"),
            Err(_) => text.clone(),
        };
        // A number alone is an offset, though it could be a duration without a unit.
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let until: Vec<String> = until
            .iter()
            .map(|text| if is_number(text) { text.clone() } else { signed(text) })
            .collect();
        Range::parse(from, &until, since.as_deref(), None, now)
    }

    /// Tells whether the whole topic is meant.
    pub fn is_empty(&self) -> bool {
        let Self { from, until, since } = self;
        from.is_empty() && until.is_empty() && since.is_none()
    }
}
