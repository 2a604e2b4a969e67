//! A dead letter: a record of a DLQ, with its origin and its error as its convention tells them.

use std::fmt;
use std::str::FromStr;

use super::convention::{self, Convention, Expected};
use crate::model::name::{GroupId, TopicName};
use crate::model::record::Record;
use crate::model::timestamp::Timestamp;

/// The place of a dead letter: `<dlq topic>/<partition>/<offset>`, stable and accepted as input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeadLetterId {
    /// The DLQ.
    pub topic: TopicName,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
}

impl fmt::Display for DeadLetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, partition, offset } = self;
        write!(f, "{topic}/{partition}/{offset}")
    }
}

/// The text is not the id of a dead letter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the id of a dead letter: it looks like TOPIC/PARTITION/OFFSET")]
pub struct IllegalId(String);

impl FromStr for DeadLetterId {
    type Err = IllegalId;

    fn from_str(text: &str) -> Result<Self, IllegalId> {
        let illegal = || IllegalId(text.to_owned());
        // A topic name has no `/`.
        let mut parts = text.split('/');
        let (Some(topic), Some(partition), Some(offset), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(illegal());
        };
        let partition = partition.parse().map_err(|_| illegal())?;
        let offset = offset.parse().map_err(|_| illegal())?;
        let topic = TopicName::from(topic);
        if topic.check().is_err() || partition < 0 || offset < 0 {
            return Err(illegal());
        }
        Ok(Self { topic, partition, offset })
    }
}

/// A record of a DLQ, understood as far as it can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The record as it was read.
    pub record: Record,
    /// The convention that it was written by; `None` when it has the marks of none.
    pub convention: Option<Convention>,
    /// Whether it has the marks of several; the newest ones were taken.
    pub is_ambiguous: bool,
    /// Where it failed.
    pub origin: Origin,
    /// Why it failed, if it says so.
    pub failure: Option<Failure>,
}

impl DeadLetter {
    /// Understands a record. `main` is the topic whose dead letters the topology puts into this
    /// DLQ, for records that do not name theirs.
    pub fn read(record: Record, expected: Expected, main: Option<&TopicName>) -> Self {
        let (convention, is_ambiguous) = convention::detect(&record.headers, expected);
        let (mut origin, failure) = match convention {
            Some(convention) => convention.read(&record),
            None => (Origin::default(), None),
        };
        // What names another topic, however wrongly, is not from the one that is assumed.
        if origin.topic.is_none() && !origin.names_illegal_topic() {
            origin.topic = main.cloned();
            origin.is_topic_assumed = main.is_some();
        }
        Self { record, convention, is_ambiguous, origin, failure }
    }

    /// Returns its id.
    pub fn id(&self) -> DeadLetterId {
        DeadLetterId {
            topic: self.record.topic_partition.topic.clone(),
            partition: self.record.topic_partition.partition,
            offset: self.record.offset,
        }
    }
}

/// Where a record failed. What is missing or cannot be is `None`, and a [`Flaw`] says why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The topic.
    pub topic: Option<TopicName>,
    /// Whether the topic comes from the topology, because the record names none.
    pub is_topic_assumed: bool,
    /// The partition.
    pub partition: Option<i32>,
    /// The offset.
    pub offset: Option<i64>,
    /// The timestamp that the record had there.
    pub timestamp: Option<Timestamp>,
    /// The group that could not process it.
    pub group: Option<GroupId>,
    /// What is wrong with what the record says.
    pub flaws: Vec<Flaw>,
}

impl Origin {
    /// Returns topic, partition and offset when all of them are known: the origin's identity.
    pub fn coordinates(&self) -> Option<(&TopicName, i32, i64)> {
        Some((self.topic.as_ref()?, self.partition?, self.offset?))
    }

    fn names_illegal_topic(&self) -> bool {
        self.flaws.iter().any(|flaw| matches!(flaw, Flaw::IllegalTopic { .. }))
    }

    /// Drops a partition that the topic does not have. Some writers put other numbers there, and a
    /// topic may have been made anew with fewer partitions.
    pub fn check(&mut self, partition_count: i32) {
        if let Some(partition) = self.partition
            && !(0..partition_count).contains(&partition)
        {
            self.partition = None;
            self.flaws.push(Flaw::NoSuchPartition { partition, partition_count });
        }
    }
}

/// Why an origin is not complete.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// A header is not there.
    #[error("header `{0}` is missing")]
    Missing(&'static str),
    /// The header that names the topic does not have a topic's name.
    #[error("header `{header}` is not a topic name")]
    IllegalTopic {
        /// The header's name.
        header: &'static str,
    },
    /// A header does not have what its convention puts there.
    #[error("header `{header}` is not {expected}")]
    Malformed {
        /// The header's name.
        header: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// The offset is below 0.
    #[error("offset {0} cannot be")]
    NegativeOffset(i64),
    /// The topic does not have this partition.
    #[error("partition {partition} does not exist: the topic has {partition_count}")]
    NoSuchPartition {
        /// The partition.
        partition: i32,
        /// How many the topic has.
        partition_count: i32,
    },
}

/// Why a record could not be processed, as far as its dead letter tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failure {
    /// What to group by: the error's code, or the class of the exception at the root.
    pub code: Option<String>,
    /// The message.
    pub message: Option<String>,
    /// When it failed, as the dead letter has it.
    pub timestamp: Option<String>,
    /// How often it was tried again.
    pub retry_count: Option<i64>,
    /// Where in the pipeline it failed (Connect's stage).
    pub stage: Option<String>,
    /// The stack trace.
    pub stacktrace: Option<String>,
}

impl Failure {
    /// Tells whether a code was asked for: the whole code, or for a Java class its simple name.
    pub fn has_code(&self, wanted: &str) -> bool {
        self.code.as_deref().is_some_and(|code| {
            code == wanted || code.rsplit(['.', '$']).next().is_some_and(|simple| simple == wanted)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_and_others_are_refused() {
        let id: DeadLetterId = "orders.v1-dlq/3/1042".parse().unwrap();
        assert_eq!(id.to_string(), "orders.v1-dlq/3/1042");
        for text in
            ["", "orders", "orders/1", "orders/1/2/3", "orders/-1/2", "orders/1/-2", "a b/1/2"]
        {
            assert_eq!(text.parse::<DeadLetterId>(), Err(IllegalId(text.to_owned())));
        }
    }

    #[test]
    fn a_partition_that_cannot_be_is_dropped_and_said() {
        let mut origin = Origin { partition: Some(7), ..Origin::default() };
        origin.check(3);
        assert_eq!(origin.partition, None);
        let flaws: Vec<_> = origin.flaws.iter().map(ToString::to_string).collect();
        assert_eq!(flaws, ["partition 7 does not exist: the topic has 3"]);
    }

    #[test]
    fn a_java_class_is_found_by_its_simple_name_too() {
        let failure =
            Failure { code: Some("java.io.IOException".to_owned()), ..Failure::default() };
        assert!(failure.has_code("java.io.IOException"));
        assert!(failure.has_code("IOException"));
        assert!(!failure.has_code("Exception"));
        assert!(!Failure::default().has_code(""));
    }
}
