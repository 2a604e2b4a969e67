//! `${VAR}` and `${VAR:-default}` in the values that reach a cluster or a registry, and nowhere
//! else: what a topology means must not depend on the machine that reads it.

use super::document::Located;
use super::source::{Findings, Place};
use super::yaml::{Kind, Node};

/// Where the values of variables come from.
#[derive(Clone, Copy)]
pub enum Variables<'v> {
    /// From here; one without value and default is an error.
    Lookup(&'v dyn Fn(&str) -> Option<String>),
    /// Nowhere: values that need one are left out. For checking a file where secrets are absent,
    /// and for a sandbox, which is reached in another way.
    Unchecked,
}

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'t> {
    Text(&'t str),
    Variable { name: &'t str, default: Option<&'t str> },
}

/// Checks how variables are written.
pub(super) fn check(text: &Located<String>, findings: &mut Findings<'_>) -> bool {
    let is_legal = pieces(&text.value).is_some();
    if !is_legal {
        let message = "a variable is written `${NAME}` or `${NAME:-default}`";
        findings.error(text.place, "variable", message);
    }
    is_legal
}

/// Replaces the variables of a text. `None` when one has no value; then it is reported, unless
/// variables are unchecked.
pub(super) fn expand(
    text: &Located<String>,
    variables: Variables<'_>,
    findings: &mut Findings<'_>,
) -> Option<String> {
    let mut expanded = String::new();
    let mut complete = true;
    for piece in pieces(&text.value)? {
        match piece {
            Piece::Text(text) => expanded.push_str(text),
            Piece::Variable { name, default } => {
                // As in a shell, `:-` stands in for an empty value too.
                let value = match variables {
                    Variables::Lookup(lookup) => {
                        lookup(name).filter(|value| default.is_none() || !value.is_empty())
                    }
                    Variables::Unchecked => None,
                };
                match (value, default, variables) {
                    (Some(value), ..) => expanded.push_str(&value),
                    (None, Some(default), _) => expanded.push_str(default),
                    (None, None, Variables::Lookup(_)) => {
                        let message = format!("the variable `{name}` is not set");
                        let hint = format!("set it, or give a default: `${{{name}:-…}}`");
                        findings.error_with_hint(text.place, "variable_unset", message, hint);
                        complete = false;
                    }
                    (None, None, Variables::Unchecked) => complete = false,
                }
            }
        }
    }
    complete.then_some(expanded)
}

/// Refuses `${` in every value outside of `environments.*.cluster` and `environments.*.registry`.
pub(super) fn refuse_where_they_mean_nothing(root: &Node, findings: &mut Findings<'_>) {
    refuse(root, &mut Vec::new(), findings);
}

fn refuse<'n>(node: &'n Node, path: &mut Vec<&'n str>, findings: &mut Findings<'_>) {
    if let [first, _, third, ..] = path.as_slice()
        && *first == "environments"
        && matches!(*third, "cluster" | "registry")
    {
        return;
    }
    match &node.kind {
        Kind::Scalar { text, .. } => refuse_text(text, node.place, findings),
        Kind::Sequence(items) => items.iter().for_each(|item| refuse(item, path, findings)),
        Kind::Mapping(entries) => {
            for entry in entries {
                refuse_text(&entry.key, entry.place, findings);
                path.push(&entry.key);
                refuse(&entry.value, path, findings);
                path.pop();
            }
        }
        Kind::Null => {}
    }
}

fn refuse_text(text: &str, place: Place, findings: &mut Findings<'_>) {
    if text.contains("${") {
        let message = "variables are replaced only under an environment's `cluster` and `registry`";
        let hint = "what differs between environments goes into `overrides` or `clamp`";
        findings.error_with_hint(place, "variable_not_here", message, hint);
    }
}

/// Splits a text; `None` when a variable is not closed or has no legal name.
fn pieces(text: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (inside, after) = after.split_once('}')?;
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        let is_legal = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_legal {
            return None;
        }
        pieces.extend([Piece::Text(before), Piece::Variable { name, default }]);
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_defaults_are_taken_apart() {
        let variable = |name, default| Piece::Variable { name, default };
        assert_eq!(
            pieces("a${B}c${D:-e:1}"),
            Some(vec![
                Piece::Text("a"),
                variable("B", None),
                Piece::Text("c"),
                variable("D", Some("e:1")),
                Piece::Text(""),
            ])
        );
        assert_eq!(pieces("5$ and $HOME"), Some(vec![Piece::Text("5$ and $HOME")]));
        for broken in ["${A", "${}", "${A-b}", "${1A}", "${A B}"] {
            assert_eq!(pieces(broken), None, "{broken}");
        }
    }
}
