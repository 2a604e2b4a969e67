//! Copies a range of a topic to another topic: `plan` decides what, `run.rs` does it.

mod outcome;
mod plan;
pub mod run;

pub use outcome::Outcome;
pub use plan::{Extent, PartitionRange, Replay, Wanted};
