//! The ACLs, and what they decide: an ACL that denies wins over all that allow, and what none
//! allows is denied.

use std::collections::{BTreeMap, BTreeSet};

use kafka_protocol::ResponseError;

use super::words::{Kind, Operation, Pattern, Permission};
use crate::sandbox::topics::Refusal;

/// The name that stands for all: of things, users and hosts.
const ALL: &str = "*";
/// Kafka's name of the cluster.
pub(in crate::sandbox) const CLUSTER: &str = "kafka-cluster";
/// The most ACLs, and the most bytes of their names: each costs some memory.
const MOST: usize = 10_000;
const MOST_BYTES: usize = 16 << 20;

/// What an ACL is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sandbox) struct Resource {
    /// The kind of thing.
    pub(in crate::sandbox) kind: Kind,
    /// How its name is meant.
    pub(in crate::sandbox) pattern: Pattern,
    /// Its name.
    pub(in crate::sandbox) name: String,
}

/// Who may do what from where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sandbox) struct Entry {
    /// Who, as in `User:alice`.
    pub(in crate::sandbox) principal: String,
    /// From which address.
    pub(in crate::sandbox) host: String,
    /// What.
    pub(in crate::sandbox) operation: Operation,
    /// Whether this is allowed.
    pub(in crate::sandbox) permission: Permission,
}

/// Who wants something: Kafka's name of a user, and the address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) principal: &'a str,
    pub(super) host: &'a str,
}

impl Entry {
    /// Returns how many bytes its names take, with that of what it is about.
    fn memory(&self, name: &str) -> usize {
        name.len() + self.principal.len() + self.host.len()
    }

    /// Tells whether it is about somebody.
    fn is_about(&self, asking: Asking<'_>) -> bool {
        [asking.principal, "User:*"].contains(&self.principal.as_str())
            && [asking.host, ALL].contains(&self.host.as_str())
    }

    /// Tells whether it decides about an operation. What is denied is denied to the letter: whoever
    /// must not read may still see.
    fn decides(&self, operation: Operation) -> bool {
        match self.permission {
            Permission::Allow => self.operation.implies(operation),
            Permission::Deny => [operation, Operation::All].contains(&self.operation),
        }
    }
}

/// How a name is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Named {
    /// Patterns that are written so, of one kind or of all.
    As(Option<Pattern>),
    /// Patterns that are about a thing with this name.
    Match,
}

/// Which ACLs are meant; what is not said may be anything.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Filter {
    /// The kind of thing.
    pub(in crate::sandbox) kind: Option<Kind>,
    /// How the name is looked for.
    pub(in crate::sandbox) named: Named,
    /// Its name.
    pub(in crate::sandbox) name: Option<String>,
    /// Who.
    pub(in crate::sandbox) principal: Option<String>,
    /// From where.
    pub(in crate::sandbox) host: Option<String>,
    /// What.
    pub(in crate::sandbox) operation: Option<Operation>,
    /// Whether it is allowed.
    pub(in crate::sandbox) permission: Option<Permission>,
}

impl Filter {
    fn takes(&self, kind: Kind, pattern: Pattern, name: &str) -> bool {
        let is_named = |wanted: &str| match (self.named, pattern) {
            (Named::As(_), _) => wanted == name,
            (Named::Match, Pattern::Literal) => wanted == name || name == ALL,
            (Named::Match, Pattern::Prefixed) => wanted.starts_with(name),
        };
        self.kind.is_none_or(|wanted| wanted == kind)
            && !matches!(self.named, Named::As(Some(wanted)) if wanted != pattern)
            && self.name.as_deref().is_none_or(is_named)
    }

    fn takes_entry(&self, entry: &Entry) -> bool {
        self.principal.as_ref().is_none_or(|wanted| *wanted == entry.principal)
            && self.host.as_ref().is_none_or(|wanted| *wanted == entry.host)
            && self.operation.is_none_or(|wanted| wanted == entry.operation)
            && self.permission.is_none_or(|wanted| wanted == entry.permission)
    }
}

/// All ACLs.
#[derive(Debug, Default)]
pub(super) struct Acls {
    by_name: BTreeMap<(Kind, Pattern), BTreeMap<String, BTreeSet<Entry>>>,
    /// How many there are.
    count: usize,
    /// How many bytes their names take.
    bytes: usize,
}

