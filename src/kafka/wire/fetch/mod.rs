//! Reading records: one connection of its own to each leader, and no request ever waits for a caller.
//!
//! `reader` is what callers use, `steps` are the things that can be under way, `outcomes` what becomes
//! of them; `partitions` knows where each partition stands, and `request` and `answer` speak the
//! protocol, all three without I/O.

mod answer;
#[cfg(test)]
mod faults;
mod fetched;
mod options;
mod outcomes;
mod partitions;
mod reader;
mod request;
mod steps;

pub use super::batch::Scratch;
pub use fetched::Fetched;
pub use options::ReadOptions;
pub use reader::Reader;
