//! One change of a plan as JSON.

use serde::Serialize;

use crate::error::Report;
use crate::model::name::FlowId;
use crate::plan::{Action, BlastRadius, Change, LiveGroup, Obstacle, Verdict};
use crate::topology::resolved::{Provenance, Setting};

#[derive(Debug, Serialize)]
pub(super) struct ChangeItem<'a> {
    topic: &'a str,
    role: &'static str,
    flow: Option<&'a str>,
    action: &'static str,
    class: &'static str,
    verdict: &'static str,
    declared_at: String,
    settings: Vec<SettingItem<'a>>,
    obstacle: Option<ObstacleItem<'a>>,
    blast_radius: Option<BlastRadiusItem<'a>>,
}

impl<'a> ChangeItem<'a> {
    pub(super) fn new(change: &'a Change) -> Self {
        let Change { difference, blast_radius, verdict } = change;
        let obstacle = match verdict {
            Verdict::Blocked(obstacle) => Some(ObstacleItem::new(obstacle)),
            Verdict::Go | Verdict::Confirm | Verdict::ConfirmByName => None,
        };
        Self {
            topic: difference.topic.as_str(),
            role: difference.role.name(),
            flow: difference.flow.as_ref().map(FlowId::as_str),
            action: difference.action.name(),
            class: difference.class.name(),
            verdict: verdict.name(),
            declared_at: difference.declared_at.to_string(),
            settings: settings(&difference.action),
            obstacle,
            blast_radius: blast_radius.as_ref().map(BlastRadiusItem::new),
        }
    }
}

#[derive(Debug, Serialize)]
struct SettingItem<'a> {
    name: &'a str,
    old: Option<String>,
    new: String,
    provenance: String,
    file: Option<&'a str>,
    line: Option<usize>,
}

impl<'a> SettingItem<'a> {
    fn new<T: ToString>(name: &'a str, old: Option<&T>, new: &'a Setting<T>) -> Self {
        let Setting { value, from } = new;
        let Provenance { layer: _, position } = from;
        Self {
            name,
            old: old.map(ToString::to_string),
            new: value.to_string(),
            provenance: from.to_string(),
            file: position.as_ref().map(|position| &*position.file),
            line: position.as_ref().map(|position| position.line),
        }
    }
}

/// The names of the two settings that are no configs.
const PARTITIONS: &str = "partitions";
const REPLICATION: &str = "replication_factor";

fn settings(action: &Action) -> Vec<SettingItem<'_>> {
    match action {
        Action::Create { partitions, replication, configs } => {
            let partitions = partitions.iter().map(|new| SettingItem::new(PARTITIONS, None, new));
            let replication =
                replication.iter().map(|new| SettingItem::new(REPLICATION, None, new));
            let configs = configs.iter().map(|(name, new)| SettingItem::new(name, None, new));
            partitions.chain(replication).chain(configs).collect()
        }
        Action::ChangePartitions { current, wanted } => {
            vec![SettingItem::new(PARTITIONS, Some(current), wanted)]
        }
        Action::ChangeReplication { current, wanted } => {
            vec![SettingItem::new(REPLICATION, Some(current), wanted)]
        }
        Action::SetConfig { key, current, wanted } => {
            vec![SettingItem::new(key, current.as_ref(), wanted)]
        }
        Action::AwaitExternal | Action::Read => Vec::new(),
    }
}

#[derive(Debug, Serialize)]
struct ObstacleItem<'a> {
    kind: &'static str,
    reason: &'a str,
    hints: &'a [String],
    exit_code: u8,
}

impl<'a> ObstacleItem<'a> {
    fn new(obstacle: &'a Obstacle) -> Self {
        let Obstacle { kind, reason, hints } = obstacle;
        Self { kind: kind.name(), reason, hints, exit_code: kind.exit().code() }
    }
}

#[derive(Debug, Serialize)]
struct BlastRadiusItem<'a> {
    records_at_most: Option<i64>,
    deletable: Option<DeletableItem>,
    live_groups: Option<&'a [LiveGroup]>,
    errors: Vec<&'a Report>,
}

#[derive(Debug, Serialize)]
struct DeletableItem {
    records_at_most: Option<i64>,
    older_than_ms: u64,
}

impl<'a> BlastRadiusItem<'a> {
    fn new(radius: &'a BlastRadius) -> Self {
        let BlastRadius { records, deletable, groups } = radius;
        let deletable = deletable.as_ref().map(|deletable| DeletableItem {
            records_at_most: deletable.records.as_ref().ok().copied(),
            older_than_ms: u64::try_from(deletable.older_than.as_millis()).unwrap_or(u64::MAX),
        });
        Self {
            records_at_most: records.as_ref().ok().copied(),
            deletable,
            live_groups: groups.as_deref().ok(),
            errors: radius.errors(),
        }
    }
}
