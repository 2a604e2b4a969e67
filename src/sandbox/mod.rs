//! An embedded Kafka broker in memory, for trying a topology and testing a script without a
//! cluster. Never for data that matters: it ends with the process.
//!
//! Decisions are pure state machines (`log`, `topics`, `groups`, `transactions`, `access`,
//! `faults`): they take what was asked and the time, and return values. `api` translates between
//! them and the protocol, one file a call; `server` owns the sockets. The whole state is one
//! `Broker` behind one lock, so that what belongs together happens at once.

mod access;
mod api;
mod broker;
mod budget;
mod faults;
mod groups;
mod heavy;
mod log;
mod server;
mod topics;
mod transactions;

pub use access::{User, UserError};
pub use broker::Storage;
pub use faults::{Fault, FaultError};
pub use server::{Event, Options, Sandbox};
