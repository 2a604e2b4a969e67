//! The limits of transactions: Kafka's names and defaults.

/// What a broker's configuration says about transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Settings {
    /// `transaction.max.timeout.ms`
    pub(in crate::sandbox) max_timeout_ms: i32,
    /// How many transactional ids there may be: one costs its client nothing, and Kafka would
    /// forget it after a week only. A limit of our own.
    pub(in crate::sandbox) most_ids: usize,
    /// How many bytes the transactional ids may have together. A limit of our own.
    pub(in crate::sandbox) most_id_bytes: usize,
    /// How many partitions and groups the ongoing transactions may have together. A limit of our
    /// own.
    pub(in crate::sandbox) most_added: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_timeout_ms: 900_000,
            most_ids: 10_000,
            most_id_bytes: 4 << 20,
            most_added: 100_000,
        }
    }
}
