//! `environments.E.overrides` and `--set`: values put into the tree by their path, before it is
//! read.
//!
//! So an override is checked like the value that it replaces, and keeps its own place. A path leads
//! to a flow or class that exists; a setting that the flow does not have yet may be added.

use super::source::{Findings, Origin, Place};
use super::yaml::{Entry, Kind, Node};
use crate::model::similar::closest;

/// A `--set path=value` of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetOption {
    /// The path, such as `flows.orders.partitions`.
    pub path: String,
    /// The value, as text.
    pub value: String,
}

/// Puts in what the environment overrides, then what the command line sets.
pub(super) fn apply(
    root: &mut Node,
    environment: Option<&str>,
    sets: &[SetOption],
    findings: &mut Findings<'_>,
) {
    for override_ in environment.map(|name| overrides_of(root, name)).unwrap_or_default() {
        put(root, &override_.key, override_.place, &override_.value, findings);
    }
    for (number, set) in sets.iter().enumerate() {
        let place = Place { line: 0, column: 0, length: 1, origin: Origin::CommandLine(number) };
        let kind = match set.value.as_str() {
            "" => Kind::Null,
            text => Kind::Scalar { text: text.to_owned(), quoted: false },
        };
        put(root, &set.path, place, &Node { place, kind }, findings);
    }
}

/// Copies the overrides of an environment, marked as such.
fn overrides_of(root: &Node, environment: &str) -> Vec<Entry> {
    let entries = child(root, "environments")
        .and_then(|node| child(node, environment))
        .and_then(|node| child(node, "overrides"))
        .and_then(|node| match &node.kind {
            Kind::Mapping(entries) => Some(entries),
            Kind::Null | Kind::Scalar { .. } | Kind::Sequence(_) => None,
        });
    entries.into_iter().flatten().map(marked_entry).collect()
}

fn child<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match &node.kind {
        Kind::Mapping(entries) => entries.iter().find(|e| e.key == key).map(|e| &e.value),
        Kind::Null | Kind::Scalar { .. } | Kind::Sequence(_) => None,
    }
}

fn marked_entry(entry: &Entry) -> Entry {
    let place = Place { origin: Origin::Overrides, ..entry.place };
    Entry { key: entry.key.clone(), place, value: marked(&entry.value) }
}

fn marked(node: &Node) -> Node {
    let kind = match &node.kind {
        Kind::Sequence(items) => Kind::Sequence(items.iter().map(marked).collect()),
        Kind::Mapping(entries) => Kind::Mapping(entries.iter().map(marked_entry).collect()),
        kind @ (Kind::Null | Kind::Scalar { .. }) => kind.clone(),
    };
    Node { place: Place { origin: Origin::Overrides, ..node.place }, kind }
}

/// Puts a value at a path.
fn put(root: &mut Node, path: &str, place: Place, value: &Node, findings: &mut Findings<'_>) {
    if let Err(lost) = walk(root, path, place).map(|node| *node = value.clone()) {
        let (message, hint) = lost.explain(path);
        findings.error_with_hint(place, "override_path", message, hint);
    }
}

/// Why a path leads nowhere.
enum Lost {
    /// It does not start where settings are.
    Start,
    /// There is no such flow, class, consumer or producer.
    Id { of: String, id: String, known: Vec<String> },
    /// It ends with a flow or class, and no setting of it.
    NoSetting,
    /// It goes on below a value that has no keys.
    NoMapping,
}

impl Lost {
    fn explain(self, path: &str) -> (String, String) {
        let example = "as in `flows.orders.partitions`";
        match self {
            Self::Start => (
                format!("`{path}` cannot be overridden"),
                format!("a path starts with `flows.` or `classes.`, {example}"),
            ),
            Self::Id { of, id, known } => {
                let hint = match closest(&id, known.iter().map(String::as_str)) {
                    Some(known) => format!("did you mean `{known}`?"),
                    None => format!("a path leads to something that exists, {example}"),
                };
                (format!("`{path}` leads nowhere: `{of}` has no `{id}`"), hint)
            }
            Self::NoSetting => (
                format!("`{path}` names no setting"),
                format!("a path ends with a setting, {example}"),
            ),
            Self::NoMapping => (
                format!("`{path}` leads nowhere: it goes on below a value that has no keys"),
                "override that value as a whole".to_owned(),
            ),
        }
    }
}

/// Follows a path to the value that it names; a setting that is not there yet is made.
fn walk<'n>(root: &'n mut Node, path: &str, place: Place) -> Result<&'n mut Node, Lost> {
    let (top, rest) = path
        .split_once('.')
        .filter(|(top, _)| matches!(*top, "flows" | "classes"))
        .ok_or(Lost::Start)?;
    let things = entry_at(root, top, place)?;
    let (id, mut rest) = split_id(things, top, rest)?;
    let mut node = entry_at(things, id, place)?;
    while let Some((key, after)) = rest.split_once('.') {
        node = entry_at(node, key, place)?;
        rest = after;
        if key == "configs" {
            // The rest is one key: names of configs have dots.
            break;
        }
        if matches!(key, "consumers" | "producers") {
            let (id, after) = split_id(node, key, rest)?;
            node = entry_at(node, id, place)?;
            rest = after;
        }
    }
    entry_at(node, rest, place)
}

/// Splits a path after the id that it starts with. Ids may have dots: the longest one that fits.
fn split_id<'p>(things: &Node, of: &str, path: &'p str) -> Result<(&'p str, &'p str), Lost> {
    let entries = match &things.kind {
        Kind::Mapping(entries) => entries.as_slice(),
        Kind::Null | Kind::Scalar { .. } | Kind::Sequence(_) => &[],
    };
    let ends = path.rmatch_indices('.').map(|(dot, _)| dot);
    let mut fitting = ends.filter_map(|dot| {
        let (id, rest) = path.split_at_checked(dot)?;
        let is_known = entries.iter().any(|entry| entry.key == id);
        is_known.then_some((id, rest.strip_prefix('.')?))
    });
    fitting.next().ok_or_else(|| {
        if entries.iter().any(|entry| entry.key == path) {
            return Lost::NoSetting;
        }
        let id = path.split('.').next().unwrap_or_default().to_owned();
        let known = entries.iter().map(|entry| entry.key.clone()).collect();
        Lost::Id { of: of.to_owned(), id, known }
    })
}

/// Gives the value of a key, made when it is not there.
fn entry_at<'n>(node: &'n mut Node, key: &str, place: Place) -> Result<&'n mut Node, Lost> {
    if node.kind == Kind::Null {
        node.kind = Kind::Mapping(Vec::new());
    }
    let Kind::Mapping(entries) = &mut node.kind else {
        return Err(Lost::NoMapping);
    };
    let index = entries.iter().position(|entry| entry.key == key).unwrap_or(entries.len());
    if index == entries.len() {
        let value = Node { place, kind: Kind::Null };
        entries.push(Entry { key: key.to_owned(), place, value });
    }
    let known = entries.get_mut(index).map(|entry| &mut entry.value);
    known.ok_or(Lost::Start)
}
