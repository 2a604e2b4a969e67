//! What is given to the writer, and what became of it.

use crate::kafka::{Delivered, Error};
use crate::model::record::OutgoingRecord;

/// Partition and offset in the source: a record's name. They are written in ascending order.
pub type PartitionOffset = (i32, i64);

/// A record of the source, and what is sent for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbound {
    /// Where it is in the source.
    pub place: PartitionOffset,
    /// What is sent; `None` where it only takes part in what is written about it.
    pub record: Option<OutgoingRecord>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// There was nothing to send.
    Nothing,
    /// It is in the target.
    Written(Delivered),
    /// It cannot be written, others can.
    Refused(Error),
}
