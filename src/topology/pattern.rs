//! Names that a naming could make: those of consumers and tiers that a file no longer has, too.

use super::naming::{Piece, pieces};
use super::resolved::Role;

/// The names of one role that belong to a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern {
    /// What topics of these names are for.
    pub role: Role,
    /// What they begin with.
    prefix: String,
    rest: Vec<Part>,
}

/// A part of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// A consumer's id.
    Name,
    /// A tier.
    Number,
}

impl NamePattern {
    /// Fills in what has a value; a consumer and a tier may be any. `None` when the names would
    /// then be any flow's.
    pub(super) fn new(role: Role, template: &str, values: &[(&str, &str)]) -> Option<Self> {
        let (mut prefix, mut rest) = (String::new(), Vec::new());
        let mut is_the_flows = false;
        for piece in pieces(template)? {
            let text = match piece {
                Piece::Text(text) => text,
                Piece::Placeholder("tier") => {
                    rest.push(Part::Number);
                    continue;
                }
                Piece::Placeholder("consumer") => {
                    rest.push(Part::Name);
                    continue;
                }
                Piece::Placeholder(key) => {
                    is_the_flows |= ["flow", "main"].contains(&key);
                    values.iter().find(|(known, _)| *known == key)?.1
                }
            };
            match rest.last_mut() {
                None => prefix.push_str(text),
                Some(Part::Text(before)) => before.push_str(text),
                Some(Part::Name | Part::Number) => rest.push(Part::Text(text.to_owned())),
            }
        }
        (is_the_flows || rest.is_empty()).then_some(Self { role, prefix, rest })
    }

    /// Returns what all these names begin with.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Tells whether a name is one of them.
    pub fn matches(&self, name: &str) -> bool {
        name.strip_prefix(&self.prefix).is_some_and(|rest| is_made_of(&self.rest, rest))
    }
}

fn is_made_of(parts: &[Part], text: &str) -> bool {
    let Some((first, parts)) = parts.split_first() else { return text.is_empty() };
    let any = |may_be: fn(char) -> bool| {
        let some = text.char_indices().take_while(|(_, character)| may_be(*character));
        some.map(|(at, character)| at + character.len_utf8())
            .any(|end| text.get(end..).is_some_and(|rest| is_made_of(parts, rest)))
    };
    match first {
        Part::Text(wanted) => text.strip_prefix(wanted).is_some_and(|rest| is_made_of(parts, rest)),
        Part::Name => any(|_| true),
        Part::Number => any(|character| character.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(template: &str) -> Option<NamePattern> {
        let values = [("namespace", "dev."), ("flow", "orders"), ("main", "dev.orders")];
        NamePattern::new(Role::Dlq, template, &values)
    }

    #[test]
    fn consumers_and_tiers_may_be_any() {
        for (template, belongs, does_not) in [
            ("{main}-dlq", &["dev.orders-dlq"][..], &["dev.orders-dlq-a", "orders-dlq"][..]),
            (
                "{main}-dlq-{consumer}",
                &["dev.orders-dlq-a-b"],
                &["dev.orders-dlq-", "dev.orders-dlq"],
            ),
            (
                "{main}-retry-{tier}",
                &["dev.orders-retry-12"],
                &["dev.orders-retry-x", "dev.orders-retry-1x"],
            ),
            (
                "{namespace}{consumer}.{flow}.{tier}.again",
                &["dev.a.orders.0.again", "dev.a.b.orders.10.again"],
                &["dev.orders.0.again", "dev.a.orders..again", "dev.a.orders.0.again.2"],
            ),
        ] {
            let pattern = pattern(template).unwrap();
            for name in belongs {
                assert!(pattern.matches(name), "{template}: {name}");
                assert!(name.starts_with(pattern.prefix()));
            }
            for name in does_not {
                assert!(!pattern.matches(name), "{template}: {name}");
            }
        }
    }

    #[test]
    fn names_that_may_be_any_flows_belong_to_none() {
        assert_eq!(pattern("{namespace}{consumer}-errors"), None);
        assert!(pattern("{namespace}dead-letters").unwrap().matches("dev.dead-letters"));
    }
}
