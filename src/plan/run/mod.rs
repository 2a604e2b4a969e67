//! The effects of this room: what a plan reads, and how it is carried out.

mod apply;
mod gather;
mod investigate;
mod see;

pub use apply::{Limits, apply};
pub use gather::gather;
pub use investigate::investigate;

use crate::error::{self, Report};
use crate::kafka::Error;

/// Turns an error of the cluster into what is shown of it.
fn report(error: Error) -> Report {
    error::report(&anyhow::Error::new(error))
}
