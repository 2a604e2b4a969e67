//! Writes batches of dead letters: what is sent for each, what the ledger remembers of it, and a
//! courtesy offset, all or nothing. Blocks its thread.

use std::ops::Range;

use super::account::Account;
use crate::dlq::batch::{Batch, Intent, Item};
use crate::dlq::compose::{Composition, compose};
use crate::dlq::event::{Fate, NotTaken};
use crate::dlq::failures::Failures;
use crate::kafka::writer::{self, Addition, Outbound, Stop, Writer};

/// Writes what was selected.
pub(super) struct Redriver {
    pub(super) writer: Writer,
    pub(super) account: Account,
    pub(super) composition: Composition,
    /// What the broker did not take, of this run.
    pub(super) failures: Failures,
}

/// What became of a batch.
pub(super) struct Written {
    /// The dead letters whose fate is known, in order: the front of the batch.
    pub(super) handled: Vec<(Item, Fate)>,
    /// The others.
    pub(super) rest: Batch,
    /// The transactions that were committed and answered.
    pub(super) transactions: u64,
    /// Why the rest was not handled; `None` when there is no rest.
    pub(super) stop: Option<Stop>,
}

impl Redriver {
    /// Writes a batch, in one transaction or several.
    pub(super) fn write(&mut self, batch: Batch) -> Written {
        let Self { writer, account, composition, failures } = self;
        let Batch { mut items, lowest_pending } = batch;
        let outbounds: Vec<Outbound> =
            items.iter().map(|item| outbound(item, *composition)).collect();
        let mut fates: Vec<Fate> = Vec::with_capacity(items.len());
        let mut add = |range: Range<usize>, sent: &[writer::Fate]| {
            // What an attempt that was aborted has left.
            fates.truncate(range.start);
            let share = items.get(range.clone()).unwrap_or_default();
            fates.extend(share.iter().zip(sent).map(|(item, sent)| fate(item, sent, failures)));
            let made = fates.get(range).unwrap_or_default();
            Ok(Addition {
                records: account.entries(share, made)?,
                offsets: Some(account.courtesy(share, [&lowest_pending, failures.lowest()])),
            })
        };
        let writer::Written { fates: sent, transactions, stop } =
            writer.write(&outbounds, &mut add);
        let rest = items.split_off(sent.len().min(items.len()));
        let handled = items.into_iter().zip(fates).collect();
        Written { handled, rest: Batch { items: rest, lowest_pending }, transactions, stop }
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

/// Tells what became of a dead letter, given what became of its record.
fn fate(item: &Item, sent: &writer::Fate, failures: &mut Failures) -> Fate {
    match (&item.intent, sent) {
        (Intent::Refused(refusal), _) => Fate::Refused(refusal.clone()),
        (Intent::Duplicate, _) if failures.have(&item.dead_letter) => {
            failures.note(&item.dead_letter);
            Fate::Failed(NotTaken::of_its_original())
        }
        (Intent::Duplicate, _) => Fate::Duplicate,
        (Intent::Send(target), writer::Fate::Written(at)) => {
            Fate::Redriven { topic: target.topic.clone(), place: Some((at.partition, at.offset)) }
        }
        (Intent::Send(_), writer::Fate::Refused(error)) => {
            failures.note(&item.dead_letter);
            Fate::Failed(NotTaken {
                code: error.code_name(),
                number: error.code().map(|code| code.0),
                message: error.to_string(),
            })
        }
        (Intent::Send(_), writer::Fate::Nothing) => Fate::Failed(NotTaken::unsent()),
    }
}
