//! Runs the reading: what is under way, what has come, what the caller gets next.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::fetched::Fetched;
use super::options::ReadOptions;
use super::partitions::Partitions;
use super::steps::{self, Step};
use crate::clock::Deadline;
use crate::kafka::Error;
use crate::kafka::wire::cluster::Cluster;
use crate::kafka::wire::connection::Connection;
use crate::model::offset::TopicPartition;

/// Reads partitions from given offsets on, from all their leaders at the same time.
///
/// Each leader has one request under way, on a connection of its own; the next one leaves as soon
/// as the batch headers of an answer are scanned, before the caller looks at the records.
/// Partitions of a leader take turns, so that none starves. When a leader moves or its broker goes
/// away, it is looked up again and reading goes on from the position; the caller notices a pause at
/// most.
pub struct Reader {
    pub(super) cluster: Cluster,
    pub(super) options: ReadOptions,
    /// How long a partition may be without a broker that answers for it, before reading fails.
    pub(super) patience: Duration,
    pub(super) partitions: Partitions,
    /// The connections, by broker id.
    pub(super) connections: BTreeMap<i32, Connection>,
    /// The brokers with a step under way.
    pub(super) busy: BTreeSet<i32>,
    /// Whether leaders are being looked up.
    pub(super) looking_up: bool,
    /// What is under way. It lives here and not in `next`, so that dropping that future loses
    /// nothing.
    pub(super) steps: FuturesUnordered<BoxFuture<'static, Step>>,
    /// Steps that ended while the caller had something else to do; at most one a broker.
    ended: VecDeque<Step>,
    /// Answers for the caller.
    pub(super) ready: VecDeque<Vec<Fetched>>,
    /// Errors for the caller.
    pub(super) failures: VecDeque<Error>,
}

impl Reader {
    /// Looks up the leaders of the partitions; reading begins with the first [`Reader::next`]. A
    /// partition that does not exist, or that may not be described, is an error here.
    ///
    /// What `deadline` allows for this, each partition is allowed later on when no broker answers
    /// for it: an election takes a moment, a broker that restarts takes some seconds.
    pub async fn open(
        cluster: &Cluster,
        starts: BTreeMap<TopicPartition, i64>,
        options: ReadOptions,
        deadline: Deadline,
    ) -> Result<Self, Error> {
        let mut reader = Self {
            cluster: cluster.clone(),
            options,
            patience: deadline.allowed(),
            partitions: Partitions::default(),
            connections: BTreeMap::new(),
            busy: BTreeSet::new(),
            looking_up: false,
            steps: FuturesUnordered::new(),
            ended: VecDeque::new(),
            ready: VecDeque::new(),
            failures: VecDeque::new(),
        };
        let topic_partitions: Vec<_> = starts.keys().cloned().collect();
        for (topic_partition, start) in starts {
            reader.partitions.add(topic_partition, start);
        }
        // What is in memory may be of a topic that was deleted since.
        cluster.forget_leaders(topic_partitions.iter().map(|partition| &partition.topic));
        for (topic_partition, leader) in cluster.leaders(&topic_partitions, deadline).await? {
            match leader {
                Ok(leader) => {
                    reader.partitions.found(&topic_partition, leader);
                }
                Err(error) if error.remedy(false).is_some() => {}
                Err(error) => return Err(name(error, &topic_partition)),
            }
        }
        Ok(reader)
    }

    /// Returns the next answer of a leader: what each of its partitions had, which may be nothing
    /// new. Where there is nothing to read this takes up to [`ReadOptions::max_wait`]; when no
    /// partition is left to read, the answer is empty and comes at once.
    ///
    /// Cancel-safe: when this future is dropped, the next call returns what it would have returned.
    ///
    /// An error that is about certain partitions halts these: they are read no longer until
    /// [`Reader::seek`], and the others go on with the next call. [`Error::OffsetOutOfRange`] is
    /// such an error, and so is a right that is missing. Connections that break and leaders that
    /// move are no error until that has lasted for as long as [`Reader::open`] was allowed; calling
    /// again tries again.
    pub async fn next(&mut self) -> Result<Vec<Fetched>, Error> {
        while self.ready.is_empty() && self.failures.is_empty() {
            if self.partitions.are_over() {
                return Ok(Vec::new());
            }
            self.dispatch();
            let step = match self.ended.pop_front() {
                Some(step) => Some(step),
                None => self.steps.next().await,
            };
            match step {
                Some(step) => self.take(step),
                None => return Ok(Vec::new()),
            }
        }
        self.send_ahead().await;
        if let Some(error) = self.failures.pop_front() {
            return Err(error);
        }
        let fetched = self.ready.pop_front().unwrap_or_default();
        for one in &fetched {
            self.partitions.handed_out(&one.topic_partition, one.position);
        }
        Ok(fetched)
    }

    /// Returns where the records end that [`Reader::next`] has returned: the next offset to be
    /// read. All before a bound has been read when this is at or past it; comparing the last
    /// record's offset would wait for ever where markers or compaction leave gaps. `None` for a
    /// partition that is not read.
    pub fn position(&self, topic_partition: &TopicPartition) -> Option<i64> {
        self.partitions.get(topic_partition).map(|partition| partition.position)
    }

    /// Reads a partition no longer.
    pub fn stop(&mut self, topic_partition: &TopicPartition) {
        self.partitions.remove(topic_partition);
        self.forget_ready(topic_partition);
    }

    /// Goes on from another offset, also with a partition that an error has halted. What was
    /// fetched for it and not returned yet is dropped.
    pub fn seek(&mut self, topic_partition: &TopicPartition, offset: i64) {
        self.partitions.seek(topic_partition, offset);
        self.forget_ready(topic_partition);
    }

    /// Drops what waits for the caller.
    fn forget_ready(&mut self, topic_partition: &TopicPartition) {
        for answer in &mut self.ready {
            answer.retain(|fetched| fetched.topic_partition != *topic_partition);
        }
        self.ready.retain(|answer| !answer.is_empty());
    }

    /// Sends the next requests before the caller turns to the records: the broker works meanwhile.
    async fn send_ahead(&mut self) {
        self.dispatch();
        while let Some(Some(step)) = self.steps.next().now_or_never() {
            self.ended.push_back(step);
        }
        // The request leaves the process when the connection's own task runs.
        tokio::task::yield_now().await;
    }

    /// Starts whatever can be started.
    fn dispatch(&mut self) {
        for broker in self.partitions.leaders() {
            if self.busy.contains(&broker) {
                continue;
            }
            let connection = self.connections.get(&broker).filter(|c| !c.is_closed());
            self.steps.push(match connection {
                Some(connection) => steps::fetch(
                    connection.clone(),
                    broker,
                    self.partitions.of_broker(broker),
                    self.options.clone(),
                    self.patience,
                ),
                None => steps::open(self.cluster.clone(), broker, self.patience),
            });
            self.busy.insert(broker);
        }
        let lost = self.partitions.lost();
        if !lost.is_empty() && !self.looking_up {
            let (pause, timeout) = (self.partitions.pause(), self.patience);
            self.steps.push(steps::look_up(self.cluster.clone(), lost, pause, timeout));
            self.looking_up = true;
        }
    }
}

/// Names the partition in a broker's error that has no text of its own.
pub(super) fn name(error: Error, topic_partition: &TopicPartition) -> Error {
    if let Error::Broker { code, message: None } = error {
        return Error::Broker { code, message: Some(topic_partition.to_string()) };
    }
    error
}
