//! The fields of a mapping: taken by name, and what nobody asked for is an unknown key.

use crate::model::similar::closest;
use crate::topology::source::{Findings, Place};
use crate::topology::yaml::{Entry, Kind, Node};

/// A mapping that is being read.
pub(super) struct Fields<'n> {
    what: String,
    entries: Vec<&'n Entry>,
    asked: Vec<&'static str>,
    place: Place,
    /// Whether it is a mapping at all; if not, that has been reported, and no key is missed.
    is_mapping: bool,
}

impl<'n> Fields<'n> {
    /// Starts to read a mapping; nothing at all is an empty one. `what` names it in messages.
    pub(super) fn of(node: &'n Node, what: impl Into<String>, findings: &mut Findings<'_>) -> Self {
        let what = what.into();
        let entries = entries_of(node, &what, findings);
        let is_mapping = matches!(node.kind, Kind::Mapping(_) | Kind::Null);
        Self { what, entries, asked: Vec::new(), place: node.place, is_mapping }
    }

    /// Takes the entry of a key, if it is there.
    pub(super) fn take(&mut self, key: &'static str) -> Option<&'n Entry> {
        self.asked.push(key);
        self.remove(key)
    }

    fn remove(&mut self, key: &str) -> Option<&'n Entry> {
        let index = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(index))
    }

    /// Takes the entry of a key that must be there.
    pub(super) fn require(
        &mut self,
        key: &'static str,
        example: &str,
        findings: &mut Findings<'_>,
    ) -> Option<&'n Entry> {
        let entry = self.take(key);
        if entry.is_none() && self.is_mapping {
            let message = format!("{} needs `{key}`", self.what);
            let hint = format!("add it, for example `{key}: {example}`");
            findings.error_with_hint(self.place, "missing_key", message, hint);
        }
        entry
    }

    /// Refuses keys that a later version will know.
    pub(super) fn not_yet(&mut self, keys: &[&'static str], findings: &mut Findings<'_>) {
        for key in keys {
            if let Some(entry) = self.remove(key) {
                let message = format!("`{key}` is not supported by this version yet");
                let hint = "remove it: nothing in the file is ignored silently";
                findings.error_with_hint(entry.place, "not_supported", message, hint);
            }
        }
    }

    /// Ends the reading: whatever is left is unknown.
    pub(super) fn finish(self, findings: &mut Findings<'_>) {
        for entry in self.entries {
            let message = format!("{} has no key `{}`", self.what, entry.key);
            let hint = match closest(&entry.key, self.asked.iter().copied()) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("the keys are {}", self.asked.join(", ")),
            };
            findings.error_with_hint(entry.place, "unknown_key", message, hint);
        }
    }
}

/// Gives the entries of a mapping whose keys are ids; nothing at all is an empty one.
pub(super) fn entries_of<'n>(
    node: &'n Node,
    what: &str,
    findings: &mut Findings<'_>,
) -> Vec<&'n Entry> {
    match &node.kind {
        Kind::Mapping(entries) => entries.iter().collect(),
        Kind::Null => Vec::new(),
        Kind::Scalar { .. } | Kind::Sequence(_) => {
            let message = format!("{what} must be a mapping, this is {}", node.kind.name());
            findings.error(node.place, "wrong_type", message);
            Vec::new()
        }
    }
}
