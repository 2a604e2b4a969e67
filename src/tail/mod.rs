//! Reading a topic: where each partition begins and stops, the newest records of several
//! partitions, and when it is over. `run` reads; the rest is pure.

mod event;
mod newest;
mod request;
pub mod run;
mod span;

pub use event::{Ended, Event, Outcome};
pub use request::{Request, Start};
pub use span::{PartitionMarks, Span, SpanError, spans};
