//! How long to wait before trying again: the one policy for whoever waits for a cluster.

use std::time::Duration;

use rand::Rng;

use crate::clock::Deadline;

/// Most conditions pass while metadata reach the other brokers, which takes some milliseconds.
const FIRST: Duration = Duration::from_millis(20);
/// A failed-over broker should be noticed within a second.
const LONGEST: Duration = Duration::from_secs(1);

/// Waits longer from attempt to attempt.
#[derive(Debug, Default)]
pub struct Backoff {
    /// How many waits there were.
    waits: u32,
}

impl Backoff {
    /// Starts with the shortest wait.
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits; returns false, at once, when the deadline would pass meanwhile.
    pub async fn wait(&mut self, deadline: Deadline) -> bool {
        let wait = spread(pause(self.waits), rand::rng().random());
        if wait >= deadline.left() {
            return false;
        }
        self.waits = self.waits.saturating_add(1);
        tokio::time::sleep(wait).await;
        true
    }
}

/// Returns the pause after so many others: twice as long each time, up to a second.
pub(super) fn pause(after: u32) -> Duration {
    FIRST.saturating_mul(1_u32.checked_shl(after).unwrap_or(u32::MAX)).min(LONGEST)
}

/// Gives or takes up to a fifth, so that many clients do not come back at the same moment. `roll`
/// is a random number from 0 to 1.
pub(super) fn spread(pause: Duration, roll: f64) -> Duration {
    pause.mul_f64(0.8 + 0.4 * roll)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_second() {
        let pauses: Vec<_> = (0..8).map(|after| pause(after).as_millis()).collect();
        assert_eq!(pauses, [20, 40, 80, 160, 320, 640, 1000, 1000]);
        assert_eq!(pause(32), LONGEST);
        assert_eq!(pause(u32::MAX), LONGEST);
    }

    #[test]
    fn a_pause_differs_by_a_fifth_at_most() {
        let spread = |roll| spread(Duration::from_millis(100), roll).as_millis();
        assert_eq!((spread(0.0), spread(0.5), spread(1.0)), (80, 100, 120));
    }

    #[tokio::test]
    async fn nobody_waits_past_the_deadline() {
        assert!(!Backoff::new().wait(Deadline::after(Duration::from_millis(5))).await);
        assert!(Backoff::new().wait(Deadline::after(Duration::from_secs(5))).await);
    }
}
