//! What time it is, and deadlines; the only place that asks the machine.

use std::time::Duration;

use tokio::time::Instant;

use crate::model::timestamp::Timestamp;

/// The wall clock: the machine's, or one that a test holds still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Always the same time.
    Fixed(Timestamp),
}

impl Clock {
    /// Returns the time now, in milliseconds since 1970.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
    pub fn now(self) -> Timestamp {
        match self {
            Self::System => Timestamp(jiff::Timestamp::now().as_millisecond()),
            Self::Fixed(time) => time,
        }
    }
}

/// Returns the moment of now, from which only durations are taken.
#[expect(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
fn instant() -> Instant {
    Instant::now()
}

/// Measures how long something takes.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts to measure.
    pub fn start() -> Self {
        Self(instant())
    }

    /// Returns the time since the start.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// A moment after which waiting is over: one for all the metadata and admin calls of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline {
    at: Instant,
    allowed: Duration,
}

impl Deadline {
    /// Sets a deadline `allowed` from now.
    pub fn after(allowed: Duration) -> Self {
        Self { at: instant() + allowed, allowed }
    }

    /// Returns the moment itself, for `tokio::time::timeout_at`.
    pub fn at(self) -> Instant {
        self.at
    }

    /// Returns how long was allowed in all, for messages.
    pub fn allowed(self) -> Duration {
        self.allowed
    }

    /// Returns how much is left; zero when it has passed.
    pub fn left(self) -> Duration {
        self.at.saturating_duration_since(instant())
    }

    /// Tells whether it has passed.
    pub fn has_passed(self) -> bool {
        self.left().is_zero()
    }
}
