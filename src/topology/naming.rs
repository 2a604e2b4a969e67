//! Templates of names: text with placeholders from a closed set, and no other templating.

use crate::model::similar::closest;

/// What a template is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct TemplateKind {
    /// Its key under `naming`.
    pub key: &'static str,
    /// The template when the file has none.
    pub default: &'static str,
    /// The placeholders that have a value there.
    pub placeholders: &'static [&'static str],
    /// The placeholder without which all names would be the same.
    needed: &'static [&'static str],
}

/// Main topics.
pub(super) const MAIN: TemplateKind = TemplateKind {
    key: "main",
    default: "{namespace}{flow}",
    placeholders: &["namespace", "flow"],
    needed: &[],
};
/// Retry topics.
pub(super) const RETRY: TemplateKind = TemplateKind {
    key: "retry",
    default: "{main}-retry-{tier}",
    placeholders: &["namespace", "flow", "main", "consumer", "tier"],
    needed: &["tier"],
};
/// DLQs.
pub(super) const DLQ: TemplateKind = TemplateKind {
    key: "dlq",
    default: "{main}-dlq",
    placeholders: &["namespace", "flow", "main", "consumer"],
    needed: &[],
};
/// Consumer groups.
pub(super) const GROUP: TemplateKind = TemplateKind {
    key: "group",
    default: "{namespace}{consumer}",
    placeholders: &["namespace", "flow", "consumer"],
    needed: &["consumer"],
};

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TemplateError {
    #[error("`{{{0}}}` is not a placeholder here")]
    Unknown(String),
    #[error("a brace is not closed or not opened")]
    Braces,
    #[error("the name must contain `{{{0}}}`")]
    Needed(&'static str),
}

impl TemplateError {
    /// Returns the way out.
    pub(super) fn hint(&self, kind: TemplateKind) -> String {
        let all = || {
            let all: Vec<_> = kind.placeholders.iter().map(|name| format!("{{{name}}}")).collect();
            format!("the placeholders are {}", all.join(", "))
        };
        match self {
            Self::Unknown(name) => match closest(name, kind.placeholders.iter().copied()) {
                Some(known) => format!("did you mean `{{{known}}}`?"),
                None => all(),
            },
            Self::Braces => all(),
            Self::Needed(_) => format!("the default is `{}`", kind.default),
        }
    }
}

/// A part of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    Text(&'t str),
    Placeholder(&'t str),
}

/// Checks that a template has legal placeholders only, and those that it needs.
pub(super) fn check_template(template: &str, kind: TemplateKind) -> Result<(), TemplateError> {
    let pieces = pieces(template).ok_or(TemplateError::Braces)?;
    for piece in &pieces {
        if let Piece::Placeholder(name) = piece
            && !kind.placeholders.contains(name)
        {
            return Err(TemplateError::Unknown((*name).to_owned()));
        }
    }
    match kind.needed.iter().find(|needed| !pieces.contains(&Piece::Placeholder(needed))) {
        Some(needed) => Err(TemplateError::Needed(needed)),
        None => Ok(()),
    }
}

/// Tells whether a template uses a placeholder.
pub(super) fn uses(template: &str, placeholder: &str) -> bool {
    pieces(template).is_some_and(|pieces| pieces.contains(&Piece::Placeholder(placeholder)))
}

/// Fills in a template that has been checked.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut name = String::new();
    for piece in pieces(template).unwrap_or_default() {
        match piece {
            Piece::Text(text) => name.push_str(text),
            Piece::Placeholder(key) => {
                let value = values.iter().find(|(known, _)| *known == key);
                name.push_str(value.map_or("", |(_, value)| value));
            }
        }
    }
    name
}

/// Splits a template; `None` when braces do not match.
pub(super) fn pieces(template: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('{') {
        let (placeholder, after) = after.split_once('}')?;
        if text.contains('}') || placeholder.contains('{') {
            return None;
        }
        pieces.extend([Piece::Text(text), Piece::Placeholder(placeholder)]);
        rest = after;
    }
    if rest.contains('}') {
        return None;
    }
    pieces.push(Piece::Text(rest));
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in() {
        let values = [("main", "orders"), ("tier", "0")];
        assert_eq!(fill(RETRY.default, &values), "orders-retry-0");
        assert_eq!(fill("plain", &values), "plain");
        assert!(uses("{main}.{consumer}", "consumer"));
        assert!(!uses("{main}.consumer", "consumer"));
    }

    #[test]
    fn wrong_templates_are_named() {
        assert_eq!(check_template("{main}-{tier}", RETRY), Ok(()));
        assert_eq!(check_template("{main}-retry", RETRY), Err(TemplateError::Needed("tier")));
        let unknown = TemplateError::Unknown("flwo".to_owned());
        assert_eq!(unknown.hint(MAIN), "did you mean `{flow}`?");
        assert_eq!(check_template("{flwo}", MAIN), Err(unknown));
        for broken in ["{flow", "flow}", "{fl{ow}}", "}{flow}"] {
            assert_eq!(check_template(broken, MAIN), Err(TemplateError::Braces), "{broken}");
        }
    }
}
