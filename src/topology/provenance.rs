//! Where a value comes from: the layer that had the last word, and its place.

use std::fmt;

use super::position::Position;

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub from: Provenance,
}

/// Where a value comes from: the layer that had the last word, and its place.
///
/// Displayed as `topology.yaml:58`, `environments.dev.clamp (topology.yaml:31)` or `built-in`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The layer.
    pub layer: Layer,
    /// The place; `None` for what stands in no file.
    pub position: Option<Position>,
}

/// The layers of settings, low to high.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer {
    /// flowctl's own default.
    BuiltIn,
    /// A class, by its name.
    Class(String),
    /// The flow itself.
    Flow,
    /// `environments.E.overrides`, by the environment's name.
    Overrides(String),
    /// `--set`, by its path.
    CommandLine(String),
    /// `environments.E.clamp`, by the environment's name.
    Clamp(String),
    /// Follows from another value; the text says which.
    Derived(String),
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layer = match &self.layer {
            Layer::BuiltIn => "built-in".to_owned(),
            Layer::Class(class) => format!("classes.{class}"),
            Layer::Flow => match &self.position {
                Some(position) => return write!(f, "{position}"),
                None => "flow".to_owned(),
            },
            Layer::Overrides(environment) => format!("environments.{environment}.overrides"),
            Layer::CommandLine(path) => format!("--set {path}"),
            Layer::Clamp(environment) => format!("environments.{environment}.clamp"),
            Layer::Derived(text) => text.clone(),
        };
        match &self.position {
            Some(position) => write!(f, "{layer} ({position})"),
            None => f.write_str(&layer),
        }
    }
}
