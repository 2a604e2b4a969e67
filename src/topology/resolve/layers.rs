//! The layers of a topic's settings: built-in, classes, flow, overrides, command line, clamp.
//!
//! Overrides and `--set` are in the tree already, as values of the flow or class; their origin says
//! so.

use std::collections::BTreeMap;

use crate::topology::RETENTION;
use crate::topology::document::{Clamp, Located, MinInsyncReplicas, Settings};
use crate::topology::resolved::{Layer, Protect, Provenance, Role, Setting};
use crate::topology::source::{Origin, Place};

use super::scope::Scope;

/// The settings of a topic while layers are put on.
#[derive(Debug, Clone, Default)]
pub(super) struct Layers {
    pub partitions: Option<Setting<i32>>,
    pub replication: Option<Setting<i16>>,
    pub min_insync_replicas: Option<Setting<MinInsyncReplicas>>,
    pub configs: BTreeMap<String, Setting<String>>,
    pub protect: Option<Protect>,
}

impl Layers {
    /// Puts a layer on: what it says wins over what is there.
    pub(super) fn put(&mut self, settings: &Settings, layer: &Layer, scope: &Scope<'_>) {
        let Settings { partitions, replication, min_insync_replicas, configs, protect } = settings;
        replace(&mut self.partitions, partitions.as_ref(), layer, scope);
        replace(&mut self.replication, replication.as_ref(), layer, scope);
        replace(&mut self.min_insync_replicas, min_insync_replicas.as_ref(), layer, scope);
        for (name, value) in configs {
            self.configs.insert(name.clone(), setting(value, layer, scope));
        }
        if let Some(protect) = protect {
            self.protect = Some(protect.value);
        }
    }

    /// Returns the retention in milliseconds; −1 is for ever.
    pub(super) fn retention_ms(&self) -> Option<i64> {
        self.configs.get(RETENTION).and_then(|retention| retention.value.parse().ok())
    }

    /// Puts the environment's upper bounds on. What is left to the broker gets the bound: nobody
    /// knows whether the broker stays below it.
    pub(super) fn clamp(&mut self, role: Role, scope: &Scope<'_>) {
        let Clamp { partitions, replication, retention_ms } = &scope.settings.clamp;
        let layer = Layer::Clamp(scope.environment.unwrap_or_default().to_owned());
        if let Some(bound) = partitions.get(&role)
            && self.partitions.as_ref().is_none_or(|partitions| partitions.value > bound.value)
        {
            self.partitions = Some(setting(bound, &layer, scope));
        }
        if let Some(bound) = replication.get(&role)
            && self.replication.as_ref().is_none_or(|factor| factor.value > bound.value)
        {
            self.replication = Some(setting(bound, &layer, scope));
        }
        if let Some(bound) = retention_ms.get(&role)
            && self.retention_ms().is_none_or(|ms| is_longer(ms, bound.value))
        {
            let from = provenance(bound.place, &layer, scope);
            let retention = Setting { value: bound.value.to_string(), from };
            self.configs.insert(RETENTION.to_owned(), retention);
        }
    }
}

/// Tells whether a retention is longer than another; −1 is longer than any number.
pub(super) fn is_longer(retention_ms: i64, other_ms: i64) -> bool {
    let length = |ms: i64| if ms < 0 { i64::MAX } else { ms };
    length(retention_ms) > length(other_ms)
}

fn replace<T: Copy>(
    slot: &mut Option<Setting<T>>,
    value: Option<&Located<T>>,
    layer: &Layer,
    scope: &Scope<'_>,
) {
    if let Some(value) = value {
        *slot = Some(setting(value, layer, scope));
    }
}

/// Makes a setting of a value that stands in the file, or was put there.
pub(super) fn setting<T: Clone>(
    value: &Located<T>,
    layer: &Layer,
    scope: &Scope<'_>,
) -> Setting<T> {
    Setting { value: value.value.clone(), from: provenance(value.place, layer, scope) }
}

fn provenance(place: Place, layer: &Layer, scope: &Scope<'_>) -> Provenance {
    let layer = match place.origin {
        Origin::File => layer.clone(),
        Origin::Overrides => Layer::Overrides(scope.environment.unwrap_or_default().to_owned()),
        Origin::CommandLine(number) => {
            let path = scope.sets.get(number).map(|set| set.path.clone());
            Layer::CommandLine(path.unwrap_or_default())
        }
    };
    Provenance { layer, position: scope.source.position(place) }
}

/// Makes a setting that stands in no file.
pub(super) fn built_in<T>(value: T) -> Setting<T> {
    Setting { value, from: Provenance { layer: Layer::BuiltIn, position: None } }
}
