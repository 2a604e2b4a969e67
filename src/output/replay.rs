//! `replay`: what would be copied, and what was.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::Format;
use super::json::{self, Source};
use super::lost;
use super::screen::Screen;
use super::table::{self, Column};
use crate::error::{self, Report};
use crate::model::count::{count, count_that_was};
use crate::model::offset_set::OffsetSet;
use crate::model::position::Moved;
use crate::model::timestamp::Timestamp;
use crate::replay::run::InFlight;
use crate::replay::{Outcome, Replay};

/// Says what of a plan is not as it was asked for.
pub fn warnings(plan: &Replay) -> Vec<String> {
    let mut warnings = Vec::new();
    if plan.hidden > 0 {
        warnings.push(format!(
            "`{}` has {} behind an open transaction, which are not copied",
            plan.source,
            count(plan.hidden, "offset")
        ));
    }
    for (partition, moved) in &plan.moved {
        let (asked, what) = match moved {
            Moved::ToStart { asked } => (asked, "is deleted: the log start stands for it"),
            Moved::ToEnd { asked } => (asked, "is not there yet: the end stands for it"),
        };
        warnings.push(format!("{}[{partition}]: offset {asked} {what}", plan.source));
    }
    warnings
}

/// Asks for the approval; who names no range is told that the whole topic is meant.
pub fn question(plan: &Replay, place: &str) -> String {
    let Replay { source, target, .. } = plan;
    let most = count(plan.most_records(), "record");
    if plan.is_everything {
        format!("Copy all of `{source}`, up to {most}, to `{target}` in {place}?")
    } else {
        format!("Copy up to {most} of `{source}` to `{target}` in {place}?")
    }
}

/// Names a record that the broker did not take.
pub fn refusal(plan: &Replay, partition: i32, offset: i64, error: &anyhow::Error) -> Report {
    let Report { code, message, causes, hints, exit_code } = error::report(error);
    Report {
        code,
        message: format!("{}[{partition}]@{offset} was not copied", plan.source),
        causes: [message].into_iter().chain(causes).collect(),
        hints,
        exit_code,
    }
}

/// Lays out a plan with its counts.
pub fn table(plan: &Replay, counts: &BTreeMap<i32, u64>, screen: Screen) -> String {
    let columns = [
        Column::number("PARTITION"),
        Column::number("FROM"),
        Column::number("UNTIL"),
        Column::number("RECORDS"),
        Column::name("TARGET"),
    ];
    let rows: Vec<_> = plan
        .ranges
        .iter()
        .map(|(partition, range)| {
            vec![
                partition.to_string(),
                range.start.to_string(),
                range.end.to_string(),
                counts.get(partition).copied().unwrap_or(0).to_string(),
                if plan.keeps_partitions {
                    format!("{}[{partition}]", plan.target)
                } else {
                    format!("{} by key", plan.target)
                },
            ]
        })
        .collect();
    table::layout(&columns, &rows, screen)
}

/// Renders a plan.
pub fn plan_json(source: &Source, plan: &Replay, counts: &BTreeMap<i32, u64>) -> json::Rendered {
    let count = |partition| Some(counts.get(&partition).copied().unwrap_or(0));
    json::document("ReplayPlan", source, fields(plan), &items(plan, count, None), &[])
}

/// Renders a report.
pub fn report_json(
    source: &Source,
    plan: &Replay,
    outcome: &Outcome,
    errors: &[Report],
) -> json::Rendered {
    let mut fields = fields(plan);
    if let Some(fields) = fields.as_object_mut() {
        fields.insert("copied".to_owned(), Value::from(outcome.copied));
        fields.insert("refused".to_owned(), Value::from(outcome.refusals()));
        fields.insert("expired_offsets".to_owned(), Value::from(outcome.expired));
        fields.insert("lost".to_owned(), lost::items(&outcome.lost));
    }
    json::document("ReplayReport", source, fields, &items(plan, |_| None, Some(outcome)), errors)
}

fn fields(plan: &Replay) -> Value {
    json!({
        "source": plan.source,
        "target": plan.target,
        "keeps_partitions": plan.keeps_partitions,
        "hidden_offsets": plan.hidden,
        "limit": plan.limit,
    })
}

