//! What one partition added to a leader's answer.

use std::ops::ControlFlow;

use bytes::Bytes;

use crate::kafka::Error;
use crate::kafka::batch::{AbortedTransaction, AbortedTransactions, BatchError, Batches, Scratch};
use crate::model::offset::{IsolationLevel, TopicPartition};
use crate::model::record::RecordView;

/// What one partition added to a leader's answer: whole batches, as the broker sent them, and the
/// marks of its log at that time. Holding it holds the answer's memory.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The partition.
    pub topic_partition: TopicPartition,
    /// The offset behind the last record that all in-sync replicas have.
    pub high_watermark: i64,
    /// The offset of the first record whose transaction is still open; the high watermark without
    /// one.
    pub last_stable_offset: i64,
    /// The offset of the first record that the log still has; −1 where a broker does not say.
    pub log_start_offset: i64,
    /// Where reading goes on after these records. It also moves past markers, aborted records and
    /// offsets that compaction removed, so it may grow while no record is seen.
    pub position: i64,
    /// The first offset that was asked for; a batch may begin before it.
    pub(super) asked: i64,
    /// The whole batches.
    pub(super) batches: Bytes,
    /// The transactions in them that were aborted.
    pub(super) aborted: Vec<AbortedTransaction>,
    /// What the reader wants to see.
    pub(super) isolation: IsolationLevel,
}

impl Fetched {
    /// Tells whether no batch came: there is nothing behind the position yet.
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// Calls `f` with each record that the isolation level shows, from the asked offset on, in
    /// order, until `f` breaks.
    ///
    /// Checksums are checked first, batch by batch. Records that cannot be decoded end the walk
    /// with [`Error::CorruptRecords`]; `f` may have seen earlier ones by then. Can be called again:
    /// it starts over.
    pub fn each_record<B>(
        &self,
        scratch: &mut Scratch,
        mut f: impl FnMut(&RecordView<'_>) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, Error> {
        let mut aborted = AbortedTransactions::new(&self.aborted);
        let mut reached = self.asked;
        for batch in Batches::new(&self.batches) {
            let batch = batch.map_err(|cause| self.corrupt(reached, &cause))?;
            reached = reached.max(batch.header.base_offset);
            let hidden = match self.isolation {
                IsolationLevel::ReadUncommitted => false,
                IsolationLevel::ReadCommitted => {
                    aborted.hides(&batch, scratch).map_err(|cause| self.corrupt(reached, &cause))?
                }
            };
            if hidden || batch.header.is_control() || batch.header.last_offset() < self.asked {
                continue;
            }
            let records = batch.records(scratch).map_err(|cause| self.corrupt(reached, &cause))?;
            for record in records {
                let record = record.map_err(|cause| self.corrupt(reached, &cause))?;
                if record.offset < self.asked {
                    continue;
                }
                if let ControlFlow::Break(value) = f(&record) {
                    return Ok(ControlFlow::Break(value));
                }
                reached = record.offset.saturating_add(1);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Says that the records from `offset` on cannot be read.
    fn corrupt(&self, offset: i64, cause: &BatchError) -> Error {
        Error::CorruptRecords {
            topic_partition: self.topic_partition.clone(),
            offset,
            cause: cause.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::batch::sample::{Compression, SampleBatch};
    use crate::model::name::TopicName;

    fn fetched(asked: i64, isolation: IsolationLevel, batches: &[SampleBatch]) -> Fetched {
        let batches: Vec<u8> =
            batches.iter().flat_map(|batch| batch.encode(Compression::Zstd)).collect();
        Fetched {
            topic_partition: TopicPartition::new(TopicName::from("orders"), 3),
            high_watermark: 100,
            last_stable_offset: 100,
            log_start_offset: 0,
            position: 100,
            asked,
            batches: batches.into(),
            aborted: vec![AbortedTransaction { producer_id: 7, first_offset: 2 }],
            isolation,
        }
    }

    fn values(fetched: &Fetched) -> Result<Vec<String>, Error> {
        let mut values = Vec::new();
        let flow = fetched.each_record(&mut Scratch::default(), |record| {
            values.push(String::from_utf8_lossy(record.value.unwrap_or_default()).into_owned());
            ControlFlow::<()>::Continue(())
        })?;
        assert_eq!(flow, ControlFlow::Continue(()));
        Ok(values)
    }

    fn transactions() -> [SampleBatch; 5] {
        [
            SampleBatch::of(0, &["a", "b"]),
            SampleBatch::of(2, &["aborted"]).transactional(7),
            SampleBatch::marker(3, 7, false),
            SampleBatch::of(4, &["c"]).transactional(7),
            SampleBatch::marker(5, 7, true),
        ]
    }

    #[test]
    fn read_committed_sees_no_aborted_record_and_nobody_sees_markers() {
        let batches = transactions();
        let committed = fetched(0, IsolationLevel::ReadCommitted, &batches);
        assert_eq!(values(&committed).unwrap(), ["a", "b", "c"]);
        let uncommitted = fetched(0, IsolationLevel::ReadUncommitted, &batches);
        assert_eq!(values(&uncommitted).unwrap(), ["a", "b", "aborted", "c"]);
    }

    #[test]
    fn records_before_the_asked_offset_are_left_out() {
        for (asked, expected) in [(1, vec!["b", "c"]), (2, vec!["c"]), (5, vec![])] {
            let fetched = fetched(asked, IsolationLevel::ReadCommitted, &transactions());
            assert_eq!(values(&fetched).unwrap(), expected, "from {asked}");
        }
    }

    #[test]
    fn a_break_ends_the_walk_and_gives_its_value() {
        let fetched = fetched(0, IsolationLevel::ReadCommitted, &transactions());
        let flow = fetched.each_record(&mut Scratch::default(), |record| {
            if record.offset == 1 {
                ControlFlow::Break(record.offset)
            } else {
                ControlFlow::Continue(())
            }
        });
        assert_eq!(flow.unwrap(), ControlFlow::Break(1));
    }

    #[test]
    fn corrupt_records_are_named_by_partition_and_offset() {
        let mut batches = [SampleBatch::of(0, &["a"]), SampleBatch::of(1, &["b"])]
            .map(|b| b.encode(Compression::None));
        *batches[1].last_mut().unwrap() ^= 1;
        let mut fetched = fetched(0, IsolationLevel::ReadCommitted, &[]);
        fetched.batches = batches.concat().into();
        let error = values(&fetched).unwrap_err().to_string();
        assert!(
            error.starts_with("cannot read the records of orders[3] from offset 1: "),
            "{error}"
        );
    }
}
