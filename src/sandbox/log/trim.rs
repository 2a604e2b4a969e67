//! Forgets the beginning of a partition: because somebody asks for it, or by age and size.

use kafka_protocol::ResponseError;

use super::Log;
use super::config::{At, LogConfig};
use super::segment::Segment;

/// What stands for the high watermark in a request.
const HIGH_WATERMARK: i64 = -1;

impl Log {
    /// Deletes the records before an offset; returns where the log starts then.
    ///
    /// Whole batches leave the memory at once, which on a disk would stay until their segment goes.
    pub(in crate::sandbox) fn delete_before(
        &mut self,
        offset: i64,
        config: &LogConfig,
    ) -> Result<i64, ResponseError> {
        if !config.deletes {
            return Err(ResponseError::PolicyViolation);
        }
        let offset = if offset == HIGH_WATERMARK { self.end } else { offset };
        if !(0..=self.end).contains(&offset) {
            return Err(ResponseError::OffsetOutOfRange);
        }
        self.start_at(offset);
        Ok(self.start)
    }

    /// Forgets the segments that are too old or too many, as `cleanup.policy` has it; tells whether
    /// there was one. Even the active one goes when all its records are too old, as in Kafka.
    pub(in crate::sandbox) fn retain(&mut self, at: At<'_>) -> bool {
        if !at.config.deletes {
            return false;
        }
        let before = self.start;
        self.forget_segments(too_large(self.segments.iter(), self.size, at.config));
        self.forget_segments(self.segments.iter().take_while(|it| is_too_old(it, at)).count());
        self.start > before
    }

    /// Forgets the oldest segments.
    fn forget_segments(&mut self, count: usize) {
        if count > 0 {
            self.start_at(self.segments.get(count).map_or(self.end, |next| next.base_offset));
        }
    }

    /// Lets the log start at an offset, unless it starts behind it already.
    fn start_at(&mut self, offset: i64) {
        if offset <= self.start {
            return;
        }
        self.start = offset;
        self.aborted.forget_before(offset);
        self.forget_unreadable();
    }

    /// Forgets the batches that end before the log start, and counts what is left.
    pub(super) fn forget_unreadable(&mut self) {
        while self.segments.front().is_some_and(|segment| segment.end() <= self.start) {
            self.segments.pop_front();
        }
        if let Some(segment) = self.segments.front_mut() {
            segment.forget_before(self.start);
        }
        self.size = self.segments.iter().map(|segment| segment.size).sum();
        self.batches = self.segments.iter().map(|segment| segment.batches.len()).sum();
    }
}

/// Tells whether all records of a segment are too old.
fn is_too_old(segment: &Segment, At { config, now }: At<'_>) -> bool {
    config.retention_ms >= 0 && now.0.saturating_sub(segment.newest()) > config.retention_ms
}

