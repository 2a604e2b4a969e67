//! The real binary in a hermetic environment and without a cluster; `dev/test cli` runs these
//! tests.
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod commands;
mod completions;
mod dlq;
mod exit_codes;
mod help;
#[path = "../support/home.rs"]
mod home;
mod in_doubt;
mod peer;
mod produce;
#[path = "../support/running.rs"]
mod running;
mod sandbox;
mod sandbox_signals;
mod sandbox_terminal;
mod sandbox_topology;
mod secrets;
mod signals;
mod streams;
mod tour;
mod unreachable;
mod validate;
