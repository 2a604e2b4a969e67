//! Writes batches in transactions: the records, what the ledger remembers of them, and a courtesy
//! offset, all or nothing. Blocks its thread.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crate::clock::Deadline;
use crate::dlq::batch::{Batch, Intent, Item, Size};
use crate::dlq::compose::{Composition, compose};
use crate::dlq::event::Fate;
use crate::kafka::{Error, Sent, TransactionError, TransactionalProducer};
use crate::ledger::{EntryKey, Ledger, Outcome, entries};
use crate::model::name::{GroupId, TopicName};
use crate::model::offset::{CommittedOffset, TopicPartition};
use crate::model::record::OutgoingRecord;
use crate::model::timestamp::Timestamp;

/// When the coordinator aborts a transaction by itself. A run that was killed leaves its last one
/// open, and consumers of the target wait for so long at most; a broker that restarts needs less.
pub(super) const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a transaction should be open at most, since consumers wait for it.
const SLOW: Duration = Duration::from_millis(250);

/// How often an aborted transaction is tried again in a row, before the producer is opened anew.
const MOST_ATTEMPTS: u32 = 5;

/// Writes what was selected.
pub(super) struct Writer {
    pub(super) producer: TransactionalProducer,
    pub(super) dlq: TopicName,
    pub(super) topic_id: Option<String>,
    pub(super) ledger: Ledger,
    /// The id of this run, in every entry.
    pub(super) job: String,
    pub(super) composition: Composition,
    pub(super) group: GroupId,
    pub(super) progress: Progress,
}

/// What a writer has learned, handed on to the next one.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    size: Size,
    /// The origins of records that the broker did not take: what has the same one stays pending.
    failed_origins: BTreeSet<(TopicName, i32, i64)>,
    /// The lowest offset of each partition that the broker did not take.
    lowest_failed: BTreeMap<i32, i64>,
    /// The dead letters that the broker has refused, and why.
    rejected: BTreeMap<(i32, i64), String>,
    /// Whether the broker has refused anything: from then on each record is a batch of its own, so
    /// that none fails because of its neighbours.
    pub(super) singly: bool,
    /// The committed transactions.
    pub(super) transactions: u64,
}

/// What became of a batch.
pub(super) struct Written {
    /// The dead letters whose fate is known, in order: the front of the batch.
    pub(super) handled: Vec<(Item, Fate)>,
    /// Why the rest was not handled; `None` when there is no rest.
    pub(super) stop: Option<Stop>,
}

/// Why writing stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// Nobody knows what became of the last transaction, or the connection is gone: open again, which
    /// settles it, and read the ledger.
    Settle(Error),
    /// The broker refused a record, after which the producer cannot be used: open again, record by
    /// record, and read the ledger. Each time, more is known about what it refuses.
    Rejected,
    /// It makes no sense to go on.
    Final(Error),
}

/// Why a transaction was not committed.
enum Setback {
    /// The broker refused records. What is known of which ones has been noted.
    Rejected,
    /// The transaction is aborted for another reason, and can be tried again.
    Aborted(Error),
    Stop(Stop),
}

impl Writer {
    /// Writes a batch, in one transaction or several.
    pub(super) fn write(&mut self, batch: Batch) -> Written {
        let Batch { items, lowest_pending } = batch;
        let mut items = items;
        for item in &mut items {
            if let Some(why) = self.progress.rejected.get(&item.place()) {
                item.intent = Intent::Failed(why.clone());
            }
        }
        let mut handled = Vec::with_capacity(items.len());
        let mut left = VecDeque::from([items]);
        let mut attempts = 0;
        while let Some(mut items) = left.pop_front() {
            if items.len() > self.progress.size.records() {
                left.push_front(items.split_off(self.progress.size.records()));
            }
            if items.is_empty() {
                continue;
            }
            match self.transaction(&items, &lowest_pending) {
                Ok(fates) => {
                    attempts = 0;
                    handled.extend(items.into_iter().zip(fates));
                }
                Err(Setback::Aborted(_)) if attempts < MOST_ATTEMPTS => {
                    attempts += 1;
                    left.push_front(items);
                }
                Err(Setback::Aborted(error)) => {
                    return Written { handled, stop: Some(Stop::Settle(error)) };
                }
                Err(Setback::Rejected) => {
                    return Written { handled, stop: Some(Stop::Rejected) };
                }
                Err(Setback::Stop(stop)) => return Written { handled, stop: Some(stop) },
            }
        }
        Written { handled, stop: None }
    }

