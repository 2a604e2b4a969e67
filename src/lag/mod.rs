//! How far consumer groups are behind: offsets in, lag out.
//!
//! Lag is log end offset − committed offset. Committed offsets are read before ends, so a group
//! that goes on committing is never shown ahead of the log. What is not known is `None`, never 0.

pub mod compute;
pub mod report;
pub mod run;
pub mod select;

pub use report::{GroupLag, LagReport, Oddity, PartitionLag, Total};
