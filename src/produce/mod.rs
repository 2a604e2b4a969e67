//! Writing records: from lines, JSON, envelopes or templates to deliveries.
//!
//! Everything is pure but two files: `source` reads files in a thread of its own, `run` writes to
//! the cluster.

pub mod delimiter;
pub mod fake_data;
pub mod generate;
pub mod input;
pub mod place;
pub mod pointer;
pub mod preview;
pub mod rate;
pub mod report;
pub mod run;
pub mod shape;
pub mod source;
pub mod split;
pub mod template;
