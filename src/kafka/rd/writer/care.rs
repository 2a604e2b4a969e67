//! How carefully records are sent, given what the broker has refused. Pure.
//!
//! A broker refuses whole batches, and after that the producer is of no use, so a refusal costs a
//! new one. The policy spends as few of them as it can:
//!
//! - A refused batch of several records does not say which of them was meant. (For `INVALID_RECORD`
//!   a broker does, but librdkafka gives the error to all of them when it is about one.) All of
//!   them are doubted then, and sent one in a batch until the last doubted one is through: whatever
//!   is refused meanwhile is itself the reason. After that batches are full again.
//! - What comes before a record that was found is known to be taken, so it is sent again only once.
//! - A record that was refused for its size tells about all of its size or above. The limit is not
//!   asked for: that would need another right, and a limit can change.
//! - Where no doubted record was the reason, the batch was too large: later ones are a quarter of
//!   it, and never larger than a record that was.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::send_all::Sent;
use super::{Outbound, PartitionOffset};
use crate::kafka::{Error, ErrorCode};
use crate::model::name::TopicName;
use crate::model::record::OutgoingRecord;

/// The most records of a transaction: an open one holds up every `read_committed` consumer of the
/// target from its first record on.
pub const MOST_RECORDS: usize = 10_000;

/// The most bytes of a transaction, for the same reason; a larger record is alone in its own.
pub const MOST_BYTES: usize = 8 * 1024 * 1024;

/// The fewest that a transaction is planned for, and where it starts: up to some thousand records
/// it costs its round trips, whatever its size.
const FIRST_RECORDS: usize = 1_000;

/// How much longer than the quickest one a transaction should be open at most, since consumers of
/// the target wait for it.
const SLOW: Duration = Duration::from_millis(250);

/// How a producer makes batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Batching {
    /// As many records as fit into so many bytes.
    Full(usize),
    /// One record each.
    Single,
}

/// What was learned, and what follows from it.
#[derive(Debug, Clone)]
pub(super) struct Care {
    /// How many records a transaction takes: it grows while transactions are fast and shrinks when
    /// they are slow, so that none is open for much longer than it must.
    records: usize,
    /// How long the quickest transaction took. Its round trips cost the others as much, whatever
    /// their size: over a link of 35 ms each way some 600 ms.
    quickest: Option<Duration>,
    /// How many bytes a batch takes where nothing is doubted.
    batch_bytes: usize,
    doubt: Option<Doubt>,
    /// The first of the records that were found last: what is before it has been taken once, so the
    /// next transaction ends there and will go through. Else all of it would be sent again each
    /// time.
    found: Option<PartitionOffset>,
    /// The records that the broker has refused and that were not reported yet.
    refused: BTreeMap<PartitionOffset, Error>,
    /// The smallest record that a topic did not take for its size. `None` where that says nothing
    /// about others: they are compressed.
    too_large: Option<BTreeMap<TopicName, usize>>,
}

/// Records of which at least one may be the reason of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Doubt {
    /// The last of them.
    until: PartitionOffset,
    /// How many bytes they had.
    bytes: usize,
    /// Whether the reason was found.
    is_explained: bool,
}

/// A record that was sent in a transaction that failed.
pub(super) struct Attempt<'a> {
    pub(super) outbound: &'a Outbound,
    pub(super) size: usize,
    pub(super) sent: &'a Sent,
}

impl Care {
    /// Starts with full batches of so many bytes.
    pub(super) fn new(batch_bytes: usize, is_compressed: bool) -> Self {
        Self {
            records: FIRST_RECORDS,
            quickest: None,
            batch_bytes,
            doubt: None,
            found: None,
            refused: BTreeMap::new(),
            too_large: (!is_compressed).then(BTreeMap::new),
        }
    }

    /// Returns how batches are to be made now.
    pub(super) fn batching(&self) -> Batching {
        if self.doubt.is_some() { Batching::Single } else { Batching::Full(self.batch_bytes) }
    }

    /// Returns how many of these go into the next transaction. The last doubted record ends one, so
    /// that what comes behind it goes in full batches.
    pub(super) fn share(&self, outbounds: &[Outbound]) -> usize {
        let fits = |bytes: &mut usize, outbound: &Outbound| {
            let size = outbound.record.as_ref().map_or(0, OutgoingRecord::encoded_size);
            *bytes = bytes.saturating_add(size);
            (*bytes <= MOST_BYTES).then_some(())
        };
        let few = outbounds.iter().take(self.records);
        let fitting = few.scan(0, fits).count();
        let most = fitting.max(1).min(outbounds.len());
        let ends = [self.found, self.doubt.map(|doubt| doubt.until)];
        let Some(until) = ends.into_iter().flatten().min() else { return most };
        let certain = outbounds.iter().take(most).take_while(|o| o.place <= until).count();
        // What comes behind it, though it was never met, ends this as well.
        if certain == 0 { most.min(1) } else { certain }
    }

