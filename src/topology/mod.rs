//! `topology.yaml` → resolved topology: what is wanted, every value with the place it comes from.
//!
//! Pure: text in, values and diagnostics out. Whoever reads the file and the environment variables
//! passes them in.

pub mod diagnostic;
pub mod position;
pub mod resolved;

pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use position::Position;
pub use resolved::Resolved;
