//! How a reader reads.

use std::time::Duration;

use crate::model::offset::IsolationLevel;

/// How a reader reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// Which records of transactions are seen. Default: `read_committed`.
    pub isolation: IsolationLevel,
    /// How long a broker holds a request back while there is nothing new (`fetch.max.wait.ms`).
    /// Default: 500 ms, as in Kafka's own consumer.
    pub max_wait: Duration,
    /// How much one partition adds to an answer, in bytes (`max.partition.fetch.bytes`). A single
    /// batch may be larger. Default: 4 MiB, with which 5 million records of 200 bytes were read
    /// about twice as fast as with 1 MiB. Whoever wants a few records only asks for less.
    pub partition_max_bytes: i32,
    /// How much one answer holds, in bytes (`fetch.max.bytes`). Of each leader one answer is in the
    /// caller's hands while the next one arrives. Default: 8 MiB, so that reading with ten
    /// partitions takes no more memory than with two.
    pub max_bytes: i32,
    /// How long a broker may take for an answer when there is something (`request.timeout.ms`); a
    /// slow line takes its time over one. Default: 30 s, as in Kafka's own consumer. One that has
    /// not begun is not waited for that long where [`super::Reader::open`] was allowed less.
    pub request_timeout: Duration,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            isolation: IsolationLevel::ReadCommitted,
            max_wait: Duration::from_millis(500),
            partition_max_bytes: 4 * 1024 * 1024,
            max_bytes: 8 * 1024 * 1024,
            request_timeout: Duration::from_secs(30),
        }
    }
}
