//! Tree → typed document. Every error is collected; what cannot be read is left out.

mod consumer;
mod environment;
mod fields;
mod flow;
mod naming;
mod scalar;
mod settings;

use std::collections::BTreeMap;

use super::document::{Class, Document};
use super::source::Findings;
use super::variables;
use super::yaml::{Entry, Node};

use fields::{Fields, entries_of};

/// The version of the file format that this program reads.
const API_VERSION: &str = "flowctl/v1";

/// Reads the whole file. With errors among the findings, the document is incomplete.
pub(super) fn document(root: &Node, findings: &mut Findings<'_>) -> Document {
    variables::refuse_where_they_mean_nothing(root, findings);
    let mut fields = Fields::of(root, "a topology", findings);
    if let Some(entry) = fields.require("apiVersion", API_VERSION, findings) {
        api_version(entry, findings);
    }
    let project = fields.require("project", "shop", findings);
    let project = project.and_then(|entry| project_name(entry, findings));
    let naming = naming::naming(fields.take("naming"), findings);
    let classes = named(fields.take("classes"), "class", class, findings);
    let environments =
        named(fields.take("environments"), "environment", environment::environment, findings);
    let flows = named(fields.take("flows"), "flow", flow::flow, findings);
    fields.not_yet(&["include", "principals", "roles", "processors"], findings);
    fields.finish(findings);
    Document { project: project.unwrap_or_default(), naming, classes, environments, flows }
}

fn api_version(entry: &Entry, findings: &mut Findings<'_>) {
    let Some(version) = scalar::text(entry, findings) else { return };
    if version.value != API_VERSION {
        let message = format!("`apiVersion` must be `{API_VERSION}`, not `{}`", version.value);
        findings.error(version.place, "api_version", message);
    }
}

fn project_name(entry: &Entry, findings: &mut Findings<'_>) -> Option<String> {
    let project = scalar::some_text(entry, findings)?;
    match illegal_in_id(&project.value) {
        None => Some(project.value),
        Some(character) => {
            let message = format!("`{character}` cannot stand in the name of a project");
            findings.error_with_hint(project.place, "illegal_name", message, LEGAL_IN_ID);
            None
        }
    }
}

fn class(entry: &Entry, findings: &mut Findings<'_>) -> Class {
    let what = format!("class `{}`", entry.key);
    let mut fields = Fields::of(&entry.value, what, findings);
    let extends = fields.take("extends").and_then(|entry| scalar::some_text(entry, findings));
    let settings = settings::settings(&mut fields, findings);
    fields.finish(findings);
    Class { extends, settings }
}

/// Reads a mapping of ids to things.
fn named<T>(
    entry: Option<&Entry>,
    what: &str,
    read: impl Fn(&Entry, &mut Findings<'_>) -> T,
    findings: &mut Findings<'_>,
) -> BTreeMap<String, T> {
    let mut things = BTreeMap::new();
    let Some(parent) = entry else { return things };
    for entry in entries_of(&parent.value, &format!("`{}`", parent.key), findings) {
        if entry.key.is_empty() {
            findings.error(entry.place, "illegal_name", format!("a {what} needs a name"));
        } else if let Some(character) = illegal_in_id(&entry.key) {
            let message = format!("`{character}` cannot stand in the name of a {what}");
            findings.error_with_hint(entry.place, "illegal_name", message, LEGAL_IN_ID);
        }
        things.insert(entry.key.clone(), read(entry, findings));
    }
    things
}

/// What ids are made of: they become parts of topic and group names.
const LEGAL_IN_ID: &str = "use letters, digits, `.`, `_` and `-`";

fn illegal_in_id(id: &str) -> Option<char> {
    id.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
}