fn items(
    plan: &Replay,
    count: impl Fn(i32) -> Option<u64>,
    outcome: Option<&Outcome>,
) -> Vec<Value> {
    plan.ranges
        .iter()
        .map(|(partition, range)| {
            json!({
                "partition": partition,
                "from": range.start,
                "until": range.end,
                "since": range.since.map(Timestamp::rfc3339),
                "before": range.until.map(Timestamp::rfc3339),
                "records": count(*partition),
                "next_offset": outcome.and_then(|outcome| outcome.next.get(partition)),
                "refused_offsets": outcome.map(|outcome| refused_offsets(outcome, *partition)),
            })
        })
        .collect()
}

/// Returns the first and the last offset of each range that was refused.
fn refused_offsets(outcome: &Outcome, partition: i32) -> Vec<(i64, i64)> {
    let refused = outcome.refused.get(&partition).into_iter().flat_map(OffsetSet::ranges);
    refused.map(RangeInclusive::into_inner).collect()
}

/// How many ranges of refused records are named in text: those of a few lines.
const MOST_RANGES: usize = 20;

/// Names all records that the broker did not take, or as many ranges of them as people read: JSON
/// has the rest, but only of this run. Another one would copy again.
pub fn refused(plan: &Replay, outcome: &Outcome, format: Format) -> String {
    let mut ranges = outcome.refused.iter().flat_map(|(partition, offsets)| {
        offsets.ranges().map(move |range| {
            let place = format!("{}[{partition}]@{}", plan.source, range.start());
            if range.start() == range.end() { place } else { format!("{place}-{}", range.end()) }
        })
    });
    let shown: Vec<_> = ranges.by_ref().take(MOST_RANGES).collect();
    let mut text = format!("not copied in all: {}", shown.join(", "));
    let left = ranges.count();
    if left > 0 {
        let all = match format {
            Format::Text => "a run with -o json would have named them all",
            Format::Json => "refused_offsets names them all",
        };
        let _ = write!(text, " and {} more; {all}", count(left, "range"));
    }
    text
}

/// Says what of a copy is not known.
pub fn undecided(plan: &Replay, in_flight: &InFlight) -> String {
    let InFlight { partition, offsets } = in_flight;
    let (first, last) = (offsets.start(), offsets.end());
    format!(
        "nobody knows whether all of offsets {first} to {last} of `{}` partition {partition} were \
         copied, some or none: look at the end of `{}` before going on",
        plan.source, plan.target
    )
}

/// Names the command that copies all of a plan again, whose copies went with their topic.
pub fn again(plan: &Replay, line: &str) -> String {
    format!(
        "to copy all of it again, into a `{}` that has none of it (else some is there twice): \
         {line}",
        plan.target
    )
}

/// Sums up what was done.
pub fn summary(plan: &Replay, outcome: &Outcome) -> String {
    let Outcome { copied, refused: _, next: _, expired, lost } = outcome;
    let refused = outcome.refusals();
    let records = count(*copied, "record");
    let mut text = format!("copied {records} of `{}` to `{}`", plan.source, plan.target);
    if refused > 0 {
        let _ = write!(text, "; {refused} refused");
    }
    if *expired > 0 {
        let offsets = count_that_was(*expired, "offset");
        let _ = write!(text, "; {offsets} deleted by retention before");
    }
    if let Some(lost) = lost {
        let _ = write!(text, "; `{}` was {} meanwhile", lost.topic, lost.gone);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_records_are_named_as_ranges_and_all_of_them_in_json() {
        let plan = Replay {
            source: "a".into(),
            target: "b".into(),
            ranges: BTreeMap::new(),
            keeps_partitions: true,
            hidden: 0,
            moved: Vec::new(),
            limit: None,
            is_everything: true,
        };
        let mut outcome = Outcome::default();
        outcome.refused.entry(0).or_default().insert_range(3..18);
        outcome.refused.entry(2).or_default().insert(7);
        let text = |outcome: &Outcome, format| refused(&plan, outcome, format);
        let named = "not copied in all: a[0]@3-17, a[2]@7";
        assert_eq!(text(&outcome, Format::Text), named);
        for n in 0..30 {
            outcome.refused.entry(2).or_default().insert(n * 2 + 7);
        }
        let told = text(&outcome, Format::Text);
        let end = "a[2]@43 and 11 ranges more; a run with -o json would have named them all";
        assert!(told.ends_with(end), "{told}");
        let told = text(&outcome, Format::Json);
        assert!(told.ends_with("and 11 ranges more; refused_offsets names them all"), "{told}");
        let all = refused_offsets(&outcome, 2);
        assert_eq!((all.len(), all[29]), (30, (65, 65)));
    }
}
