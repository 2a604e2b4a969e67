//! The compacted topic that remembers what flowctl did, record by record.
//!
//! A committed offset is a prefix and expires; a selection is a set and must not. So each
//! transaction that redrives dead letters also writes, for each DLQ partition, an [`Entry`] that
//! names them. What is remembered of one DLQ is [`Memory`]; `run.rs` reads it and makes the topic.

mod entry;
mod key;
mod memory;
mod run;

pub use entry::{Entry, Outcome, Run, Unreadable, entries};
pub use key::{EntryKey, ledger_partition};
pub use memory::{Collector, Done, Memory};
pub use run::{Ledger, Recalled};
