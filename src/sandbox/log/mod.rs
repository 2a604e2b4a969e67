//! One partition.

/// The records of a partition.
#[derive(Default)]
pub(super) struct Log {}