    /// Runs one transaction and returns what became of each item.
    fn transaction(
        &mut self,
        items: &[Item],
        lowest_pending: &BTreeMap<i32, i64>,
    ) -> Result<Vec<Fate>, Setback> {
        let is_idle = |item: &Item| matches!(item.intent, Intent::Refused(_) | Intent::Failed(_));
        if items.iter().all(is_idle) {
            return Ok(self.fates(items, &mut Vec::new().into_iter()));
        }
        let slow = Deadline::after(SLOW);
        let deadline = Deadline::after(TRANSACTION_TIMEOUT);
        self.producer.begin().map_err(|error| self.aborted(error))?;
        let sent = self.send(items, deadline)?;
        let fates = self.fates(items, &mut sent.into_iter());
        self.remember(items, &fates, deadline)?;
        let offsets = self.courtesy(items, lowest_pending);
        self.producer
            .send_offsets(&self.group, &offsets, deadline)
            .and_then(|()| self.producer.commit(deadline))
            .map_err(|error| self.aborted(error))?;
        self.progress.transactions += 1;
        self.progress.size.adapt(slow.has_passed());
        Ok(fates)
    }

    /// Sends the records of those that are to be sent.
    fn send(&mut self, items: &[Item], deadline: Deadline) -> Result<Vec<Sent>, Setback> {
        let (places, records): (Vec<(i32, i64)>, Vec<OutgoingRecord>) = items
            .iter()
            .filter_map(|item| match &item.intent {
                Intent::Send(target) => {
                    let record = compose(&item.dead_letter, target, self.composition);
                    Some((item.place(), record))
                }
                Intent::Duplicate | Intent::Refused(_) | Intent::Failed(_) => None,
            })
            .unzip();
        let sent = self.producer.send_all(&records, deadline);
        let failures = || {
            sent.iter().filter_map(|sent| match sent {
                Sent::Failed(error) => Some(error),
                Sent::Written(_) | Sent::NotTaken(_) => None,
            })
        };
        // What the broker refused says more than what was given up because of it.
        let failure = failures().find(|error| error.is_of_records()).or_else(|| failures().next());
        match failure.cloned() {
            None => Ok(sent),
            Some(error) => {
                let setback = self.failed(error);
                if matches!(setback, Setback::Rejected) {
                    self.progress.reject(&places, &sent);
                }
                Err(setback)
            }
        }
    }

    /// Aborts because of a record.
    fn failed(&self, error: Error) -> Setback {
        match self.aborted(TransactionError::Abortable(error)) {
            // Opening again aborts, should this one not have gone through.
            Setback::Aborted(error) | Setback::Stop(Stop::Settle(error))
                if error.is_of_records() =>
            {
                Setback::Rejected
            }
            other @ (Setback::Aborted(_) | Setback::Rejected | Setback::Stop(_)) => other,
        }
    }

    /// Tells the fate of each item, given what became of the sent ones.
    fn fates(&mut self, items: &[Item], sent: &mut impl Iterator<Item = Sent>) -> Vec<Fate> {
        items
            .iter()
            .map(|item| match &item.intent {
                Intent::Refused(refusal) => Fate::Refused(refusal.clone()),
                Intent::Failed(why) => {
                    self.progress.fail(item);
                    Fate::Failed(why.clone())
                }
                Intent::Duplicate if self.progress.has_failed(item) => {
                    self.progress.fail(item);
                    Fate::Failed("another dead letter of the same origin failed".to_owned())
                }
                Intent::Duplicate => Fate::Duplicate,
                Intent::Send(target) => match sent.next() {
                    Some(Sent::Written(at)) => Fate::Redriven {
                        topic: target.topic.clone(),
                        place: Some((at.partition, at.offset)),
                    },
                    Some(Sent::NotTaken(error) | Sent::Failed(error)) => {
                        self.progress.fail(item);
                        Fate::Failed(error.to_string())
                    }
                    None => Fate::Failed("it was not sent".to_owned()),
                },
            })
            .collect()
    }

    /// Writes the entries of the ledger into the open transaction.
    fn remember(&self, items: &[Item], fates: &[Fate], deadline: Deadline) -> Result<(), Setback> {
        type Placed = (i64, Option<Timestamp>, Option<(i32, i64)>);
        let mut outcomes: BTreeMap<(i32, Outcome), Vec<Placed>> = BTreeMap::new();
        for (item, fate) in items.iter().zip(fates) {
            let (partition, offset) = item.place();
            let (outcome, target) = match fate {
                Fate::Redriven { topic, place } => {
                    (Outcome::Redriven { to: topic.clone() }, *place)
                }
                Fate::Duplicate => (Outcome::Duplicate, None),
                Fate::Refused(_) | Fate::Failed(_) => continue,
            };
            let placed = (offset, item.dead_letter.record.timestamp, target);
            outcomes.entry((partition, outcome)).or_default().push(placed);
        }
        let mut records = Vec::new();
        for ((partition, outcome), placed) in outcomes {
            for entry in entries(&self.job, &outcome, placed) {
                let Some(first) = entry.runs.first() else { continue };
                let key = EntryKey {
                    dlq: self.dlq.clone(),
                    topic_id: self.topic_id.clone(),
                    partition,
                    first_offset: first.dlq_offset,
                };
                records.push(OutgoingRecord {
                    topic: self.ledger.place.topic.clone(),
                    partition: Some(self.ledger.place.partition),
                    timestamp: None,
                    key: Some(key.to_string().into()),
                    value: Some(entry.to_json().into()),
                    headers: Vec::new(),
                });
            }
        }
        for sent in self.producer.send_all(&records, deadline) {
            match sent {
                Sent::Written(_) => {}
                Sent::NotTaken(error) | Sent::Failed(error) => {
                    // Without its entry the transaction must not be; the ledger refuses every time.
                    return Err(match self.aborted(TransactionError::Abortable(error)) {
                        Setback::Aborted(error) if error.is_of_records() => {
                            Setback::Stop(Stop::Final(error))
                        }
                        other @ (Setback::Aborted(_) | Setback::Rejected | Setback::Stop(_)) => {
                            other
                        }
                    });
                }
            }
        }
        Ok(())
    }

