//! `topology.yaml` → resolved topology: what is wanted, every value with the place it comes from.
//!
//! Pure: text in, values and diagnostics out. Whoever reads the file and the environment variables
//! passes them in.

pub mod diagnostic;
mod document;
#[cfg(test)]
mod fuzz;
mod naming;
mod overrides;
pub mod pattern;
pub mod position;
pub mod provenance;
mod read;
mod resolve;
pub mod resolved;
#[cfg(test)]
mod scenarios;
mod source;
mod variables;
mod yaml;

pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use overrides::SetOption;
pub use position::Position;
pub use resolve::{EnvironmentError, Topology, parse};
pub use resolved::Resolved;
pub use variables::Variables;
pub use yaml::MAX_BYTES;

/// The configs that have keys of their own in the file, in Kafka's names.
const RETENTION: &str = "retention.ms";
const CLEANUP: &str = "cleanup.policy";
const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";
