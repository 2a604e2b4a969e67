//! Why a dead letter that was selected is not sent.

use std::fmt;

use crate::model::name::TopicName;
use crate::model::timestamp::Timestamp;

/// Why a dead letter that was selected is not sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Refusal {
    /// Nothing tells where it belongs.
    #[error("its origin is not known{}", because(.0.as_deref()))]
    NoOrigin(Option<String>),
    /// The topic cannot be written to.
    #[error("topic `{0}`: {1}")]
    NoTarget(TopicName, String),
    /// It would go back into the DLQ.
    #[error("its target is the DLQ itself")]
    SameTopic,
    /// It would go into one of Kafka's own topics, or into one of flowctl's, such as the ledger.
    #[error("its target `{0}` is an internal topic")]
    Internal(TopicName),
    /// It came back too often.
    #[error("it has been redriven {0} times already; at most {1} are allowed")]
    TooManyRedrives(u32, u32),
    /// The original timestamp is wanted, and it does not tell.
    #[error("its original timestamp is not known")]
    NoTimestamp,
    /// The target would delete it at once, or refuse it.
    #[error("its original timestamp {0} is older than topic `{1}` keeps or takes records")]
    TooOld(Timestamp, TopicName),
}

/// The kinds of [`Refusal`], to count them by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefusalKind {
    /// [`Refusal::NoOrigin`].
    NoOrigin,
    /// [`Refusal::NoTarget`].
    NoTarget,
    /// [`Refusal::SameTopic`].
    SameTopic,
    /// [`Refusal::Internal`].
    Internal,
    /// [`Refusal::TooManyRedrives`].
    TooManyRedrives,
    /// [`Refusal::NoTimestamp`].
    NoTimestamp,
    /// [`Refusal::TooOld`].
    TooOld,
}

impl Refusal {
    /// Returns its kind.
    pub fn kind(&self) -> RefusalKind {
        match self {
            Self::NoOrigin(_) => RefusalKind::NoOrigin,
            Self::NoTarget(_, _) => RefusalKind::NoTarget,
            Self::SameTopic => RefusalKind::SameTopic,
            Self::Internal(_) => RefusalKind::Internal,
            Self::TooManyRedrives(_, _) => RefusalKind::TooManyRedrives,
            Self::NoTimestamp => RefusalKind::NoTimestamp,
            Self::TooOld(_, _) => RefusalKind::TooOld,
        }
    }
}

impl RefusalKind {
    /// Returns the stable name for machines.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoOrigin => "no_origin",
            Self::NoTarget => "no_target",
            Self::SameTopic => "same_topic",
            Self::Internal => "internal_topic",
            Self::TooManyRedrives => "max_redrives",
            Self::NoTimestamp => "no_original_timestamp",
            Self::TooOld => "timestamp_too_old",
        }
    }
}

impl fmt::Display for RefusalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoOrigin => "the origin is not known",
            Self::NoTarget => "the target cannot be written to",
            Self::SameTopic => "the target is the DLQ itself",
            Self::Internal => "the target is an internal topic",
            Self::TooManyRedrives => "redriven too often already",
            Self::NoTimestamp => "the original timestamp is not known",
            Self::TooOld => "older than the target keeps or takes records",
        })
    }
}

fn because(flaw: Option<&str>) -> String {
    flaw.map_or_else(String::new, |flaw| format!(": {flaw}"))
}