impl Acls {
    /// Adds an ACL; to add it again changes nothing.
    pub(super) fn create(&mut self, resource: Resource, entry: Entry) -> Result<(), Refusal> {
        let Resource { kind, pattern, name } = resource;
        let invalid = |message: String| Refusal::new(ResponseError::InvalidRequest, message);
        if kind == Kind::Cluster && name != CLUSTER {
            let message = format!("The only valid name for the CLUSTER resource is {CLUSTER}");
            return Err(invalid(message));
        }
        if name.is_empty() {
            return Err(invalid("Invalid empty resource name".to_owned()));
        }
        let entries = self.by_name.get(&(kind, pattern)).and_then(|by_name| by_name.get(&name));
        if entries.is_some_and(|entries| entries.contains(&entry)) {
            return Ok(());
        }
        let bytes = entry.memory(&name);
        if self.count >= MOST || self.bytes.saturating_add(bytes) > MOST_BYTES {
            let message =
                format!("The sandbox holds at most {MOST} ACLs with {MOST_BYTES} bytes of names.");
            return Err(Refusal::new(ResponseError::PolicyViolation, message));
        }
        let by_name = self.by_name.entry((kind, pattern)).or_default();
        by_name.entry(name).or_default().insert(entry);
        self.count += 1;
        self.bytes += bytes;
        Ok(())
    }

    /// Finds the ACLs that are meant, by what they are about.
    pub(super) fn find(&self, filter: &Filter) -> BTreeMap<Resource, Vec<Entry>> {
        let mut found: BTreeMap<Resource, Vec<Entry>> = BTreeMap::new();
        for (kind, pattern, name, entry) in self.iter() {
            if filter.takes(kind, pattern, name) && filter.takes_entry(entry) {
                let resource = Resource { kind, pattern, name: name.to_owned() };
                found.entry(resource).or_default().push(entry.clone());
            }
        }
        found
    }

    /// Takes ACLs away; those that are gone already are no error.
    pub(super) fn delete(&mut self, gone: &BTreeMap<Resource, Vec<Entry>>) {
        for (resource, entries) in gone {
            let Some(by_name) = self.by_name.get_mut(&(resource.kind, resource.pattern)) else {
                continue;
            };
            let Some(kept) = by_name.get_mut(&resource.name) else { continue };
            for entry in entries {
                if kept.remove(entry) {
                    self.count -= 1;
                    self.bytes -= entry.memory(&resource.name);
                }
            }
            if kept.is_empty() {
                by_name.remove(&resource.name);
            }
        }
    }

    /// Tells whether somebody may do something to a thing.
    pub(super) fn allow(
        &self,
        asking: Asking<'_>,
        operation: Operation,
        kind: Kind,
        name: &str,
    ) -> bool {
        let mut is_allowed = false;
        for entry in self.about(kind, name) {
            if entry.is_about(asking) && entry.decides(operation) {
                match entry.permission {
                    Permission::Deny => return false,
                    Permission::Allow => is_allowed = true,
                }
            }
        }
        is_allowed
    }

    /// Tells whether there may be a thing to which somebody may do something.
    pub(super) fn allow_any(&self, asking: Asking<'_>, operation: Operation, kind: Kind) -> bool {
        let names = |pattern, permission| {
            let by_name = self.by_name.get(&(kind, pattern)).into_iter().flatten();
            by_name.filter_map(move |(name, entries)| {
                let decides = |entry: &Entry| {
                    entry.permission == permission
                        && entry.is_about(asking)
                        && [operation, Operation::All].contains(&entry.operation)
                };
                entries.iter().any(decides).then_some(name.as_str())
            })
        };
        let literals: BTreeSet<&str> = names(Pattern::Literal, Permission::Deny).collect();
        let prefixes: BTreeSet<&str> = names(Pattern::Prefixed, Permission::Deny).collect();
        if literals.contains(ALL) {
            return false;
        }
        let is_free = |name: &str| beginnings(name).all(|prefix| !prefixes.contains(prefix));
        names(Pattern::Prefixed, Permission::Allow).any(is_free)
            || names(Pattern::Literal, Permission::Allow)
                .any(|name| name == ALL || (!literals.contains(name) && is_free(name)))
    }

    /// Iterates over the ACLs about a thing.
    fn about(&self, kind: Kind, name: &str) -> impl Iterator<Item = &Entry> {
        let literal = self.by_name.get(&(kind, Pattern::Literal));
        let prefixed = self.by_name.get(&(kind, Pattern::Prefixed));
        let literal = literal
            .into_iter()
            .flat_map(move |by_name| [by_name.get(name), by_name.get(ALL).filter(|_| name != ALL)]);
        let prefixed = prefixed
            .into_iter()
            .flat_map(move |by_name| beginnings(name).map(|prefix| by_name.get(prefix)));
        literal.chain(prefixed).flatten().flatten()
    }

    /// Iterates over all of them.
    fn iter(&self) -> impl Iterator<Item = (Kind, Pattern, &str, &Entry)> {
        self.by_name.iter().flat_map(|((kind, pattern), by_name)| {
            by_name.iter().flat_map(|(name, entries)| {
                entries.iter().map(|entry| (*kind, *pattern, name.as_str(), entry))
            })
        })
    }
}

/// Iterates over the beginnings of a name, itself among them.
fn beginnings(name: &str) -> impl Iterator<Item = &str> {
    let ends = name.char_indices().map(|(at, _)| at).skip(1).chain([name.len()]);
    ends.filter_map(|end| name.get(..end))
}
