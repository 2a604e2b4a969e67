//! What can go wrong with a cluster, and what follows: retriable or fatal, exit code, hint.
//!
//! Decided in this folder once; nobody else looks at error codes to find out whether to try again.

mod code;
mod remedy;

use std::time::Duration;

pub use code::ErrorCode;
pub(super) use remedy::Remedy;

use crate::exit::Exit;
use crate::model::offset::TopicPartition;

/// An error of the client or of a broker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No broker answered at these addresses.
    #[error("cannot reach {}: {cause}", addresses.join(", "))]
    Unreachable {
        /// The addresses that were tried.
        addresses: Vec<String>,
        /// What the last one said.
        cause: String,
    },
    /// A connection that had been made broke.
    #[error("lost the connection to {address}: {cause}")]
    Disconnected {
        /// The address.
        address: String,
        /// How it broke.
        cause: String,
    },
    /// The deadline passed.
    #[error("no answer to {doing} within {}", show_duration(*allowed))]
    Timeout {
        /// What was being done.
        doing: String,
        /// How long was allowed.
        allowed: Duration,
    },
    /// A change was asked for and its answer lost, and nothing shows yet what became of it.
    #[error("{change} may have been done or not: {cause}")]
    Unconfirmed {
        /// The request and what it is about, such as ``CreateTopics of topic `orders` ``.
        change: String,
        /// How the answer was lost.
        cause: String,
    },
    /// The TLS handshake failed, or the two sides do not agree on TLS.
    #[error("TLS with {address} failed: {cause}")]
    Tls {
        /// The address.
        address: String,
        /// What the handshake said.
        cause: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The broker refused the credentials or the mechanism.
    #[error("authentication at {address} with {mechanism} failed: {cause}")]
    Authentication {
        /// The address.
        address: String,
        /// The SASL mechanism, or `none`.
        mechanism: String,
        /// What the broker said.
        cause: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// A right is missing.
    #[error("not authorised: {operation} on {resource} was refused ({code})")]
    Denied {
        /// The operation in Kafka's words, such as `DESCRIBE`.
        operation: String,
        /// The resource, such as ``topic `orders` ``.
        resource: String,
        /// Kafka's code.
        code: ErrorCode,
        /// Whether a broker has told that the resource is there. Mostly they say the same of one
        /// that is missing.
        exists: bool,
    },
    /// A broker answered with an error.
    #[error("{code}{}", show_message(*code, message.as_deref()))]
    Broker {
        /// Kafka's code.
        code: ErrorCode,
        /// The broker's text, if it sent one.
        message: Option<String>,
    },
    /// What came is not what the protocol allows.
    #[error("unexpected answer from {address}: {cause}")]
    Protocol {
        /// The address.
        address: String,
        /// What was wrong with it.
        cause: String,
    },
    /// Reading wanted an offset that the log does not have: deleted by retention, or not written
    /// yet.
    #[error(
        "{topic_partition} has no offset {wanted}: its log reaches from {log_start} to {log_end}"
    )]
    OffsetOutOfRange {
        /// The partition.
        topic_partition: TopicPartition,
        /// The offset that was to be read.
        wanted: i64,
        /// The log start offset.
        log_start: i64,
        /// The log end offset.
        log_end: i64,
    },
    /// Records that cannot be decoded, whoever broke them: a producer, a disk, the network.
    #[error("cannot read the records of {topic_partition} from offset {offset}: {cause}")]
    CorruptRecords {
        /// The partition.
        topic_partition: TopicPartition,
        /// The first offset that could not be read.
        offset: i64,
        /// What is wrong with them.
        cause: String,
    },
    /// The settings of the connection do not fit together, or a file cannot be read.
    #[error("{0}")]
    Settings(String),
    /// The producer was fenced: another run with the same transactional id took over, or the
    /// transaction coordinator gave its transaction up.
    #[error("fenced: another run took over, or the broker gave the transaction up ({0})")]
    Fenced(String),
    /// librdkafka failed without an error of a broker.
    #[error("{0}")]
    Client(String),
}

