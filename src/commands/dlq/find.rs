//! From what the user names to DLQs.

use std::fmt;
use std::str::FromStr;

use crate::commands::target::{self, Found};
use crate::dlq::{Convention, DeadLetterId, Declared, Expected};
use crate::error::Problem;
use crate::model::name::TopicName;
use crate::model::target::Target;
use crate::topology::Resolved;
use crate::topology::resolved::{self, ResolvedDlq, ResolvedFlow};

/// How often a dead letter may be redriven where no topology says it.
const MAX_REDRIVES: u32 = 3;

/// What the user names: a flow, a DLQ, or one dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    Target(Target),
    DeadLetter(DeadLetterId),
}

impl fmt::Display for Named {
    /// Writes the name as [`Named::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target(target) => target.fmt(f),
            Self::DeadLetter(id) => id.fmt(f),
        }
    }
}

impl Named {
    /// Reads a name; a dead letter's id has two slashes, other names have one at most.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.matches('/').count() == 2 {
            return DeadLetterId::from_str(text)
                .map(Self::DeadLetter)
                .map_err(|error| error.to_string());
        }
        Target::parse(text).map(Self::Target).map_err(|error| match text.split_once('/') {
            // What looks like half of an id is more often that than a kind.
            Some((_, partition)) if partition.parse::<i32>().is_ok() => {
                format!("`{text}` names no dead letter: its id is TOPIC/PARTITION/OFFSET")
            }
            Some(_) | None => error,
        })
    }

    /// Returns it as a target: of a dead letter, its DLQ.
    pub(super) fn target(&self) -> Target {
        match self {
            Self::Target(target) => target.clone(),
            Self::DeadLetter(id) => Target::Topic(id.topic.clone()),
        }
    }

    /// Returns the dead letter, if one is named.
    pub(super) fn dead_letter(&self) -> Option<&DeadLetterId> {
        match self {
            Self::DeadLetter(id) => Some(id),
            Self::Target(_) => None,
        }
    }
}

/// A DLQ, with what the topology says about its redrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) declared: Declared,
    pub(super) max_redrives: u32,
    /// Where redrives go, when that is not where the dead letters come from.
    pub(super) redrive_to: Option<TopicName>,
}

/// Finds the DLQs that a name stands for.
pub(super) fn find(target: &Target, topology: Option<&Resolved>) -> Result<Vec<Choice>, Problem> {
    match target::find(target, topology)? {
        Found::Flow(flow) => of_flow(flow, topology),
        Found::Topic(topic) => {
            let Some(flow) = topology.and_then(|topology| topology.flow_of(&topic)) else {
                return Ok(vec![undeclared(topic, topology)]);
            };
            if let Some(dlq) = flow.dlqs.iter().find(|dlq| dlq.topic.name == topic) {
                return Ok(vec![declared(flow, dlq, topology)]);
            }
            match target {
                // The name of the main topic stands for the flow.
                Target::Either(_) if flow.main.name == topic => of_flow(flow, topology),
                Target::Either(_) | Target::Topic(_) | Target::Flow(_) => Err(Problem::usage(
                    format!("topic `{topic}` of flow `{}` is not a DLQ", flow.id),
                )
                .hint(format!("its DLQs: {}", names(flow)))),
            }
        }
    }
}

/// Finds the one DLQ that a name stands for.
pub(super) fn find_one(target: &Target, topology: Option<&Resolved>) -> Result<Choice, Problem> {
    let mut found = find(target, topology)?;
    match (found.pop(), found.is_empty()) {
        (Some(choice), true) => Ok(choice),
        (Some(last), false) => {
            found.push(last);
            let names: Vec<_> =
                found.iter().map(|choice| format!("topic/{}", choice.declared.topic)).collect();
            Err(Problem::usage(format!("`{target}` has several DLQs"))
                .hint(format!("name one of: {}", names.join(", "))))
        }
        (None, _) => Err(Problem::usage(format!("`{target}` has no DLQ"))),
    }
}

/// Returns all DLQs of a topology.
pub(super) fn all(topology: &Resolved) -> Vec<Choice> {
    topology
        .flows
        .values()
        .flat_map(|flow| flow.dlqs.iter().map(|dlq| declared(flow, dlq, Some(topology))))
        .collect()
}

