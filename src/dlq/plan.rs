//! The plan of a redrive: what would be sent where, counted before anything is sent.

use std::collections::BTreeMap;
use std::ops::Range;

use super::dead_letter::DeadLetterId;
use super::refusal::{Refusal, RefusalKind};
use super::select::{Before, Decision};
use super::target::Target;
use crate::model::name::TopicName;

/// What a redrive will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    /// The DLQ.
    pub dlq: TopicName,
    /// What is read, partition by partition: the end is that of the log when the command began, or
    /// behind the last dead letter that the limit allows.
    pub ranges: Vec<(i32, Range<i64>)>,
    /// How many are sent, by target.
    pub targets: BTreeMap<Target, u64>,
    /// How many are not sent because another one of the same origin is or was.
    pub duplicates: u64,
    /// What an earlier run has handled of the selected ones.
    pub before: Before,
    /// How many cannot be sent, by reason.
    pub refused: BTreeMap<RefusalKind, u64>,
    /// Offsets that retention deleted while they were pending.
    pub expired: i64,
    /// Offsets behind an open transaction: nobody can know yet what they hold.
    pub hidden: i64,
    /// Records that were asked for by id and are not there.
    pub missing: Vec<DeadLetterId>,
}

impl Redrive {
    /// Starts the plan for these ranges.
    pub fn new(dlq: TopicName, ranges: Vec<(i32, Range<i64>)>, hidden: i64) -> Self {
        Self {
            dlq,
            ranges,
            targets: BTreeMap::new(),
            duplicates: 0,
            before: Before::default(),
            refused: BTreeMap::new(),
            expired: 0,
            hidden,
            missing: Vec::new(),
        }
    }

    /// Takes up a decision.
    pub fn take(&mut self, decision: &Decision) {
        match decision {
            Decision::Send(target) => *self.targets.entry(target.clone()).or_default() += 1,
            Decision::Duplicate => self.duplicates += 1,
            Decision::Refused(refusal) => self.refuse(refusal),
            // What was handled before was counted when the ledger was read.
            Decision::Resolved(_) | Decision::NotSelected => {}
        }
    }

    fn refuse(&mut self, refusal: &Refusal) {
        *self.refused.entry(refusal.kind()).or_default() += 1;
    }

    /// Ends the reading behind this dead letter: the limit is reached.
    pub fn cut_behind(&mut self, partition: i32, offset: i64) {
        let end = offset.saturating_add(1);
        let Some(index) = self.ranges.iter().position(|(p, _)| *p == partition) else { return };
        self.ranges.truncate(index + 1);
        if let Some((_, range)) = self.ranges.last_mut() {
            range.end = range.end.min(end);
        }
    }

    /// Returns how many are sent.
    pub fn sent(&self) -> u64 {
        self.targets.values().sum()
    }

    /// Returns how many a run has to do with: sent, remembered as duplicates, or refused.
    pub fn handled(&self) -> u64 {
        self.sent() + self.duplicates + self.refused.values().sum::<u64>()
    }

    /// Tells whether a run has something to write.
    pub fn writes(&self) -> bool {
        self.sent() > 0 || self.duplicates > 0
    }

    /// Returns how many are sent, by topic.
    pub fn sent_by_topic(&self) -> BTreeMap<&TopicName, u64> {
        let mut topics = BTreeMap::new();
        for (target, count) in &self.targets {
            *topics.entry(&target.topic).or_default() += count;
        }
        topics
    }

    /// Tells whether something that was selected cannot be redriven.
    pub fn is_partial(&self) -> bool {
        !self.refused.is_empty() || self.expired > 0 || self.hidden > 0 || !self.missing.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dlq::target::TargetPartition;

    #[test]
    fn a_limit_ends_the_reading_and_later_partitions_are_not_read() {
        let mut plan = Redrive::new("d".into(), vec![(0, 0..10), (1, 5..50), (2, 0..9)], 0);
        plan.cut_behind(1, 7);
        assert_eq!(plan.ranges, [(0, 0..10), (1, 5..8)]);
    }

    #[test]
    fn decisions_are_counted() {
        let mut plan = Redrive::new("d".into(), Vec::new(), 0);
        let target = |n| Target { topic: "t".into(), partition: TargetPartition::Original(n) };
        plan.take(&Decision::Send(target(0)));
        plan.take(&Decision::Send(target(1)));
        plan.take(&Decision::Send(target(1)));
        plan.take(&Decision::Duplicate);
        plan.take(&Decision::NotSelected);
        assert!(!plan.is_partial());
        plan.take(&Decision::Refused(Refusal::SameTopic));
        assert!(plan.is_partial());
        assert_eq!(plan.sent(), 3);
        assert_eq!(plan.sent_by_topic(), BTreeMap::from([(&"t".into(), 3)]));
        assert_eq!(
            (plan.duplicates, plan.refused),
            (1, BTreeMap::from([(RefusalKind::SameTopic, 1)]))
        );
    }
}
