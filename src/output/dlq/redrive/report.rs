//! What a redrive has done: the summary, the report, and each dead letter that was handled.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::plan_fields;
use crate::dlq::{DeadLetterId, Fate, NotTaken, Outcome, Redrive};
use crate::error::Report;
use crate::model::count::count;
use crate::output::dlq::fate_word;
use crate::output::json::{self, Source};
use crate::output::lost;
use crate::output::sanitize;

/// Sums up what was done.
pub fn summary(plan: &Redrive, outcome: &Outcome) -> String {
    // What was refused was selected as well.
    let selected = plan.sent().saturating_add(outcome.refused);
    let mut text = format!("redriven {} of {selected} from `{}`", outcome.redriven, plan.dlq);
    if outcome.duplicates > 0 {
        let _ = write!(text, ", {}", count(outcome.duplicates, "duplicate"));
    }
    for (count, what) in [(outcome.refused, "refused"), (outcome.failed, "failed")] {
        if count > 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    if outcome.expired > 0 {
        let _ = write!(text, ", {} expired", count(outcome.expired, "offset"));
    }
    let _ = write!(text, " ({})", count(outcome.transactions, "transaction"));
    for lost in &outcome.lost {
        let _ = write!(text, "; `{}` was {} meanwhile", lost.topic, lost.gone);
    }
    text
}

/// Renders the report of a run.
pub fn report(
    source: &Source,
    plan: &Redrive,
    outcome: &Outcome,
    problems: &[Handled],
    errors: &[Report],
) -> json::Rendered {
    let Outcome {
        redriven,
        duplicates,
        refused,
        failed,
        expired,
        transactions,
        is_in_doubt: _,
        lost,
    } = outcome;
    let mut fields = plan_fields(plan);
    if let (Some(fields), Value::Object(more)) = (
        fields.as_object_mut(),
        json!({
            "redriven": redriven,
            "duplicates": duplicates,
            "refused": refused,
            "failed": failed,
            "expired_offsets": expired,
            "transactions": transactions,
            "lost": lost::items(lost),
        }),
    ) {
        fields.extend(more);
    }
    let items: Vec<Value> = problems.iter().map(Handled::json).collect();
    json::document("RedriveReport", source, fields, &items, errors)
}

/// A dead letter that was handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handled {
    /// Its id.
    pub id: DeadLetterId,
    /// What became of it.
    pub fate: Fate,
}

impl Handled {
    /// Renders one line of JSON.
    pub fn line(&self) -> String {
        format!("{}\n", self.json())
    }

    /// Says what went wrong with it.
    pub fn text(&self) -> String {
        let reason = match &self.fate {
            Fate::Refused(refusal) => refusal.to_string(),
            Fate::Failed(failure) => failure.message.clone(),
            Fate::Redriven { .. } | Fate::Duplicate => fate_word(&self.fate).to_owned(),
        };
        format!("{} was not redriven: {}", self.id, sanitize::line(reason.as_bytes()))
    }

    fn json(&self) -> Value {
        let (target, reason) = match &self.fate {
            Fate::Redriven { topic, place } => (
                json!({
                    "topic": topic,
                    "partition": place.map(|(partition, _)| partition),
                    "offset": place.map(|(_, offset)| offset),
                }),
                Value::Null,
            ),
            Fate::Duplicate => (Value::Null, Value::Null),
            Fate::Refused(refusal) => (Value::Null, super::refusal(refusal)),
            Fate::Failed(NotTaken { code, number, message }) => (
                Value::Null,
                json!({ "code": code, "kafka_error_code": number, "message": message }),
            ),
        };
        json!({
            "id": self.id.to_string(),
            "status": fate_word(&self.fate),
            "target": target,
            "reason": reason,
        })
    }
}
