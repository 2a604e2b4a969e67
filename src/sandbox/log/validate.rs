//! Checks what a producer wants appended to a partition, without looking at the partition: this
//! takes the time, and can be done before the broker is locked.

use bytes::Bytes;
use kafka_protocol::ResponseError;

use super::config::LogConfig;
use super::refused::{Refused, WrongRecord};
use crate::kafka::batch::{Batch, BatchHeader, Batches, Scratch};
use crate::model::codec::Codec;
use crate::model::record::RecordView;
use crate::model::timestamp::{Timestamp, TimestampType};
use crate::sandbox::transactions::Producer;

/// What a batch may decompress to. Kafka has no limit, because it reads as it decompresses; without
/// one, a few kilobytes could fill the memory. Clients split a batch that is too large and try
/// again.
const MOST_DECOMPRESSED: usize = 128 * 1024 * 1024;

/// How many wrong records of a batch are named. Kafka names all: up to millions of messages.
const MOST_NAMED: usize = 1_000;

/// By what records are judged.
#[derive(Debug, Clone, Copy)]
pub(in crate::sandbox) struct Rules<'a> {
    /// The topic's configs.
    pub(in crate::sandbox) config: &'a LogConfig,
    /// Topic and partition, as in `orders-0`, for messages.
    pub(in crate::sandbox) partition: &'a str,
    /// The time.
    pub(in crate::sandbox) now: Timestamp,
    /// Whether the request's version allows zstd.
    pub(in crate::sandbox) allows_zstd: bool,
}

/// A batch that may be appended.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Produced {
    /// Its header; all but the offset is as it will be stored.
    pub(super) header: BatchHeader,
    /// The records, compressed as they will be stored.
    pub(super) body: Bytes,
}

impl Produced {
    /// Returns the producer if the batch belongs to a transaction. Without a producer it belongs to
    /// none, whatever it says of itself.
    pub(in crate::sandbox) fn transactional_producer(&self) -> Option<Producer> {
        let BatchHeader { producer_id: id, producer_epoch: epoch, .. } = self.header;
        let is_part = self.header.is_transactional() && self.header.has_producer();
        is_part.then_some(Producer { id, epoch })
    }
}

/// Returns how heavy a batch is to look into: its bytes, and without end where they have to be
/// unpacked, since a few of them may become any number.
pub(in crate::sandbox) fn weight(batch: &[u8]) -> usize {
    match Batches::new(batch).next() {
        Some(Ok(plain)) if plain.header.codec() == Ok(Codec::None) => batch.len(),
        Some(_) => usize::MAX,
        None => 0,
    }
}

/// Checks the bytes that a request has for one partition.
pub(in crate::sandbox) fn validate(
    records: &Bytes,
    rules: Rules<'_>,
    scratch: &mut Scratch,
) -> Result<Produced, Refused> {
    let batch = only_batch(records, rules).map_err(Refused::early)?;
    if batch.size() > rules.config.max_batch_bytes {
        return Err(ResponseError::MessageTooLarge.into());
    }
    let Plain { max_timestamp, bytes } = check_records(&batch, rules, scratch)?;
    let header = match rules.config.timestamp_type {
        TimestampType::CreateTime => batch.header.created(max_timestamp),
        TimestampType::LogAppendTime => batch.header.appended(rules.now.0),
    };
    match rules.config.codec {
        Some(codec) if batch.header.codec() != Ok(codec) => {
            let body = codec.compress(bytes).map_err(|_| ResponseError::UnknownServerError)?;
            let size = batch.size() - batch.body().len() + body.len();
            if size > rules.config.max_batch_bytes {
                return Err(ResponseError::MessageTooLarge.into());
            }
            Ok(Produced { header: header.compressed(codec), body: body.into() })
        }
        Some(_) | None => Ok(Produced { header, body: records.slice_ref(batch.body()) }),
    }
}

/// The records of a batch that were checked.
struct Plain<'a> {
    /// The greatest timestamp.
    max_timestamp: i64,
    /// What they are decompressed.
    bytes: &'a [u8],
}

