//! Looks, while records are written, whether their topics are still those that writing began with.
//!
//! Producers name topics by name alone, so what is sent to a topic that was deleted and created
//! again arrives in the new one, and nothing tells that what came before has gone.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::task::{JoinError, JoinHandle};

use super::cluster::Cluster;
use crate::clock::{Deadline, Stopwatch};
use crate::kafka::Error;
use crate::model::name::TopicName;
use crate::model::topic::{Gone, TopicIds};

/// How often is looked at most: it costs one request.
const EVERY: Duration = Duration::from_millis(500);

/// How long the last look may take where somebody waits for the end, or the cluster has failed.
pub const HURRIED: Duration = Duration::from_secs(1);

/// What a comparison has found.
type Compared = Result<BTreeMap<TopicName, Gone>, Error>;

/// Looks at topics, one question at a time; `T` says what has been written.
pub struct Lookout<T> {
    cluster: Cluster,
    timeout: Duration,
    /// What had been written when all topics were last seen to be the same.
    seen: T,
    /// What had been written when the question under way was asked.
    asked: Option<(T, JoinHandle<Compared>)>,
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
    pub async fn glance(&mut self, ids: &TopicIds, written: &T) -> BTreeMap<TopicName, Gone> {
        let gone = match self.asked.take_if(|(_, asking)| asking.is_finished()) {
            Some((written, asking)) => self.found(written, asking.await),
            None => BTreeMap::new(),
        };
        if self.asked.is_none() && self.since.is_none_or(|since| since.elapsed() >= EVERY) {
            let (cluster, ids) = (self.cluster.clone(), ids.clone());
            let deadline = Deadline::after(self.timeout);
            let asking = tokio::spawn(async move { cluster.gone(&ids, deadline).await });
            self.asked = Some((written.clone(), asking));
            self.since = Some(Stopwatch::start());
        }
        gone
    }

    /// Looks once more, and waits for it.
    pub async fn look(&mut self, ids: &TopicIds, written: &T, deadline: Deadline) -> Compared {
        if let Some((written, asking)) = self.asked.take()
            && let Ok(answered) = tokio::time::timeout_at(deadline.at(), asking).await
        {
            let gone = self.found(written, answered);
            if !gone.is_empty() {
                return Ok(gone);
            }
        }
        let gone = self.cluster.gone(ids, deadline).await?;
        Ok(self.note(written.clone(), gone))
    }

    /// Notes the answer to a question beside the writing; the next one tells what this one does
    /// not.
    fn found(
        &mut self,
        written: T,
        answered: Result<Compared, JoinError>,
    ) -> BTreeMap<TopicName, Gone> {
        match answered {
            Ok(Ok(gone)) => self.note(written, gone),
            Ok(Err(_)) | Err(_) => BTreeMap::new(),
        }
    }

    fn note(&mut self, written: T, gone: BTreeMap<TopicName, Gone>) -> BTreeMap<TopicName, Gone> {
        if gone.is_empty() {
            self.seen = written;
        }
        gone
    }
}
