//! Classes: what extends what.

use std::collections::BTreeSet;

use crate::model::similar::closest;
use crate::topology::document::{Class, Document, Located};
use crate::topology::source::Findings;

/// Checks that every class that is named exists, and that none extends itself.
pub(super) fn check(document: &Document, findings: &mut Findings<'_>) {
    for (name, class) in &document.classes {
        if let Some(extends) = &class.extends {
            check_known(extends, document, findings);
            check_cycle(name, extends, document, findings);
        }
    }
    for class in document.flows.values().filter_map(|flow| flow.class.as_ref()) {
        check_known(class, document, findings);
    }
}

fn check_known(class: &Located<String>, document: &Document, findings: &mut Findings<'_>) {
    let Located { value, place } = class;
    if document.classes.contains_key(value) {
        return;
    }
    let message = format!("there is no class `{value}`");
    let known = document.classes.keys().map(String::as_str);
    let hint = match closest(value, known.clone()) {
        Some(known) => format!("did you mean `{known}`?"),
        None if document.classes.is_empty() => "declare it under `classes`".to_owned(),
        None => format!("the classes are {}", known.collect::<Vec<_>>().join(", ")),
    };
    findings.error_with_hint(*place, "unknown_class", message, hint);
}

/// Reports a cycle once: at the class of it that comes first by name.
fn check_cycle(
    name: &str,
    extends: &Located<String>,
    document: &Document,
    findings: &mut Findings<'_>,
) {
    let chain = chain(&extends.value, document);
    let names: Vec<_> = chain.iter().rev().map(|(name, _)| *name).collect();
    if names.contains(&name) && names.iter().min() == Some(&name) {
        let cycle = format!("{name} → {}", names.join(" → "));
        let message = format!("classes extend each other in a circle: {cycle}");
        findings.error(extends.place, "class_cycle", message);
    }
}

/// Gives a class with all that it extends, the base first. A cycle ends where it began.
pub(super) fn chain<'d>(class: &str, document: &'d Document) -> Vec<(&'d str, &'d Class)> {
    let mut chain = Vec::new();
    let mut seen = BTreeSet::new();
    let mut next = document.classes.get_key_value(class);
    while let Some((name, class)) = next {
        if !seen.insert(name) {
            break;
        }
        chain.push((name.as_str(), class));
        next = class.extends.as_ref().and_then(|base| document.classes.get_key_value(&base.value));
    }
    chain.reverse();
    chain
}
