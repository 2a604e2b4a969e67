//! `naming`: how the names of topics and groups are made.

use crate::topology::document::{Located, Naming, Rule};
use crate::topology::naming::{DLQ, GROUP, MAIN, RETRY, TemplateKind, check_template};
use crate::topology::source::{Findings, Origin, Place};
use crate::topology::yaml::{Entry, Kind};

use super::fields::Fields;
use super::scalar;

/// Reads `naming`; what is not said has its default.
pub(super) fn naming(entry: Option<&Entry>, findings: &mut Findings<'_>) -> Naming {
    let place = Place { line: 1, column: 1, length: 1, origin: Origin::File };
    let built_in = |kind: TemplateKind| Located { value: kind.default.to_owned(), place };
    let mut naming = Naming {
        main: built_in(MAIN),
        retry: built_in(RETRY),
        dlq: built_in(DLQ),
        group: built_in(GROUP),
        rules: Vec::new(),
    };
    let Some(entry) = entry else { return naming };
    let mut fields = Fields::of(&entry.value, "`naming`", findings);
    for (kind, slot) in [
        (MAIN, &mut naming.main),
        (RETRY, &mut naming.retry),
        (DLQ, &mut naming.dlq),
        (GROUP, &mut naming.group),
    ] {
        if let Some(template) =
            fields.take(kind.key).and_then(|entry| template(entry, kind, findings))
        {
            *slot = template;
        }
    }
    if let Some(entry) = fields.take("rules") {
        naming.rules = rules(entry, findings);
    }
    fields.finish(findings);
    naming
}

/// Reads a template and checks its placeholders.
pub(super) fn template(
    entry: &Entry,
    kind: TemplateKind,
    findings: &mut Findings<'_>,
) -> Option<Located<String>> {
    let template = scalar::some_text(entry, findings)?;
    match check_template(&template.value, kind) {
        Ok(()) => Some(template),
        Err(error) => {
            let hint = error.hint(kind);
            findings.error_with_hint(template.place, "placeholder", error.to_string(), hint);
            None
        }
    }
}

fn rules(entry: &Entry, findings: &mut Findings<'_>) -> Vec<Rule> {
    let Kind::Sequence(items) = &entry.value.kind else {
        let message = format!("`rules` must be a list, this is {}", entry.value.kind.name());
        findings.error(entry.value.place, "wrong_type", message);
        return Vec::new();
    };
    let mut rules = Vec::new();
    for item in items {
        let mut fields = Fields::of(item, "a rule", findings);
        let pattern = fields
            .require("match", "'^[a-z.-]+$'", findings)
            .and_then(|entry| scalar::some_text(entry, findings));
        let message = fields.take("message").and_then(|entry| scalar::some_text(entry, findings));
        fields.finish(findings);
        let Some(Located { value, place }) = pattern else { continue };
        match regex_lite::Regex::new(&value) {
            Ok(pattern) => rules.push(Rule { pattern, message: message.map(|m| m.value), place }),
            Err(error) => {
                let message = format!("this is not a regular expression: {error}");
                findings.error(place, "regular_expression", message);
            }
        }
    }
    rules
}
