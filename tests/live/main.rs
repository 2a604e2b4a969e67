//! Tests against real Apache Kafka, all in one binary and side by side; `dev/test live` runs them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a helper of a test may fail it"
)]

#[path = "../support/broker.rs"]
mod broker;
mod brokers;
#[path = "../support/dead_letters.rs"]
mod dead_letters;
mod dlq;
mod examples;
mod fetch;
#[path = "../support/home.rs"]
mod home;
#[path = "../support/instance.rs"]
mod instance;
mod lag;
mod mutual_tls;
mod plan;
mod produce;
#[path = "../support/project.rs"]
mod project;
#[path = "../support/records.rs"]
#[expect(dead_code, reason = "other kinds of tests use the rest")]
mod records;
#[path = "../support/running.rs"]
mod running;
mod sasl_plaintext;
mod support;
mod tail;
#[path = "../support/tailing.rs"]
#[expect(dead_code, reason = "other kinds of tests use the rest")]
mod tailing;
mod tour;
mod transactions;
mod wire;
