//! `environments`: where a topology is applied, and how it differs there.

use std::collections::BTreeMap;

use crate::topology::document::{
    Clamp, Cluster, Comparison, Environment, Located, Requirement, Subject,
};
use crate::topology::resolved::{Role, Serialization};
use crate::topology::source::{Findings, is_secret_key};
use crate::topology::variables;
use crate::topology::yaml::{Entry, Kind};

use super::fields::{Fields, entries_of};
use super::{scalar, settings};

/// Reads an environment. Its overrides are read where they apply: as values of what they override.
pub(super) fn environment(entry: &Entry, findings: &mut Findings<'_>) -> Environment {
    let what = format!("environment `{}`", entry.key);
    let mut fields = Fields::of(&entry.value, what, findings);
    let namespace = fields.take("namespace").and_then(|entry| scalar::text(entry, findings));
    let cluster = fields.take("cluster").map(|entry| cluster(entry, findings));
    let registry_url = fields.take("registry").and_then(|entry| registry(entry, findings));
    let serialization = fields.take("serialization").and_then(|entry| {
        let words = [("json", Serialization::Json), ("avro", Serialization::Avro)];
        scalar::word(entry, &words, findings)
    });
    let protected = fields.take("protected").and_then(|entry| scalar::boolean(entry, findings));
    let ledger = fields.take("ledger").and_then(|entry| scalar::some_text(entry, findings));
    let clamp = fields.take("clamp").map(|entry| clamp(entry, findings));
    let require = fields.take("require").map(|entry| require(entry, findings));
    if let Some(entry) = fields.take("overrides") {
        entries_of(&entry.value, "`overrides`", findings);
    }
    fields.not_yet(&["acls"], findings);
    fields.finish(findings);
    Environment {
        namespace,
        cluster: cluster.unwrap_or_default(),
        registry_url,
        serialization: serialization.map(|s| s.value),
        protected: protected.unwrap_or_default(),
        ledger,
        clamp: clamp.unwrap_or_default(),
        require: require.unwrap_or_default(),
    }
}

fn cluster(entry: &Entry, findings: &mut Findings<'_>) -> Cluster {
    let mut fields = Fields::of(&entry.value, "`cluster`", findings);
    let brokers = fields.take("brokers").and_then(|entry| with_variables(entry, findings));
    let id = fields.take("id").and_then(|entry| with_variables(entry, findings));
    let mut properties_file = None;
    let mut properties = BTreeMap::new();
    if let Some(entry) = fields.take("properties") {
        if let Kind::Scalar { .. } = entry.value.kind {
            properties_file = with_variables(entry, findings);
        } else {
            let what = "`properties` (client properties, or the path of a file with them)";
            for entry in entries_of(&entry.value, what, findings) {
                if let Some(value) = property(entry, findings) {
                    properties.insert(entry.key.clone(), value);
                }
            }
        }
    }
    fields.finish(findings);
    Cluster { brokers, id, properties_file, properties }
}

fn property(entry: &Entry, findings: &mut Findings<'_>) -> Option<Located<String>> {
    let value = scalar::text(entry, findings)?;
    if is_secret_key(&entry.key) && !value.value.contains("${") {
        let message = format!("the secret `{}` is written in the file", entry.key);
        let hint = "take it from a variable, for example \"${KAFKA_PASSWORD}\"";
        findings.warning(value.place, "secret_in_file", message, hint);
    }
    variables::check(&value, findings).then_some(value)
}

fn registry(entry: &Entry, findings: &mut Findings<'_>) -> Option<Located<String>> {
    let mut fields = Fields::of(&entry.value, "`registry`", findings);
    let url = fields
        .require("url", "http://localhost:8081", findings)
        .and_then(|entry| with_variables(entry, findings));
    fields.finish(findings);
    url
}

/// Reads a text in which variables may stand.
fn with_variables(entry: &Entry, findings: &mut Findings<'_>) -> Option<Located<String>> {
    scalar::some_text(entry, findings).filter(|text| variables::check(text, findings))
}

const ROLES: [(&str, Role); 3] = [("main", Role::Main), ("retry", Role::Retry), ("dlq", Role::Dlq)];

fn clamp(entry: &Entry, findings: &mut Findings<'_>) -> Clamp {
    let mut fields = Fields::of(&entry.value, "`clamp`", findings);
    let partitions = fields.take("partitions").map(|entry| {
        by_role(entry, findings, |entry, findings| {
            scalar::integer(entry, 1, settings::MAX_PARTITIONS, findings)
        })
    });
    let replication = fields.take("replication").map(|entry| {
        by_role(entry, findings, |entry, findings| scalar::integer(entry, 1, i16::MAX, findings))
    });
    let retention_ms =
        fields.take("retention").map(|entry| by_role(entry, findings, scalar::retention));
    fields.finish(findings);
    Clamp {
        partitions: partitions.unwrap_or_default(),
        replication: replication.unwrap_or_default(),
        retention_ms: retention_ms.unwrap_or_default(),
    }
}

/// Reads one bound for all roles, or a mapping of roles to bounds.
fn by_role<T: Copy>(
    entry: &Entry,
    findings: &mut Findings<'_>,
    read: impl Fn(&Entry, &mut Findings<'_>) -> Option<Located<T>>,
) -> BTreeMap<Role, Located<T>> {
    let Kind::Mapping(_) = entry.value.kind else {
        let bound = read(entry, findings);
        return bound.map_or_else(BTreeMap::new, |bound| {
            ROLES
                .iter()
                .map(|(_, role)| (*role, Located { value: bound.value, place: bound.place }))
                .collect()
        });
    };
    let what = format!("`{}`", entry.key);
    let mut fields = Fields::of(&entry.value, what, findings);
    let mut bounds = BTreeMap::new();
    for (name, role) in ROLES {
        if let Some(bound) = fields.take(name).and_then(|entry| read(entry, findings)) {
            bounds.insert(role, bound);
        }
    }
    fields.finish(findings);
    bounds
}

fn require(entry: &Entry, findings: &mut Findings<'_>) -> Vec<Requirement> {
    let mut fields = Fields::of(&entry.value, "`require`", findings);
    let mut requirements = Vec::new();
    for (key, subject) in [
        ("partitions", Subject::Partitions),
        ("replication", Subject::Replication),
        ("min_insync_replicas", Subject::MinInsyncReplicas),
    ] {
        if let Some(requirement) =
            fields.take(key).and_then(|entry| requirement(entry, subject, findings))
        {
            requirements.push(requirement);
        }
    }
    fields.finish(findings);
    requirements
}

fn requirement(
    entry: &Entry,
    subject: Subject,
    findings: &mut Findings<'_>,
) -> Option<Requirement> {
    let text = scalar::text(entry, findings)?;
    let comparisons =
        [(">=", Comparison::AtLeast), ("<=", Comparison::AtMost), ("=", Comparison::Equal)];
    let requirement = comparisons.iter().find_map(|(sign, comparison)| {
        let bound = text.value.strip_prefix(sign)?.trim().parse().ok()?;
        Some(Requirement { subject, comparison: *comparison, bound, place: text.place })
    });
    if requirement.is_none() {
        let message =
            format!("`{}` must be a comparison such as \">=3\", not `{}`", entry.key, text.value);
        let hint = "the signs are >=, <= and =";
        findings.error_with_hint(text.place, "comparison", message, hint);
    }
    requirement
}
