//! Reading records: one connection of its own to each leader, and no request ever waits for a caller.
//!
//! `reader` runs it; `partitions` knows where each partition stands, `request` and `answer` speak the
//! protocol, both without I/O; `steps` are the things that can be under way.

mod answer;
mod fetched;
mod options;
mod partitions;
mod reader;
mod request;
mod steps;

pub use super::batch::Scratch;
pub use fetched::Fetched;
pub use options::ReadOptions;
pub use reader::Reader;
