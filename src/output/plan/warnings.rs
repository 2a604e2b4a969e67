//! What a plan leaves as it is, and should be known: configs and topics that nothing declares.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::text::{one_line, value_text};
use crate::model::count::count;
use crate::model::name::TopicName;
use crate::plan::{Plan, Undeclared};
use crate::topology::resolved::Role;

/// Words the warnings.
pub fn warnings(plan: &Plan) -> Vec<String> {
    unmanaged(plan).into_iter().chain(plan.undeclared.iter().map(undeclared)).collect()
}

/// Configs that are set without being declared: one warning a topic.
fn unmanaged(plan: &Plan) -> Vec<String> {
    let mut by_topic: BTreeMap<&TopicName, Vec<String>> = BTreeMap::new();
    for config in &plan.unmanaged {
        let value = config.value.as_deref().unwrap_or("?");
        let text = format!("{}={}", config.key, value_text(&config.key, value));
        by_topic.entry(&config.topic).or_default().push(text);
    }
    let warnings = by_topic.iter().map(|(topic, configs)| {
        format!("`{topic}` has {}: not declared, left as it is", configs.join(", "))
    });
    warnings.collect()
}

/// A topic that belongs to a flow by its name, and what to do about dead letters in it.
fn undeclared(undeclared: &Undeclared) -> String {
    let Undeclared { topic, flow, role, records } = undeclared;
    let what = match role {
        Role::Dlq => "DLQ",
        Role::Retry => "retry topic",
        Role::Main | Role::Ledger => "topic",
    };
    let held = match records {
        Ok(0) => "no records".to_owned(),
        Ok(records) => format!("at most {}", count(*records, "record")),
        Err(error) => format!("an unknown number of records ({})", one_line(&error.in_one_line())),
    };
    let mut text = format!(
        "nothing declares `{topic}`, by its name a {what} of flow `{flow}`: it holds {held} and is \
         left as it is"
    );
    if *role == Role::Dlq && *records != Ok(0) {
        let _ = write!(text, "; flowctl dlq redrive topic/{topic} sends dead letters back");
    }
    text
}
