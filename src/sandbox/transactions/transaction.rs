//! One transactional id: its current producer and what its transaction has touched.

use std::collections::BTreeSet;

use kafka_protocol::ResponseError;

use super::end::{Ending, Outcome};
use crate::model::name::GroupId;
use crate::model::offset::TopicPartition;
use crate::model::timestamp::Timestamp;

/// A producer id and the epoch that tells its instances apart: the highest may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sandbox) struct Producer {
    pub(in crate::sandbox) id: i64,
    pub(in crate::sandbox) epoch: i16,
}

impl Producer {
    /// Whether no instance can get a higher epoch: the last one is kept for fencing.
    pub(super) fn is_exhausted(self) -> bool {
        self.epoch >= i16::MAX - 1
    }

    /// The next instance. The highest epoch is never given to a client, so there is a next one
    /// whenever somebody has to be fenced.
    pub(super) fn bumped(self) -> Self {
        Self { epoch: self.epoch.saturating_add(1), ..self }
    }
}

/// Where a transactional id stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// A producer has started and no transaction has.
    Empty,
    Ongoing,
    /// The last transaction was completed.
    Complete(Outcome),
}

impl State {
    /// Returns Kafka's own name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::Ongoing => "Ongoing",
            Self::Complete(Outcome::Commit) => "CompleteCommit",
            Self::Complete(Outcome::Abort) => "CompleteAbort",
        }
    }
}

/// A transactional id.
#[derive(Debug)]
pub(super) struct Transaction {
    pub(super) producer: Producer,
    /// The epoch before a bump that the producer itself asked for: if the answer was lost, it asks
    /// again with this one (KIP-360).
    pub(super) last_epoch: Option<i16>,
    /// The producer id before the epochs were used up, for the same reason.
    pub(super) last_producer_id: Option<i64>,
    pub(super) timeout_ms: i32,
    pub(super) state: State,
    /// When the current or last transaction began.
    pub(super) started: Option<Timestamp>,
    /// What the ongoing transaction has; nothing between two.
    pub(super) partitions: BTreeSet<TopicPartition>,
    pub(super) groups: BTreeSet<GroupId>,
}

impl Transaction {
    pub(super) fn new(producer: Producer, timeout_ms: i32) -> Self {
        Self {
            producer,
            last_epoch: None,
            last_producer_id: None,
            timeout_ms,
            state: State::Empty,
            started: None,
            partitions: BTreeSet::new(),
            groups: BTreeSet::new(),
        }
    }

    /// Checks that a producer is the current one.
    pub(super) fn check(&self, producer: Producer) -> Result<(), ResponseError> {
        if producer.id != self.producer.id {
            Err(ResponseError::InvalidProducerIdMapping)
        } else if producer.epoch != self.producer.epoch {
            Err(ResponseError::ProducerFenced)
        } else {
            Ok(())
        }
    }

    /// Begins a transaction, unless one goes on.
    pub(super) fn begin(&mut self, now: Timestamp) {
        if self.state != State::Ongoing {
            self.state = State::Ongoing;
            self.started = Some(now);
        }
    }

    /// Ends the transaction that goes on.
    pub(super) fn end(&mut self, outcome: Outcome) -> Ending {
        self.state = State::Complete(outcome);
        Ending {
            producer: self.producer,
            outcome,
            partitions: std::mem::take(&mut self.partitions),
            groups: std::mem::take(&mut self.groups),
        }
    }

    /// Aborts the transaction that goes on under a new epoch, so that its producer can neither
    /// write nor end it any more.
    pub(super) fn fence(&mut self) -> Ending {
        self.producer = self.producer.bumped();
        self.last_epoch = None;
        self.end(Outcome::Abort)
    }

    /// Whether the transaction takes longer than its producer said it would.
    pub(super) fn is_late(&self, now: Timestamp) -> bool {
        let age = |started: Timestamp| now.0.saturating_sub(started.0);
        self.state == State::Ongoing
            && self.started.is_some_and(|started| age(started) > i64::from(self.timeout_ms))
    }
}
