//! The tour: the main job on a real cluster, step by step, each command as a user would type it.
//!
//! `story.rs` says what is run and what must come of it, `consumer.rs` is the application that the
//! tour plays, `run.rs` does it all and cleans up.

pub mod consumer;
pub mod run;
pub mod story;

pub use story::{Event, Ran};
