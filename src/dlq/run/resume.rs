//! Goes on after the producer was lost: refused, given up by the broker, or fenced by another run.
//!
//! Every transaction is written by a producer that was opened before the ledger was read to its
//! end, and whoever opens later makes it fail. So nothing is sent twice, whoever goes on. What is
//! decided here is who that is. Being fenced has two reasons that look the same: the coordinator
//! gave a transaction up, as it does in an outage, or another run has opened. Another run writes to
//! the ledger soon, so the ledger is watched for a while before anybody is fenced in turn:
//!
//! - It writes: it has taken over, and this run ends. It was not disturbed.
//! - Nothing comes: this run opens again, which fences the other one if there is one after all, and
//!   writes the batch that it holds at once. The other one finds itself fenced when it comes to
//!   write, watches as well, and sees those entries: this run goes on, and the other one ends.
//!
//! A signal ends the watch, and the run: it must not fence another one only to end itself.
//!
//! So two runs would have to miss each other's entries again and again to fence each other for
//! ever, and then [`MOST_SETBACKS`] ends both.

use std::time::Duration;

use super::redrive::{Ended, Run};
use super::write::Redriver;
use crate::clock::Deadline;
use crate::dlq::batch::Batch;
use crate::dlq::event::Event;
use crate::dlq::settled::Settled;
use crate::error::Problem;
use crate::interrupt::Interrupted;
use crate::kafka::Error;
use crate::ledger::{Ledger, Recalled};

/// How often in a row the producer may be lost without anything getting done.
const MOST_SETBACKS: u32 = 5;

/// How long another run may take from opening its producer to its first entry: it reads the ledger,
/// what was redriven before and a batch. Longer than that is not wrong, it only disturbs it.
const WATCH: Duration = Duration::from_secs(3);

/// How long to wait before the ledger is looked at again.
const PAUSE: Duration = Duration::from_millis(200);

/// Why the producer is of no more use.
pub(super) enum Loss {
    /// The broker refused a record, or batches are to be made in another way.
    Refused,
    /// The last transaction has to be settled.
    Unsettled(Error),
    /// It was fenced.
    Fenced(Error),
}

impl Run<'_> {
    /// Opens the producer again where no other run has taken over, and settles what is left of a
    /// batch by what came to the ledger since `read_to`.
    pub(super) async fn resume(
        &mut self,
        redriver: Redriver,
        rest: Batch,
        loss: Loss,
        ledger: &Ledger,
        read_to: &mut i64,
    ) -> anyhow::Result<Result<(Redriver, Batch), Ended>> {
        let was_fenced = matches!(loss, Loss::Fenced(_));
        let is_lost = !matches!(loss, Loss::Refused);
        let why = match loss {
            Loss::Refused => None,
            Loss::Unsettled(error) => Some(("settling the last transaction", error)),
            Loss::Fenced(error) => Some(("looking for another run", error)),
        };
        if let Some((what, error)) = why {
            let error = anyhow::Error::from(error);
            self.setbacks += 1;
            if self.setbacks > MOST_SETBACKS {
                return Ok(Err(Ended::Failed(error.context("cannot redrive any further"))));
            }
            (self.tell)(Event::Note(format!("{what} and going on: {error:#}")))?;
        }
        let settling = self.settle(redriver, was_fenced, ledger, *read_to);
        // What is in doubt is worth to be settled, unless that may fence another run; what was
        // refused has left a transaction open, which opening aborts.
        let is_cut = was_fenced || is_lost && !self.outcome.is_in_doubt;
        let settled = if is_cut { self.interrupt.cut(settling).await } else { Ok(settling.await) };
        let (redriver, Recalled { memory: news, end }) = match settled {
            Ok(settled) => settled?,
            Err(Interrupted(signal)) => return Ok(Err(Ended::Interrupted(signal))),
        };
        let Settled { handled, rest, rival } = Settled::new(rest, &news, &self.job.id);
        let was_in_doubt = std::mem::take(&mut self.outcome.is_in_doubt);
        self.outcome.transactions += u64::from(was_in_doubt && !handled.is_empty());
        self.count_all(handled)?;
        if let Some(rival) = rival {
            return Ok(Err(Ended::TakenOver(self.taken_over(&rival).into())));
        }
        *read_to = end;
        Ok(Ok((redriver, rest)))
    }

    /// Finds out what became of the last transaction: from a run that has taken over, or by opening
    /// the producer again.
    async fn settle(
        &self,
        redriver: Redriver,
        was_fenced: bool,
        ledger: &Ledger,
        since: i64,
    ) -> anyhow::Result<(Redriver, Recalled)> {
        if was_fenced && let Some(news) = self.watch(ledger, since).await? {
            return Ok((redriver, news));
        }
        self.begin_anew(redriver, ledger, since).await
    }

    /// Watches the ledger for a run that has taken over, and returns what it wrote; `None` when
    /// nobody wrote.
    async fn watch(&self, ledger: &Ledger, since: i64) -> anyhow::Result<Option<Recalled>> {
        let deadline = Deadline::after(WATCH);
        loop {
            let news = self.recall(ledger, Some(since)).await?;
            if news.memory.other_than(&self.job.id).is_some() {
                return Ok(Some(news));
            }
            if deadline.has_passed() {
                return Ok(None);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn taken_over(&self, rival: &str) -> Problem {
        Problem::refused(format!("run {rival} has taken over DLQ `{}`", self.dlq.topic())).hint(
            "what it redrives is remembered: run the command again when it has ended, for the rest",
        )
    }
}
