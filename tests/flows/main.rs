//! flowctl's commands on a sandbox, one for each test: what they do, say and end with, also when
//! the broker fails at a place that the test chooses. No Kafka is needed; `dev/test cli` runs these
//! too.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test may fail it"
)]

#[path = "../support/broker.rs"]
#[expect(dead_code, reason = "other kinds of tests use the rest")]
mod broker;
#[path = "../support/dead_letters.rs"]
#[expect(dead_code, reason = "other kinds of tests use the rest")]
mod dead_letters;
#[path = "../support/home.rs"]
#[expect(dead_code, reason = "other kinds of tests use the rest")]
mod home;
mod killed;
#[path = "../support/records.rs"]
mod records;
#[path = "../support/running.rs"]
#[expect(dead_code, reason = "other kinds of tests use the rest")]
mod running;
#[path = "../support/sandbox.rs"]
mod sandbox;
mod sandboxed;
