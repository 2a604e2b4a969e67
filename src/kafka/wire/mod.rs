//! Reading and administration over kafka-protocol, whose types stay in here.

mod assignment;
mod bootstrap;
mod change;
mod cluster;
mod codes;
mod commit_offsets;
mod committed;
mod configs;
mod connection;
mod coordinator;
mod delete_groups;
mod delete_records;
mod delete_topics;
mod denied;
mod describe_groups;
mod dial;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod fake_changes;
mod fetch;
mod frame;
mod groups;
pub(crate) mod guard;
mod incarnations;
mod known;
mod line;
mod lookout;
#[cfg(test)]
mod lost_answers;
mod metadata;
mod offsets;
#[cfg(test)]
mod peers;
mod rights;
#[cfg(test)]
mod round_trips;
mod router;
mod sasl;
mod tls;
mod tls_error;
mod topics;
mod versions;

pub use cluster::Cluster;
pub(super) use codes::code_name;
pub use committed::Stability;
pub use fetch::{Fetched, ReadOptions, Reader, Scratch};
pub use groups::GroupList;
pub use incarnations::Compared;
pub use lookout::{HURRIED, Lookout};
pub use topics::Mode;
pub(crate) use versions::request_name;
