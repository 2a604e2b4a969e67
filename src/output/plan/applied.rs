//! What became of a plan: one line a change, or one JSON document.

use serde::Serialize;

use super::item::ChangeItem;
use super::text::one_line;
use super::{Fields, json, source};
use crate::error::Report;
use crate::model::timestamp::Timestamp;
use crate::plan::outcome::Tally;
use crate::plan::{Action, Applied, Change, Outcome, Plan};

/// Lays out what became of a change; topics are padded to `width`. What is in the change stands in
/// the plan, which has been shown.
pub fn outcome_line(change: &Change, outcome: &Outcome, width: usize) -> String {
    let (word, topic) = (outcome.name(), change.difference.topic.as_str());
    let what = match &change.difference.action {
        Action::Create { .. } => "create",
        Action::ChangePartitions { .. } => "partitions",
        Action::ChangeReplication { .. } => "replication",
        Action::SetConfig { key, .. } => key,
        Action::AwaitExternal => "external",
        Action::Read => "read",
    };
    let why = match outcome {
        Outcome::Done | Outcome::Blocked => String::new(),
        Outcome::Skipped(reason) => format!("  # {reason}"),
        Outcome::Failed(report) => format!("  # {}", one_line(&report.in_one_line())),
    };
    format!("{word:<8} {topic:<width$}  {what}{why}\n")
}

/// Returns how wide the column of topics is.
pub fn topic_width(plan: &Plan) -> usize {
    plan.changes.iter().map(|change| change.difference.topic.as_str().len()).max().unwrap_or(0)
}

/// Lays out the last line.
pub fn tally_line(applied: &Applied) -> String {
    let Tally { done, failed, skipped, blocked } = applied.tally();
    format!("Applied: {done} done, {failed} failed, {skipped} skipped, {blocked} blocked.\n")
}

/// Renders the JSON document as of when it was over; its items are the changes with their outcomes.
pub fn applied_json(applied: &Applied, as_of: Timestamp) -> json::Rendered {
    let items: Vec<_> = applied.changes().map(AppliedItem::new).collect();
    let fields = AppliedFields { plan: Fields::new(&applied.plan), tally: applied.tally() };
    json::document("Applied", &source(&applied.plan, as_of), fields, &items, &[])
}

#[derive(Debug, Serialize)]
struct AppliedFields<'a> {
    #[serde(flatten)]
    plan: Fields<'a>,
    tally: Tally,
}

#[derive(Debug, Serialize)]
struct AppliedItem<'a> {
    #[serde(flatten)]
    change: ChangeItem<'a>,
    outcome: &'static str,
    error: Option<&'a Report>,
    skipped_because: Option<&'a str>,
}

impl<'a> AppliedItem<'a> {
    fn new((change, outcome): (&'a Change, &'a Outcome)) -> Self {
        let (error, skipped_because) = match outcome {
            Outcome::Failed(report) => (Some(report), None),
            Outcome::Skipped(reason) => (None, Some(reason.as_str())),
            Outcome::Done | Outcome::Blocked => (None, None),
        };
        let change = ChangeItem::new(change);
        Self { change, outcome: outcome.name(), error, skipped_because }
    }
}
