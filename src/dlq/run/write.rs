//! Writes batches of dead letters: what is sent for each, and what the ledger remembers of it, all
//! or nothing. Blocks its thread.

use std::ops::Range;

use super::account::Account;
use crate::dlq::batch::{Batch, Intent, Item};
use crate::dlq::compose::{Composition, compose};
use crate::dlq::duplicates::Known;
use crate::dlq::event::{Fate, NotTaken};
use crate::kafka::writer::{self, Outbound, Stop, Writer};

/// Writes what was selected.
pub(super) struct Redriver {
    pub(super) writer: Writer,
    pub(super) account: Account,
    pub(super) composition: Composition,
    /// What the broker did not take, of this run: a duplicate of it is not sent either.
    pub(super) failed: Known,
}

/// What became of a batch.
pub(super) struct Written {
    /// The dead letters whose fate is known, in order: the front of the batch.
    pub(super) handled: Vec<(Item, Fate)>,
    /// The others.
    pub(super) rest: Batch,
    /// The transactions that were committed and answered.
    pub(super) transactions: u64,
    /// Whether a commit had no answer: the ledger tells what became of the front of the rest.
    pub(super) is_in_doubt: bool,
    /// Why the rest was not handled; `None` when there is no rest.
    pub(super) stop: Option<Stop>,
}

impl Redriver {
    /// Writes a batch, in one transaction or several, until it is asked to stop.
    pub(super) fn write(
        &mut self,
        mut batch: Batch,
        is_asked_to_stop: &dyn Fn() -> bool,
    ) -> Written {
        let Self { writer, account, composition, failed } = self;
        let outbounds: Vec<Outbound> =
            batch.iter().map(|item| outbound(item, *composition)).collect();
        let mut telling = Telling { items: &batch, failed, fates: Vec::new(), committed: 0 };
        let mut add = |range: Range<usize>, sent: &[writer::Fate]| {
            telling.attempt(range.clone(), sent);
            let share = batch.get(range.clone()).unwrap_or_default();
            let made = telling.fates.get(range).unwrap_or_default();
            Ok(account.entries(share, made)?)
        };
        let writer::Written { fates: sent, transactions, in_doubt, stop } =
            writer.write(&outbounds, &mut add, is_asked_to_stop);
        telling.committed(sent.len());
        let fates = telling.fates;
        let rest = batch.split_off(sent.len().min(batch.len()));
        let handled = batch.into_iter().zip(fates).collect();
        let is_in_doubt = !in_doubt.is_empty();
        Written { handled, rest, transactions, is_in_doubt, stop }
    }
}

/// Tells what becomes of a batch, attempt by attempt. What failed counts only once that is
/// committed: another attempt may go otherwise.
struct Telling<'a> {
    items: &'a [Item],
    failed: &'a mut Known,
    /// Those of what is committed, then those of the attempt.
    fates: Vec<Fate>,
    /// How many of the items are committed.
    committed: usize,
}

impl Telling<'_> {
    /// Tells what becomes of a share, given what became of its records. What is before it is
    /// committed.
    fn attempt(&mut self, range: Range<usize>, sent: &[writer::Fate]) {
        self.committed(range.start);
        let mut failing = Known::default();
        for (item, sent) in self.items.get(range).unwrap_or_default().iter().zip(sent) {
            let has_failed = self.failed.has(&item.dead_letter) || failing.has(&item.dead_letter);
            let fate = fate(item, sent, has_failed);
            if matches!(fate, Fate::Failed(_)) {
                failing.insert(&item.dead_letter);
            }
            self.fates.push(fate);
        }
    }

    /// Keeps what became of so many items, and forgets what an aborted attempt has left.
    fn committed(&mut self, count: usize) {
        self.fates.truncate(count);
        let new = self.items.iter().zip(&self.fates).skip(self.committed);
        for (item, fate) in new {
            if matches!(fate, Fate::Failed(_)) {
                self.failed.insert(&item.dead_letter);
            }
        }
        self.committed = self.fates.len();
    }
}

/// Makes what is sent for a dead letter.
fn outbound(item: &Item, composition: Composition) -> Outbound {
    let record = match &item.intent {
        Intent::Send(target) => Some(compose(&item.dead_letter, target, composition)),
        Intent::Duplicate | Intent::Refused(_) => None,
    };
    Outbound { place: item.place(), record }
}

/// Tells what becomes of a dead letter, given what became of its record, and whether one that
/// stands for the same has failed.
fn fate(item: &Item, sent: &writer::Fate, has_failed: bool) -> Fate {
    match (&item.intent, sent) {
        (Intent::Refused(refusal), _) => Fate::Refused(refusal.clone()),
        (Intent::Duplicate, _) if has_failed => Fate::Failed(NotTaken::of_its_original()),
        (Intent::Duplicate, _) => Fate::Duplicate,
        (Intent::Send(target), writer::Fate::Written(at)) => {
            Fate::Redriven { topic: target.topic.clone(), place: Some((at.partition, at.offset)) }
        }
        (Intent::Send(_), writer::Fate::Refused(error)) => Fate::Failed(NotTaken {
            code: error.code_name(),
            number: error.code().map(|code| code.0),
            message: error.to_string(),
        }),
        (Intent::Send(_), writer::Fate::Nothing) => Fate::Failed(NotTaken::unsent()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dlq::target::{Target, TargetPartition};
    use crate::dlq::testing::{origin, record};
    use crate::dlq::{DeadLetter, Expected};
    use crate::kafka::{Delivered, Error};

    fn item(offset: i64, intent: Intent) -> Item {
        let mut record = record(Some(br#"{"n":1}"#), origin("orders", 1, 7));
        record.offset = offset;
        Item { dead_letter: DeadLetter::read(record, Expected::Auto, None), intent }
    }

    #[test]
    fn what_failed_in_an_attempt_that_was_aborted_has_not_failed() {
        let target = Target { topic: "orders".into(), partition: TargetPartition::Original(1) };
        let items = [item(0, Intent::Send(target)), item(1, Intent::Duplicate)];
        let refused = writer::Fate::Refused(Error::Client("too large".to_owned()));
        let written = writer::Fate::Written(Delivered { partition: 1, offset: 9 });
        let mut failed = Known::default();
        let mut telling =
            Telling { items: &items, failed: &mut failed, fates: Vec::new(), committed: 0 };
        telling.attempt(0..2, &[refused.clone(), writer::Fate::Nothing]);
        assert_eq!(telling.fates.len(), 2);
        assert!(telling.fates.iter().all(|fate| matches!(fate, Fate::Failed(_))));
        // That was aborted; the next attempt goes through.
        telling.attempt(0..2, &[written, writer::Fate::Nothing]);
        telling.committed(2);
        assert!(matches!(telling.fates[..], [Fate::Redriven { .. }, Fate::Duplicate]));
        assert!(!failed.has(&items[0].dead_letter));
        let mut telling =
            Telling { items: &items, failed: &mut failed, fates: Vec::new(), committed: 0 };
        telling.attempt(0..1, &[refused]);
        telling.attempt(1..2, &[writer::Fate::Nothing]);
        assert!(matches!(telling.fates[1], Fate::Failed(_)), "in the transaction after it too");
        telling.committed(1);
        assert!(failed.has(&items[0].dead_letter));
    }
}
