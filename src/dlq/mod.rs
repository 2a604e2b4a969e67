//! Dead letters: what a DLQ record is, which ones are wanted, what is sent in their place.
//!
//! Reading a record is [`DeadLetter::read`] (by the conventions in `convention/`), choosing is
//! [`Selector`], making the record that is sent is [`compose`]. All of it is pure; `run.rs` reads
//! and sends.

mod batch;
mod compose;
pub mod convention;
mod dead_letter;
mod duplicates;
mod error_member;
mod event;
mod overview;
mod plan;
mod query;
mod refusal;
mod run;
mod seen;
mod select;
mod settled;
mod strip;
mod target;
#[cfg(test)]
mod testing;

pub use compose::{Composition, RecordTime, compose};
pub use convention::{Convention, Expected};
pub use dead_letter::{DeadLetter, DeadLetterId, Failure, Flaw, IllegalId, Origin};
pub use event::{Event, Fate, NotTaken};
pub use overview::Overview;
pub use plan::Redrive;
pub use query::{Query, StatusFilter, Window};
pub use refusal::{Refusal, RefusalKind};
pub use run::{Declared, Dlq, Ended, Extent, Job, Outcome, Show, Sink, Snapshot, Watch};
pub use seen::Seen;
pub use select::{Before, Decision, Rule, Selector};
pub use target::{Target, TargetPartition, TargetRule, Topics};
