//! Changes that wait for another one: harmless by themselves, and not while the other is blocked.

use std::collections::BTreeMap;

use crate::model::name::FlowId;
use crate::model::topic_config::{CLEANUP_POLICY, RETENTION_BYTES, RETENTION_MS};
use crate::topology::resolved::{Role, Setting};

use super::decide::{Change, Verdict};
use super::difference::{Action, Obstacle};

/// Blocks what waits for a change that is blocked.
pub(super) fn hold_back(changes: &mut [Change]) {
    hold_back_retention(changes);
    hold_back_partitions(changes);
}

/// Holds retention back where a change of the cleanup policy is: how dangerous it is was judged for
/// the policy that is wanted, and while the topic keeps the one that deletes, it would delete.
fn hold_back_retention(changes: &mut [Change]) {
    let held: BTreeMap<_, _> = changes
        .iter()
        .filter(|change| change.sets(&[CLEANUP_POLICY]))
        .filter_map(|change| Some((change.difference.topic.clone(), change.obstacle()?.clone())))
        .collect();
    for change in changes.iter_mut().filter(|change| change.sets(&[RETENTION_MS, RETENTION_BYTES]))
    {
        if let Some(obstacle) = held.get(&change.difference.topic) {
            change.wait_for(CLEANUP_POLICY, obstacle);
        }
    }
}

/// Holds retry topics and DLQs back that have their partitions from a main topic whose own are held
/// back: Kafka never takes partitions away, so who gives the change up could not go back.
fn hold_back_partitions(changes: &mut [Change]) {
    let held: BTreeMap<FlowId, (String, Setting<i32>, Obstacle)> = changes
        .iter()
        .filter(|change| change.difference.role == Role::Main)
        .filter_map(|change| {
            let Action::ChangePartitions { wanted, .. } = &change.difference.action else {
                return None;
            };
            let what = format!("the partitions of `{}`", change.difference.topic);
            let flow = change.difference.flow.clone()?;
            Some((flow, (what, wanted.clone(), change.obstacle()?.clone())))
        })
        .collect();
    for change in changes {
        let Some((what, of_main, obstacle)) =
            change.difference.flow.as_ref().and_then(|flow| held.get(flow))
        else {
            continue;
        };
        // A count of the topic's own has another place in the file.
        if change.partitions() == Some(of_main) {
            change.wait_for(what, obstacle);
        }
    }
}

impl Change {
    /// Tells whether it sets one of these configs.
    fn sets(&self, keys: &[&str]) -> bool {
        match &self.difference.action {
            Action::SetConfig { key, .. } => keys.contains(&key.as_str()),
            Action::Create { .. }
            | Action::ChangePartitions { .. }
            | Action::ChangeReplication { .. }
            | Action::AwaitExternal
            | Action::Read => false,
        }
    }

    /// Returns how many partitions it gives the topic.
    fn partitions(&self) -> Option<&Setting<i32>> {
        match &self.difference.action {
            Action::Create { partitions, .. } => partitions.as_ref(),
            Action::ChangePartitions { wanted, .. } => Some(wanted),
            Action::ChangeReplication { .. }
            | Action::SetConfig { .. }
            | Action::AwaitExternal
            | Action::Read => None,
        }
    }

    /// Blocks it with what stands in the way of another change, unless it is blocked already.
    fn wait_for(&mut self, what: &str, obstacle: &Obstacle) {
        if self.obstacle().is_none() {
            let reason = format!("it waits for {what}: {}", obstacle.reason);
            self.verdict = Verdict::Blocked(Obstacle { reason, ..obstacle.clone() });
        }
    }
}
