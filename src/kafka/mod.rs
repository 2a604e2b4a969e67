//! The cluster: what the engines call, in the words of `model`.
//!
//! `wire` reads and administers over kafka-protocol, `rd` writes over librdkafka; both are
//! configured by one [`ConnectionSettings`] and fail with one [`Error`].

mod backoff;
pub(crate) mod batch;
pub mod connection;
pub mod error;
pub mod rd;
pub mod wire;

pub use backoff::Backoff;
pub use connection::{ConnectionSettings, Properties};
pub use error::{Error, ErrorCode};
pub use rd::{
    Delivered, Delivery, Pace, Producer, ProducerOptions, SendError, TransactionError,
    TransactionalProducer, Writer, writer,
};
pub use wire::{
    Cluster, Compared, Fetched, GroupList, HURRIED, Lookout, Mode, ReadOptions, Reader, Scratch,
    Stability,
};

/// What became of each item of a call.
pub type PerItem<K, V> = std::collections::BTreeMap<K, Result<V, Error>>;