/// Returns how many segments are too many: those without which the rest is still as large as the
/// limit.
fn too_large<'a>(
    segments: impl Iterator<Item = &'a Segment>,
    size: u64,
    config: &LogConfig,
) -> usize {
    let Some(mut excess) = config.retention_bytes.and_then(|limit| size.checked_sub(limit)) else {
        return 0;
    };
    segments
        .take_while(|segment| match excess.checked_sub(segment.size) {
            Some(left) => {
                excess = left;
                true
            }
            None => false,
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::super::read::{Bounds, Isolation, OutOfRange};
    use super::super::sample::{Sample, end};
    use super::*;
    use crate::model::timestamp::Timestamp;
    use crate::sandbox::transactions::Outcome;

    /// Every batch of one record is a segment of its own.
    fn config() -> LogConfig {
        LogConfig { segment_bytes: 80, after_max_ms: i64::MAX, ..LogConfig::default() }
    }

    fn filled(times: &[i64]) -> Log {
        let mut log = Log::default();
        for time in times {
            Sample::of(&["v"]).times(&[*time]).append(&mut log, &config(), 0).unwrap();
        }
        assert_eq!(log.segments.len(), times.len());
        log
    }

    fn retain(log: &mut Log, config: &LogConfig, now: i64) -> bool {
        log.retain(At { config, now: Timestamp(now) })
    }

    #[test]
    fn records_are_deleted_up_to_an_offset() {
        let mut log = filled(&[0, 0]);
        Sample::of(&["a", "b"]).append(&mut log, &LogConfig::default(), 0).unwrap();
        assert_eq!(log.delete_before(1, &config()), Ok(1));
        assert_eq!(log.delete_before(0, &config()), Ok(1), "it does not go back");
        assert_eq!(log.delete_before(3, &config()), Ok(3));
        assert_eq!(log.batches, 1, "the batch has a record that is left");
        let bounds = Bounds { max_bytes: 1_000, at_least_one: true };
        assert_eq!(log.read(2, bounds, Isolation::Uncommitted), Err(OutOfRange));
        assert_eq!(log.read(3, bounds, Isolation::Uncommitted).unwrap().batches.len(), 1);
        for outside in [5, -2] {
            let refused = log.delete_before(outside, &config());
            assert_eq!(refused, Err(ResponseError::OffsetOutOfRange));
        }
        assert_eq!(log.delete_before(-1, &config()), Ok(4));
        assert_eq!((log.end(), log.size(), log.batches), (4, 0, 0));
        let compacts = LogConfig { deletes: false, compacts: true, ..config() };
        assert_eq!(log.delete_before(-1, &compacts), Err(ResponseError::PolicyViolation));
    }

    #[test]
    fn an_empty_log_goes_on_where_it_was() {
        let mut log = filled(&[0, 0, 0]);
        log.delete_before(-1, &config()).unwrap();
        let appended = Sample::of(&["v"]).append(&mut log, &config(), 0).unwrap();
        assert_eq!(appended.base_offset, 3);
    }

    #[test]
    fn old_segments_go_even_the_active_one() {
        let config = LogConfig { retention_ms: 100, ..config() };
        let mut log = filled(&[1_000, 2_000, 1_500, 3_000]);
        assert!(!retain(&mut log, &config, 1_100));
        assert!(retain(&mut log, &config, 1_101));
        assert_eq!(log.start(), 1);
        assert!(!retain(&mut log, &config, 1_700), "the second one keeps the third");
        assert!(retain(&mut log, &config, 2_101));
        assert_eq!(log.start(), 3);
        assert!(retain(&mut log, &config, 3_101));
        assert_eq!((log.start(), log.end(), log.size()), (4, 4, 0));
        let for_ever = LogConfig { retention_ms: -1, ..config };
        let mut log = filled(&[0]);
        assert!(!retain(&mut log, &for_ever, i64::MAX));
    }

    #[test]
    fn what_is_left_is_never_less_than_the_limit() {
        let mut log = filled(&[0, 0, 0, 0]);
        let one = log.size() / 4;
        let keep = |bytes| LogConfig { retention_bytes: Some(bytes), ..config() };
        assert!(!retain(&mut log, &keep(3 * one + 1), 0));
        assert!(retain(&mut log, &keep(2 * one - 1), 0));
        assert_eq!((log.start(), log.size()), (2, 2 * one));
        let compacts = LogConfig { deletes: false, ..keep(0) };
        assert!(!retain(&mut log, &compacts, 0));
        assert!(retain(&mut log, &keep(0), 0));
        assert_eq!((log.start(), log.size()), (4, 0));
    }

    #[test]
    fn a_transaction_that_began_in_what_is_gone_stays_open() {
        let mut log = Log::default();
        let open = Sample::of_producer(1, 0, 0).transactional();
        open.append(&mut log, &config(), 0).unwrap();
        Sample::of(&["v"]).append(&mut log, &config(), 0).unwrap();
        log.delete_before(1, &config()).unwrap();
        assert_eq!(log.last_stable_offset(), 1);
        end(&mut log, (1, 0), Outcome::Abort, 0);
        assert_eq!(log.last_stable_offset(), 3);
    }
}
