//! Reads a partition: whole batches, none of them copied.

use bytes::Bytes;
use kafka_protocol::ResponseError;

use super::Log;
use crate::kafka::batch::AbortedTransaction;

/// What a reader may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Isolation {
    /// Everything up to the high watermark.
    Uncommitted,
    /// Everything up to the last stable offset; the reader leaves out what was aborted.
    Committed,
}

impl Isolation {
    /// Reads the number in a request. Kafka, too, has no other word for one that is no level.
    pub(in crate::sandbox) fn of(level: i8) -> Result<Self, ResponseError> {
        match level {
            0 => Ok(Self::Uncommitted),
            1 => Ok(Self::Committed),
            _ => Err(ResponseError::UnknownServerError),
        }
    }
}

/// How much to read.
#[derive(Debug, Clone, Copy)]
pub(in crate::sandbox) struct Bounds {
    /// How many bytes at most.
    pub(in crate::sandbox) max_bytes: usize,
    /// Whether the first batch comes even if it is larger: otherwise a reader would never get past
    /// it.
    pub(in crate::sandbox) at_least_one: bool,
}

/// Batches, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Slice {
    /// The first one has the offset that was asked for, or the next one that there is.
    pub(in crate::sandbox) batches: Vec<Bytes>,
    /// How many bytes they are.
    pub(in crate::sandbox) size: usize,
    /// The aborted transactions that have records among them; none are named to who reads
    /// everything.
    pub(in crate::sandbox) aborted: Vec<AbortedTransaction>,
}

/// The offset is not between log start and log end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) struct OutOfRange;

impl Log {
    /// Returns the first offset that a reader may not see.
    pub(in crate::sandbox) fn readable_to(&self, isolation: Isolation) -> i64 {
        match isolation {
            Isolation::Uncommitted => self.end,
            Isolation::Committed => self.last_stable_offset(),
        }
    }

    /// Reads from an offset on.
    pub(in crate::sandbox) fn read(
        &self,
        from: i64,
        bounds: Bounds,
        isolation: Isolation,
    ) -> Result<Slice, OutOfRange> {
        if !(self.start..=self.end).contains(&from) {
            return Err(OutOfRange);
        }
        let mut slice = Slice { batches: Vec::new(), size: 0, aborted: Vec::new() };
        let limit = self.readable_to(isolation);
        let mut to = from;
        for batch in self.batches_from(from).take_while(|batch| batch.last_offset < limit) {
            let size = slice.size.saturating_add(batch.bytes.len());
            let is_needed = slice.batches.is_empty() && bounds.at_least_one;
            if size > bounds.max_bytes && !is_needed {
                break;
            }
            slice.size = size;
            slice.batches.push(batch.bytes.clone());
            to = batch.last_offset.saturating_add(1);
        }
        if isolation == Isolation::Committed {
            slice.aborted = self.aborted.between(from, to).into_iter().map(Into::into).collect();
        }
        Ok(slice)
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::LogConfig;
    use super::super::sample::{Sample, end, records};
    use super::*;
    use crate::sandbox::transactions::Outcome;

    const ALL: Bounds = Bounds { max_bytes: usize::MAX, at_least_one: true };

    fn filled(batches: &[&[&str]]) -> Log {
        // Every batch in a segment of its own: what is read goes across.
        let config = LogConfig { segment_bytes: 100, ..LogConfig::default() };
        let mut log = Log::default();
        for values in batches {
            Sample::of(values).append(&mut log, &config, 0).unwrap();
        }
        log
    }

    fn offsets(slice: &Slice) -> Vec<i64> {
        records(&slice.batches).into_iter().map(|(offset, _)| offset).collect()
    }

    #[test]
    fn a_read_begins_with_the_batch_that_has_the_offset() {
        let log = filled(&[&["a", "b"], &["c"], &["d", "e"]]);
        assert!(log.segments.len() > 1);
        for (from, expected) in [(0, 0), (1, 0), (2, 2), (3, 3), (4, 3)] {
            let slice = log.read(from, ALL, Isolation::Uncommitted).unwrap();
            assert_eq!(offsets(&slice), (expected..5).collect::<Vec<_>>(), "from {from}");
            assert_eq!(slice.size, slice.batches.iter().map(Bytes::len).sum::<usize>());
        }
        assert_eq!(log.read(5, ALL, Isolation::Uncommitted).unwrap().batches.len(), 0);
        for outside in [-1, 6] {
            assert_eq!(log.read(outside, ALL, Isolation::Uncommitted), Err(OutOfRange));
        }
    }

    #[test]
    fn bounds_hold_but_for_the_first_batch() {
        let log = filled(&[&["a"], &["b"], &["c"]]);
        let one = log.read(0, ALL, Isolation::Uncommitted).unwrap().size / 3;
        let read = |max_bytes, at_least_one| {
            log.read(0, Bounds { max_bytes, at_least_one }, Isolation::Uncommitted).unwrap()
        };
        assert_eq!(offsets(&read(2 * one, true)), [0, 1]);
        assert_eq!(offsets(&read(2 * one - 1, true)), [0]);
        assert_eq!(offsets(&read(0, true)), [0]);
        assert!(read(one - 1, false).batches.is_empty());
    }

    #[test]
    fn who_reads_committed_records_stops_at_the_first_open_transaction() {
        let config = LogConfig::default();
        let mut log = filled(&[&["a"]]);
        let of = |id, sequence| Sample::of_producer(id, 0, sequence).transactional();
        of(1, 0).append(&mut log, &config, 0).unwrap();
        of(2, 0).append(&mut log, &config, 0).unwrap();
        assert_eq!(offsets(&log.read(0, ALL, Isolation::Committed).unwrap()), [0]);
        assert_eq!(offsets(&log.read(0, ALL, Isolation::Uncommitted).unwrap()), [0, 1, 2]);
        assert!(log.read(2, ALL, Isolation::Committed).unwrap().batches.is_empty());

        end(&mut log, (2, 0), Outcome::Abort, 0);
        assert_eq!(log.last_stable_offset(), 1, "the other one is open");
        end(&mut log, (1, 0), Outcome::Commit, 0);
        assert_eq!(log.last_stable_offset(), 5);
        let slice = log.read(0, ALL, Isolation::Committed).unwrap();
        assert_eq!(slice.aborted, [AbortedTransaction { producer_id: 2, first_offset: 2 }]);
        let before = log.read(0, Bounds { max_bytes: 1, at_least_one: true }, Isolation::Committed);
        assert_eq!(before.unwrap().aborted, [], "it begins behind what is read");
        assert_eq!(log.read(0, ALL, Isolation::Uncommitted).unwrap().aborted, []);
    }
}
