//! How to reach the cluster and the registry: variables replaced, paths made relative to the file.

use std::path::{Path, PathBuf};

use crate::model::secret::Secret;
use crate::topology::document::{Cluster, Located};
use crate::topology::resolved::{ResolvedCluster, ResolvedRegistry};
use crate::topology::source::Findings;
use crate::topology::variables::{Variables, expand};

use super::scope::Scope;

/// Resolves `cluster`.
pub(super) fn cluster(
    scope: &Scope<'_>,
    variables: Variables<'_>,
    findings: &mut Findings<'_>,
) -> ResolvedCluster {
    let Cluster { brokers, id, properties_file, properties } = &scope.settings.cluster;
    let mut value = |text: &Option<Located<String>>| {
        text.as_ref().and_then(|text| expand(text, variables, findings))
    };
    let (brokers, id, file) = (value(brokers), value(id), value(properties_file));
    let properties = properties.iter().filter_map(|(name, text)| {
        let value = expand(text, variables, findings)?;
        Some((name.clone(), Secret::new(value)))
    });
    ResolvedCluster {
        brokers,
        id,
        properties: properties.collect(),
        properties_file: file.map(|file| beside(scope.source.file(), &file)),
    }
}

/// Resolves `registry`.
pub(super) fn registry(
    scope: &Scope<'_>,
    variables: Variables<'_>,
    findings: &mut Findings<'_>,
) -> Option<ResolvedRegistry> {
    let url = scope.settings.registry_url.as_ref()?;
    Some(ResolvedRegistry { url: expand(url, variables, findings)? })
}

/// A path in a topology file starts at that file's folder, wherever the command is run.
fn beside(topology: &str, file: &str) -> PathBuf {
    Path::new(topology).parent().map_or_else(|| PathBuf::from(file), |folder| folder.join(file))
}
