//! One difference between what is wanted and what is there.

use std::collections::BTreeMap;

use crate::error::Report;
use crate::exit::Exit;
use crate::model::name::{FlowId, TopicName};
use crate::model::topic_config::{CLEANUP_POLICY, RETENTION_MS};
use crate::topology::Position;
use crate::topology::resolved::{Protect, Role, Setting};

use super::classify::Class;

/// A difference of one topic. Each is one line of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The topic.
    pub topic: TopicName,
    /// What the topic is for.
    pub role: Role,
    /// The flow it belongs to; `None` for the ledger.
    pub flow: Option<FlowId>,
    /// How it is protected.
    pub protect: Protect,
    /// Where it is declared.
    pub declared_at: Position,
    /// What would have to be done.
    pub action: Action,
    /// How dangerous that is.
    pub class: Class,
    /// Why it cannot be done, whatever is allowed.
    pub obstacle: Option<Obstacle>,
}

impl Difference {
    /// Tells whether records become deletable because of their age.
    pub(super) fn deletes_by_time(&self) -> bool {
        match &self.action {
            Action::SetConfig { key, .. } => {
                self.class == Class::Destructive
                    && [RETENTION_MS, CLEANUP_POLICY].contains(&key.as_str())
            }
            Action::Create { .. }
            | Action::ChangePartitions { .. }
            | Action::ChangeReplication { .. }
            | Action::AwaitExternal
            | Action::Read => false,
        }
    }
}

/// What would have to be done about a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Create the topic; what is `None` is left to the broker.
    Create {
        /// The partition count.
        partitions: Option<Setting<i32>>,
        /// The replication factor.
        replication: Option<Setting<i16>>,
        /// The configs.
        configs: BTreeMap<String, Setting<String>>,
    },
    /// Change the partition count.
    ChangePartitions {
        /// What it is.
        current: i32,
        /// What is wanted.
        wanted: Setting<i32>,
    },
    /// Change the replication factor.
    ChangeReplication {
        /// What it is.
        current: i16,
        /// What is wanted.
        wanted: Setting<i16>,
    },
    /// Set a config.
    SetConfig {
        /// Kafka's name of it.
        key: String,
        /// The value in force; `None` when the broker gives none.
        current: Option<String>,
        /// What is wanted.
        wanted: Setting<String>,
    },
    /// Nothing flowctl may do: a topic of somebody else is missing.
    AwaitExternal,
    /// Find out what is there: the cluster did not say.
    Read,
}

impl Action {
    /// Returns the stable name for machines.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::ChangePartitions { .. } => "change_partitions",
            Self::ChangeReplication { .. } => "change_replication_factor",
            Self::SetConfig { .. } => "set_config",
            Self::AwaitExternal => "await_external",
            Self::Read => "read",
        }
    }
}

/// What stands in the way of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// Of which kind it is.
    pub kind: ObstacleKind,
    /// What stands in the way.
    pub reason: String,
    /// What can be done about it.
    pub hints: Vec<String>,
}

/// The kinds of obstacles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObstacleKind {
    /// A flag is missing that allows it.
    Protected,
    /// Kafka cannot do it.
    Impossible,
    /// Kafka can, flowctl cannot yet.
    Unsupported,
    /// The cluster refuses it, or did not say what is there.
    Refused(Exit),
}

impl ObstacleKind {
    /// Returns the stable name for machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Protected => "protected",
            Self::Impossible => "impossible",
            Self::Unsupported => "unsupported",
            Self::Refused(_) => "refused",
        }
    }

    /// Returns the exit code of a command that meets nothing else.
    pub fn exit(self) -> Exit {
        match self {
            Self::Protected => Exit::Refused,
            Self::Impossible | Self::Unsupported => Exit::Failed,
            Self::Refused(exit) => exit,
        }
    }
}

impl Obstacle {
    /// Kafka cannot do it.
    pub(super) fn impossible(reason: impl Into<String>, hints: &[&str]) -> Self {
        let hints = hints.iter().map(|&way| way.to_owned()).collect();
        Self { kind: ObstacleKind::Impossible, reason: reason.into(), hints }
    }

    /// The cluster said no, or nothing.
    pub(super) fn refused(report: &Report) -> Self {
        Self {
            kind: ObstacleKind::Refused(Exit::from_code(report.exit_code)),
            reason: report.in_one_line(),
            hints: report.hints.clone(),
        }
    }
}

/// A config that is set on a topic and that the topology does not declare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmanagedConfig {
    /// The topic.
    pub topic: TopicName,
    /// Kafka's name of the config.
    pub key: String,
    /// Its value; `None` when it is withheld.
    pub value: Option<String>,
}
