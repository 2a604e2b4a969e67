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
mod documents;
mod examples;
mod fetch;
#[path = "../support/home.rs"]
mod home;
#[path = "../support/instance.rs"]
mod instance;
mod lag;
mod missing;
mod mutual_tls;
mod plan;
mod produce;
#[path = "../support/records.rs"]
mod records;
mod round_trip;
#[path = "../support/running.rs"]
mod running;
mod sasl_plaintext;
mod support;
mod tail;
mod tour;
mod transactions;
mod wire;
