//! Decides of each dead letter whether it is redriven, and where to; the rule of one redrive.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::compose::{self, RecordTime};
use super::dead_letter::DeadLetter;
use super::duplicates::Known;
use super::query::Query;
use super::refusal::Refusal;
use super::target::{self, Target, TargetRule, Topics};
use crate::ledger::{Done, Outcome};
use crate::model::name::TopicName;
use crate::model::own_topics::OwnTopics;
use crate::model::timestamp::Timestamp;

/// What becomes of a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is sent.
    Send(Target),
    /// Another one of the same origin, key and value is sent, or was.
    Duplicate,
    /// It was selected and cannot be sent.
    Refused(Refusal),
    /// The ledger has it: nothing is done again.
    Resolved(Outcome),
    /// It was not selected.
    NotSelected,
}

/// What a redrive asks for, besides the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Where to.
    pub target: TargetRule,
    /// Which timestamp the records get.
    pub time: RecordTime,
    /// How often a record may be redriven.
    pub max_redrives: u32,
    /// flowctl's own topics, which take no dead letters.
    pub own_topics: OwnTopics,
}

/// Decides record by record. It must see the dead letters in order, and before them what
/// [`Selector::remember`] takes, so that it knows what is a duplicate.
#[derive(Debug, Clone)]
pub struct Selector {
    query: Query,
    rule: Rule,
    /// The oldest timestamp that a target takes, where there is a limit.
    oldest: BTreeMap<TopicName, Timestamp>,
    /// All that is sent or was.
    known: Known,
    /// What the query selects of that which was handled before.
    before: Before,
    sent: u64,
}

/// How many of the selected dead letters an earlier run has handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Before {
    /// They were sent.
    pub redriven: u64,
    /// Another one of the same origin was.
    pub duplicates: u64,
}

impl Selector {
    /// Starts a selection.
    pub fn new(query: Query, rule: Rule) -> Self {
        let (known, before) = (Known::default(), Before::default());
        Self { query, rule, oldest: BTreeMap::new(), known, before, sent: 0 }
    }

    /// Sets the oldest timestamp that a target keeps.
    pub fn set_oldest(&mut self, topic: TopicName, oldest: Timestamp) {
        self.oldest.insert(topic, oldest);
    }

    /// Returns the selection's rule.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Returns the query.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Remembers a dead letter that the ledger has with this outcome.
    pub fn remember(&mut self, dead_letter: &DeadLetter, outcome: &Outcome) {
        self.known.insert(dead_letter);
        if self.query.matches(dead_letter) {
            match outcome {
                Outcome::Redriven { .. } => self.before.redriven += 1,
                Outcome::Duplicate => self.before.duplicates += 1,
            }
        }
    }

    /// Returns what the query selects of that which was remembered.
    pub fn before(&self) -> Before {
        self.before
    }

    /// Tells whether as many as wanted have been selected.
    pub fn is_satisfied(&self) -> bool {
        self.query.limit.is_some_and(|limit| self.sent >= limit)
    }

    /// Decides about the next dead letter, whose origin has been checked. `done` is what the ledger
    /// says of it.
    pub fn decide(
        &mut self,
        dead_letter: &DeadLetter,
        done: Option<Done<'_>>,
        topics: &Topics,
    ) -> Decision {
        if !self.query.matches(dead_letter) {
            return Decision::NotSelected;
        }
        if let Some(done) = done {
            return Decision::Resolved(done.outcome.clone());
        }
        if self.is_satisfied() {
            return Decision::NotSelected;
        }
        let target = match self.check(dead_letter, topics) {
            Ok(target) => target,
            Err(refusal) => return Decision::Refused(refusal),
        };
        if !self.known.insert(dead_letter) {
            return Decision::Duplicate;
        }
        self.sent += 1;
        Decision::Send(target)
    }

    /// Finds the target, and whatever speaks against sending.
    fn check(&self, dead_letter: &DeadLetter, topics: &Topics) -> Result<Target, Refusal> {
        let target = target::target(dead_letter, &self.rule, topics)?;
        let count = compose::redrive_count(dead_letter);
        if count >= self.rule.max_redrives {
            return Err(Refusal::TooManyRedrives(count, self.rule.max_redrives));
        }
        if self.rule.time == RecordTime::Original {
            let time = compose::original_timestamp(dead_letter).ok_or(Refusal::NoTimestamp)?;
            if self.oldest.get(&target.topic).is_some_and(|oldest| time < *oldest) {
                return Err(Refusal::TooOld(time, target.topic));
            }
        }
        Ok(target)
    }
}
