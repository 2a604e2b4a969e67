//! `dlq redrive`: the plan record by record, and the question; `report` is what comes after it.

mod report;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{code, origin};
use crate::dlq::{Before, DeadLetter, DeadLetterId, Decision, Redrive, Refusal, Snapshot, Target};
use crate::model::count::count;
use crate::model::name::TopicName;
use crate::output::json::{self, Source};
use crate::output::table::{Column, Paged};
use crate::output::{Screen, sanitize};

pub use report::{Handled, report, summary};

/// Lists a plan as it is made.
#[derive(Debug)]
pub struct Listing {
    table: Paged,
    items: Vec<Value>,
}

impl Listing {
    /// Starts a list of a DLQ; its widest id is known before its dead letters are.
    pub fn new(dlq: &TopicName, snapshot: &Snapshot, screen: Screen) -> Self {
        let ids =
            snapshot.iter().map(|(partition, extent)| format!("{dlq}/{partition}/{}", extent.end));
        let widest = ids.max_by_key(String::len).unwrap_or_default();
        let columns = [Column::name("ID"), Column::name("ERROR").extra(), Column::name("TARGET")];
        let table = Paged::new(&columns, vec![widest, String::new(), String::new()], screen);
        Self { table, items: Vec::new() }
    }

    /// Takes a row; returns what is to be shown now, which may be nothing.
    pub fn row(&mut self, dead_letter: &DeadLetter, decision: &Decision) -> String {
        let is_assumed = dead_letter.origin.is_topic_assumed;
        let note = match decision {
            Decision::Send(_) if is_assumed => " (topic as the topology has it)",
            Decision::Send(_)
            | Decision::Duplicate
            | Decision::Refused(_)
            | Decision::Resolved(_)
            | Decision::NotSelected => "",
        };
        // A row is a line, also in a pipe.
        let error = code(dead_letter).unwrap_or("-").replace('\n', " ");
        let target = format!("{}{note}", verdict(decision));
        self.table.row(vec![dead_letter.id().to_string(), error, target])
    }

    /// Returns the rows that have not been shown.
    pub fn rest(&mut self) -> String {
        self.table.page()
    }

    /// Keeps an item for the document.
    pub fn collect(&mut self, dead_letter: &DeadLetter, decision: &Decision) {
        self.items.push(item(dead_letter, decision));
    }

    /// Renders the document.
    pub fn document(&self, source: &Source, plan: &Redrive) -> json::Rendered {
        json::document("RedrivePlan", source, plan_fields(plan), &self.items, &[])
    }
}

/// Says what becomes of a dead letter.
fn verdict(decision: &Decision) -> String {
    match decision {
        Decision::Send(target) => target.to_string(),
        Decision::Duplicate => "not sent: another one of its origin is".to_owned(),
        Decision::Refused(refusal) => {
            format!("not sent: {}", sanitize::line(refusal.to_string().as_bytes()))
        }
        Decision::Resolved(_) => "not sent: redriven before".to_owned(),
        Decision::NotSelected => "not selected".to_owned(),
    }
}

/// Renders a decision as one line of JSON.
pub fn line(dead_letter: &DeadLetter, decision: &Decision) -> String {
    format!("{}\n", item(dead_letter, decision))
}

fn item(dead_letter: &DeadLetter, decision: &Decision) -> Value {
    let (action, target, reason) = match decision {
        Decision::Send(target) => ("send", self::target(target), None),
        Decision::Duplicate => ("duplicate", Value::Null, None),
        Decision::Refused(refusal) => {
            let reason = self::refusal(refusal);
            ("refuse", Value::Null, Some(reason))
        }
        Decision::Resolved(_) => ("resolved", Value::Null, None),
        Decision::NotSelected => ("skip", Value::Null, None),
    };
    json!({
        "id": dead_letter.id().to_string(),
        "action": action,
        "target": target,
        "reason": reason,
        "error_code": code(dead_letter),
        "origin": origin(&dead_letter.origin),
    })
}

fn target(target: &Target) -> Value {
    json!({ "topic": target.topic, "partition": target.partition.number() })
}

fn refusal(refusal: &Refusal) -> Value {
    json!({ "code": refusal.kind().code(), "message": refusal.to_string() })
}

fn plan_fields(plan: &Redrive) -> Value {
    let targets: Vec<Value> = plan
        .targets
        .iter()
        .map(|(target, count)| {
            let mut value = self::target(target);
            if let Some(object) = value.as_object_mut() {
                object.insert("records".to_owned(), Value::from(*count));
            }
            value
        })
        .collect();
    let refusals: BTreeMap<&str, u64> =
        plan.refused.iter().map(|(kind, count)| (kind.code(), *count)).collect();
    json!({
        "topic": plan.dlq,
        "planned": plan.sent(),
        "targets": targets,
        "already_redriven": plan.before.redriven,
        "already_duplicates": plan.before.duplicates,
        "planned_duplicates": plan.duplicates,
        "planned_refusals": refusals,
        "hidden_offsets": plan.hidden,
        "expired_offsets": plan.expired,
        "missing": plan.missing.iter().map(DeadLetterId::to_string).collect::<Vec<_>>(),
    })
}

