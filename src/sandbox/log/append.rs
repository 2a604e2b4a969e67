//! Puts batches and markers at the end of a partition.

use kafka_protocol::ResponseError;

use super::aborted::Aborted;
use super::config::At;
use super::producers::Verdict;
use super::segment::{Segment, Stored};
use super::validate::Produced;
use super::{LEADER_EPOCH, Log};
use crate::kafka::batch::{BatchHeader, put_record};
use crate::model::header::Headers;
use crate::model::timestamp::TimestampType;
use crate::sandbox::transactions::Outcome;

/// Where a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) struct Appended {
    /// The offset of its first record.
    pub(in crate::sandbox) base_offset: i64,
    /// The time of its records if the broker set it, as Kafka answers: also that of a batch that
    /// was sent again, whoever set it.
    pub(in crate::sandbox) append_time: Option<i64>,
}

impl Log {
    /// Appends a batch, unless its producer has sent it before.
    pub(in crate::sandbox) fn append(
        &mut self,
        produced: &Produced,
        at: At<'_>,
    ) -> Result<Appended, ResponseError> {
        let Produced { header, body } = produced;
        match self.producers.judge(header)? {
            Verdict::Append => {}
            Verdict::Duplicate(sent) => {
                let append_time = Some(sent.timestamp);
                return Ok(Appended { base_offset: sent.first_offset, append_time });
            }
        }
        let header = self.place(*header)?;
        self.push(&header, body, at)?;
        self.producers.remember(&header, at.now);
        let append_time = match header.timestamp_type() {
            TimestampType::CreateTime => None,
            TimestampType::LogAppendTime => Some(header.max_timestamp),
        };
        Ok(Appended { base_offset: header.base_offset, append_time })
    }

    /// Tells whether a batch would take more memory: it is neither wrong nor here already.
    pub(in crate::sandbox) fn would_grow(&self, produced: &Produced) -> bool {
        matches!(self.producers.judge(&produced.header), Ok(Verdict::Append))
    }

    /// Ends the transaction of a producer, given by id and epoch, with a marker; returns its
    /// offset. A producer without a transaction here gets one too, as in Kafka: it fences older
    /// epochs.
    pub(in crate::sandbox) fn end_transaction(
        &mut self,
        producer: (i64, i16),
        outcome: Outcome,
        coordinator_epoch: i32,
        at: At<'_>,
    ) -> Result<i64, ResponseError> {
        self.producers.check_end(producer, coordinator_epoch)?;
        let header = self.place(marker_header(producer, at))?;
        self.push(&header, &marker_record(outcome, coordinator_epoch), at)?;
        let began = self.producers.end(producer, coordinator_epoch, at.now);
        if let (Some(first_offset), Outcome::Abort) = (began, outcome) {
            self.aborted.push(Aborted {
                producer_id: header.producer_id,
                first_offset,
                last_offset: header.base_offset,
                last_stable_offset: self.last_stable_offset(),
            });
        }
        Ok(header.base_offset)
    }

    /// Gives a batch its place at the end. No partition gets to the last offset, unless it was
    /// given one by a batch that claims billions of records: those were counted.
    fn place(&self, header: BatchHeader) -> Result<BatchHeader, ResponseError> {
        let header = BatchHeader { base_offset: self.end, leader_epoch: LEADER_EPOCH, ..header };
        let has_room = self.end.checked_add(i64::from(header.last_offset_delta) + 1).is_some();
        has_room.then_some(header).ok_or(ResponseError::UnknownServerError)
    }

    /// Stores a batch that has its place.
    fn push(&mut self, header: &BatchHeader, body: &[u8], at: At<'_>) -> Result<(), ResponseError> {
        let bytes = header.encode(body).map_err(|_| ResponseError::RecordListTooLarge)?;
        let stored = Stored::new(header, bytes);
        let size = stored.size();
        if size > at.config.segment_bytes {
            return Err(ResponseError::RecordListTooLarge);
        }
        if self.segments.back().is_none_or(|active| active.is_full_for(header, size, at)) {
            self.segments.push_back(Segment::new(self.end, at.now));
        }
        if let Some(active) = self.segments.back_mut() {
            active.push(stored, at.now);
        }
        self.end = header.next_offset();
        self.size = self.size.saturating_add(size);
        self.batches += 1;
        Ok(())
    }
}

/// Makes the header of a marker, still without a place.
fn marker_header((producer_id, producer_epoch): (i64, i16), at: At<'_>) -> BatchHeader {
    let At { config, now } = at;
    let header = BatchHeader::of_marker(producer_id, producer_epoch, now.0);
    match config.timestamp_type {
        TimestampType::CreateTime => header,
        TimestampType::LogAppendTime => header.appended(now.0),
    }
}

