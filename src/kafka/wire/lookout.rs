//! Looks, while records are written, whether their topics are still those that writing began with.
//!
//! Producers name topics by name alone, so what is sent to a topic that was deleted and created
//! again arrives in the new one, and nothing tells that what came before has gone.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::task::JoinSet;

use super::cluster::Cluster;
use super::incarnations::Compared;
use crate::clock::{Deadline, Stopwatch};
use crate::model::name::TopicName;
use crate::model::topic::{Gone, TopicIds};

/// How often is looked at most: it costs one request.
const EVERY: Duration = Duration::from_millis(500);

/// How long the last look may take where somebody waits for the end, or the cluster has failed.
pub const HURRIED: Duration = Duration::from_secs(1);

/// A question under way, alone in its set: that aborts it when it is dropped, so that it is not in
/// the way of another one.
type Asking = JoinSet<Compared>;

/// Looks at topics, one question at a time; `T` says what has been written.
pub struct Lookout<T> {
    cluster: Cluster,
    timeout: Duration,
    /// What had been written when all topics were last seen to be the same.
    seen: T,
    /// What had been written when the question under way was asked.
    asked: Option<(T, Asking)>,
    since: Option<Stopwatch>,
}

impl<T: Clone + Default> Lookout<T> {
    /// Has seen nothing yet; `timeout` is that of each question.
    pub fn new(cluster: Cluster, timeout: Duration) -> Self {
        Self { cluster, timeout, seen: T::default(), asked: None, since: None }
    }

    /// Returns what had been written when all topics were last seen to be the same: if one is gone
    /// now, that went with it.
    pub fn seen(&self) -> &T {
        &self.seen
    }

    /// Looks beside the writing and does not wait: returns what the last question has found, and
    /// asks the next one. One that was not answered says nothing. `written` is committed.
    pub fn glance(&mut self, ids: &TopicIds, written: &T) -> BTreeMap<TopicName, Gone> {
        let mut gone = BTreeMap::new();
        if let Some((written, asking)) = &mut self.asked
            && let Some(answer) = asking.try_join_next()
        {
            let written = written.clone();
            self.asked = None;
            // The next question tells what one that has failed does not.
            if let Ok(answer) = answer {
                gone = self.note(written, answer).gone;
            }
        }
        if self.asked.is_none() && self.since.is_none_or(|since| since.elapsed() >= EVERY) {
            let (cluster, ids) = (self.cluster.clone(), ids.clone());
            let deadline = Deadline::after(self.timeout);
            let mut asking = Asking::new();
            asking.spawn(async move { cluster.compare(&ids, deadline).await });
            self.asked = Some((written.clone(), asking));
            self.since = Some(Stopwatch::start());
        }
        gone
    }

    /// Looks once more and waits for it, as long as is allowed; from the moment on when somebody
    /// hurries, only for [`HURRIED`].
    pub async fn look(
        &mut self,
        ids: &TopicIds,
        written: &T,
        allowed: Duration,
        hurry: impl Future,
    ) -> Compared {
        tokio::select! {
            biased;
            _ = hurry => {}
            found = self.look_until(ids, written, Deadline::after(allowed)) => return found,
        }
        self.look_until(ids, written, Deadline::after(allowed.min(HURRIED))).await
    }

    async fn look_until(&mut self, ids: &TopicIds, written: &T, deadline: Deadline) -> Compared {
        if let Some((written, asking)) = &mut self.asked
            && let Ok(Some(Ok(answer))) =
                tokio::time::timeout_at(deadline.at(), asking.join_next()).await
        {
            let written = written.clone();
            let found = self.note(written, answer);
            if !found.gone.is_empty() {
                return found;
            }
        }
        self.asked = None;
        let found = self.cluster.compare(ids, deadline).await;
        self.note(written.clone(), found)
    }

    /// Notes what had been written when all topics were seen to be the same.
    fn note(&mut self, written: T, found: Compared) -> Compared {
        if found == Compared::default() {
            self.seen = written;
        }
        found
    }
}
