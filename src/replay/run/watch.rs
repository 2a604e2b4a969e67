//! Looks whether the target is still the topic that was planned with: what was copied into one that
//! is gone is gone.

use super::Replayer;
use super::copy::{Ended, Event, Run};
use crate::error::Problem;
use crate::kafka::{Compared, HURRIED};
use crate::model::lost::Lost;
use crate::model::topic::{Gone, TopicIds};

impl Replayer {
    /// Checks, before the first record is copied, that the target is what somebody agreed to.
    pub(super) async fn check_target(&self) -> anyhow::Result<()> {
        match self.what_became_of_the_target().await? {
            None => Ok(()),
            Some(gone) => {
                let what = format!("topic `{}`", self.target);
                Err(Problem::planned_with(&what, gone).into())
            }
        }
    }

    /// Returns the target with its id.
    fn target_ids(&self) -> TopicIds {
        TopicIds::from([(self.target.clone(), self.target_id.clone())])
    }
}

impl Run<'_> {
    /// Looks beside the copying; ends it where the target is gone.
    pub(super) fn glance(&mut self) -> Option<Ended> {
        let ids = self.replayer.target_ids();
        let found = self.lookout.glance(&ids, &self.outcome.copied);
        found.into_values().next().map(|gone| self.lost(gone))
    }

    /// Looks a last time, and says how the replay has ended then. What is complete is done when
    /// somebody has seen that it is there, whatever signal came.
    pub(super) async fn look(&mut self, ended: Ended) -> Ended {
        let came_too_late =
            matches!(ended, Ended::Interrupted(_)) && self.outcome.covers(self.plan);
        let ended = if came_too_late { Ended::Complete } else { ended };
        if self.outcome.copied == 0 || self.outcome.lost.is_some() {
            return ended;
        }
        let timeout = self.replayer.timeout;
        let allowed = if matches!(ended, Ended::Complete) { timeout } else { timeout.min(HURRIED) };
        let (ids, hurry) = (self.replayer.target_ids(), self.interrupt.wait());
        let found = self.lookout.look(&ids, &self.outcome.copied, allowed, hurry).await;
        let Compared { gone, unseen } = found;
        match (gone.into_values().next(), unseen, ended) {
            (None, None, ended) => ended,
            (Some(gone), _, ended) => {
                if let Ended::Failed(error) | Ended::Undecided(error, _) = ended {
                    (self.tell)(Event::Note(format!("{error:#}")));
                }
                self.lost(gone)
            }
            (None, Some(error), Ended::Complete) => Ended::Failed(self.unseen(error)),
            (None, Some(error), ended) => {
                let error = self.unseen(error);
                (self.tell)(Event::Note(format!("{error:#}")));
                ended
            }
        }
    }

    /// Says how a replay has ended whose last look somebody has cut short; `None` where something
    /// else was under way.
    pub(super) fn cut_short(&self) -> Option<Ended> {
        let is_complete = self.in_flight.is_none() && self.outcome.covers(self.plan);
        is_complete.then(|| {
            if self.outcome.copied == 0 {
                Ended::Complete
            } else {
                Ended::Failed(self.unseen(Problem::not_waited_for()))
            }
        })
    }

    /// Says what is not known where nobody could look.
    fn unseen(&self, why: impl Into<anyhow::Error>) -> anyhow::Error {
        let target = &self.replayer.target;
        why.into()
            .context(format!("cannot see whether `{target}` is still the topic that was copied to"))
    }

    /// Ends the replay because its target is gone.
    fn lost(&mut self, gone: Gone) -> Ended {
        let (target, copied) = (self.replayer.target.clone(), self.outcome.copied);
        let lost = Lost::new(target, gone, *self.lookout.seen(), copied);
        let problem = Problem::failed(lost.to_string());
        self.outcome.lost = Some(lost);
        Ended::Failed(problem.into())
    }
}
