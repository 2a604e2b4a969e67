//! Sends each item of a call to the broker that is responsible for it, again where it moved.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use super::cluster::Cluster;
use super::connection::Connection;
use super::denied::unanswered;
use crate::clock::Deadline;
use crate::kafka::error::Remedy;
use crate::kafka::{Backoff, Error, ErrorCode, PerItem};
use crate::model::name::{GroupId, TopicName};
use crate::model::offset::TopicPartition;

/// Which broker is responsible for an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// Any of them, for something about a topic.
    Any(TopicName),
    /// The one with this id.
    Broker(i32),
    /// The controller.
    Controller,
    /// The leader of a partition.
    Leader(TopicPartition),
    /// The coordinator of a group.
    Coordinator(GroupId),
}

impl Target {
    /// Returns the topic whose leader is meant.
    fn topic(&self) -> Option<&TopicName> {
        match self {
            Self::Any(topic) => Some(topic),
            Self::Leader(partition) => Some(&partition.topic),
            Self::Broker(_) | Self::Controller | Self::Coordinator(_) => None,
        }
    }
}

/// How a call is made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// The request's name, for messages.
    pub(super) request: &'static str,
    /// How many items a request has at most.
    pub(super) most: usize,
}

/// What became of the items of a call.
pub(super) struct CallResults<K, V> {
    /// The last result of each.
    pub(super) results: PerItem<K, V>,
    /// What came instead of an answer, for items that may have been done then.
    pub(super) lost: BTreeMap<K, Error>,
}

impl<K: Ord, V> CallResults<K, V> {
    /// Returns the results. The call itself fails only when no broker answered for any item.
    pub(super) fn whole(self) -> Result<PerItem<K, V>, Error> {
        whole(self.results)
    }
}

/// What brokers answered to some items.
pub(super) type Answers<K, V> = Result<Vec<(K, Result<V, Error>)>, Error>;

impl Cluster {
    /// Asks the responsible brokers for all items, side by side, until each has its result.
    ///
    /// Results are matched by key. Items whose broker moved or cannot answer yet are asked for
    /// again until the deadline. For what may be done twice; see [`Cluster::change`] for the rest.
    pub(super) async fn settle<K, V, F, Answering>(
        &self,
        manner: Manner,
        items: impl IntoIterator<Item = K>,
        target: impl Fn(&K) -> Target,
        call: F,
        deadline: Deadline,
    ) -> CallResults<K, V>
    where
        K: Ord + Clone + std::fmt::Debug,
        F: Fn(Connection, Vec<K>) -> Answering,
        Answering: Future<Output = Answers<K, V>>,
    {
        let (mut results, mut lost) = (PerItem::new(), BTreeMap::new());
        let mut open: BTreeSet<K> = items.into_iter().collect();
        let mut backoff = Backoff::new();
        while !open.is_empty() {
            let (placed, misplaced) = self.place(&open, &target, deadline).await;
            let asked = placed.iter().flat_map(|(place, items)| {
                items.chunks(manner.most).map(|items| self.ask(*place, items, &call, deadline))
            });
            let answers = join_all(asked.collect::<Vec<_>>()).await;
            let mut missing = std::mem::take(&mut open);
            for (item, result) in answers.into_iter().flatten().chain(misplaced) {
                // An item that nobody asked for is no news.
                if !missing.remove(&item) {
                    continue;
                }
                if let Err(error) = &result {
                    if error.leaves_open_what_was_done() {
                        lost.insert(item.clone(), error.clone());
                    }
                    if let Some(remedy) = self.remedy(error, &target(&item)) {
                        self.apply(remedy, &target(&item));
                        open.insert(item.clone());
                    }
                }
                results.insert(item, result);
            }
            for item in missing {
                let error = unanswered(manner.request, &format!("{item:?}"));
                lost.insert(item.clone(), error.clone());
                results.insert(item, Err(error));
            }
            if !open.is_empty() && !backoff.wait(deadline).await {
                break;
            }
        }
        CallResults { results, lost }
    }

    /// Sends one request to one broker; when that fails, it fails for each of its items.
    async fn ask<K, V, F, Answering>(
        &self,
        recipient: Recipient,
        items: &[K],
        call: &F,
        deadline: Deadline,
    ) -> Vec<(K, Result<V, Error>)>
    where
        K: Clone,
        F: Fn(Connection, Vec<K>) -> Answering,
        Answering: Future<Output = Answers<K, V>>,
    {
        let answers = async {
            let connection = match recipient {
                Recipient::Any => self.any(deadline).await?,
                Recipient::Broker(id) => self.broker(id, deadline).await?,
            };
            call(connection, items.to_vec()).await
        };
        match answers.await {
            Ok(answers) => answers,
            Err(error) => items.iter().map(|item| (item.clone(), Err(error.clone()))).collect(),
        }
    }

