//! The plan: every difference with its blast radius and its verdict. Applying it makes no choices.

use std::collections::BTreeMap;

use crate::error::Report;
use crate::exit::Exit;
use crate::model::name::TopicName;
use crate::model::timestamp::Timestamp;
use crate::topology::Resolved;

use super::blast_radius::{BlastRadius, Known, Live, Question, blast_radius};
use super::diff::Differences;
use super::difference::{Action, Difference, Obstacle, UnmanagedConfig};
use super::hold_back::hold_back;
use super::observed::Observed;
use super::permissions::Permissions;
use super::undeclared::{Undeclared, undeclared};

/// What would be done, and what stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The project.
    pub project: String,
    /// The environment; `None` when the topology has none.
    pub environment: Option<String>,
    /// Whether the environment is protected.
    pub protected: bool,
    /// The cluster's id, if it is known.
    pub cluster_id: Option<String>,
    /// When the cluster was looked at.
    pub as_of: Timestamp,
    /// The changes in the topology's order.
    pub changes: Vec<Change>,
    /// What is set on topics without being declared. It is left as it is.
    pub unmanaged: Vec<UnmanagedConfig>,
    /// What belongs to a flow by its name without being declared. It is left as it is.
    pub undeclared: Vec<Undeclared>,
    /// How many topics were compared.
    pub compared: usize,
}

/// A difference and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The difference.
    pub difference: Difference,
    /// What the change would hit; only for dangerous ones.
    pub blast_radius: Option<BlastRadius>,
    /// Whether it will be carried out.
    pub verdict: Verdict,
}

/// Whether a change will be carried out. Nothing is without a yes to the plan as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It will.
    Go,
    /// It will, and the question names it.
    Confirm,
    /// It will, when the environment's name is typed.
    ConfirmByName,
    /// It will not.
    Blocked(Obstacle),
}

impl Verdict {
    /// Returns the stable name for machines.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::Confirm => "confirm",
            Self::ConfirmByName => "confirm_by_name",
            Self::Blocked(_) => "blocked",
        }
    }
}

/// How many changes of each kind there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Summary {
    /// Topics to be created.
    pub create: usize,
    /// Settings to be changed.
    pub change: usize,
    /// Things to be deleted.
    pub delete: usize,
    /// Differences that will not be acted on.
    pub blocked: usize,
}

/// What the brokers refuse, asked beforehand with `validate_only`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusals {
    /// Creations, by topic.
    pub creations: BTreeMap<TopicName, Report>,
    /// More partitions, by topic.
    pub partitions: BTreeMap<TopicName, Report>,
    /// Config changes, by topic: Kafka takes all of a topic's together or none.
    pub configs: BTreeMap<TopicName, Report>,
}

impl Refusals {
    fn of(&self, difference: &Difference) -> Option<Obstacle> {
        let report = match &difference.action {
            Action::Create { .. } => self.creations.get(&difference.topic),
            Action::ChangePartitions { .. } => self.partitions.get(&difference.topic),
            Action::SetConfig { .. } => self.configs.get(&difference.topic),
            Action::ChangeReplication { .. } | Action::AwaitExternal | Action::Read => None,
        };
        report.map(Obstacle::refused)
    }
}

/// What was found out about the cluster besides its topics.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// What was asked about topics at risk.
    pub questions: BTreeMap<TopicName, Question>,
    /// What the answers were.
    pub live: Live,
    /// What the brokers refuse.
    pub refusals: Refusals,
    /// How many offsets are in the topics that are left over.
    pub holdings: BTreeMap<TopicName, Known<i64>>,
}

/// Decides what becomes of each difference.
pub fn decide(
    wanted: &Resolved,
    observed: &Observed,
    differences: Differences,
    findings: &Findings,
    permissions: &Permissions,
) -> Plan {
    let Findings { questions, live, refusals, holdings } = findings;
    let Differences { differences, unmanaged, compared } = differences;
    let changes = differences.into_iter().map(|mut difference| {
        let blast_radius = blast_radius(&difference, questions.get(&difference.topic), live);
        difference.obstacle = difference.obstacle.take().or_else(|| refusals.of(&difference));
        let verdict = permissions.judge(&difference, blast_radius.as_ref());
        Change { difference, blast_radius, verdict }
    });
    let mut changes: Vec<_> = changes.collect();
    hold_back(&mut changes);
    Plan {
        project: wanted.project.clone(),
        environment: wanted.environment.clone(),
        protected: wanted.protected,
        cluster_id: observed.cluster.id.clone(),
        as_of: observed.as_of,
        changes,
        unmanaged,
        undeclared: undeclared(&observed.left_over, holdings),
        compared,
    }
}

impl Plan {
    /// Tells whether nothing differs.
    pub fn is_in_sync(&self) -> bool {
        self.changes.is_empty()
    }

    /// Gives the changes that will be carried out.
    pub fn to_do(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.is_to_do())
    }

    /// Gives the obstacles of the changes that will not be carried out.
    pub fn obstacles(&self) -> impl Iterator<Item = &Obstacle> {
        self.changes.iter().filter_map(Change::obstacle)
    }

    /// Counts the changes.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for change in &self.changes {
            match (&change.verdict, &change.difference.action) {
                (Verdict::Blocked(_), _) => summary.blocked += 1,
                (_, Action::Create { .. }) => summary.create += 1,
                (_, _) => summary.change += 1,
            }
        }
        summary
    }

    /// Returns the name of the environment, or of the project where the topology has no
    /// environments.
    pub fn name(&self) -> &str {
        self.environment.as_deref().unwrap_or(&self.project)
    }

    /// Returns the name that has to be typed before anything is done, if one has to.
    pub fn name_to_type(&self) -> Option<&str> {
        let is_needed = self.to_do().any(|change| change.verdict == Verdict::ConfirmByName)
            || (self.protected && self.to_do().next().is_some());
        is_needed.then(|| self.name())
    }

    /// Returns the exit code that tells what stands in the way, `Done` when nothing does. Obstacles
    /// of several kinds make a plain failure: no single way out helps.
    pub fn exit(&self) -> Exit {
        let mut exits = self.obstacles().map(|obstacle| obstacle.kind.exit());
        let Some(first) = exits.next() else { return Exit::Done };
        if exits.all(|exit| exit == first) { first } else { Exit::Failed }
    }
}

impl Change {
    /// Tells whether it will be carried out.
    pub fn is_to_do(&self) -> bool {
        self.obstacle().is_none()
    }

    /// Returns what stands in the way of it.
    pub(super) fn obstacle(&self) -> Option<&Obstacle> {
        match &self.verdict {
            Verdict::Blocked(obstacle) => Some(obstacle),
            Verdict::Go | Verdict::Confirm | Verdict::ConfirmByName => None,
        }
    }
}