/// Asks for the approval.
pub fn question(plan: &Redrive, place: &str) -> String {
    let mut text = format!("Redrive {} of `{}`", count(plan.sent(), "dead letter"), plan.dlq);
    let topics = plan.sent_by_topic();
    for (number, (topic, count)) in topics.iter().enumerate() {
        let joint = if number == 0 { " to" } else { "," };
        let _ = write!(text, "{joint} `{topic}`");
        // Of one topic the number has been said.
        if topics.len() > 1 {
            let _ = write!(text, " ({count})");
        }
    }
    if plan.duplicates > 0 {
        let _ = write!(text, " and remember {} of the same origin", plan.duplicates);
    }
    let _ = write!(text, " in {place}?");
    text
}

/// Sums a plan up, for a dry run.
pub fn dry_run_notes(plan: &Redrive) -> String {
    let mut text = format!("dry run: {} would be sent", count(plan.sent(), "dead letter"));
    for (target, count) in &plan.targets {
        let _ = write!(text, "\n  {count} to {target}");
    }
    let _ = write!(text, "{}", left_out(plan));
    text.push_str("\nnothing was changed; what the ledger says is as of now");
    if plan.sent() > 0 {
        text.push_str(
            "\nconsumers with isolation.level=read_uncommitted (Java's default) may see a record \
             again after a crash; its header flowctl-redrive-id is the same on every copy",
        );
    }
    text
}

/// Says why there is nothing to do.
pub fn nothing(plan: &Redrive) -> String {
    format!("nothing to redrive in `{}`{}", plan.dlq, left_out(plan))
}

/// Says of a plan without anything to send what of it cannot be sent.
pub fn nothing_warnings(plan: &Redrive, refusals: &[Handled]) -> Vec<String> {
    let mut warnings: Vec<_> = refusals.iter().map(Handled::text).collect();
    let refused: u64 = plan.refused.values().sum();
    let unnamed = refused.saturating_sub(u64::try_from(refusals.len()).unwrap_or(u64::MAX));
    if unnamed > 0 {
        warnings.push(format!("… and {unnamed} more like these"));
    }
    warnings
}

/// Lists what is not sent, a line each; empty when there is nothing.
pub fn left_out(plan: &Redrive) -> String {
    let mut text = String::new();
    let Before { redriven, duplicates } = plan.before;
    if redriven > 0 {
        let _ = write!(text, "\n  {redriven} redriven before");
    }
    if duplicates > 0 {
        let _ = write!(text, "\n  {} before", count(duplicates, "duplicate"));
    }
    if plan.duplicates > 0 {
        let duplicates = count(plan.duplicates, "duplicate");
        let _ = write!(text, "\n  {duplicates} of the same origin");
    }
    for (kind, count) in &plan.refused {
        let _ = write!(text, "\n  {count} refused: {kind}");
    }
    text
}

/// Says what of a plan is not as it should be.
pub fn plan_warnings(plan: &Redrive) -> Vec<String> {
    let mut warnings = Vec::new();
    if plan.hidden > 0 {
        warnings.push(format!(
            "`{}` has {} behind an open transaction: nobody can know yet what is there",
            plan.dlq,
            count(plan.hidden, "offset")
        ));
    }
    if plan.expired > 0 {
        let offsets = count(plan.expired, "offset");
        warnings.push(format!("retention deleted {offsets} while they were pending"));
    }
    for id in &plan.missing {
        warnings.push(format!("{id} is not there: it was deleted, or never written"));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dlq::Outcome;
    use crate::model::timestamp::Timestamp;

    #[test]
    fn the_question_names_what_and_where() {
        let plan = Redrive::new("orders-dlq".into(), Vec::new(), 2);
        assert_eq!(
            question(&plan, "stg (cluster x1)"),
            "Redrive 0 dead letters of `orders-dlq` in stg (cluster x1)?"
        );
    }

    #[test]
    fn what_expired_is_told_of_a_plan_and_of_a_run() {
        let mut plan = Redrive::new("orders-dlq".into(), Vec::new(), 0);
        assert!(plan_warnings(&plan).is_empty());
        plan.expired = 7;
        assert_eq!(plan_warnings(&plan), ["retention deleted 7 offsets while they were pending"]);
        assert_eq!(plan_fields(&plan)["expired_offsets"], 7);
        // The run reads for itself, and later.
        let outcome = Outcome { expired: 9, ..Outcome::default() };
        let source = Source { cluster_id: None, as_of: Timestamp(0) };
        let report = report(&source, &plan, &outcome, &[], &[]).unwrap();
        assert!(report.contains("\"expired_offsets\": 9"), "{report}");
    }
}