    /// Returns why a record is not sent at all: the broker would refuse it.
    pub(super) fn verdict(&self, outbound: &Outbound, size: usize) -> Option<Error> {
        if let Some(error) = self.refused.get(&outbound.place) {
            return Some(error.clone());
        }
        let topic = &outbound.record.as_ref()?.topic;
        let limit = *self.too_large.as_ref()?.get(topic)?;
        (size >= limit).then(|| Error::Broker {
            code: ErrorCode::MESSAGE_TOO_LARGE,
            message: Some(format!(
                "{size} bytes; topic `{topic}` has refused a record of {limit} bytes"
            )),
        })
    }

    /// Learns that these were committed, or needed no transaction.
    pub(super) fn committed(&mut self, last: PartitionOffset, took: Option<Duration>) {
        self.refused.retain(|place, _| *place > last);
        self.found = self.found.filter(|found| *found > last);
        if let Some(took) = took {
            let quickest = self.quickest.map_or(took, |quickest| quickest.min(took));
            self.quickest = Some(quickest);
            self.records = if took > quickest + SLOW {
                (self.records / 2).max(FIRST_RECORDS)
            } else {
                (self.records * 2).min(MOST_RECORDS)
            };
        }
        if let Some(Doubt { until, bytes, is_explained }) = self.doubt
            && last >= until
        {
            self.doubt = None;
            if !is_explained {
                self.batch_bytes = (self.batch_bytes.min(bytes) / 4).max(1);
            }
        }
    }