fn of_flow(flow: &ResolvedFlow, topology: Option<&Resolved>) -> Result<Vec<Choice>, Problem> {
    if flow.dlqs.is_empty() {
        return Err(Problem::usage(format!("flow `{}` has no DLQ", flow.id))
            .hint("declare one with `dlq:` under the flow or a consumer"));
    }
    Ok(flow.dlqs.iter().map(|dlq| declared(flow, dlq, topology)).collect())
}

fn declared(flow: &ResolvedFlow, dlq: &ResolvedDlq, topology: Option<&Resolved>) -> Choice {
    let expected = match flow.dead_letters {
        resolved::Convention::Auto => Expected::Auto,
        resolved::Convention::Flowctl => Expected::Always(Convention::Flowctl),
        resolved::Convention::Spring => Expected::Always(Convention::Spring),
        resolved::Convention::Connect => Expected::Always(Convention::Connect),
    };
    Choice {
        declared: Declared {
            topic: dlq.topic.name.clone(),
            main: Some(flow.main.name.clone()),
            expected,
            ledger: target::ledger(topology),
        },
        max_redrives: dlq.max_redrives.value,
        redrive_to: Some(dlq.redrive_to.clone()).filter(|topic| *topic != flow.main.name),
    }
}

fn undeclared(topic: TopicName, topology: Option<&Resolved>) -> Choice {
    Choice {
        declared: Declared {
            topic,
            main: None,
            expected: Expected::Auto,
            ledger: target::ledger(topology),
        },
        max_redrives: MAX_REDRIVES,
        redrive_to: None,
    }
}

fn names(flow: &ResolvedFlow) -> String {
    if flow.dlqs.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<_> = flow.dlqs.iter().map(|dlq| dlq.topic.name.as_str()).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{self, Variables};

    const TEXT: &str = "\
apiVersion: flowctl/v1
project: shop
flows:
  orders:
    partitions: 3
    dead_letters: spring
    dlq: {}
    consumers: { billing: {} }
  returns:
    partitions: 1
    consumers:
      a: { dlq: {} }
      b: { dlq: {} }
";

    fn topology() -> Resolved {
        let topology = topology::parse(TEXT, "t.yaml").unwrap();
        topology.resolve(None, &[], Variables::Lookup(&|_| None)).unwrap()
    }

    fn one(name: &str) -> Result<String, String> {
        let target = Named::parse(name).unwrap().target();
        find_one(&target, Some(&topology()))
            .map(|choice| choice.declared.topic.to_string())
            .map_err(|problem| problem.to_string())
    }

    #[test]
    fn flow_main_topic_dlq_and_id_name_the_same_dlq() {
        for name in ["orders", "flow/orders", "orders-dlq", "topic/orders-dlq", "orders-dlq/0/5"] {
            assert_eq!(one(name), Ok("orders-dlq".to_owned()), "{name}");
        }
        let choice = find_one(&Target::parse("orders").unwrap(), Some(&topology())).unwrap();
        assert_eq!(choice.declared.main, Some("orders".into()));
        assert_eq!(choice.declared.expected, Expected::Always(Convention::Spring));
        assert_eq!(choice.declared.ledger, "_flowctl.ledger".into());
    }

    #[test]
    fn half_an_id_is_told_what_is_missing() {
        let error = Named::parse("orders-dlq/0").unwrap_err();
        assert_eq!(error, "`orders-dlq/0` names no dead letter: its id is TOPIC/PARTITION/OFFSET");
        assert!(Named::parse("group/orders").unwrap_err().contains("flow/orders"));
    }

    #[test]
    fn a_main_topic_is_never_taken_for_a_dlq() {
        let refused = one("topic/orders").unwrap_err();
        assert_eq!(refused, "topic `orders` of flow `orders` is not a DLQ");
    }

    #[test]
    fn several_dlqs_are_named() {
        assert_eq!(one("returns"), Err("`returns` has several DLQs".to_owned()));
        assert_eq!(all(&topology()).len(), 3);
    }

    #[test]
    fn a_topic_outside_of_the_topology_is_taken_at_its_word() {
        assert_eq!(one("foreign.DLT"), Ok("foreign.DLT".to_owned()));
    }
}
