//! What a leader's answer for one partition means.

use kafka_protocol::messages::fetch_response::PartitionData;

use super::fetched::Fetched;
use super::partition::Asked;
use crate::kafka::Error;
use crate::kafka::batch::{AbortedTransaction, whole_batches};
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

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::kafka::batch::sample::{Compression, SampleBatch};
    use crate::kafka::wire::known::Leader;
    use crate::model::name::TopicName;
    use crate::model::offset::TopicPartition;

    fn asked(offset: i64) -> Asked {
        Asked {
            topic_partition: TopicPartition::new(TopicName::from("orders"), 3),
            leader: Leader { broker: 1, epoch: 0, topic_id: Uuid::nil() },
            offset,
        }
    }

    fn read(offset: i64, data: PartitionData) -> Answer {
        answer(&asked(offset), data, IsolationLevel::ReadCommitted)
    }

    #[test]
    fn what_is_cut_off_is_left_for_the_next_request() {
        let first = SampleBatch::of(5, &["a", "b"]).encode(Compression::None);
        let second = SampleBatch::of(7, &["c"]).encode(Compression::None);
        let bytes = [first.as_slice(), &second[..second.len() - 1]].concat();
        let data = PartitionData::default().with_records(Some(bytes.into()));
        let Answer::Fetched(fetched) = read(6, data) else { panic!("not fetched") };
        assert_eq!((fetched.position, fetched.batches.len()), (7, first.len()));
    }

    #[test]
    fn an_answer_without_a_whole_batch_stays_where_it_is() {
        let bytes = SampleBatch::of(5, &["a"]).encode(Compression::None);
        for records in [None, Some(bytes::Bytes::new()), Some(bytes[..30].to_vec().into())] {
            let Answer::Fetched(fetched) = read(5, PartitionData::default().with_records(records))
            else {
                panic!("not fetched")
            };
            assert_eq!(fetched.position, 5);
            assert!(fetched.is_empty());
        }
    }

    #[test]
    fn errors_name_the_partition() {
        let error = |code| match read(42, PartitionData::default().with_error_code(code)) {
            Answer::Failed(error) => error.to_string(),
            Answer::Fetched(_) | Answer::OutOfRange => panic!("no error"),
        };
        assert_eq!(error(6), "NOT_LEADER_OR_FOLLOWER: reading orders[3] from offset 42");
        assert!(error(29).contains("READ on topic `orders` was refused"), "{}", error(29));
        let data = PartitionData::default().with_error_code(1);
        assert!(matches!(read(42, data), Answer::OutOfRange));
    }

    #[test]
    fn what_cannot_be_read_is_reported_when_it_comes_first() {
        let good = SampleBatch::of(5, &["a"]).encode(Compression::None);
        let mut old = SampleBatch::of(6, &["b"]).encode(Compression::None);
        old[16] = 1;
        let both = [good, old.clone()].concat();
        let data = PartitionData::default().with_records(Some(both.into()));
        let Answer::Fetched(fetched) = read(5, data) else { panic!("the good one is readable") };
        assert_eq!(fetched.position, 6);
        let data = PartitionData::default().with_records(Some(old.into()));
        let Answer::Failed(error) = read(6, data) else { panic!("it is not readable") };
        assert_eq!(
            error.to_string(),
            "cannot read the records of orders[3] from offset 6: the records are in message format \
             v1, from before Kafka 0.11; only v2 can be read"
        );
    }
}
