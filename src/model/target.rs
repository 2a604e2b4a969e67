//! What a positional argument names: a flow, a topic, or whichever of both has the name.

use std::fmt;

use super::name::{FlowId, TopicName};

/// A name as the user gave it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// `NAME`: a flow of the topology if there is one of that name, else a topic.
    Either(String),
    /// `flow/NAME`.
    Flow(FlowId),
    /// `topic/NAME`.
    Topic(TopicName),
}

impl Target {
    /// Reads a name with or without its kind. A slash cannot stand in a topic's name, so an unknown
    /// kind is a slip.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.split_once('/') {
            None if text.is_empty() => Err("a name cannot be empty".to_owned()),
            None => Ok(Self::Either(text.to_owned())),
            Some((_, "")) => Err(format!("`{text}` names nothing after the slash")),
            Some(("flow", name)) => Ok(Self::Flow(FlowId::from(name))),
            Some(("topic", name)) => Ok(Self::Topic(TopicName::from(name))),
            Some((kind, name)) => {
                Err(format!("`{kind}/` is no kind of name; use flow/{name} or topic/{name}"))
            }
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Either(name) => f.write_str(name),
            Self::Flow(flow) => write!(f, "flow/{flow}"),
            Self::Topic(topic) => write!(f, "topic/{topic}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_forces_one_reading() {
        assert_eq!(Target::parse("orders"), Ok(Target::Either("orders".to_owned())));
        assert_eq!(Target::parse("flow/orders"), Ok(Target::Flow("orders".into())));
        assert_eq!(Target::parse("topic/orders"), Ok(Target::Topic("orders".into())));
        assert!(Target::parse("group/orders").unwrap_err().contains("flow/orders"));
        assert!(Target::parse("flow/").is_err());
        assert!(Target::parse("").is_err());
    }
}
