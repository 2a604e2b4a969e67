//! Values for the tests of this room.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::topology::Position;
use crate::topology::resolved::{Layer, Protect, Provenance, Role, Setting};

use super::classify::Class;
use super::difference::{Action, Difference};

/// Makes a setting that stands in `topology.yaml:1`.
pub(super) fn setting<T>(value: T) -> Setting<T> {
    Setting { value, from: Provenance { layer: Layer::Flow, position: Some(position()) } }
}

pub(super) fn position() -> Position {
    Position { file: Arc::from("topology.yaml"), line: 1, column: 1 }
}

/// Makes the difference of a retention.
pub(super) fn set_retention(topic: &str, wanted: &str) -> Difference {
    Difference {
        topic: topic.into(),
        role: Role::Main,
        flow: Some(topic.into()),
        protect: Protect::Standard,
        declared_at: position(),
        action: Action::SetConfig {
            key: "retention.ms".to_owned(),
            current: Some("1000".to_owned()),
            wanted: setting(wanted.to_owned()),
        },
        class: Class::Destructive,
        obstacle: None,
    }
}

/// Makes the difference of a missing topic.
pub(super) fn create(topic: &str, partitions: i32) -> Difference {
    let configs = BTreeMap::from([("retention.ms".to_owned(), setting("1000".to_owned()))]);
    Difference {
        class: Class::Additive,
        action: Action::Create {
            partitions: Some(setting(partitions)),
            replication: Some(setting(1)),
            configs,
        },
        ..set_retention(topic, "0")
    }
}
