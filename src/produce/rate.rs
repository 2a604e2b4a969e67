//! How many records a second: which of them are due at which tick.

use std::time::Duration;

/// A number of records in a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    per: Duration,
}

/// A timer is exact to about a millisecond; several records become due at each of these ticks.
const SHORTEST_PERIOD: Duration = Duration::from_millis(5);

impl Rate {
    /// Reads `100`, `100/s`, `30/m` or `5/h`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (count, unit) = text.split_once('/').unwrap_or((text, "s"));
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            other => return Err(format!("`{other}` is no unit of a rate; use s, m or h")),
        };
        match count.parse() {
            Ok(0) | Err(_) => {
                Err(format!("`{count}` is not a whole number of records above 0; write `100/s`"))
            }
            Ok(count) => Ok(Self { count, per: Duration::from_secs(seconds) }),
        }
    }

    /// Returns the time from tick to tick.
    pub fn period(self) -> Duration {
        (self.per / self.count).max(SHORTEST_PERIOD)
    }

    /// Returns how many records are due in all at tick number `tick` (from 0, which is the start).
    pub fn due(self, tick: u64) -> u64 {
        let elapsed = self.period().as_nanos() * u128::from(tick);
        let due = 1 + elapsed * u128::from(self.count) / self.per.as_nanos();
        u64::try_from(due).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_rates_send_one_a_tick() {
        let rate = Rate::parse("30/m").unwrap();
        assert_eq!(rate.period(), Duration::from_secs(2));
        assert_eq!((rate.due(0), rate.due(1), rate.due(2)), (1, 2, 3));
    }

    #[test]
    fn fast_rates_send_several_a_tick_and_stay_exact() {
        let rate = Rate::parse("100000").unwrap();
        assert_eq!(rate.period(), Duration::from_millis(5));
        assert_eq!((rate.due(0), rate.due(1), rate.due(200)), (1, 501, 100_001));
        let odd = Rate::parse("333/s").unwrap();
        assert_eq!(odd.due(200), 334);
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for wrong in ["", "0", "-1", "1.5", "5/d", "/s"] {
            assert!(Rate::parse(wrong).is_err(), "{wrong}");
        }
    }
}