    /// Returns, for each partition of these items, the lowest offset that is pending after them.
    fn courtesy(
        &self,
        items: &[Item],
        lowest_pending: &BTreeMap<i32, i64>,
    ) -> BTreeMap<TopicPartition, CommittedOffset> {
        let mut offsets = BTreeMap::new();
        for item in items {
            let (partition, offset) = item.place();
            let pending = [lowest_pending, &self.progress.lowest_failed]
                .into_iter()
                .filter_map(|lowest| lowest.get(&partition).copied());
            let lowest = pending.fold(offset.saturating_add(1), i64::min);
            let place = TopicPartition::new(self.dlq.clone(), partition);
            offsets.insert(place, CommittedOffset { offset: lowest, metadata: None });
        }
        offsets
    }

    /// Aborts where that is possible, and says what follows.
    fn aborted(&self, error: TransactionError) -> Setback {
        let abortable = match error {
            TransactionError::Abortable(error) => error,
            TransactionError::Undecided(error) => return Setback::Stop(Stop::Settle(error)),
            TransactionError::Fenced(error) | TransactionError::Fatal(error) => {
                return Setback::Stop(Stop::Final(error));
            }
        };
        let aborted = self.producer.abort(Deadline::after(TRANSACTION_TIMEOUT));
        match (abortable, aborted) {
            (_, Err(TransactionError::Fenced(error))) => Setback::Stop(Stop::Final(error)),
            (error @ (Error::Denied { .. } | Error::Fenced(_)), _) => {
                Setback::Stop(Stop::Final(error))
            }
            (error, Ok(())) => Setback::Aborted(error),
            (error, Err(_)) => Setback::Stop(Stop::Settle(error)),
        }
    }
}

impl Progress {
    /// Learns from a transaction in which the broker has refused records. A refusal is of a batch, so
    /// it says which record was meant only if that was alone in it.
    fn reject(&mut self, places: &[(i32, i64)], sent: &[Sent]) {
        if self.singly || places.len() == 1 {
            for (place, sent) in places.iter().zip(sent) {
                if let Sent::Failed(error) = sent
                    && error.is_of_records()
                {
                    self.rejected.insert(*place, error.to_string());
                }
            }
        }
        self.singly = true;
        // Where one is refused others may be, and each takes the whole transaction with it.
        self.size.adapt(true);
    }

    /// Notes a dead letter that the broker did not take.
    fn fail(&mut self, item: &Item) {
        let (partition, offset) = item.place();
        let lowest = self.lowest_failed.entry(partition).or_insert(offset);
        *lowest = offset.min(*lowest);
        if let Some((topic, partition, offset)) = item.dead_letter.origin.coordinates() {
            self.failed_origins.insert((topic.clone(), partition, offset));
        }
    }

    fn has_failed(&self, item: &Item) -> bool {
        item.dead_letter.origin.coordinates().is_some_and(|(topic, partition, offset)| {
            self.failed_origins.contains(&(topic.clone(), partition, offset))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::ErrorCode;

    #[test]
    fn a_refusal_names_a_record_only_if_it_was_alone_in_its_batch() {
        let too_large = || Error::Broker { code: ErrorCode(10), message: None };
        let places = [(0, 1), (0, 2), (0, 3)];
        let sent = [
            Sent::Failed(too_large()),
            Sent::Failed(Error::Client("not sent".to_owned())),
            Sent::Failed(too_large()),
        ];
        let mut progress = Progress::default();
        let size = progress.size.records();
        progress.reject(&places, &sent);
        assert!(progress.singly && progress.rejected.is_empty());
        assert!(progress.size.records() < size);
        progress.reject(&places, &sent);
        let expected = |place| (place, "MESSAGE_TOO_LARGE".to_owned());
        assert_eq!(progress.rejected, BTreeMap::from([(0, 1), (0, 3)].map(expected)));
        let mut progress = Progress::default();
        progress.reject(&places[..1], &sent[..1]);
        assert_eq!(progress.rejected.len(), 1);
    }
}
