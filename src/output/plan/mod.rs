//! A plan and what became of it: one line a change, or one JSON document.

mod applied;
mod fold;
mod item;
mod text;
mod warnings;

#[cfg(test)]
mod scenarios;

use serde::Serialize;

use super::json::{self, Source};
use crate::error::Report;
use crate::model::timestamp::Timestamp;
use crate::plan::{Plan, Summary, Undeclared};

pub use applied::{applied_json, outcome_line, tally_line, topic_width};
pub use text::{question, text};
pub use warnings::warnings;

use item::ChangeItem;

/// Renders the JSON document of a plan; its items are the changes.
pub fn json(plan: &Plan) -> json::Rendered {
    let items: Vec<_> = plan.changes.iter().map(ChangeItem::new).collect();
    json::document("Plan", &source(plan, plan.as_of), Fields::new(plan), &items, &[])
}

fn source(plan: &Plan, as_of: Timestamp) -> Source {
    Source { cluster_id: plan.cluster_id.clone(), as_of }
}

#[derive(Debug, Serialize)]
struct Fields<'a> {
    project: &'a str,
    environment: Option<&'a str>,
    is_protected: bool,
    is_in_sync: bool,
    compared_topics: usize,
    summary: Summary,
    unmanaged_configs: Vec<UnmanagedItem<'a>>,
    undeclared_topics: Vec<UndeclaredItem<'a>>,
}

impl<'a> Fields<'a> {
    fn new(plan: &'a Plan) -> Self {
        let unmanaged = plan.unmanaged.iter().map(|config| UnmanagedItem {
            topic: config.topic.as_str(),
            name: &config.key,
            value: config.value.as_deref(),
        });
        Self {
            project: &plan.project,
            environment: plan.environment.as_deref(),
            is_protected: plan.protected,
            is_in_sync: plan.is_in_sync(),
            compared_topics: plan.compared,
            summary: plan.summary(),
            unmanaged_configs: unmanaged.collect(),
            undeclared_topics: plan.undeclared.iter().map(UndeclaredItem::new).collect(),
        }
    }
}

#[derive(Debug, Serialize)]
struct UnmanagedItem<'a> {
    topic: &'a str,
    name: &'a str,
    value: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct UndeclaredItem<'a> {
    topic: &'a str,
    flow: &'a str,
    role: &'a str,
    records_at_most: Option<i64>,
    error: Option<&'a Report>,
}

impl<'a> UndeclaredItem<'a> {
    fn new(undeclared: &'a Undeclared) -> Self {
        let Undeclared { topic, flow, role, records } = undeclared;
        Self {
            topic: topic.as_str(),
            flow: flow.as_str(),
            role: role.name(),
            records_at_most: records.as_ref().ok().copied(),
            error: records.as_ref().err(),
        }
    }
}
