//! What becomes of each step of a reader: records for the caller, another attempt, or an error.

use std::time::Duration;

use kafka_protocol::messages::FetchResponse;

use super::answer::{Answer, answer};
use super::partition::{Asked, Standing};
use super::reader::{Reader, name};
use super::request::answers;
use super::steps::{self, Step};
use crate::kafka::wire::incarnations::DELETED_AFTER;
use crate::kafka::wire::known::Leader;
use crate::kafka::{Error, ErrorCode, PerItem};
use crate::model::offset::TopicPartition;

impl Reader {
    /// Takes up what a step has brought.
    pub(super) fn take(&mut self, step: Step) {
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
                    self.partitions.out_of_range(&asked.topic_partition);
                    let (cluster, timeout) = (self.cluster.clone(), self.patience);
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
                        self.halt(&topic_partition, created_again(&topic_partition));
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
        let is_current = self.partitions.get(topic_partition).is_some_and(|partition| {
            partition.next == asked.offset && partition.standing == Standing::OutOfRange
        });
        if !is_current {
            return;
        }
        let (log_start, log_end) = match outcome {
            Ok(range) => range,
            Err(error) => return self.fail(std::slice::from_ref(topic_partition), &error),
        };
        let error = Error::OffsetOutOfRange {
            topic_partition: topic_partition.clone(),
            wanted: asked.offset,
            log_start,
            log_end,
        };
        if (log_start..=log_end).contains(&asked.offset) {
            // The leader had not caught up yet; it has now.
            let timeout = self.patience;
            self.failures.extend(self.partitions.failed(topic_partition, &error, timeout));
        } else {
            self.halt(topic_partition, error);
        }
    }

    /// Reads a partition no longer and tells the caller why.
    fn halt(&mut self, topic_partition: &TopicPartition, error: Error) {
        self.partitions.halt(topic_partition);
        self.failures.push_back(error);
    }

    /// Notes an error of some partitions: what may pass is tried again for a while, the rest is the
    /// caller's.
    fn fail(&mut self, partitions: &[TopicPartition], error: &Error) {
        // A broker that restarts may not know a topic for a moment, and a read that had no answer
        // in time can be sent again without harm.
        let may_pass = matches!(error, Error::Timeout { .. }) || error.remedy(true).is_some();
        let timeout = if error.code() == Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) {
            self.patience.min(DELETED_AFTER)
        } else {
            self.patience
        };
        // Nobody has answered since that was asked.
        let waited =
            if let Error::Timeout { allowed, .. } = error { *allowed } else { Duration::ZERO };
        let timeout = timeout.saturating_sub(waited);
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

/// The topic is another one than that which reading began with. That one is gone for good, which
/// `UNKNOWN_TOPIC_ID` would not say.
fn created_again(topic_partition: &TopicPartition) -> Error {
    Error::Broker {
        code: ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        message: Some(format!(
            "topic `{}` was deleted and created again while it was read",
            topic_partition.topic
        )),
    }
}
