//! Names of things in a cluster, as types of their own so that a topic is never taken for a group.

use std::fmt;

/// Declares a newtype over a name.
macro_rules! name {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $type(String);

        impl $type {
            /// Wraps a name as it came; nothing is checked.
            pub fn new(name: impl Into<String>) -> Self {
                Self(name.into())
            }

            /// Returns the name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $type {
            fn from(name: &str) -> Self {
                Self(name.to_owned())
            }
        }

        impl std::borrow::Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name! {
    /// The name of a topic.
    TopicName
}
name! {
    /// The id of a consumer group.
    GroupId
}
name! {
    /// The key of a flow in the topology file.
    FlowId
}

/// Why a topic name is not legal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalTopicName {
    /// The name has no characters.
    #[error("a topic name cannot be empty")]
    Empty,
    /// The name is longer than Kafka takes.
    #[error("a topic name has at most 249 characters, this one has {0}")]
    TooLong(usize),
    /// The name is `.` or `..`.
    #[error("`{0}` is not a topic name")]
    Dots(String),
    /// The name has a character that Kafka does not take.
    #[error("`{0}` cannot stand in a topic name; use letters, digits, `.`, `_` and `-`")]
    Character(char),
}

/// Kafka's limit (`Topic.MAX_NAME_LENGTH`): the name becomes a folder name with a suffix.
const MAX_TOPIC_NAME: usize = 249;

impl TopicName {
    /// Checks the name by Kafka's rules (`org.apache.kafka.common.internals.Topic`).
    pub fn check(&self) -> Result<(), IllegalTopicName> {
        let name = self.as_str();
        if name.is_empty() {
            return Err(IllegalTopicName::Empty);
        }
        if name == "." || name == ".." {
            return Err(IllegalTopicName::Dots(name.to_owned()));
        }
        if let Some(illegal) =
            name.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
        {
            return Err(IllegalTopicName::Character(illegal));
        }
        if name.len() > MAX_TOPIC_NAME {
            return Err(IllegalTopicName::TooLong(name.len()));
        }
        Ok(())
    }

    /// Returns the name with `.` as `_`: two topics that are equal here clash in Kafka's metrics,
    /// and Kafka refuses the second one.
    pub fn metric_name(&self) -> String {
        self.as_str().replace('.', "_")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legal_names_pass_and_illegal_ones_say_why() {
        assert_eq!(TopicName::from("orders.v1_a-B").check(), Ok(()));
        assert_eq!(TopicName::from("").check(), Err(IllegalTopicName::Empty));
        assert_eq!(TopicName::from("..").check(), Err(IllegalTopicName::Dots("..".to_owned())));
        assert_eq!(TopicName::from("a b").check(), Err(IllegalTopicName::Character(' ')));
        assert_eq!(TopicName::new("a".repeat(249)).check(), Ok(()));
        assert_eq!(TopicName::new("a".repeat(250)).check(), Err(IllegalTopicName::TooLong(250)));
    }
}