    /// Finds out which broker to ask for each item, and for which items that cannot be told.
    async fn place<K: Ord + Clone, V>(
        &self,
        items: &BTreeSet<K>,
        target: &impl Fn(&K) -> Target,
        deadline: Deadline,
    ) -> (BTreeMap<Recipient, Vec<K>>, Vec<(K, Result<V, Error>)>) {
        let (mut partitions, mut groups, mut wants_controller) = (Vec::new(), Vec::new(), false);
        for item in items {
            match target(item) {
                Target::Leader(partition) => partitions.push(partition),
                Target::Coordinator(group) => groups.push(group),
                Target::Controller => wants_controller = true,
                Target::Any(_) | Target::Broker(_) => {}
            }
        }
        let leaders = if partitions.is_empty() {
            Ok(PerItem::new())
        } else {
            self.leaders(&partitions, deadline).await
        };
        let coordinators = self.coordinators(&groups, deadline).await;
        let controller =
            if wants_controller { self.controller(deadline).await } else { Ok(Recipient::Any) };
        let place = |item: &K| match target(item) {
            Target::Any(_) => Ok(Recipient::Any),
            Target::Broker(id) => Ok(Recipient::Broker(id)),
            Target::Controller => controller.clone(),
            Target::Leader(partition) => {
                let leaders = leaders.as_ref().map_err(Clone::clone)?;
                let leader = leaders.get(&partition).cloned().transpose()?;
                Ok(leader.map_or(Recipient::Any, |leader| Recipient::Broker(leader.broker)))
            }
            Target::Coordinator(group) => {
                let coordinators = coordinators.as_ref().map_err(Clone::clone)?;
                let coordinator = coordinators.get(&group).cloned().transpose()?;
                Ok(coordinator.map_or(Recipient::Any, Recipient::Broker))
            }
        };
        let (mut placed, mut lost) = (BTreeMap::<Recipient, Vec<K>>::new(), Vec::new());
        for item in items {
            match place(item) {
                Ok(place) => placed.entry(place).or_default().push(item.clone()),
                Err(error) => lost.push((item.clone(), Err(error))),
            }
        }
        (placed, lost)
    }

    /// Returns who takes administrative requests.
    async fn controller(&self, deadline: Deadline) -> Result<Recipient, Error> {
        let controller = self.known().controller;
        if let Some(id) = controller {
            return Ok(Recipient::Broker(id));
        }
        self.describe(deadline).await?.controller.map(Recipient::Broker).ok_or(Error::Broker {
            code: ErrorCode::NOT_CONTROLLER,
            message: Some("the cluster has no controller at the moment".to_owned()),
        })
    }

    /// Decides about an error of an item.
    fn remedy(&self, error: &Error, target: &Target) -> Option<Remedy> {
        // A broker that left the cluster does not come back by being waited for.
        if error.code() == Some(ErrorCode::BROKER_NOT_AVAILABLE)
            && matches!(target, Target::Broker(_))
        {
            return None;
        }
        let is_fresh = target.topic().is_some_and(|topic| self.known().is_fresh(topic));
        error.remedy(is_fresh)
    }

    /// Forgets what has turned out to be wrong.
    fn apply(&self, remedy: Remedy, target: &Target) {
        let mut known = self.known();
        match (remedy, target) {
            (Remedy::Wait, _) => {}
            (_, Target::Coordinator(group)) => {
                known.coordinators.remove(group);
            }
            (_, Target::Leader(partition)) => known.forget_topic(&partition.topic),
            (_, Target::Controller) => known.controller = None,
            (_, Target::Broker(_)) => known.forget_brokers(),
            (_, Target::Any(_)) => {}
        }
    }
}

/// Where a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Recipient {
    Any,
    Broker(i32),
}

/// Makes one error of results in which no broker had a say.
pub(super) fn whole<K: Ord, V>(results: PerItem<K, V>) -> Result<PerItem<K, V>, Error> {
    let of_the_connection = |result: &Result<V, Error>| match result {
        // What may have been done is news of this item.
        Ok(_) | Err(Error::Unconfirmed { .. }) => false,
        Err(error) => error.code().is_none(),
    };
    if results.is_empty() || !results.values().all(of_the_connection) {
        return Ok(results);
    }
    match results.into_values().next() {
        Some(Err(error)) => Err(error),
        Some(Ok(_)) | None => Ok(PerItem::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_fails_as_a_whole_only_when_no_broker_answered() {
        let broker = || Err(Error::Broker { code: ErrorCode(3), message: None });
        let lost = || Err(Error::Disconnected { address: "a:1".to_owned(), cause: String::new() });
        assert!(whole(PerItem::<_, ()>::from([(1, lost()), (2, lost())])).is_err());
        assert!(whole(PerItem::<_, ()>::from([(1, lost()), (2, broker())])).is_ok());
        assert!(whole(PerItem::from([(1, lost()), (2, Ok(()))])).is_ok());
        assert!(whole(PerItem::<i32, ()>::new()).is_ok());
    }
}
