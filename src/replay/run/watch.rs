//! Looks whether the target is still the topic that was planned with: what was copied into one that
//! is gone is gone.

use std::time::Duration;

use anyhow::Context;

use super::Replayer;
use super::copy::{Ended, Event, Run};
use crate::clock::Deadline;
use crate::error::Problem;
use crate::model::lost::Lost;
use crate::model::name::TopicName;
use crate::model::topic::Gone;

impl Replayer {
    /// Checks, before the first record is copied, that the target is what somebody agreed to.
    pub(super) async fn check_target(&self) -> anyhow::Result<()> {
        let asked = self.cluster.gone(&self.target_ids(), Deadline::after(self.timeout)).await;
        match asked.with_context(|| cannot_find(&self.target))?.get(&self.target) {
            None => Ok(()),
            Some(gone) => {
                Err(Problem::refused(format!("topic `{}` was {gone} meanwhile", self.target))
                    .hint("run the command again: it plans with what is there now")
                    .into())
            }
        }
    }
}

impl Run<'_> {
    /// Looks beside the copying; ends it where the target is gone.
    pub(super) async fn glance(&mut self) -> Option<Ended> {
        let ids = self.replayer.target_ids();
        let found = self.lookout.glance(&ids, &self.outcome.copied).await;
        found.into_values().next().map(|gone| self.lost(gone))
    }

    /// Looks a last time, for as long as is allowed, and says how the replay has ended then.
    pub(super) async fn look(&mut self, ended: Ended, allowed: Duration) -> Ended {
        if self.outcome.copied == 0 || self.outcome.lost.is_some() {
            return ended;
        }
        let (ids, deadline) = (self.replayer.target_ids(), Deadline::after(allowed));
        let found = match self.lookout.look(&ids, &self.outcome.copied, deadline).await {
            Ok(gone) => Ok(gone.into_values().next()),
            Err(error) => Err(anyhow::Error::from(error).context(unseen(&self.replayer.target))),
        };
        match (found, ended) {
            (Ok(None), ended) => ended,
            (Ok(Some(gone)), ended) => {
                if let Ended::Failed(error) | Ended::Undecided(error, _) = ended {
                    (self.tell)(Event::Note(format!("{error:#}")));
                }
                self.lost(gone)
            }
            (Err(error), Ended::Complete) => Ended::Failed(error),
            (Err(error), ended) => {
                (self.tell)(Event::Note(format!("{error:#}")));
                ended
            }
        }
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

/// Says what is not known where nobody could look.
pub(super) fn unseen(target: &TopicName) -> String {
    format!("cannot see whether `{target}` is still the topic that was copied to")
}

/// Says what was not found out.
pub(super) fn cannot_find(target: &TopicName) -> String {
    format!("cannot find topic `{target}`")
}
