//! Names of topics: legal, by the project's rules, and no two alike.

use std::collections::BTreeMap;

use crate::model::name::TopicName;
use crate::topology::document::Rule;
use crate::topology::source::{Findings, Place};

/// The names that are taken.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// By the name as Kafka's metrics have it, where `.` is `_`.
    taken: BTreeMap<String, Taken>,
}

#[derive(Debug)]
struct Taken {
    name: TopicName,
    place: Place,
    external: bool,
}

impl Names {
    /// Takes the name of a topic that flowctl makes.
    pub(super) fn take(
        &mut self,
        name: &TopicName,
        place: Place,
        rules: &[Rule],
        findings: &mut Findings<'_>,
    ) {
        if let Err(illegal) = name.check() {
            findings.error(place, "illegal_name", format!("topic name `{name}`: {illegal}"));
            return;
        }
        if name.as_str().starts_with("__") {
            let message = format!("`{name}` starts with `__`: such topics belong to Kafka");
            let hint = "a flow may refer to it with `external`";
            findings.error_with_hint(place, "internal_name", message, hint);
        }
        for rule in rules.iter().filter(|rule| !rule.pattern.is_match(name.as_str())) {
            let message = format!(
                "`{name}` breaks the naming rule of line {}: {}",
                rule.place.line,
                rule.message.as_deref().unwrap_or(rule.pattern.as_str())
            );
            findings.error(place, "naming_rule", message);
        }
        self.claim(Taken { name: name.clone(), place, external: false }, findings);
    }

    /// Notes the name of a topic that belongs to somebody else; several flows may refer to it.
    pub(super) fn refer(&mut self, name: &TopicName, place: Place, findings: &mut Findings<'_>) {
        if let Err(illegal) = name.check() {
            findings.error(place, "illegal_name", format!("topic name `{name}`: {illegal}"));
            return;
        }
        self.claim(Taken { name: name.clone(), place, external: true }, findings);
    }

    fn claim(&mut self, wanted: Taken, findings: &mut Findings<'_>) {
        let Some(taken) = self.taken.get(&wanted.name.metric_name()) else {
            self.taken.insert(wanted.name.metric_name(), wanted);
            return;
        };
        if taken.name == wanted.name && taken.external && wanted.external {
            return;
        }
        let line = taken.place.line;
        let (message, hint) = if taken.name == wanted.name {
            let message = format!("topic `{}` is already made by line {line}", wanted.name);
            (message, "`naming` decides how names are made; `{flow}` and `{consumer}` tell apart")
        } else {
            let message = format!(
                "topics `{}` and `{}` (line {line}) differ only in `.` and `_`",
                wanted.name, taken.name
            );
            (message, "Kafka refuses the second one: their metrics would be the same")
        };
        findings.error_with_hint(wanted.place, "name_taken", message, hint);
    }
}
