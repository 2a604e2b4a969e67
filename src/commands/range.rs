//! The flags that name a range of a topic: the same in tail, replay and redrive.

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