    /// Learns from a transaction that failed because the broker refused records.
    pub(super) fn refused(&mut self, attempts: &[Attempt<'_>]) {
        let batch_bytes = self.batch_bytes;
        let is_single = self.doubt.is_some();
        self.found = None;
        for Attempt { outbound, size, sent } in attempts {
            let Sent::Failed(error) = sent else { continue };
            if !error.is_of_records() {
                continue;
            }
            let is_too_large = error.code() == Some(ErrorCode::MESSAGE_TOO_LARGE);
            // librdkafka puts what is larger than a batch into one of its own.
            let was_alone = is_single || *size > batch_bytes || attempts.len() == 1;
            if was_alone {
                self.refused.insert(outbound.place, error.clone());
                self.found.get_or_insert(outbound.place);
                if is_single && let Some(doubt) = &mut self.doubt {
                    doubt.is_explained = true;
                }
                if is_too_large
                    && let (Some(limits), Some(record)) = (&mut self.too_large, &outbound.record)
                {
                    let limit = limits.entry(record.topic.clone()).or_insert(*size);
                    *limit = (*size).min(*limit);
                    self.batch_bytes = self.batch_bytes.min(*size);
                }
            } else {
                let fresh = Doubt { until: outbound.place, bytes: 0, is_explained: false };
                let doubt = self.doubt.get_or_insert(fresh);
                doubt.until = doubt.until.max(outbound.place);
                doubt.bytes = doubt.bytes.saturating_add(*size);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::broker::{failed, outbounds, play};
    use super::*;

    const TOO_LARGE: ErrorCode = ErrorCode::MESSAGE_TOO_LARGE;

    #[test]
    fn many_that_are_too_large_cost_few_refusals() {
        let sizes: Vec<usize> = (0..3_000).map(|i| if i % 10 == 3 { 5_000 } else { 100 }).collect();
        let (refusals, reported) = play(&mut Care::new(4_500, false), &sizes, 4_800, |_| false);
        assert_eq!(reported, (0..3_000).filter(|i| i % 10 == 3).collect::<Vec<_>>());
        assert_eq!(refusals, 1, "the first is alone in its batch and tells about all others");
        let (refusals, reported) = play(&mut Care::new(100_000, false), &sizes, 4_800, |_| false);
        assert_eq!(reported.len(), 300);
        assert!(refusals <= 4, "{refusals}: one finds the limit, few find the size of batches");
    }

    #[test]
    fn compressed_records_tell_nothing_about_others() {
        let sizes: Vec<usize> = (0..300).map(|i| if i % 10 == 3 { 5_000 } else { 100 }).collect();
        let (refusals, reported) = play(&mut Care::new(4_500, true), &sizes, 4_800, |_| false);
        assert_eq!((refusals, reported.len()), (30, 30));
    }

    #[test]
    fn a_batch_that_was_too_large_makes_the_next_ones_smaller() {
        let mut care = Care::new(4_096, false);
        let (refusals, reported) = play(&mut care, &[100; 500], 1_000, |_| false);
        assert_eq!(reported, [0; 0]);
        assert_eq!(refusals, 1, "4000 are too large");
        assert_eq!(care.batching(), Batching::Full(1_000));
    }

    #[test]
    fn each_refused_record_is_found_and_its_neighbours_are_not_blamed() {
        let sizes = [100; 500];
        let is_invalid = |i: usize| i % 100 == 7;
        let (refusals, reported) =
            play(&mut Care::new(100_000, false), &sizes, 1_000_000, is_invalid);
        assert_eq!(reported, (0..500).filter(|i| is_invalid(*i)).collect::<Vec<_>>());
        assert_eq!(refusals, 1 + 5, "the batch, then each");
    }

    #[test]
    fn after_the_last_doubted_record_batches_are_full_again() {
        let mut care = Care::new(1_000, true);
        let all = outbounds(0..20);
        let sent = [failed(TOO_LARGE), failed(TOO_LARGE)];
        let attempts: Vec<_> = all[4..6]
            .iter()
            .zip(&sent)
            .map(|(outbound, sent)| Attempt { outbound, size: 10, sent })
            .collect();
        care.refused(&attempts);
        assert_eq!((care.batching(), care.share(&all)), (Batching::Single, 6));
        care.committed((0, 3), None);
        assert_eq!(care.share(&all[4..]), 2);
        care.refused(&attempts[1..]);
        assert!(care.verdict(&all[5], 10).is_some() && care.verdict(&all[4], 10).is_none());
        care.committed((0, 5), None);
        assert_eq!(care.batching(), Batching::Full(1_000), "it was the record, not the batch");
        assert_eq!(care.verdict(&all[5], 10), None, "reported, so not kept");
    }

    #[test]
    fn what_is_before_a_refused_record_is_sent_again_once() {
        let mut care = Care::new(1_000, true);
        let all = outbounds(0..20);
        let sent: Vec<_> = (0..20).map(|_| failed(TOO_LARGE)).collect();
        let attempt = |i: usize| Attempt { outbound: &all[i], size: 10, sent: &sent[i] };
        care.refused(&[attempt(2), attempt(18)]);
        assert_eq!(care.share(&all), 19, "all up to the last doubted one");
        care.refused(&[attempt(7)]);
        assert_eq!(care.share(&all), 8, "up to the one that was found");
        care.committed((0, 7), None);
        assert_eq!(care.share(&all[8..]), 11);
    }

    #[test]
    fn a_transaction_has_so_many_bytes_at_most() {
        let sized = |mebibytes: usize| {
            let value = Some(vec![b'x'; mebibytes * 1024 * 1024].into());
            let record = OutgoingRecord { value, ..OutgoingRecord::for_test() };
            Outbound { place: (0, 0), record: Some(record) }
        };
        let nothing = Outbound { place: (0, 0), record: None };
        let mut care = Care::new(1, false);
        let all = [sized(3), nothing.clone(), sized(4), nothing, sized(1), sized(9), sized(1)];
        assert_eq!(
            care.share(&all),
            4,
            "what surrounds a record counts, so 3 + 4 + 1 are too much"
        );
        assert_eq!(care.share(&all[4..]), 1);
        assert_eq!(care.share(&all[5..]), 1, "it is alone");
        assert_eq!(care.share(&all[6..]), 1);
        assert_eq!(care.share(&[]), 0);
        care.found = Some((0, 0));
        assert_eq!(care.share(&all), 4, "also where a refused record ends it");
    }

    #[test]
    fn the_size_of_transactions_follows_their_time() {
        let mut care = Care::new(1, false);
        let all = outbounds(0..20_000);
        assert_eq!(care.share(&all), FIRST_RECORDS);
        let mut take = |ms, times| {
            (0..times).for_each(|_| care.committed((0, 0), Some(Duration::from_millis(ms))));
            care.share(&all)
        };
        assert_eq!(take(600, 10), MOST_RECORDS, "the round trips of a slow link are no reason");
        assert_eq!(take(860, 2), MOST_RECORDS / 4);
        assert_eq!(take(840, 10), MOST_RECORDS);
        assert_eq!(take(20, 1), MOST_RECORDS);
        assert_eq!(take(600, 20), FIRST_RECORDS, "now that one was quicker");
    }
}
