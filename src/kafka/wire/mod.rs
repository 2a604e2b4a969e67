//! Reading and administration over kafka-protocol: the only folder that names it.

mod assignment;
mod batch;
mod bootstrap;
mod cluster;
mod codes;
mod committed;
mod configs;
mod connection;
mod coordinator;
mod delete_groups;
mod delete_records;
mod denied;
mod describe_groups;
mod dial;
mod fetch;
mod frame;
mod groups;
mod known;
mod line;
mod metadata;
mod offsets;
#[cfg(test)]
mod peers;
mod retry;
#[cfg(test)]
mod round_trips;
mod router;
mod sasl;
mod tls;
mod tls_error;
mod topics;
mod versions;

pub use cluster::Cluster;
pub(super) use codes::{code_name, is_retriable};
pub use committed::Stability;
pub use fetch::{Fetched, ReadOptions, Reader, Scratch};
pub use groups::GroupList;
pub use topics::Mode;
