//! A broker played in memory, for the tests of `care`: it refuses batches as Kafka does, and stops
//! at the first refusal as librdkafka does. And a producer that does as it is told, for those of
//! the writer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Outbound;
use super::care::{Attempt, Batching, Care};
use super::transactions::Transactions;
use crate::clock::Deadline;
use crate::kafka::rd::context::Delivered;
use crate::kafka::rd::send_all::Sent;
use crate::kafka::rd::setback::TransactionError;
use crate::kafka::{Error, ErrorCode};
use crate::model::name::TopicName;
use crate::model::record::OutgoingRecord;

const TOO_LARGE: ErrorCode = ErrorCode::MESSAGE_TOO_LARGE;
const INVALID: ErrorCode = ErrorCode(87);

fn outbound(offset: i64) -> Outbound {
    let record = OutgoingRecord::for_test();
    Outbound { place: (0, offset), record: Some(record) }
}

pub(super) fn outbounds(offsets: std::ops::Range<i64>) -> Vec<Outbound> {
    offsets.map(outbound).collect()
}

pub(super) fn failed(code: ErrorCode) -> Sent {
    Sent::Failed(Error::Broker { code, message: None })
}

/// A broker that takes batches of so many bytes and refuses records by rule: plays a whole run,
/// and returns how often something was refused and which records were reported.
pub(super) fn play(
    care: &mut Care,
    sizes: &[usize],
    limit: usize,
    is_invalid: impl Fn(usize) -> bool,
) -> (usize, Vec<usize>) {
    let all = outbounds(0..i64::try_from(sizes.len()).unwrap());
    let (mut refusals, mut reported, mut next) = (0, Vec::new(), 0);
    while next < all.len() {
        let share = care.share(&all[next..]);
        assert!(share > 0);
        let chunk: Vec<usize> = (next..next + share).collect();
        let (judged, sent): (Vec<usize>, Vec<usize>) =
            chunk.iter().partition(|i| care.verdict(&all[**i], sizes[**i]).is_some());
        let outcome = broker(care.batching(), &sent, sizes, limit, &is_invalid);
        if outcome.iter().any(|sent| matches!(sent, Sent::Failed(_))) {
            refusals += 1;
            assert!(refusals <= 10 * all.len(), "it does not end");
            let attempts: Vec<_> = sent
                .iter()
                .zip(&outcome)
                .map(|(i, sent)| Attempt { outbound: &all[*i], size: sizes[*i], sent })
                .collect();
            care.refused(&attempts);
        } else {
            reported.extend(judged);
            care.committed(all[next + share - 1].place, Some(Duration::ZERO));
            next += share;
        }
    }
    (refusals, reported)
}

/// Makes batches, and stops at the first that is refused as librdkafka does.
fn broker(
    batching: Batching,
    sent: &[usize],
    sizes: &[usize],
    limit: usize,
    is_invalid: impl Fn(usize) -> bool,
) -> Vec<Sent> {
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for &i in sent {
        let fits = batches.last().is_some_and(|batch| match batching {
            Batching::Single => false,
            Batching::Full(most) => {
                batch.iter().map(|i| sizes[*i]).sum::<usize>() + sizes[i] <= most
            }
        });
        if fits { batches.last_mut().unwrap().push(i) } else { batches.push(vec![i]) }
    }
    let mut outcome = Vec::new();
    let mut has_failed = false;
    for batch in batches {
        let bytes: usize = batch.iter().map(|i| sizes[*i]).sum();
        let invalid = batch.iter().filter(|i| is_invalid(**i)).count();
        for &i in &batch {
            outcome.push(if has_failed {
                Sent::Failed(Error::Client("not sent".to_owned()))
            } else if bytes > limit {
                failed(TOO_LARGE)
            } else if invalid == 1 || (invalid > 1 && is_invalid(i)) {
                // librdkafka tells them apart only where there are several.
                failed(INVALID)
            } else if invalid > 1 {
                Sent::Failed(Error::Client("another record of the batch".to_owned()))
            } else {
                Sent::Written(Delivered { partition: 0, offset: 0 })
            });
        }
        has_failed |= bytes > limit || invalid > 0;
    }
    outcome
}

/// What a writer has a producer do; how many records it sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Begin,
    Send(usize),
    Commit,
    Abort,
}

/// A producer that takes everything, but for what it is told.
#[derive(Debug, Default)]
pub(super) struct Played {
    pub(super) steps: Arc<Mutex<Vec<Step>>>,
    /// What becomes of the first records that are sent.
    pub(super) outcomes: Mutex<Vec<Sent>>,
    /// How every record fails.
    pub(super) refuses: Option<Error>,
    /// The topic that takes no record.
    pub(super) refuses_topic: Option<TopicName>,
    /// How a commit is answered.
    pub(super) commit: Option<TransactionError>,
    /// How an abort is answered.
    pub(super) abort: Option<TransactionError>,
}

impl Played {
    fn step(&self, step: Step) {
        self.steps.lock().unwrap().push(step);
    }
}

impl Transactions for Played {
    fn begin(&self) -> Result<(), TransactionError> {
        self.step(Step::Begin);
        Ok(())
    }

    fn send_all(&self, records: &[&OutgoingRecord], _: Deadline) -> Vec<Sent> {
        if !records.is_empty() {
            self.step(Step::Send(records.len()));
        }
        let mut outcomes = std::mem::take(&mut *self.outcomes.lock().unwrap()).into_iter();
        let outcome = |record: &&OutgoingRecord| {
            if self.refuses_topic.as_ref() == Some(&record.topic) {
                return failed(TOO_LARGE);
            }
            if let Some(error) = &self.refuses {
                return Sent::Failed(error.clone());
            }
            outcomes.next().unwrap_or(Sent::Written(Delivered { partition: 0, offset: 0 }))
        };
        records.iter().map(outcome).collect()
    }

    fn commit(&self, _: Deadline) -> Result<(), TransactionError> {
        self.step(Step::Commit);
        self.commit.clone().map_or(Ok(()), Err)
    }

    fn abort(&self, _: Deadline) -> Result<(), TransactionError> {
        self.step(Step::Abort);
        self.abort.clone().map_or(Ok(()), Err)
    }
}
