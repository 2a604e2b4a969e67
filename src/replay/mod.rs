//! Copies a range of a topic to another topic: `plan` decides what, `run.rs` does it.

mod plan;
pub mod run;

pub use plan::{Extent, PartitionRange, Replay, Wanted};
