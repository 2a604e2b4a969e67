//! What became of a plan: one line a change, or one JSON document.

use serde::Serialize;

use super::item::ChangeItem;
use super::text::{describe, one_line};
use super::{Fields, json, source};
use crate::error::Report;
use crate::model::timestamp::Timestamp;
use crate::plan::outcome::Tally;
use crate::plan::{Applied, Change, Outcome};

/// Lays out what became of a change.
pub fn outcome_line(change: &Change, outcome: &Outcome) -> String {
    let word = outcome.name();
    let topic = &change.difference.topic;
    let what = describe(&change.difference.action);
    match outcome {
        Outcome::Done | Outcome::Blocked => format!("{word:<8} {topic}  {what}\n"),
        Outcome::Skipped(reason) => format!("{word:<8} {topic}  {what}  # {reason}\n"),
        Outcome::Failed(report) => {
            format!("{word:<8} {topic}  {what}  # {}\n", one_line(&report.in_one_line()))
        }
    }
}

/// Lays out the last line.
pub fn tally_line(applied: &Applied) -> String {
    let Tally { done, failed, skipped, blocked } = applied.tally();
    format!("Applied: {done} done, {failed} failed, {skipped} skipped, {blocked} blocked.\n")
}

/// Renders the JSON document as of when it was over; its items are the changes with their outcomes.
pub fn applied_json(applied: &Applied, as_of: Timestamp) -> String {
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