impl Error {
    /// Returns the broker's code, if a broker answered with one.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Denied { code, .. } | Self::Broker { code, .. } => Some(*code),
            Self::Unreachable { .. }
            | Self::Disconnected { .. }
            | Self::Timeout { .. }
            | Self::Unconfirmed { .. }
            | Self::Tls { .. }
            | Self::Authentication { .. }
            | Self::Protocol { .. }
            | Self::OffsetOutOfRange { .. }
            | Self::CorruptRecords { .. }
            | Self::Settings(_)
            | Self::Fenced(_)
            | Self::Client(_) => None,
        }
    }

    /// Tells whether a broker refused the records themselves, so that others of the same batch may
    /// be written without them.
    pub fn is_of_records(&self) -> bool {
        self.code().is_some_and(ErrorCode::is_of_records)
    }

    /// Tells whether nobody answered, which a cluster that starts or a network that heals may end.
    pub fn nobody_answered(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Disconnected { .. }
            | Self::Timeout { .. }
            | Self::Unconfirmed { .. } => true,
            Self::Tls { .. }
            | Self::Authentication { .. }
            | Self::Denied { .. }
            | Self::Broker { .. }
            | Self::Protocol { .. }
            | Self::OffsetOutOfRange { .. }
            | Self::CorruptRecords { .. }
            | Self::Settings(_)
            | Self::Fenced(_)
            | Self::Client(_) => false,
        }
    }

    /// Returns the exit code of a command that ends with this error.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Unreachable { .. }
            | Self::Disconnected { .. }
            | Self::Timeout { .. }
            | Self::Unconfirmed { .. } => Exit::Unreachable,
            // The deadline passed before the condition did.
            Self::Broker { code, .. } if code.remedy().is_some() => Exit::Unreachable,
            Self::Tls { .. }
            | Self::Protocol { .. }
            | Self::OffsetOutOfRange { .. }
            | Self::CorruptRecords { .. }
            | Self::Broker { .. }
            | Self::Client(_) => Exit::Failed,
            Self::Authentication { .. } | Self::Denied { .. } => Exit::NotAuthorised,
            Self::Settings(_) => Exit::Usage,
            Self::Fenced(_) => Exit::Refused,
        }
    }

    /// Returns what the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unreachable { .. } => {
                Some("check the address with -b HOST:PORT or FLOWCTL_BROKERS".to_owned())
            }
            Self::Timeout { .. } => Some("allow more time with --timeout".to_owned()),
            Self::Unconfirmed { .. } => {
                Some("see whether it was done before you ask for it again".to_owned())
            }
            Self::Tls { hint, .. } | Self::Authentication { hint, .. } => hint.clone(),
            Self::Protocol { .. } => {
                Some("check that the address is a listener of a Kafka broker".to_owned())
            }
            Self::Denied { operation, resource, exists: true, .. } => {
                Some(format!("{resource} exists: ask for {operation} on it"))
            }
            // To a user without rights brokers do not tell a missing topic from a hidden one.
            Self::Denied { operation, resource, code, exists: false }
                if *code == ErrorCode::TOPIC_AUTHORIZATION_FAILED && operation == "DESCRIBE" =>
            {
                Some(format!("{resource} does not exist, or you may not describe it"))
            }
            Self::Denied { operation, resource, code, exists: false }
                if *code == ErrorCode::TOPIC_AUTHORIZATION_FAILED && operation != "CREATE" =>
            {
                Some(format!(
                    "you lack {operation}, or {resource} does not exist: brokers say the same of both"
                ))
            }
            Self::Denied { .. }
            | Self::Disconnected { .. }
            | Self::Broker { .. }
            | Self::OffsetOutOfRange { .. }
            | Self::CorruptRecords { .. }
            | Self::Settings(_)
            | Self::Fenced(_)
            | Self::Client(_) => None,
        }
    }

    /// Returns the stable name of the error for machines.
    pub fn code_name(&self) -> String {
        match self {
            Self::Unreachable { .. } => "unreachable".to_owned(),
            Self::Disconnected { .. } => "disconnected".to_owned(),
            Self::Timeout { .. } => "timeout".to_owned(),
            Self::Unconfirmed { .. } => "unconfirmed".to_owned(),
            Self::Tls { .. } => "tls".to_owned(),
            Self::Authentication { .. } => "authentication".to_owned(),
            Self::Denied { code, .. } | Self::Broker { code, .. } => code.name(),
            Self::Protocol { .. } => "protocol".to_owned(),
            Self::OffsetOutOfRange { .. } => "OFFSET_OUT_OF_RANGE".to_owned(),
            Self::CorruptRecords { .. } => "CORRUPT_MESSAGE".to_owned(),
            Self::Settings(_) => "settings".to_owned(),
            Self::Fenced(_) => "fenced".to_owned(),
            Self::Client(_) => "client".to_owned(),
        }
    }
}

/// Shows a duration as people write it.
fn show_duration(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{} ms", duration.as_millis())
    }
}

/// Shows the broker's text behind the code where it says more than its name: a success may carry
/// an empty one, and some brokers send the name again in other letters (`RequestTimedOut`).
fn show_message(code: ErrorCode, message: Option<&str>) -> String {
    let letters = |text: &str| {
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    match message {
        Some(text) if !text.is_empty() && letters(text) != letters(&code.name()) => {
            format!(": {text}")
        }
        Some(_) | None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_the_name_again_is_not_shown() {
        let code = ErrorCode::REQUEST_TIMED_OUT;
        let show = |text: &str| Error::Broker { code, message: Some(text.to_owned()) }.to_string();
        for text in ["", "RequestTimedOut", "REQUEST_TIMED_OUT", "Request timed out."] {
            assert_eq!(show(text), "REQUEST_TIMED_OUT", "{text}");
        }
        assert_eq!(show("the controller is busy"), "REQUEST_TIMED_OUT: the controller is busy");
    }

    #[test]
    fn a_topic_that_exists_is_not_said_to_be_missing_perhaps() {
        let hint = |exists| {
            let (operation, resource) = ("WRITE".to_owned(), "topic `orders`".to_owned());
            let code = ErrorCode::TOPIC_AUTHORIZATION_FAILED;
            Error::Denied { operation, resource, code, exists }.hint().unwrap()
        };
        assert_eq!(hint(true), "topic `orders` exists: ask for WRITE on it");
        assert!(hint(false).contains("does not exist"));
    }
}
