//! Runs the reading: what is under way, what has come, what the caller gets next.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{FuturesUnordered, StreamExt};
use kafka_protocol::messages::FetchResponse;

use super::answer::{Answer, answer};
use super::fetched::Fetched;
use super::options::ReadOptions;
use super::partitions::{Asked, Partitions, Standing};
use super::request::answers;
use super::steps::{self, Step};
use crate::clock::Deadline;
use crate::kafka::wire::cluster::Cluster;
use crate::kafka::wire::connection::Connection;
use crate::kafka::wire::known::Leader;
use crate::kafka::wire::retry::{Repeat, remedy};
use crate::kafka::{Error, ErrorCode, PerItem};
use crate::model::offset::TopicPartition;

/// Reads partitions from given offsets on, from all their leaders at the same time.
///
/// Each leader has one request under way, on a connection of its own; the next one leaves as soon as
/// the batch headers of an answer are scanned, before the caller looks at the records. Partitions of a
/// leader take turns, so that none starves. When a leader moves or its broker goes away, it is looked
/// up again and reading goes on from the position; the caller notices a pause at most.
pub struct Reader {
    cluster: Cluster,
    options: ReadOptions,
    partitions: Partitions,
    /// The connections, by broker id.
    connections: BTreeMap<i32, Connection>,
    /// The brokers with a step under way.
    busy: BTreeSet<i32>,
    /// Whether leaders are being looked up.
    looking_up: bool,
    /// What is under way. It lives here and not in `next`, so that dropping that future loses nothing.
    steps: FuturesUnordered<BoxFuture<'static, Step>>,
    /// Steps that ended while the caller had something else to do; at most one a broker.
    ended: VecDeque<Step>,
    /// Answers for the caller.
    ready: VecDeque<Vec<Fetched>>,
    /// Errors for the caller.
    failures: VecDeque<Error>,
}

