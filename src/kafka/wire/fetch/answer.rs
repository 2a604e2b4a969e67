//! What a leader's answer for one partition means.

use kafka_protocol::messages::fetch_response::PartitionData;

use super::fetched::Fetched;
use super::partitions::Asked;
use crate::kafka::Error;
use crate::kafka::wire::batch::{AbortedTransaction, whole_batches};
use crate::kafka::wire::denied::{self, Api};
use crate::model::offset::IsolationLevel;

/// What a leader's answer for one partition means.
#[derive(Debug)]
pub(super) enum Answer {
    /// Records, or none yet.
    Fetched(Fetched),
    /// The log does not have the offset.
    OutOfRange,
    /// The broker or the records are at fault.
    Failed(Error),
}

/// `NONE`.
const NONE: i16 = 0;
/// `OFFSET_OUT_OF_RANGE`.
const OFFSET_OUT_OF_RANGE: i16 = 1;

/// Reads a leader's answer for one partition.
pub(super) fn answer(asked: &Asked, data: PartitionData, isolation: IsolationLevel) -> Answer {
    match data.error_code {
        NONE => fetched(asked, data, isolation).map_or_else(Answer::Failed, Answer::Fetched),
        OFFSET_OUT_OF_RANGE => Answer::OutOfRange,
        code => {
            let message = format!("reading {} from offset {}", asked.topic_partition, asked.offset);
            Answer::Failed(denied::error(Api::Fetch, code, Some(&message), &asked.topic_partition))
        }
    }
}

/// Cuts the records to whole batches and finds out where reading goes on.
fn fetched(
    asked: &Asked,
    data: PartitionData,
    isolation: IsolationLevel,
) -> Result<Fetched, Error> {
    let records = data.records.unwrap_or_default();
    let whole = whole_batches(&records).map_err(|cause| Error::CorruptRecords {
        topic_partition: asked.topic_partition.clone(),
        offset: asked.offset,
        cause: cause.to_string(),
    })?;
    let aborted = data.aborted_transactions.unwrap_or_default();
    Ok(Fetched {
        topic_partition: asked.topic_partition.clone(),
        high_watermark: data.high_watermark,
        last_stable_offset: data.last_stable_offset,
        log_start_offset: data.log_start_offset,
        position: whole.next_offset.unwrap_or(asked.offset).max(asked.offset),
        asked: asked.offset,
        batches: records.slice(..whole.size),
        aborted: aborted
            .iter()
            .map(|transaction| AbortedTransaction {
                producer_id: transaction.producer_id.0,
                first_offset: transaction.first_offset,
            })
            .collect(),
        isolation,
    })
}
