//! What everything in one resolution shares.

use crate::topology::document::{Document, Environment};
use crate::topology::overrides::SetOption;
use crate::topology::source::Source;

/// The file, the chosen environment and the command line's settings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    /// The text.
    pub source: &'a Source,
    /// The typed file, overrides put in.
    pub document: &'a Document,
    /// The name of the environment; `None` when the file declares none.
    pub environment: Option<&'a str>,
    /// What the environment says.
    pub settings: &'a Environment,
    /// What the command line sets.
    pub sets: &'a [SetOption],
}

impl<'a> Scope<'a> {
    /// Returns what names of topics and groups start with.
    pub(super) fn namespace(&self) -> &'a str {
        self.settings.namespace.as_ref().map_or("", |namespace| namespace.value.as_str())
    }
}
