//! Reading records: one connection of its own to each leader, and no request ever waits for a
//! caller.
//!
//! `reader` is what callers use, `steps` are the things that can be under way, `outcomes` what
//! becomes of them; `partition` and `partitions` know where each one stands, and `request` and
//! `answer` speak the protocol, all four without I/O.

mod answer;
#[cfg(test)]
mod faults;
mod fetched;
mod options;
mod outcomes;
mod partition;
mod partitions;
mod reader;
mod request;
mod steps;

pub use crate::kafka::batch::Scratch;
pub use fetched::Fetched;
pub use options::ReadOptions;
pub use reader::Reader;
