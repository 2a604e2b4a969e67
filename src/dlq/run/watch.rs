//! Looks whether what is written to, the targets and the ledger, are still the topics that were
//! found: what was sent to one that is gone is gone.
//!
//! A DLQ itself is looked after by its offsets: reading ends with an error where it is another one.

use std::collections::BTreeMap;

use super::redrive::{Ended, Run};
use crate::dlq::event::{Event, Fate};
use crate::error::Problem;
use crate::kafka::{Compared, HURRIED};
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

    /// Counts what became of a dead letter: whether it was sent to a topic, and whether the ledger
    /// remembers it.
    pub(super) fn count(&mut self, fate: &Fate) {
        let target = match fate {
            Fate::Redriven { topic, .. } => Some(topic),
            Fate::Duplicate => None,
            Fate::Refused(_) | Fate::Failed(_) => return,
        };
        for topic in self.ledger.iter().map(|(ledger, _)| ledger).chain(target) {
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
    pub(super) fn glance(&mut self) -> Option<Ended> {
        let gone = self.lookout.glance(&self.written_to.ids(), &self.written_to.sent);
        (!gone.is_empty()).then(|| self.lost(gone))
    }

    /// Looks a last time, and says how the run has ended then. What is complete is done when
    /// somebody has seen that it is there, whatever signal came.
    pub(super) async fn look(&mut self, ended: Ended) -> Ended {
        let came_too_late = matches!(ended, Ended::Interrupted(_)) && self.is_complete();
        let ended = if came_too_late { Ended::Complete } else { ended };
        let ids = self.written_to.ids();
        if ids.is_empty() || !self.outcome.lost.is_empty() {
            return ended;
        }
        let timeout = self.dlq.timeout;
        let allowed = if matches!(ended, Ended::Complete) { timeout } else { timeout.min(HURRIED) };
        let hurry = self.interrupt.wait();
        let found = self.lookout.look(&ids, &self.written_to.sent, allowed, hurry).await;
        let Compared { gone, unseen: unseen_because } = found;
        let is_gone = !gone.is_empty();
        match (unseen_because.map(unseen), ended) {
            (None, ended) if !is_gone => ended,
            (Some(error), Ended::Complete) if !is_gone => Ended::Failed(error),
            (error, ended) => {
                if let Some(error) = &error {
                    self.say(error);
                }
                if !is_gone {
                    return ended;
                }
                if let Ended::Failed(error) | Ended::TakenOver(error) = ended {
                    self.say(&error);
                }
                self.lost(gone)
            }
        }
    }

    /// Says how a run has ended whose last look somebody has cut short; `None` where something else
    /// was under way.
    pub(super) fn cut_short(&self) -> Option<Ended> {
        self.is_complete().then(|| {
            if self.written_to.ids().is_empty() {
                Ended::Complete
            } else {
                Ended::Failed(unseen(Problem::not_waited_for()))
            }
        })
    }

    /// Tells whether nothing of the plan is left.
    fn is_complete(&self) -> bool {
        let is_open = self.is_in_flight || self.outcome.is_in_doubt;
        !is_open && self.outcome.handled() >= self.plan.handled()
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

/// Says what is not known where nobody could look.
fn unseen(why: impl Into<anyhow::Error>) -> anyhow::Error {
    why.into().context("cannot see whether the targets are still the topics that were sent to")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dlq::event::NotTaken;

    #[test]
    fn the_ledger_is_looked_after_for_all_that_it_remembers() {
        let ledger = TopicName::from("ledger");
        let mut written_to =
            WrittenTo { ledger: Some((ledger.clone(), None)), ..WrittenTo::default() };
        written_to.know([(&TopicName::from("orders"), &None)].into_iter());
        written_to.count(&Fate::Failed(NotTaken::unsent()));
        assert!(written_to.ids().is_empty());
        written_to.count(&Fate::Duplicate);
        assert_eq!(written_to.ids(), TopicIds::from([(ledger.clone(), None)]));
        written_to.count(&Fate::Redriven { topic: "orders".into(), place: None });
        assert_eq!(written_to.ids().len(), 2);
        assert_eq!(written_to.sent, Counts::from([("orders".into(), 1), (ledger, 2)]));
    }
}
