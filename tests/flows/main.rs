//! flowctl's commands on a sandbox, one for each test: what they do, say and end with, also when
//! the broker fails at a place that the test chooses. No Kafka is needed; `dev/test cli` runs these
//! too.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a helper of a test may fail it"
)]

#[path = "../support/broker.rs"]
#[expect(dead_code, reason = "other kinds of tests use the rest")]
mod broker;
#[path = "../support/dead_letters.rs"]
mod dead_letters;
mod documents;
mod faults;
mod gone;
#[path = "../support/home.rs"]
mod home;
mod killed;
mod lag;
mod missing;
mod plan;
mod produce;
#[path = "../support/project.rs"]
mod project;
#[path = "../support/records.rs"]
mod records;
mod redrive;
mod refused;
mod replay;
mod round_trip;
#[path = "../support/running.rs"]
mod running;
#[path = "../support/sandbox.rs"]
mod sandbox;
mod sandboxed;
mod tail;
#[path = "../support/tailing.rs"]
#[expect(dead_code, reason = "other kinds of tests use the rest")]
mod tailing;
