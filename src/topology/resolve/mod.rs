//! File → topology → one environment of it.

mod classes;
mod cluster;
mod dlq;
mod environment;
mod flow;
mod layers;
mod ledger;
mod lint;
mod names;
mod scope;
mod topic;

use std::collections::BTreeMap;

use crate::model::name::{FlowId, TopicName};
use crate::model::own_topics::OwnTopics;

use super::diagnostic::Diagnostics;
use super::document::Environment;
use super::overrides::{self, SetOption};
use super::read;
use super::resolved::{Resolved, Serialization};
use super::source::{Findings, Source};
use super::variables::Variables;
use super::yaml::{self, Node};

pub use environment::EnvironmentError;

use scope::Scope;

/// A topology file that has been read: legal in itself, not yet resolved for an environment.
#[derive(Debug, Clone)]
pub struct Topology {
    source: Source,
    root: Node,
    environments: Vec<String>,
    own_topics: OwnTopics,
}

/// Reads a topology file. `file` is how the user names it: messages do too.
///
/// # Errors
///
/// Everything that is wrong with the file, all at once.
pub fn parse(text: &str, file: &str) -> Result<Topology, Diagnostics> {
    let source = Source::new(file, text);
    let mut findings = Findings::new(&source);
    let Some(root) = yaml::read(text, &mut findings) else { return Err(findings.finish()) };
    let document = read::document(&root, &mut findings);
    classes::check(&document, &mut findings);
    if findings.has_errors() {
        return Err(findings.finish());
    }
    let named = document.environments.values().filter_map(|settings| settings.ledger.as_ref());
    let own_topics = OwnTopics::new(named.map(|name| TopicName::new(name.value.as_str())));
    let environments = document.environments.into_keys().collect();
    Ok(Topology { source, root, environments, own_topics })
}

impl Topology {
    /// Returns the names of the environments, in order.
    pub fn environments(&self) -> &[String] {
        &self.environments
    }

    /// Returns flowctl's own topics, of all environments: those that no environment was chosen of
    /// may be on the same cluster.
    pub fn own_topics(&self) -> &OwnTopics {
        &self.own_topics
    }

    /// Resolves the topology for an environment, chosen by [`Topology::choose`]; `sets` win over
    /// what the file says.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the topology in this environment, all at once, with the
    /// warnings.
    pub fn resolve(
        &self,
        environment: Option<&str>,
        sets: &[SetOption],
        variables: Variables<'_>,
    ) -> Result<Resolved, Diagnostics> {
        let mut findings = Findings::with_sets(&self.source, sets);
        let mut root = self.root.clone();
        overrides::apply(&mut root, environment, sets, &mut findings);
        let document = read::document(&root, &mut findings);
        classes::check(&document, &mut findings);
        if findings.has_errors() {
            return Err(findings.finish());
        }
        let nothing = Environment::default();
        let settings = environment.and_then(|name| document.environments.get(name));
        let scope = Scope {
            source: &self.source,
            document: &document,
            environment,
            settings: settings.unwrap_or(&nothing),
            sets,
        };
        let mut names = names::Names::default();
        let flows: BTreeMap<_, _> = document
            .flows
            .iter()
            .map(|(id, flow)| {
                let resolved = flow::resolve(id, flow, &scope, &mut names, &mut findings);
                (FlowId::new(id.clone()), resolved)
            })
            .collect();
        let ledger = ledger::ledger(&flows, &scope, &mut names, &mut findings);
        let cluster = cluster::cluster(&scope, variables, &mut findings);
        let registry = cluster::registry(&scope, variables, &mut findings);
        let mut resolved = Resolved {
            project: document.project.clone(),
            environment: environment.map(str::to_owned),
            environments: self.environments.clone(),
            protected: scope.settings.protected,
            cluster,
            registry,
            serialization: scope.settings.serialization.unwrap_or(Serialization::Json),
            ledger,
            flows,
            warnings: Diagnostics::default(),
        };
        if findings.has_errors() {
            return Err(findings.finish());
        }
        for (flow, declared) in resolved.flows.values().zip(document.flows.values()) {
            lint::lint(flow, declared, &mut findings);
        }
        resolved.warnings = findings.finish();
        Ok(resolved)
    }
}
