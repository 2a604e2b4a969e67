//! What can go wrong with a cluster, and what follows: retriable or fatal, exit code, hint.
//!
//! Decided here once; nobody else looks at error codes to find out whether to try again.

use std::fmt;
use std::time::Duration;

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
    },
    /// A broker answered with an error.
    #[error("{code}{}", show_message(message.as_deref()))]
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
    /// Reading wanted an offset that the log does not have: deleted by retention, or not written yet.
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
    /// The producer was fenced: another run with the same transactional id took over.
    #[error("fenced: another run took over ({0})")]
    Fenced(String),
    /// librdkafka failed without an error of a broker.
    #[error("{0}")]
    Client(String),
}

/// An error code of the protocol; shown by Kafka's own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ErrorCode(pub i16);

impl ErrorCode {
    /// `UNKNOWN_TOPIC_OR_PARTITION`.
    pub const UNKNOWN_TOPIC_OR_PARTITION: Self = Self(3);
    /// `LEADER_NOT_AVAILABLE`.
    pub const LEADER_NOT_AVAILABLE: Self = Self(5);
    /// `BROKER_NOT_AVAILABLE`.
    pub const BROKER_NOT_AVAILABLE: Self = Self(8);
    /// `TOPIC_AUTHORIZATION_FAILED`.
    pub const TOPIC_AUTHORIZATION_FAILED: Self = Self(29);
    /// `GROUP_ID_NOT_FOUND`.
    pub const GROUP_ID_NOT_FOUND: Self = Self(69);
    /// `NOT_CONTROLLER`.
    pub const NOT_CONTROLLER: Self = Self(41);
    /// `TOPIC_ALREADY_EXISTS`.
    pub const TOPIC_ALREADY_EXISTS: Self = Self(36);
    /// `UNKNOWN_TOPIC_ID`.
    pub const UNKNOWN_TOPIC_ID: Self = Self(100);

    /// `MESSAGE_TOO_LARGE`, `RECORD_LIST_TOO_LARGE`, `INVALID_TIMESTAMP` and `INVALID_RECORD`: a broker
    /// refuses these very records, and takes others.
    const OF_RECORDS: [Self; 4] = [Self(10), Self(18), Self(32), Self(87)];

    /// Tells whether the condition may pass by itself, so that asking again makes sense.
    /// `UNKNOWN_TOPIC_OR_PARTITION` counts as retriable in Kafka; for a tool that was given a name it
    /// is an answer, so here it does not.
    pub fn is_retriable(self) -> bool {
        self != Self::UNKNOWN_TOPIC_OR_PARTITION && super::wire::is_retriable(self.0)
    }

    /// Returns Kafka's own name, such as `NOT_LEADER_OR_FOLLOWER`.
    pub fn name(self) -> String {
        super::wire::code_name(self.0)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl Error {
    /// Returns the broker's code, if a broker answered with one.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Denied { code, .. } | Self::Broker { code, .. } => Some(*code),
            Self::Unreachable { .. }
            | Self::Disconnected { .. }
            | Self::Timeout { .. }
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

    /// Tells whether a broker refused the records themselves, so that others of the same batch may be
    /// written without them.
    pub fn is_of_records(&self) -> bool {
        self.code().is_some_and(|code| ErrorCode::OF_RECORDS.contains(&code))
    }

    /// Returns the exit code of a command that ends with this error.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Unreachable { .. } | Self::Disconnected { .. } | Self::Timeout { .. } => {
                Exit::Unreachable
            }
            // The deadline passed before the condition did.
            Self::Broker { code, .. } if code.is_retriable() => Exit::Unreachable,
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
            Self::Tls { hint, .. } | Self::Authentication { hint, .. } => hint.clone(),
            Self::Protocol { .. } => {
                Some("check that the address is a listener of a Kafka broker".to_owned())
            }
            // To a user without rights brokers do not tell a missing topic from a hidden one.
            Self::Denied { operation, resource, code }
                if *code == ErrorCode::TOPIC_AUTHORIZATION_FAILED && operation == "DESCRIBE" =>
            {
                Some(format!("{resource} does not exist, or you may not describe it"))
            }
            Self::Denied { operation, resource, code }
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

/// Shows the broker's text behind the code; a success may carry an empty one.
fn show_message(message: Option<&str>) -> String {
    match message {
        Some(text) if !text.is_empty() => format!(": {text}"),
        Some(_) | None => String::new(),
    }
}
