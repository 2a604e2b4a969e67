//! What a DLQ holds, counted.

use std::collections::BTreeMap;

use super::dead_letter::DeadLetter;
use crate::ledger::{Done, Outcome};
use crate::model::name::TopicName;
use crate::model::timestamp::Timestamp;

/// The most error codes that are counted apart: a writer that puts ids into its codes must not fill
/// the memory.
const MOST_CODES: usize = 1_000;

/// What a DLQ holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The DLQ.
    pub dlq: TopicName,
    /// The topic whose dead letters it holds, if the topology says so.
    pub main: Option<TopicName>,
    /// All records.
    pub records: u64,
    /// Those that were neither redriven nor are duplicates of redriven ones, as the ledger has it.
    pub pending: u64,
    /// Those that were redriven.
    pub redriven: u64,
    /// Those in whose place another one of the same origin was.
    pub duplicates: u64,
    /// Records behind an open transaction: whether they are there is not known yet.
    pub hidden: i64,
    /// The earliest timestamp of a pending one.
    pub oldest_pending: Option<Timestamp>,
    /// How many pending ones have each error code; `None` stands for those that tell none.
    pub errors: BTreeMap<Option<String>, u64>,
}

impl Overview {
    /// Starts to count.
    pub fn new(dlq: TopicName, main: Option<TopicName>) -> Self {
        Self {
            dlq,
            main,
            records: 0,
            pending: 0,
            redriven: 0,
            duplicates: 0,
            hidden: 0,
            oldest_pending: None,
            errors: BTreeMap::new(),
        }
    }

    /// Counts a dead letter.
    pub fn take(&mut self, dead_letter: &DeadLetter, done: Option<Done<'_>>) {
        self.records += 1;
        match done.map(|done| done.outcome) {
            Some(Outcome::Redriven { .. }) => self.redriven += 1,
            Some(Outcome::Duplicate) => self.duplicates += 1,
            None => {
                self.pending += 1;
                let time = dead_letter.record.timestamp;
                self.oldest_pending = match (self.oldest_pending, time) {
                    (Some(oldest), Some(time)) => Some(oldest.min(time)),
                    (oldest, time) => oldest.or(time),
                };
                let code = dead_letter.failure.as_ref().and_then(|failure| failure.code.clone());
                if self.errors.len() < MOST_CODES || self.errors.contains_key(&code) {
                    *self.errors.entry(code).or_default() += 1;
                }
            }
        }
    }

    /// Returns the error code that most pending ones have, and how many.
    pub fn top_error(&self) -> Option<(&str, u64)> {
        self.errors
            .iter()
            .filter_map(|(code, count)| Some((code.as_deref()?, *count)))
            // Of equals the first by name.
            .max_by(|(a, x), (b, y)| x.cmp(y).then_with(|| b.cmp(a)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dlq::Expected;
    use crate::dlq::testing::{origin, record};

    fn dead_letter(time: i64, code: &str) -> DeadLetter {
        let value = format!(r#"{{"error":{{"code":"{code}"}}}}"#);
        let mut record = record(Some(value.as_bytes()), origin("orders", 0, 1));
        record.timestamp = Some(Timestamp(time));
        DeadLetter::read(record, Expected::Auto, None)
    }

    #[test]
    fn only_pending_ones_have_an_age_and_an_error() {
        let mut overview = Overview::new("d".into(), None);
        let redriven = Outcome::Redriven { to: "orders".into() };
        let done = |outcome| Some(Done { outcome, target: None, job: "j" });
        overview.take(&dead_letter(1, "A"), done(&redriven));
        overview.take(&dead_letter(2, "A"), done(&Outcome::Duplicate));
        overview.take(&dead_letter(5, "B"), None);
        overview.take(&dead_letter(4, "C"), None);
        overview.take(&dead_letter(6, "C"), None);
        overview.take(&dead_letter(7, "B"), None);
        let Overview { records, pending, redriven, duplicates, .. } = overview;
        assert_eq!((records, pending, redriven, duplicates), (6, 4, 1, 1));
        assert_eq!(overview.oldest_pending, Some(Timestamp(4)));
        assert_eq!(overview.top_error(), Some(("B", 2)));
    }
}
