//! Batches as producers send them, for the tests of the log.

use bytes::Bytes;

use super::config::{At, LogConfig};
use super::refused::Refused;
use super::validate::{Produced, Rules, validate};
use super::{Appended, Log};
use crate::kafka::batch::sample::{Compression, SampleBatch};
use crate::kafka::batch::{BatchHeader, Batches, Scratch};
use crate::model::timestamp::Timestamp;
use crate::sandbox::transactions::Outcome;

/// A batch to be produced.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) batch: SampleBatch,
    pub(super) compression: Compression,
}

impl Sample {
    /// Records with these values, without keys, of the time 1 000.
    pub(super) fn of(values: &[&str]) -> Self {
        let mut batch = SampleBatch::of(0, values);
        batch.base_timestamp = 1_000;
        batch.max_timestamp = 1_000;
        Self { batch, compression: Compression::None }
    }

    /// Records with keys; a value may be null.
    pub(super) fn keyed(records: &[(&str, Option<&str>)]) -> Self {
        let mut sample = Self::of(&vec![""; records.len()]);
        for (record, (key, value)) in sample.batch.records.iter_mut().zip(records) {
            record.key = Some(key.as_bytes().to_vec());
            record.value = value.map(|value| value.as_bytes().to_vec());
        }
        sample
    }

    /// One record of an idempotent producer.
    pub(super) fn of_producer(id: i64, epoch: i16, sequence: i32) -> Self {
        let mut sample = Self::of(&["value"]);
        sample.batch.producer_id = id;
        sample.batch.producer_epoch = epoch;
        sample.batch.base_sequence = sequence;
        sample
    }

    /// So many records.
    pub(super) fn records(mut self, count: i32) -> Self {
        let one = self.batch.records[0].clone();
        self.batch.records = (0..i64::from(count))
            .map(|offset_delta| {
                let mut record = one.clone();
                record.offset_delta = offset_delta;
                record
            })
            .collect();
        self.batch.last_offset_delta = count - 1;
        self
    }

    /// In a transaction.
    pub(super) fn transactional(mut self) -> Self {
        self.batch.attributes |= 0x10;
        self
    }

    /// With these timestamps, one for each record.
    pub(super) fn times(mut self, times: &[i64]) -> Self {
        for (record, time) in self.batch.records.iter_mut().zip(times) {
            record.timestamp_delta = time - self.batch.base_timestamp;
        }
        self.batch.max_timestamp = times.iter().copied().max().unwrap();
        self
    }

    /// Compressed.
    pub(super) fn compressed(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// At this offset, which no producer knows.
    pub(super) fn at(mut self, base_offset: i64) -> Self {
        self.batch.base_offset = base_offset;
        self
    }

    /// As it is sent.
    pub(super) fn bytes(&self) -> Bytes {
        Bytes::from(self.batch.encode(self.compression))
    }

    /// Validates and appends it.
    pub(super) fn append(
        &self,
        log: &mut Log,
        config: &LogConfig,
        now: i64,
    ) -> Result<Appended, Refused> {
        let produced = check(&self.bytes(), config, now)?;
        Ok(log.append(&produced, At { config, now: Timestamp(now) })?)
    }
}

/// Validates what a request has for the partition `orders-0`.
pub(super) fn check(bytes: &Bytes, config: &LogConfig, now: i64) -> Result<Produced, Refused> {
    let now = Timestamp(now);
    let rules = Rules { config, partition: "orders-0", now, allows_zstd: true };
    validate(bytes, rules, &mut Scratch::default())
}

/// The header of a batch.
pub(super) fn header(sample: &Sample) -> BatchHeader {
    Batches::new(&sample.bytes()).next().unwrap().unwrap().header
}

/// Offset and value of all records that are in some batches.
pub(super) fn records(batches: &[Bytes]) -> Vec<(i64, Option<String>)> {
    let mut scratch = Scratch::default();
    let mut found = Vec::new();
    for bytes in batches {
        for batch in Batches::new(bytes) {
            for record in batch.unwrap().records(&mut scratch).unwrap() {
                let record = record.unwrap();
                let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
                found.push((record.offset, record.value.map(text)));
            }
        }
    }
    found
}

/// Ends the transaction of a producer.
pub(super) fn end(log: &mut Log, producer: (i64, i16), outcome: Outcome, now: i64) {
    let at = At { config: &LogConfig::default(), now: Timestamp(now) };
    log.end_transaction(producer, outcome, 0, at).unwrap();
}
