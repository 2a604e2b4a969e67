//! Request + marks of the logs → where each partition begins and stops.

use std::collections::{BTreeMap, BTreeSet};

use super::request::Request;
use crate::model::position::{LogMarks, Moved, NoCommittedOffset, Position, resolve};
use crate::model::timestamp::Timestamp;

/// What was asked of a partition's log when reading begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionMarks {
    /// Log start, end, and committed offset.
    pub log: LogMarks,
    /// The first offset at or after each time that was asked for.
    pub times: BTreeMap<Timestamp, Option<i64>>,
}

/// The part of a partition that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The log start offset.
    pub log_start: i64,
    /// The first offset to read. The end of the span when the newest records are wanted: how far to
    /// go back is found out by reading.
    pub start: i64,
    /// The offset before which it ends; `None` goes on as records come.
    pub stop: Option<i64>,
    /// What was asked for and is not in the log.
    pub moved: Vec<Moved>,
}

/// Why there is no span.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// The group has no committed offset in a partition.
    #[error("the group has no committed offset in partition {0}")]
    NoCommittedOffset(i32),
}

impl Span {
    /// Tells whether all of it has been read when `position` is the next offset to read. The last
    /// record's offset cannot tell: behind it there may be markers, or gaps from compaction.
    pub fn is_done(&self, position: i64) -> bool {
        self.stop.is_some_and(|stop| position >= stop)
    }
}

/// Returns the times that must be looked up in a partition.
pub(super) fn times(request: &Request, partition: i32) -> BTreeSet<Timestamp> {
    let (from, to) = request.positions(partition);
    [from, to].into_iter().flatten().filter_map(Position::time).collect()
}

/// Resolves the request for each partition.
pub fn spans(
    request: &Request,
    marks: &BTreeMap<i32, PartitionMarks>,
) -> Result<BTreeMap<i32, Span>, SpanError> {
    marks
        .iter()
        .map(|(&partition, marks)| {
            span(request, partition, marks)
                .map(|span| (partition, span))
                .map_err(|NoCommittedOffset| SpanError::NoCommittedOffset(partition))
        })
        .collect()
}

fn span(
    request: &Request,
    partition: i32,
    marks: &PartitionMarks,
) -> Result<Span, NoCommittedOffset> {
    let PartitionMarks { log, times } = marks;
    let resolve = |position| resolve(position, log, |time| times.get(&time).copied().flatten());
    let (from, to) = request.positions(partition);
    let from = from.map(resolve).transpose()?;
    let to = to.map(resolve).transpose()?;
    let stop = to.map(|to| to.offset);
    Ok(Span {
        log_start: log.log_start,
        start: from.map_or_else(|| stop.unwrap_or(log.end), |from| from.offset),
        stop,
        moved: [from, to].into_iter().flatten().filter_map(|resolved| resolved.moved).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::offset::IsolationLevel;
    use crate::model::position::Positions;
    use crate::tail::request::Start;

    const NOW: Timestamp = Timestamp(1_795_233_600_000);

    fn request(from: &[&str], to: &[&str], exit_at_end: bool) -> Request {
        let start = if from.is_empty() {
            Start::Newest(10)
        } else {
            Start::At(Positions::parse(from, NOW).unwrap())
        };
        Request {
            topic: "orders".into(),
            partitions: None,
            start,
            until: Positions::parse(to, NOW).unwrap(),
            exit_at_end,
            limit: None,
            key: None,
            isolation: IsolationLevel::ReadCommitted,
            group: None,
        }
    }

    fn resolve_one(request: &Request) -> (i64, Option<i64>) {
        let log = LogMarks { log_start: 100, end: 200, committed: None };
        let times = BTreeMap::from([(NOW, None), (Timestamp(NOW.0 - 60_000), Some(150))]);
        let marks = BTreeMap::from([(3, PartitionMarks { log, times })]);
        let spans = spans(request, &marks).unwrap();
        assert_eq!(spans[&3].moved, []);
        (spans[&3].start, spans[&3].stop)
    }

    #[test]
    fn a_span_goes_on_unless_something_bounds_it() {
        assert_eq!(resolve_one(&request(&["start"], &[], false)), (100, None));
        assert_eq!(resolve_one(&request(&["start"], &[], true)), (100, Some(200)));
        assert_eq!(resolve_one(&request(&["start"], &["-1m"], false)), (100, Some(150)));
        assert_eq!(resolve_one(&request(&["-1m"], &["now"], true)), (150, Some(200)));
    }

    #[test]
    fn the_newest_end_where_the_span_ends() {
        assert_eq!(resolve_one(&request(&[], &[], false)), (200, None));
        assert_eq!(resolve_one(&request(&[], &["120"], false)), (120, Some(120)));
    }

    #[test]
    fn a_partition_without_a_position_begins_at_its_end() {
        assert_eq!(resolve_one(&request(&["0=start"], &[], false)), (200, None));
        assert_eq!(resolve_one(&request(&["0=start"], &["0=150"], true)), (200, Some(200)));
    }

    #[test]
    fn an_empty_partition_is_done_before_it_is_read() {
        let log = LogMarks { log_start: 7, end: 7, committed: None };
        let marks = BTreeMap::from([(0, PartitionMarks { log, times: BTreeMap::new() })]);
        let spans = spans(&request(&["start"], &[], true), &marks).unwrap();
        assert!(spans[&0].is_done(spans[&0].start));
    }

    #[test]
    fn done_is_decided_by_the_position() {
        let span = Span { log_start: 0, start: 0, stop: Some(10), moved: Vec::new() };
        assert!(!span.is_done(9));
        assert!(span.is_done(10));
        assert!(!Span { stop: None, ..span }.is_done(i64::MAX));
    }

    #[test]
    fn a_group_without_a_committed_offset_is_an_error() {
        let log = LogMarks { log_start: 0, end: 7, committed: None };
        let marks = BTreeMap::from([(4, PartitionMarks { log, times: BTreeMap::new() })]);
        let request = request(&["committed"], &[], true);
        assert!(request.needs_committed());
        assert_eq!(spans(&request, &marks), Err(SpanError::NoCommittedOffset(4)));
    }

    #[test]
    fn the_times_of_both_ends_are_looked_up() {
        let both = request(&["-1m"], &["now"], false);
        assert_eq!(times(&both, 0), BTreeSet::from([Timestamp(NOW.0 - 60_000), NOW]));
    }
}
