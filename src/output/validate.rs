//! The answer of `flowctl validate`: one line, or a document with every diagnostic.

use std::fmt::Write as _;

use serde::Serialize;

use super::diagnostics::DiagnosticItem;
use super::json::{self, Source};
use crate::model::count::count;
use crate::model::timestamp::Timestamp;
use crate::topology::Diagnostics;

/// What was checked, and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validation {
    /// The file, as the user named it.
    pub file: String,
    /// What each environment has; those with errors are not among them.
    pub environments: Vec<Checked>,
    /// Everything that was found, once.
    pub found: Diagnostics,
}

/// What a topology has in one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The environment; `None` when the file declares none.
    pub environment: Option<String>,
    /// How many flows there are.
    pub flows: usize,
    /// How many topics `apply` would make, the ledger among them.
    pub topics: usize,
    /// How many topics of others are referred to.
    pub external_topics: usize,
}

#[derive(Debug, Serialize)]
struct Fields<'a> {
    file: &'a str,
    is_valid: bool,
    environments: &'a [Checked],
}

impl Validation {
    /// Renders the line for people: `topology.yaml: ok, 2 flows, 7 topics (dev, prod)`.
    pub fn text(&self) -> String {
        let mut text = format!("{}: ok", self.file);
        let mut groups: Vec<(&Checked, Vec<&str>)> = Vec::new();
        for checked in &self.environments {
            let name = checked.environment.as_deref();
            let same = groups.iter_mut().find(|(first, _)| counts(first) == counts(checked));
            match same {
                Some((_, names)) => names.extend(name),
                None => groups.push((checked, name.into_iter().collect())),
            }
        }
        for (checked, names) in groups {
            let (flows, topics, external) = counts(checked);
            let _ = write!(text, ", {}, {}", count(flows, "flow"), count(topics, "topic"));
            if external > 0 {
                let _ = write!(text, ", {external} external");
            }
            if !names.is_empty() {
                let _ = write!(text, " ({})", names.join(", "));
            }
        }
        if !self.found.is_empty() {
            let _ = write!(text, "; {}", count(self.found.len(), "warning"));
        }
        text.push('\n');
        text
    }

    /// Renders the document; no cluster is asked.
    pub fn json(&self, as_of: Timestamp) -> json::Rendered {
        let Self { file, environments, found } = self;
        let items: Vec<_> = found.iter().map(DiagnosticItem::from).collect();
        let fields = Fields { file, is_valid: !found.has_errors(), environments };
        json::document("Validation", &Source { cluster_id: None, as_of }, fields, &items, &[])
    }
}

fn counts(checked: &Checked) -> (usize, usize, usize) {
    let Checked { environment: _, flows, topics, external_topics } = checked;
    (*flows, *topics, *external_topics)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(environment: &str, topics: usize) -> Checked {
        Checked { environment: Some(environment.to_owned()), flows: 1, topics, external_topics: 0 }
    }

    #[test]
    fn environments_with_the_same_counts_share_them() {
        let mut validation = Validation {
            file: "t.yaml".to_owned(),
            environments: vec![checked("dev", 2), checked("prod", 2)],
            found: Diagnostics::default(),
        };
        assert_eq!(validation.text(), "t.yaml: ok, 1 flow, 2 topics (dev, prod)\n");
        validation.environments.push(checked("test", 3));
        assert_eq!(
            validation.text(),
            "t.yaml: ok, 1 flow, 2 topics (dev, prod), 1 flow, 3 topics (test)\n"
        );
    }
}
