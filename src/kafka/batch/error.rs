//! Why a record batch cannot be read.

/// Why a record batch cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BatchError {
    /// A message set of the formats v0 and v1, from producers before Kafka 0.11.
    #[error("the records are in message format v{0}, from before Kafka 0.11; only v2 can be read")]
    OldFormat(i8),
    /// A format that this version does not know.
    #[error("the batch has format v{0}; only v2 is known")]
    UnknownFormat(i8),
    /// The length that the batch states is shorter than its header.
    #[error("the batch is shorter than its header")]
    TooShort,
    /// The checksum does not match.
    #[error("the checksum (CRC32C) is {computed:#010x}, but the batch says {stated:#010x}")]
    Checksum {
        /// What the batch says.
        stated: u32,
        /// What its bytes give.
        computed: u32,
    },
    /// A codec number that is not assigned.
    #[error("the batch has the unknown compression codec {0}")]
    UnknownCodec(i16),
    /// The codec cannot make sense of the bytes.
    #[error("the {codec} data cannot be decompressed: {cause}")]
    Compression {
        /// The codec's name in Kafka.
        codec: &'static str,
        /// What the codec said.
        cause: String,
    },
    /// The batch decompresses to more than is taken.
    #[error("the batch decompresses to more than {} MiB", .limit / (1024 * 1024))]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The bytes do not follow the format.
    #[error("{0}")]
    Malformed(&'static str),
}
