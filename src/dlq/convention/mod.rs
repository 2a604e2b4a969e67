//! How dead letters carry their origin and their error: one file a convention, found record by
//! record.
//!
//! A DLQ may hold records of several writers and generations, so nothing is decided per topic.

mod connect;
mod flowctl;
mod headers;
mod spring;

use super::dead_letter::{Failure, Origin};
use crate::model::header::Header;
use crate::model::record::Record;

/// A convention that is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Convention {
    /// The flow's own: `originalTopic` … headers, an `error` object in the value.
    Flowctl,
    /// Spring Kafka's `DeadLetterPublishingRecoverer`: `kafka_dlt-…` headers.
    Spring,
    /// Kafka Connect's sinks: `__connect.errors.…` headers.
    Connect,
}

/// Which convention the records are read by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expected {
    /// That of their headers.
    #[default]
    Auto,
    /// This one, whatever their headers are.
    Always(Convention),
}

impl Convention {
    /// The conventions, in the order in which they are looked for.
    const ALL: [Self; 3] = [Self::Connect, Self::Spring, Self::Flowctl];

    /// Returns the name that the topology uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flowctl => "flowctl",
            Self::Spring => "spring",
            Self::Connect => "connect",
        }
    }

    /// Reads origin and error.
    pub(super) fn read(self, record: &Record) -> (Origin, Option<Failure>) {
        match self {
            Self::Flowctl => flowctl::read(record),
            Self::Spring => spring::read(&record.headers),
            Self::Connect => connect::read(record),
        }
    }

    /// Returns the headers that only this convention writes.
    fn marks(self) -> &'static [&'static str] {
        match self {
            Self::Flowctl => flowctl::MARKS,
            Self::Spring => spring::MARKS,
            Self::Connect => connect::MARKS,
        }
    }
}

/// Finds the convention of a record, and whether there were several. All of these append their
/// headers behind those of the record that failed, so the marks that stand last are the newest.
pub(super) fn detect(headers: &[Header], expected: Expected) -> (Option<Convention>, bool) {
    let mut found: Vec<(usize, Convention)> = Convention::ALL
        .into_iter()
        .filter_map(|convention| {
            let marks = convention.marks();
            let last =
                headers.iter().rposition(|h| marks.iter().any(|m| h.name == m.as_bytes()))?;
            Some((last, convention))
        })
        .collect();
    found.sort_unstable_by_key(|(last, _)| *last);
    match expected {
        Expected::Always(convention) => (Some(convention), false),
        Expected::Auto => (found.last().map(|(_, convention)| *convention), found.len() > 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_marks_win_and_several_are_ambiguous() {
        let own = Header::new("originalTopic", "orders");
        let spring = Header::new("kafka_dlt-original-topic", "orders");
        let connect = Header::new("__connect.errors.topic", "orders");
        let app = Header::new("topic", "orders");
        let detect = |headers: &[&Header]| {
            let headers: Vec<_> = headers.iter().map(|h| (*h).clone()).collect();
            detect(&headers, Expected::Auto)
        };
        assert_eq!(detect(&[&app]), (None, false));
        assert_eq!(detect(&[&app, &own]), (Some(Convention::Flowctl), false));
        assert_eq!(detect(&[&own, &spring]), (Some(Convention::Spring), true));
        assert_eq!(detect(&[&spring, &connect, &own]), (Some(Convention::Flowctl), true));
        assert_eq!(detect(&[&own, &connect, &app]), (Some(Convention::Connect), true));
    }
}
