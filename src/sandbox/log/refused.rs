//! Why records were not appended.

use kafka_protocol::ResponseError;

use crate::kafka::batch::BatchError;

/// Why the records of a partition were not appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Refused {
    /// The error.
    pub(in crate::sandbox) error: ResponseError,
    /// What Kafka says about it; most errors speak for themselves.
    pub(in crate::sandbox) message: Option<String>,
    /// The records that are wrong, if that can be said.
    pub(in crate::sandbox) records: Vec<WrongRecord>,
    /// Whether it was seen before the partition was asked.
    is_early: bool,
}

/// A record that was refused, and the batch with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct WrongRecord {
    /// Which one of its batch, from 0.
    pub(in crate::sandbox) index: i32,
    /// What is wrong with it.
    pub(in crate::sandbox) message: String,
}

impl Refused {
    /// Refuses a batch for some of its records.
    pub(super) fn of_records(
        error: ResponseError,
        message: String,
        records: Vec<WrongRecord>,
    ) -> Self {
        Self { error, message: Some(message), records, is_early: false }
    }

    /// Refuses a batch because the sandbox holds as much as it may.
    pub(in crate::sandbox) fn of_memory(most: u64) -> Self {
        let message = format!("The memory of the sandbox is full ({most} bytes, --max-memory)");
        let error = ResponseError::PolicyViolation;
        Self { error, message: Some(message), records: Vec::new(), is_early: true }
    }

    /// Refuses what several transactional producers want to write at once.
    pub(in crate::sandbox) fn of_several_producers() -> Self {
        let message = "Transactional records contained more than one producer ID".to_owned();
        let error = ResponseError::InvalidProducerIdMapping;
        Self { error, message: Some(message), records: Vec::new(), is_early: true }
    }

    /// Says that this was seen before the partition was asked.
    pub(super) fn early(self) -> Self {
        Self { is_early: true, ..self }
    }

    /// Tells whether Kafka says where the log starts beside this error: with those that the log
    /// itself found, and not with those that are known before it is looked at.
    pub(in crate::sandbox) fn tells_log_start(&self) -> bool {
        !self.is_early
            && !matches!(
                self.error,
                ResponseError::MessageTooLarge
                    | ResponseError::RecordListTooLarge
                    | ResponseError::CorruptMessage
            )
    }
}

impl From<ResponseError> for Refused {
    fn from(error: ResponseError) -> Self {
        Self { error, message: None, records: Vec::new(), is_early: false }
    }
}

impl From<BatchError> for Refused {
    /// Has Kafka's error for bytes that are no batch or no records.
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Checksum { .. } | BatchError::TooShort | BatchError::UnknownFormat(_) => {
                ResponseError::CorruptMessage
            }
            BatchError::TooLarge { .. } => ResponseError::MessageTooLarge,
            // Kafka trips over these, and says so.
            BatchError::UnknownCodec(_) | BatchError::Compression { .. } => {
                ResponseError::UnknownServerError
            }
            BatchError::OldFormat(_) | BatchError::Malformed(_) => ResponseError::InvalidRecord,
        }
        .into()
    }
}
