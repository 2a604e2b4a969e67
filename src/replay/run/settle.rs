//! Settles a commit that had no answer by what is at its offsets in the target.
//!
//! A transaction is one: what became of one of its records became of all. A record that
//! `read_committed` readers find is committed; one that they pass by, and that is there for others,
//! was aborted. One that nobody finds tells nothing: retention, compaction or `DeleteRecords` may
//! have taken it away, or the topic with it. So nothing is concluded from something that is not
//! there.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use anyhow::Context;

use super::Replayer;
use crate::clock::Deadline;
use crate::kafka::writer::{Fate, Outbound};
use crate::kafka::{Error, ReadOptions, Reader, Scratch};
use crate::model::offset::{IsolationLevel, TopicPartition};
use crate::model::record::OutgoingRecord;

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settled {
    /// Its records are copied.
    Committed,
    /// None of them is.
    Aborted,
    /// Nobody can tell.
    Unknown,
}

/// What a reader finds at an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// The record that was written there.
    Record,
    /// Another one: the topic is another one too, or has lost its end.
    Stranger,
    /// Nothing.
    Nothing,
}

/// How much is asked for to see one record: its batch comes whole in any case.
const LITTLE: i32 = 64 * 1024;

impl Replayer {
    /// Finds out what became of a transaction that nobody writes to any more, given its records and
    /// where they are if it was committed.
    pub(super) async fn settle(
        &self,
        outbounds: &[Outbound],
        in_doubt: &[Fate],
    ) -> anyhow::Result<Settled> {
        let mut settled = Settled::Unknown;
        for (place, record) in witnesses(outbounds, in_doubt) {
            let committed = self.find(&place, record, IsolationLevel::ReadCommitted).await?;
            // Asked later: what is removed in between is found by neither.
            let written = match committed {
                Found::Nothing => {
                    self.find(&place, record, IsolationLevel::ReadUncommitted).await?
                }
                Found::Record | Found::Stranger => committed,
            };
            settled = conclude(committed, written);
            if settled != Settled::Unknown {
                break;
            }
        }
        // At the end, so that all that was found is of this incarnation.
        let is_gone = self.what_became_of_the_target().await?.is_some();
        Ok(if is_gone { Settled::Unknown } else { settled })
    }

    /// Looks for a record at a place. `read_committed` waits for the end of transactions there.
    async fn find(
        &self,
        place: &TopicPartition,
        (offset, record): (i64, &OutgoingRecord),
        isolation: IsolationLevel,
    ) -> anyhow::Result<Found> {
        let cannot = || format!("cannot read {place} at offset {offset}");
        let deadline = Deadline::after(self.timeout);
        let options =
            ReadOptions { isolation, partition_max_bytes: LITTLE, ..ReadOptions::default() };
        let starts = BTreeMap::from([(place.clone(), offset)]);
        let opened = Reader::open(&self.cluster, starts, options, deadline).await;
        let mut reader = opened.with_context(cannot)?;
        let mut scratch = Scratch::default();
        while reader.position(place).is_some_and(|position| position <= offset) {
            let Ok(next) = tokio::time::timeout_at(deadline.at(), reader.next()).await else {
                let doing = "the question what became of it".to_owned();
                let error = Error::Timeout { doing, allowed: deadline.allowed() };
                return Err(error).with_context(cannot);
            };
            let fetched = match next {
                Ok(fetched) => fetched,
                Err(Error::OffsetOutOfRange { .. }) => return Ok(Found::Nothing),
                Err(error) => return Err(error).with_context(cannot),
            };
            for answer in fetched {
                let walked = answer.each_record(&mut scratch, |found| {
                    let is_it = found.key == record.key.as_deref()
                        && found.value == record.value.as_deref();
                    ControlFlow::Break(match found.offset == offset {
                        true if is_it => Found::Record,
                        true => Found::Stranger,
                        false => Found::Nothing,
                    })
                });
                if let ControlFlow::Break(found) = walked.with_context(cannot)? {
                    return Ok(found);
                }
            }
        }
        Ok(Found::Nothing)
    }
}

/// Returns the last record of each partition of the target, which retention takes last.
fn witnesses<'a>(
    outbounds: &'a [Outbound],
    in_doubt: &[Fate],
) -> BTreeMap<TopicPartition, (i64, &'a OutgoingRecord)> {
    let written = outbounds.iter().zip(in_doubt).filter_map(|(outbound, fate)| {
        let (Fate::Written(at), Some(record)) = (fate, &outbound.record) else { return None };
        let place = TopicPartition::new(record.topic.clone(), at.partition);
        Some((place, (at.offset, record)))
    });
    // In the order of their offsets: the last one stays.
    written.collect()
}

/// Concludes from what the two kinds of readers find.
fn conclude(committed: Found, written: Found) -> Settled {
    match (committed, written) {
        (Found::Record, _) => Settled::Committed,
        (Found::Nothing, Found::Record) => Settled::Aborted,
        (Found::Stranger | Found::Nothing, _) => Settled::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::Delivered;

    #[test]
    fn nothing_is_concluded_from_what_is_not_there() {
        use Found::{Nothing, Record, Stranger};
        assert_eq!(conclude(Record, Record), Settled::Committed);
        assert_eq!(conclude(Nothing, Record), Settled::Aborted);
        for (committed, written) in [(Nothing, Nothing), (Nothing, Stranger), (Stranger, Stranger)]
        {
            assert_eq!(conclude(committed, written), Settled::Unknown);
        }
    }

    #[test]
    fn the_last_record_of_each_partition_is_asked_for() {
        let outbound =
            |offset| Outbound { place: (0, offset), record: Some(OutgoingRecord::for_test()) };
        let outbounds: Vec<_> = (0..4).map(outbound).collect();
        let written = |partition, offset| Fate::Written(Delivered { partition, offset });
        let refused = Fate::Refused(Error::Client("too large".to_owned()));
        // The fourth one is of the next transaction.
        let in_doubt = [written(1, 70), written(1, 71), refused];
        let found = witnesses(&outbounds, &in_doubt);
        let places: Vec<_> =
            found.iter().map(|(place, (offset, _))| (place.partition, *offset)).collect();
        assert_eq!(places, [(1, 71)]);
    }
}
