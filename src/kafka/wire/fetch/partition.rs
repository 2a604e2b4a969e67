//! Where one partition of a reader stands and who leads it. No I/O.

use std::time::Duration;

use uuid::Uuid;

use crate::clock::Deadline;
use crate::kafka::wire::known::Leader;
use crate::model::offset::TopicPartition;

/// One partition of a reader.
#[derive(Debug)]
pub(super) struct Partition {
    /// Where the records end that the caller has got.
    pub(super) position: i64,
    /// Where the next request begins: ahead of `position` while an answer waits for the caller.
    pub(super) next: i64,
    /// The topic's id when reading began; nil until it is known.
    topic_id: Uuid,
    /// Who leads it.
    pub(super) standing: Standing,
    /// When it last brought records: who waited longest is asked for first.
    pub(super) turn: u64,
    /// Since when it gives no answers.
    failing: Option<Failing>,
}

/// Whether and where a partition can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// At its leader.
    Led(Leader),
    /// Its leader must be looked up.
    Lost,
    /// Its log does not have the offset; the log's range is being looked up.
    OutOfRange,
    /// Not until the caller decides: its error was reported, or is about to be.
    Halted,
}

/// A partition that gives no answers.
#[derive(Debug)]
struct Failing {
    /// When the caller hears of it.
    until: Deadline,
    /// How often its leader was looked up since.
    attempts: u32,
}

/// A partition as it is asked for in one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// The partition.
    pub(super) topic_partition: TopicPartition,
    /// Who is asked.
    pub(super) leader: Leader,
    /// The offset.
    pub(super) offset: i64,
}

impl Partition {
    /// A partition to be read from `start`; its leader must be looked up.
    pub(super) fn new(start: i64) -> Self {
        Self {
            position: start,
            next: start,
            topic_id: Uuid::nil(),
            standing: Standing::Lost,
            turn: 0,
            failing: None,
        }
    }

    /// Moves it, and lets it be read again when it was halted.
    pub(super) fn seek(&mut self, offset: i64) {
        (self.position, self.next) = (offset, offset);
        if matches!(self.standing, Standing::Halted | Standing::OutOfRange) {
            self.standing = Standing::Lost;
            self.failing = None;
        }
    }

    /// Returns its leader, if it can be read there.
    pub(super) fn leader(&self) -> Option<Leader> {
        match self.standing {
            Standing::Led(leader) => Some(leader),
            Standing::Lost | Standing::OutOfRange | Standing::Halted => None,
        }
    }

    /// Returns how often its leader was looked up since it gives no answers.
    pub(super) fn attempts(&self) -> u32 {
        self.failing.as_ref().map_or(0, |failing| failing.attempts)
    }

    /// Notes the leader that was looked up. False when the topic is not the one that reading began
    /// with: it was deleted and created again, so that its offsets mean other records.
    pub(super) fn found(&mut self, leader: Leader) -> bool {
        if self.topic_id.is_nil() {
            self.topic_id = leader.topic_id;
        }
        if self.topic_id != leader.topic_id && !leader.topic_id.is_nil() {
            return false;
        }
        if self.standing == Standing::Lost {
            self.standing = Standing::Led(leader);
        }
        true
    }

    /// Notes that an answer came to a request from `offset`, which ends at `next`; `turn` counts
    /// answers. False when it answers what is no longer asked: the caller has moved or stopped the
    /// partition since.
    pub(super) fn answered(&mut self, offset: i64, next: i64, turn: u64) -> bool {
        if self.next != offset || matches!(self.standing, Standing::OutOfRange | Standing::Halted) {
            return false;
        }
        self.failing = None;
        if next > self.next {
            self.next = next;
            self.turn = turn;
        }
        true
    }

    /// Notes that it gave no answer; true when that has lasted for `patience`, so that the caller
    /// should hear of it.
    pub(super) fn failed(&mut self, patience: Duration) -> bool {
        if self.standing == Standing::Halted {
            return false;
        }
        self.standing = Standing::Lost;
        let until = Deadline::after(patience);
        let failing = self.failing.get_or_insert(Failing { until, attempts: 0 });
        failing.until = failing.until.min(until);
        failing.attempts = failing.attempts.saturating_add(1);
        let has_lasted = failing.until.has_passed();
        if has_lasted {
            self.failing = None;
        }
        has_lasted
    }
}
