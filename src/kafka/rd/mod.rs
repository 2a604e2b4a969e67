//! Writing over librdkafka: the only folder that names rdkafka.
//!
//! [`Producer`] writes idempotently, [`TransactionalProducer`] in transactions; both take
//! `OutgoingRecord`s with a tag and give the tag back with what became of the record. Nothing is
//! printed here: librdkafka's log goes nowhere, its errors become [`crate::kafka::Error`].

mod config;
mod context;
mod error;
mod outgoing;
mod producer;
mod queue;
mod send_all;
mod transaction;

pub use context::{Delivered, Delivery};
pub use producer::{Compression, Pace, Producer, ProducerOptions};
pub use queue::SendError;
pub use send_all::Sent;
pub use transaction::{TransactionError, TransactionalProducer};
