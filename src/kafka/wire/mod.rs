//! Reading and administration over kafka-protocol: the only folder that names it.

#![expect(dead_code, reason = "fetching calls the rest of the connection")]

mod bootstrap;
mod cluster;
mod codes;
mod connection;
mod denied;
mod dial;
mod frame;
mod known;
mod line;
mod metadata;
mod retry;
mod sasl;
mod tls;
mod tls_error;
mod versions;

pub use cluster::Cluster;
pub(super) use codes::{code_name, is_retriable};
