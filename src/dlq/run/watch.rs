//! Looks whether what is written to, the targets and the ledger, are still the topics that were
//! found: what was sent to one that is gone is gone.
//!
//! A DLQ itself is looked after by its offsets: reading ends with an error where it is another one.

use std::collections::BTreeMap;

use super::redrive::{Ended, Run};
use crate::clock::Deadline;
use crate::dlq::event::Event;
use crate::error::Problem;
use crate::kafka::HURRIED;
use crate::model::lost::Lost;
use crate::model::name::TopicName;
use crate::model::topic::{Gone, TopicIds};

/// How many dead letters were sent to each topic, and how many the ledger remembers.
pub(super) type Counts = BTreeMap<TopicName, u64>;

/// The topics that a run writes to.
#[derive(Debug, Default)]
pub(super) struct WrittenTo {
    /// The ledger, with its id.
    pub(super) ledger: Option<(TopicName, Option<String>)>,
    /// What can be a target, as it was before anything was sent there.
    targets: TopicIds,
    sent: Counts,
}

impl WrittenTo {
    /// Notes what topics are, of which none has got a record yet.
    pub(super) fn know<'a>(
        &mut self,
        ids: impl Iterator<Item = (&'a TopicName, &'a Option<String>)>,
    ) {
        self.targets.extend(ids.map(|(topic, id)| (topic.clone(), id.clone())));
    }

    /// Counts a dead letter that was sent to a topic, which the ledger remembers.
    pub(super) fn count(&mut self, topic: &TopicName) {
        for topic in self.ledger.iter().map(|(ledger, _)| ledger).chain([topic]) {
            match self.sent.get_mut(topic) {
                Some(count) => *count += 1,
                None => drop(self.sent.insert(topic.clone(), 1)),
            }
        }
    }

    /// Returns the ids of the topics that have got records.
    fn ids(&self) -> TopicIds {
        let all = self.targets.iter().chain(self.ledger.iter().map(|(topic, id)| (topic, id)));
        all.filter(|(topic, _)| self.sent.contains_key(*topic))
            .map(|(topic, id)| (topic.clone(), id.clone()))
            .collect()
    }
}

impl Run<'_> {
    /// Looks beside the writing; ends the run where a topic is gone.
    pub(super) async fn glance(&mut self) -> Option<Ended> {
        let gone = self.lookout.glance(&self.written_to.ids(), &self.written_to.sent).await;
        (!gone.is_empty()).then(|| self.lost(gone))
    }

    /// Looks a last time, and says how the run has ended then.
    pub(super) async fn look(&mut self, ended: Ended) -> Ended {
        let ids = self.written_to.ids();
        if ids.is_empty() || !self.outcome.lost.is_empty() {
            return ended;
        }
        let timeout = self.dlq.timeout;
        let allowed = match ended {
            Ended::Complete => timeout,
            Ended::Interrupted(_)
            | Ended::StoppedAtOnce(_)
            | Ended::TakenOver(_)
            | Ended::Failed(_) => timeout.min(HURRIED),
        };
        let deadline = Deadline::after(allowed);
        let found = self.lookout.look(&ids, &self.written_to.sent, deadline).await;
        let unseen = match found {
            Ok(gone) if gone.is_empty() => return ended,
            Ok(gone) => {
                if let Ended::Failed(error) | Ended::TakenOver(error) = ended {
                    self.say(&error);
                }
                return self.lost(gone);
            }
            Err(error) => anyhow::Error::from(error)
                .context("cannot see whether the targets are still the topics that were sent to"),
        };
        if matches!(ended, Ended::Complete) {
            return Ended::Failed(unseen);
        }
        self.say(&unseen);
        ended
    }

    /// Ends the run because topics are gone that it has written to.
    fn lost(&mut self, gone: BTreeMap<TopicName, Gone>) -> Ended {
        let WrittenTo { ledger, targets: _, sent } = &self.written_to;
        let count = |counts: &Counts, topic: &TopicName| counts.get(topic).copied().unwrap_or(0);
        let lost = gone.into_iter().map(|(topic, gone)| {
            let (seen, sent) = (count(self.lookout.seen(), &topic), count(sent, &topic));
            Lost::new(topic, gone, seen, sent)
        });
        self.outcome.lost = lost.collect();
        let dlq = self.dlq.topic();
        let is_ledger =
            |lost: &&Lost| ledger.as_ref().is_some_and(|(topic, _)| *topic == lost.topic);
        let (forgotten, sent): (Vec<_>, Vec<_>) = self.outcome.lost.iter().partition(is_ledger);
        let mut texts: Vec<_> = sent.iter().map(ToString::to_string).collect();
        texts.extend(forgotten.iter().map(|lost| {
            format!(
                "ledger `{}` was {} meanwhile: what it remembered of `{dlq}` until then is \
                 forgotten",
                lost.topic, lost.gone
            )
        }));
        let hint = if forgotten.is_empty() {
            format!(
                "the ledger remembers them as redriven, so no redrive sends them again: flowctl \
                 dlq show {dlq} --status redriven names them, and a redrive by --id with another \
                 `ledger:` in the topology sends them again"
            )
        } else {
            format!(
                "the next redrive sends what is forgotten again: see what of `{dlq}` the targets \
                 have before it"
            )
        };
        Ended::Failed(Problem::failed(texts.join("; ")).hint(hint).into())
    }

    fn say(&mut self, error: &anyhow::Error) {
        // A reader of the events that is gone has ended the run already.
        drop((self.tell)(Event::Note(format!("{error:#}"))));
    }
}
