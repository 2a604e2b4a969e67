//! One topic: bounds put on, minimum in-sync replicas counted, requirements checked.

use crate::model::name::TopicName;
use crate::topology::document::{Comparison, MinInsyncReplicas, Requirement, Subject};
use crate::topology::resolved::{Layer, Protect, Provenance, ResolvedTopic, Role, Setting};
use crate::topology::source::{Findings, Place};
use crate::topology::{MIN_INSYNC_REPLICAS, Position};

use super::layers::Layers;
use super::scope::Scope;

/// What a topic is, apart from its settings.
#[derive(Debug)]
pub(super) struct Identity {
    pub name: TopicName,
    pub role: Role,
    pub keyed: bool,
    pub place: Place,
}

/// Finishes a topic that flowctl makes.
pub(super) fn finish(
    identity: Identity,
    layers: &Layers,
    scope: &Scope<'_>,
    findings: &mut Findings<'_>,
) -> ResolvedTopic {
    let Identity { name, role, keyed, place } = identity;
    let mut configs = layers.configs.clone();
    let min_insync = min_insync_replicas(&name, layers, place, findings);
    if let Some(Setting { value, from }) = &min_insync {
        let setting = Setting { value: value.to_string(), from: from.clone() };
        configs.insert(MIN_INSYNC_REPLICAS.to_owned(), setting);
    }
    ResolvedTopic {
        name,
        role,
        external: false,
        partitions: layers.partitions.clone(),
        replication: layers.replication.clone(),
        configs,
        protect: layers.protect.unwrap_or(Protect::Standard),
        keyed,
        declared_at: scope.source.declared_at(place),
    }
}

/// Counts the minimum in-sync replicas. More than there are replicas is impossible, unless a clamp
/// took the replicas away: then the clamp holds for both.
fn min_insync_replicas(
    name: &TopicName,
    layers: &Layers,
    place: Place,
    findings: &mut Findings<'_>,
) -> Option<Setting<i16>> {
    let Setting { value, from } = layers.min_insync_replicas.clone()?;
    let count = match value {
        MinInsyncReplicas::Count(count) => count,
        MinInsyncReplicas::Auto => {
            let value = (layers.replication.as_ref()?.value - 1).max(1);
            let layer = Layer::Derived("auto: replication - 1, at least 1".to_owned());
            return Some(Setting { value, from: Provenance { layer, position: from.position } });
        }
    };
    match &layers.replication {
        Some(replication) if count > replication.value => {
            if !matches!(replication.from.layer, Layer::Clamp(_)) {
                let message = format!(
                    "`{name}` would need {count} in-sync replicas and has replication {} ({})",
                    replication.value, replication.from
                );
                let hint = "`min_insync_replicas: auto` is always one less";
                let place = place_of(&from, place, findings);
                findings.error_with_hint(place, "min_insync_replicas", message, hint);
            }
            Some(replication.clone())
        }
        Some(_) | None => Some(Setting { value: count, from }),
    }
}

/// The value that a requirement is about and its origin; `None` when it is left to the broker.
type Value<'t> = Option<(i64, &'t Provenance)>;

/// Checks what the environment requires. Topics with the same value from the same place are one
/// error.
pub(super) fn check_requirements(
    topics: &[&ResolvedTopic],
    scope: &Scope<'_>,
    place: Place,
    findings: &mut Findings<'_>,
) {
    for requirement in &scope.settings.require {
        let mut broken: Vec<(Value<'_>, Vec<&str>)> = Vec::new();
        for topic in topics.iter().filter(|topic| !topic.external) {
            let value = value_of(topic, requirement.subject);
            if value.as_ref().is_some_and(|(value, _)| holds(requirement, *value)) {
                continue;
            }
            match broken.iter_mut().find(|(known, _)| *known == value) {
                Some((_, names)) => names.push(topic.name.as_str()),
                None => broken.push((value, vec![topic.name.as_str()])),
            }
        }
        for (value, names) in broken {
            report(requirement, value, &names, scope, place, findings);
        }
    }
}

fn report(
    requirement: &Requirement,
    value: Value<'_>,
    names: &[&str],
    scope: &Scope<'_>,
    place: Place,
    findings: &mut Findings<'_>,
) {
    let Requirement { subject, comparison, bound, place: required_at } = requirement;
    let subject = match subject {
        Subject::Partitions => "partitions",
        Subject::Replication => "replication",
        Subject::MinInsyncReplicas => "min_insync_replicas",
    };
    let sign = match comparison {
        Comparison::AtLeast => ">=",
        Comparison::AtMost => "<=",
        Comparison::Equal => "=",
    };
    let names = match names {
        [first, second, third, more @ ..] if !more.is_empty() => {
            format!("`{first}`, `{second}`, `{third}` and {} more", more.len())
        }
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    };
    let (is, place) = match value {
        Some((value, from)) => (format!("{value} ({from})"), place_of(from, place, findings)),
        None => ("left to the broker".to_owned(), place),
    };
    let environment = scope.environment.unwrap_or_default();
    let message = format!("{subject} of {names} is {is}; `{environment}` requires {sign}{bound}");
    let hint = format!("the requirement stands in line {}", required_at.line);
    findings.error_with_hint(place, "requirement", message, hint);
}

fn value_of(topic: &ResolvedTopic, subject: Subject) -> Value<'_> {
    match subject {
        Subject::Partitions => topic.partitions.as_ref().map(|s| (i64::from(s.value), &s.from)),
        Subject::Replication => topic.replication.as_ref().map(|s| (i64::from(s.value), &s.from)),
        Subject::MinInsyncReplicas => {
            let setting = topic.configs.get(MIN_INSYNC_REPLICAS)?;
            Some((setting.value.parse().ok()?, &setting.from))
        }
    }
}

fn holds(requirement: &Requirement, value: i64) -> bool {
    match requirement.comparison {
        Comparison::AtLeast => value >= requirement.bound,
        Comparison::AtMost => value <= requirement.bound,
        Comparison::Equal => value == requirement.bound,
    }
}

/// Finds where a value stands; `otherwise` where it stands in no file.
fn place_of(from: &Provenance, otherwise: Place, findings: &Findings<'_>) -> Place {
    let at = |position: &Position| findings.source().place_at(position);
    from.position.as_ref().map_or(otherwise, at)
}
