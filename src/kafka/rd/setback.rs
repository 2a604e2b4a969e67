//! How a step of a transaction fails, by what can be done about it.

use rdkafka::error::KafkaError;

use crate::kafka::Error;

/// How a step of a transaction failed, by what the caller can do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// Nothing was committed: abort, then begin again.
    #[error("the transaction has to be aborted")]
    Abortable(#[source] Error),
    /// Another run opened the same transactional id, or the coordinator aborted the transaction
    /// because it took longer than its timeout. Nothing more can be written: open again and read
    /// what is there, or leave the field to the other.
    #[error("the transaction was taken over")]
    Fenced(#[source] Error),
    /// The connection or the time ran out, nobody knows whether it is committed: open again, which
    /// settles it, and read what is there.
    #[error("it is not known whether the transaction was committed")]
    Undecided(#[source] Error),
    /// The producer can be used no more, and opening again will not help.
    #[error("the transaction failed")]
    Fatal(#[source] Error),
}

/// What a timeout of a step means.
#[derive(Clone, Copy)]
pub(super) enum OnTimeout {
    /// Not committed for sure.
    Abort,
    /// Nobody knows.
    Undecided,
}

/// Tells whether librdkafka lets the call be made again.
pub(super) fn is_retriable(error: &KafkaError) -> bool {
    matches!(error, KafkaError::Transaction(native) if native.is_retriable())
}