/// Makes the record of a marker. The key is a version and a type, the value a version and the epoch
/// of the coordinator.
fn marker_record(outcome: Outcome, coordinator_epoch: i32) -> Vec<u8> {
    let kind: i16 = match outcome {
        Outcome::Abort => 0,
        Outcome::Commit => 1,
    };
    let version = 0_i16.to_be_bytes();
    let key = [version, kind.to_be_bytes()].concat();
    let value = [version.as_slice(), &coordinator_epoch.to_be_bytes()].concat();
    let mut record = Vec::new();
    put_record(&mut record, 0, 0, Some(&key), Some(&value), Headers::default());
    record
}

#[cfg(test)]
mod tests {
    use super::super::config::LogConfig;
    use super::super::read::{Bounds, Isolation};
    use super::super::sample::{Sample, records};
    use super::super::validate::{Rules, validate};
    use super::*;
    use crate::kafka::batch::{Batches, Scratch};
    use crate::model::timestamp::Timestamp;

    const ALL: Bounds = Bounds { max_bytes: usize::MAX, at_least_one: true };

    #[test]
    fn a_batch_stays_as_it_came_but_for_its_offset() {
        let (mut log, config) = (Log::default(), LogConfig::default());
        let sample = Sample::of(&["a", "b", "c"]);
        sample.append(&mut log, &config, 0).unwrap();
        let appended = sample.append(&mut log, &config, 0).unwrap();
        assert_eq!(appended, Appended { base_offset: 3, append_time: None });
        let stored = log.read(3, ALL, Isolation::Uncommitted).unwrap().batches;
        assert_eq!(stored, [sample.clone().at(3).bytes()]);
        assert_eq!(log.end(), 6);
    }

    #[test]
    fn the_broker_sets_the_time_if_it_is_to() {
        let config =
            LogConfig { timestamp_type: TimestampType::LogAppendTime, ..LogConfig::default() };
        let mut log = Log::default();
        let appended = Sample::of(&["a", "b"]).append(&mut log, &config, 5_000).unwrap();
        assert_eq!(appended.append_time, Some(5_000));
        let stored = log.read(0, ALL, Isolation::Uncommitted).unwrap().batches;
        let batch = Batches::new(&stored[0]).next().unwrap().unwrap();
        let mut scratch = Scratch::default();
        for record in batch.records(&mut scratch).unwrap() {
            let record = record.unwrap();
            assert_eq!(record.timestamp, Some(Timestamp(5_000)));
            assert_eq!(record.timestamp_type, TimestampType::LogAppendTime);
        }
    }

    #[test]
    fn a_batch_sent_again_is_where_it_was() {
        let (mut log, config) = (Log::default(), LogConfig::default());
        let sample = Sample::of_producer(1, 0, 0);
        Sample::of(&["other"]).append(&mut log, &config, 0).unwrap();
        sample.append(&mut log, &config, 0).unwrap();
        Sample::of(&["other"]).append(&mut log, &config, 0).unwrap();
        let rules =
            Rules { config: &config, partition: "t-0", now: Timestamp(0), allows_zstd: true };
        let next = Sample::of_producer(1, 0, 1);
        let would_grow = |sample: &Sample| {
            log.would_grow(&validate(&sample.bytes(), rules, &mut Scratch::default()).unwrap())
        };
        assert_eq!((would_grow(&sample), would_grow(&next)), (false, true));
        let again = sample.append(&mut log, &config, 0).unwrap();
        assert_eq!(again, Appended { base_offset: 1, append_time: Some(1_000) });
        assert_eq!(log.end(), 3);
    }

    #[test]
    fn a_batch_larger_than_a_segment_is_refused() {
        let config = LogConfig { segment_bytes: 70, ..LogConfig::default() };
        let mut log = Log::default();
        let refused = Sample::of(&["a long value"]).append(&mut log, &config, 0).unwrap_err();
        assert_eq!(refused.error, ResponseError::RecordListTooLarge);
        assert!(!refused.tells_log_start());
        assert_eq!((log.end(), log.size()), (0, 0));
    }

    #[test]
    fn a_marker_is_what_readers_take_for_one() {
        let (mut log, config) = (Log::default(), LogConfig::default());
        let at = At { config: &config, now: Timestamp(42) };
        for (outcome, is_abort) in [(Outcome::Commit, false), (Outcome::Abort, true)] {
            let offset = log.end_transaction((7, 3), outcome, 9, at).unwrap();
            let stored = log.read(offset, ALL, Isolation::Uncommitted).unwrap().batches;
            let batch = Batches::new(&stored[0]).next().unwrap().unwrap();
            let mut scratch = Scratch::default();
            assert!(batch.header.is_control() && batch.header.is_transactional());
            assert_eq!((batch.header.producer_id, batch.header.producer_epoch), (7, 3));
            assert_eq!(batch.is_abort_marker(&mut scratch), Ok(is_abort));
            let record = batch.records(&mut scratch).unwrap().next().unwrap().unwrap();
            assert_eq!(record.timestamp, Some(Timestamp(42)));
            assert_eq!(record.value, Some([0, 0, 0, 0, 0, 9].as_slice()));
        }
        let slice = log.read(0, ALL, Isolation::Committed).unwrap();
        assert_eq!(slice.aborted, [], "neither transaction had a record");
        assert_eq!(records(&slice.batches).len(), 2);
    }
}
