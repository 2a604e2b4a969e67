//! What the reading of a DLQ comes across, counted.

use std::ops::AddAssign;

use super::dead_letter::DeadLetter;

/// Records that were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// All of them.
    pub records: u64,
    /// Those that have the marks of a convention.
    pub recognised: u64,
}

impl Seen {
    /// Counts what was read together.
    pub(super) fn of(dead_letters: &[DeadLetter]) -> Self {
        let mut seen = Self::default();
        for dead_letter in dead_letters {
            seen.records += 1;
            seen.recognised += u64::from(dead_letter.convention.is_some());
        }
        seen
    }

    /// Tells whether there were records, and none that a writer of dead letters has marked.
    pub fn is_unlike_a_dlq(self) -> bool {
        self.records > 0 && self.recognised == 0
    }
}

impl AddAssign for Seen {
    fn add_assign(&mut self, more: Self) {
        let Self { records, recognised } = more;
        self.records += records;
        self.recognised += recognised;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dlq::Expected;
    use crate::dlq::testing::{origin, record};

    #[test]
    fn one_dead_letter_makes_a_dlq_and_an_empty_topic_may_be_one() {
        let plain = DeadLetter::read(record(None, Vec::new()), Expected::Auto, None);
        let marked = DeadLetter::read(record(None, origin("orders", 0, 1)), Expected::Auto, None);
        let mut seen = Seen::default();
        assert!(!seen.is_unlike_a_dlq());
        seen += Seen::of(&[plain.clone(), plain]);
        assert!(seen.is_unlike_a_dlq());
        seen += Seen::of(&[marked]);
        assert_eq!(seen, Seen { records: 3, recognised: 1 });
        assert!(!seen.is_unlike_a_dlq());
    }
}
