//! Writing over librdkafka: the only folder that names rdkafka.
//!
//! [`Producer`] writes idempotently, [`TransactionalProducer`] in transactions; both take
//! `OutgoingRecord`s with a tag and give the tag back with what became of the record. [`Writer`] is
//! what copies records from one topic to another: it writes whole batches of them in transactions,
//! and finds what the broker refuses. Nothing is printed here: librdkafka's log goes nowhere, its
//! errors become [`crate::kafka::Error`].

mod config;
mod context;
mod error;
mod group_offsets;
mod outgoing;
mod producer;
mod queue;
mod send_all;
mod setback;
mod transaction;
mod trouble;
pub mod writer;

pub use context::{Delivered, Delivery};
pub use producer::{Pace, Producer, ProducerOptions};
pub use queue::SendError;
pub use setback::TransactionError;
pub use transaction::TransactionalProducer;
pub use writer::Writer;