impl Reader {
    /// Looks up the leaders of the partitions; reading begins with the first [`Reader::next`]. A
    /// partition that does not exist, or that may not be described, is an error here.
    pub async fn open(
        cluster: &Cluster,
        starts: BTreeMap<TopicPartition, i64>,
        options: ReadOptions,
        deadline: Deadline,
    ) -> Result<Self, Error> {
        let mut reader = Self {
            cluster: cluster.clone(),
            options,
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
                Err(error) if remedy(&error, Repeat::Harmless, false).is_some() => {}
                Err(error) => return Err(name(error, &topic_partition)),
            }
        }
        Ok(reader)
    }

    /// Returns the next answer of a leader: what each of its partitions had, which may be nothing new.
    /// Where there is nothing to read this takes up to [`ReadOptions::max_wait`]; when no partition is
    /// left to read, the answer is empty and comes at once.
    ///
    /// Cancel-safe: when this future is dropped, the next call returns what it would have returned.
    ///
    /// An error that is about certain partitions halts these: they are read no longer until
    /// [`Reader::seek`], and the others go on with the next call. [`Error::OffsetOutOfRange`] is such
    /// an error, and so is a right that is missing. Connections that break and leaders that move are
    /// no error until that has lasted for [`ReadOptions::timeout`]; calling again tries again.
    pub async fn next(&mut self) -> Result<Vec<Fetched>, Error> {
        while self.ready.is_empty() && self.failures.is_empty() {
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

    /// Returns where the records end that [`Reader::next`] has returned: the next offset to be read.
    /// All before a bound has been read when this is at or past it; comparing the last record's offset
    /// would wait for ever where markers or compaction leave gaps. `None` for a partition that is not
    /// read.
    pub fn position(&self, topic_partition: &TopicPartition) -> Option<i64> {
        self.partitions.get(topic_partition).map(|partition| partition.position)
    }

    /// Reads a partition no longer.
    pub fn stop(&mut self, topic_partition: &TopicPartition) {
        self.partitions.remove(topic_partition);
        self.forget_ready(topic_partition);
    }

    /// Goes on from another offset, also with a partition that an error has halted. What was fetched
    /// for it and not returned yet is dropped.
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
                ),
                None => steps::open(self.cluster.clone(), broker, self.options.timeout),
            });
            self.busy.insert(broker);
        }
        let lost = self.partitions.lost();
        if !lost.is_empty() && !self.looking_up {
            let (pause, timeout) = (self.partitions.pause(), self.options.timeout);
            self.steps.push(steps::look_up(self.cluster.clone(), lost, pause, timeout));
            self.looking_up = true;
        }
    }

    /// Takes up what a step has brought.
    fn take(&mut self, step: Step) {
        match step {
            Step::Opened { broker, outcome } => {
                self.busy.remove(&broker);
                match outcome {
                    Ok(connection) => {
                        self.connections.insert(broker, connection);
                    }
                    Err(error) => self.fail(&self.of_broker(broker), &error),
                }
            }
            Step::Answered { broker, asked, outcome } => {
                self.busy.remove(&broker);
                match outcome {
                    Ok(response) => self.take_answer(asked, response),
                    Err(error) => {
                        self.connections.remove(&broker);
                        self.fail(&self.of_broker(broker), &error);
                    }
                }
            }
            Step::LookedUp { partitions, outcome } => {
                self.looking_up = false;
                match outcome {
                    Ok(leaders) => self.take_leaders(leaders),
                    Err(error) => self.fail(&partitions, &error),
                }
            }
            Step::Ranged { asked, outcome } => self.take_range(&asked, outcome),
        }
    }

    /// Returns the partitions that a broker leads.
    fn of_broker(&self, broker: i32) -> Vec<TopicPartition> {
        self.partitions.of_broker(broker).into_iter().map(|asked| asked.topic_partition).collect()
    }

    /// Takes up a broker's answer.
    fn take_answer(&mut self, asked: Vec<Asked>, response: FetchResponse) {
        if response.error_code != 0 {
            let error = Error::Broker { code: ErrorCode(response.error_code), message: None };
            let partitions: Vec<_> = asked.into_iter().map(|asked| asked.topic_partition).collect();
            return self.fail(&partitions, &error);
        }
        let mut ready = Vec::new();
        for (asked, data) in answers(asked, response) {
            match answer(&asked, data, self.options.isolation) {
                Answer::Fetched(fetched) => {
                    if self.partitions.answered(&asked, fetched.position) {
                        ready.push(fetched);
                    }
                }
                Answer::OutOfRange | Answer::Failed(_) if !self.is_current(&asked) => {}
                Answer::OutOfRange => {
                    self.partitions.halt(&asked.topic_partition);
                    let (cluster, timeout) = (self.cluster.clone(), self.options.timeout);
                    self.steps.push(steps::range(cluster, asked, timeout));
                }
                Answer::Failed(error) => self.fail(&[asked.topic_partition], &error),
            }
        }
        if !ready.is_empty() {
            self.ready.push_back(ready);
        }
    }

    /// Tells whether an answer is to what would be asked now.
    fn is_current(&self, asked: &Asked) -> bool {
        self.partitions.get(&asked.topic_partition).is_some_and(|partition| {
            partition.next == asked.offset && partition.standing == Standing::Led(asked.leader)
        })
    }

    /// Takes up the leaders that were looked up.
    fn take_leaders(&mut self, leaders: PerItem<TopicPartition, Leader>) {
        for (topic_partition, leader) in leaders {
            match leader {
                Ok(leader) => {
                    if !self.partitions.found(&topic_partition, leader) {
                        self.partitions.halt(&topic_partition);
                        self.failures.push_back(created_again(&topic_partition));
                    }
                }
                Err(error) => {
                    let error = name(error, &topic_partition);
                    self.fail(&[topic_partition], &error);
                }
            }
        }
    }

    /// Takes up where a log begins and ends, after an offset was out of its range.
    fn take_range(&mut self, asked: &Asked, outcome: Result<(i64, i64), Error>) {
        let topic_partition = &asked.topic_partition;
        let halted = self.partitions.get(topic_partition).is_some_and(|partition| {
            partition.next == asked.offset && partition.standing == Standing::Halted
        });
        if !halted {
            return;
        }
        match outcome {
            // A new leader that had not caught up yet: the offset is there now.
            Ok((log_start, log_end)) if (log_start..=log_end).contains(&asked.offset) => {
                self.partitions.seek(topic_partition, asked.offset);
            }
            Ok((log_start, log_end)) => self.failures.push_back(Error::OffsetOutOfRange {
                topic_partition: topic_partition.clone(),
                wanted: asked.offset,
                log_start,
                log_end,
            }),
            Err(error) => self.failures.push_back(error),
        }
    }

    /// Notes an error of some partitions: what may pass is tried again for a while, the rest is the
    /// caller's.
    fn fail(&mut self, partitions: &[TopicPartition], error: &Error) {
        // A broker that restarts may not know a topic for a moment, and a read that had no answer in
        // time can be sent again without harm.
        let may_pass = matches!(error, Error::Timeout { .. })
            || remedy(error, Repeat::Harmless, true).is_some();
        let timeout = if error.code() == Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) {
            self.options.timeout.min(DELETED_AFTER)
        } else {
            self.options.timeout
        };
        let mut failure = None;
        for topic_partition in partitions {
            if may_pass {
                failure = self.partitions.failed(topic_partition, error, timeout).or(failure);
            } else {
                self.partitions.halt(topic_partition);
                failure = Some(error.clone());
            }
        }
        self.failures.extend(failure);
    }
}

/// How long a topic may be unknown before it counts as deleted: brokers hear of changes within some
/// hundred milliseconds.
const DELETED_AFTER: Duration = Duration::from_secs(3);

/// Names the partition in a broker's error that has no text of its own.
fn name(error: Error, topic_partition: &TopicPartition) -> Error {
    if let Error::Broker { code, message: None } = error {
        return Error::Broker { code, message: Some(topic_partition.to_string()) };
    }
    error
}

/// The topic is another one than that which reading began with.
fn created_again(topic_partition: &TopicPartition) -> Error {
    Error::Broker {
        code: ErrorCode::UNKNOWN_TOPIC_ID,
        message: Some(format!(
            "topic `{}` was deleted and created again while it was read",
            topic_partition.topic
        )),
    }
}
