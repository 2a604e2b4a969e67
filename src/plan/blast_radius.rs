//! What a dangerous change would hit: records and live groups, from live data.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::error::{self, Problem, Report};
use crate::model::name::{GroupId, TopicName};
use crate::model::timestamp::Timestamp;
use crate::model::topic_config::RETENTION_MS;
use crate::topology::Resolved;

use super::classify::Class;
use super::difference::Difference;
use super::observed::{Observed, Presence};

/// What has to be asked about a topic before a dangerous change of it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its partitions.
    pub partitions: BTreeSet<i32>,
    /// How long records will be kept; `None` when that is no matter of time, or for ever.
    pub retention: Option<Retention>,
}

/// The retention that a topic will have, and the time before which records are too old for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How long records will be kept.
    pub kept: Duration,
    /// Records from before this time will be deleted.
    pub cutoff: Timestamp,
}

/// What the cluster answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Live {
    /// The topics that were asked about.
    pub topics: BTreeMap<TopicName, LiveTopic>,
}

/// What was found out, or why it is not known.
pub type Known<T> = Result<T, Report>;

/// What is in a topic, and who reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveTopic {
    /// The offsets between log start and end: at most so many records.
    pub records: Known<i64>,
    /// Those of them that are older than the retention; `None` when not asked for.
    pub too_old: Option<Known<i64>>,
    /// The groups with members that have partitions of it.
    pub groups: Known<Vec<LiveGroup>>,
}

impl LiveTopic {
    /// What is known of a topic of which nobody said anything.
    pub fn unanswered() -> Self {
        let reason = unanswered();
        Self {
            records: Err(reason.clone()),
            too_old: Some(Err(reason.clone())),
            groups: Err(reason),
        }
    }
}

/// Why something is not known that was asked for and left out of the answer.
pub(in crate::plan) fn unanswered() -> Report {
    error::report(&Problem::failed("the brokers left it out of their answer").into())
}

/// A group that reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct LiveGroup {
    /// The group.
    pub group: GroupId,
    /// How many members have partitions of the topic.
    pub member_count: usize,
}

/// What a change would hit. Numbers are upper bounds: offsets of transaction markers and of records
/// that compaction took away count too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlastRadius {
    /// Records in the topic.
    pub records: Known<i64>,
    /// The records that could be deleted; `None` when the change deletes none, or not by time.
    pub deletable: Option<Deletable>,
    /// The live groups that read the topic.
    pub groups: Known<Vec<LiveGroup>>,
}

impl BlastRadius {
    /// Says why something of it is not known, each reason once.
    pub fn errors(&self) -> Vec<&Report> {
        let Self { records, deletable, groups } = self;
        let deletable = deletable.as_ref().and_then(|deletable| deletable.records.as_ref().err());
        let mut errors: Vec<&Report> = Vec::new();
        for error in
            [records.as_ref().err(), deletable, groups.as_ref().err()].into_iter().flatten()
        {
            if !errors.contains(&error) {
                errors.push(error);
            }
        }
        errors
    }
}

/// Records that become deletable by time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletable {
    /// How many.
    pub records: Known<i64>,
    /// They are older than this.
    pub older_than: Duration,
}

/// Finds what has to be asked: nothing, unless an existing topic would change dangerously.
pub fn questions(
    differences: &[Difference],
    wanted: &Resolved,
    observed: &Observed,
    now: Timestamp,
) -> BTreeMap<TopicName, Question> {
    let mut questions = BTreeMap::new();
    for difference in differences.iter().filter(|difference| is_at_risk(difference)) {
        let Some(Presence::Present(present)) = observed.topics.get(&difference.topic) else {
            continue;
        };
        questions.entry(difference.topic.clone()).or_insert_with(|| Question {
            partitions: present.description.partitions.keys().copied().collect(),
            retention: declared_retention(wanted, &difference.topic)
                .or_else(|| present.config(RETENTION_MS).and_then(|text| text.parse().ok()))
                .and_then(|ms: i64| retention(ms, now)),
        });
    }
    questions
}

/// What cannot be carried out hits nobody.
fn is_at_risk(difference: &Difference) -> bool {
    difference.obstacle.is_none()
        && matches!(difference.class, Class::Disruptive | Class::Destructive)
}

fn declared_retention(wanted: &Resolved, topic: &TopicName) -> Option<i64> {
    let topic = wanted.topics().find(|wanted| wanted.name == *topic)?;
    topic.configs.get(RETENTION_MS)?.value.trim().parse().ok()
}

fn retention(ms: i64, now: Timestamp) -> Option<Retention> {
    let kept = Duration::from_millis(u64::try_from(ms).ok()?);
    Some(Retention { kept, cutoff: Timestamp(now.0.saturating_sub(ms)) })
}

/// Puts together what a change would hit; `None` for changes that are not dangerous.
pub(super) fn blast_radius(
    difference: &Difference,
    question: Option<&Question>,
    live: &Live,
) -> Option<BlastRadius> {
    let question = question.filter(|_| is_at_risk(difference))?;
    let found = live.topics.get(&difference.topic).cloned();
    let LiveTopic { records, too_old, groups } = found.unwrap_or_else(LiveTopic::unanswered);
    let retention = question.retention.filter(|_| difference.deletes_by_time());
    let deletable = retention
        .zip(too_old)
        .map(|(retention, records)| Deletable { records, older_than: retention.kept });
    Some(BlastRadius { records, deletable, groups })
}