/// Takes the one batch that a request may have for a partition. What follows it and is no whole
/// batch is left out, as Kafka does.
fn only_batch<'a>(records: &'a [u8], rules: Rules<'_>) -> Result<Batch<'a>, Refused> {
    let mut batches = Batches::new(records);
    let batch = batches.next().ok_or(ResponseError::InvalidRecord)??;
    if batch.header.codec() == Ok(Codec::Zstd) && !rules.allows_zstd {
        return Err(ResponseError::UnsupportedCompressionType.into());
    }
    match batches.next() {
        None => {}
        Some(Ok(_)) => return Err(ResponseError::InvalidRecord.into()),
        Some(Err(error)) => return Err(error.into()),
    }
    Ok(batch)
}

/// Checks what the header says. Kafka counts offsets from 0 here; the log sets the real ones.
fn check_header(header: &BatchHeader) -> Result<(), Refused> {
    let is_right = header.base_offset == 0
        && header.record_count > 0
        && i64::from(header.record_count) == i64::from(header.last_offset_delta) + 1
        && !header.is_control()
        && !(header.has_producer() && header.base_sequence < 0);
    if is_right { Ok(()) } else { Err(ResponseError::InvalidRecord.into()) }
}

/// Checks the checksum, the header and every record.
fn check_records<'s>(
    batch: &Batch<'s>,
    rules: Rules<'_>,
    scratch: &'s mut Scratch,
) -> Result<Plain<'s>, Refused> {
    let mut max_timestamp = NO_TIMESTAMP;
    let mut wrong = Vec::new();
    let mut error = ResponseError::InvalidRecord;
    let records = batch.records_up_to(MOST_DECOMPRESSED, scratch)?;
    let bytes = records.bytes();
    check_header(&batch.header)?;
    for (record, index) in records.zip(0..) {
        // As many offsets as records, each greater than the one before: they are consecutive.
        let record = record?;
        max_timestamp = max_timestamp.max(record.timestamp.map_or(NO_TIMESTAMP, |time| time.0));
        let Some((found, message)) = complaint(&record, rules) else { continue };
        // One wrong timestamp decides what the batch is refused for.
        if found == ResponseError::InvalidTimestamp {
            error = found;
        }
        if wrong.len() < MOST_NAMED {
            wrong.push(WrongRecord { index, message });
        }
    }
    if wrong.is_empty() { Ok(Plain { max_timestamp, bytes }) } else { Err(refusal(error, wrong)) }
}

/// Kafka's number for a record without a timestamp.
const NO_TIMESTAMP: i64 = -1;

/// Says what is wrong with a record.
fn complaint(record: &RecordView<'_>, rules: Rules<'_>) -> Option<(ResponseError, String)> {
    let Rules { config, partition, now, allows_zstd: _ } = rules;
    if config.compacts && record.key.is_none() {
        let message = format!(
            "Compacted topic cannot accept message without key in topic partition {partition}"
        );
        return Some((ResponseError::InvalidRecord, message));
    }
    match (config.timestamp_type, record.timestamp, record.timestamp_type) {
        (TimestampType::CreateTime, Some(Timestamp(time)), _) => {
            let age = now.0.saturating_sub(time);
            let is_in_range =
                age <= config.before_max_ms && age.saturating_neg() <= config.after_max_ms;
            (!is_in_range).then(|| {
                let earliest = now.0.wrapping_sub(config.before_max_ms);
                let latest = now.0.wrapping_add(config.after_max_ms);
                let message = format!(
                    "Timestamp {time} of message with offset {} is out of range. The timestamp \
                     should be within [{earliest}, {latest}]",
                    record.offset
                );
                (ResponseError::InvalidTimestamp, message)
            })
        }
        (_, _, TimestampType::LogAppendTime) => {
            let message = "Producer should not set timestamp type to LogAppendTime.".to_owned();
            Some((ResponseError::InvalidTimestamp, message))
        }
        (_, _, TimestampType::CreateTime) => None,
    }
}

/// Puts together what is wrong with the records of a batch, in Kafka's words.
fn refusal(error: ResponseError, records: Vec<WrongRecord>) -> Refused {
    let message = if error == ResponseError::InvalidTimestamp {
        "One or more records have been rejected due to invalid timestamp".to_owned()
    } else {
        let shown: Vec<_> = records
            .iter()
            .take(3)
            .map(|WrongRecord { index, message }| {
                format!("RecordError(batchIndex={index}, message='{message}')")
            })
            .collect();
        format!(
            "One or more records have been rejected due to {} record errors in total, and only \
             showing the first three errors at most: [{}]",
            records.len(),
            shown.join(", ")
        )
    };
    Refused::of_records(error, message, records)
}

#[cfg(test)]
mod tests;
