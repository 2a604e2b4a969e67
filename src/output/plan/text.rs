//! A plan as text: sign, class, topic, what changes, where that stands; reasons below.

use std::fmt::Write as _;
use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use super::applied::topic_width;
use super::fold::fold;
use crate::model::count::count;
use crate::model::duration::format_duration;
use crate::output::phrases::place;
use crate::output::{Screen, sanitize};
use crate::plan::{
    Action, BlastRadius, Change, Class, Deletable, Difference, Known, LiveGroup, Obstacle, Plan,
    Summary, Verdict,
};
use crate::topology::resolved::Role;

/// Lays out the plan. A narrow terminal gets more lines, never less of the plan: it is agreed to.
pub fn text(plan: &Plan, screen: Screen) -> String {
    if plan.is_in_sync() {
        return format!(
            "No changes. {} as the topology declares.\n",
            match plan.compared {
                1 => "1 topic is".to_owned(),
                topics => format!("{topics} topics are"),
            }
        );
    }
    let width = topic_width(plan);
    let mut text = String::new();
    for change in &plan.changes {
        write_change(&mut text, change, width, screen);
    }
    let Summary { create, change, delete, blocked } = plan.summary();
    let _ = writeln!(
        text,
        "Plan: {create} to create, {change} to change, {delete} to delete, {blocked} blocked."
    );
    text
}

fn write_change(text: &mut String, change: &Change, width: usize, screen: Screen) {
    let Change { difference, blast_radius, verdict } = change;
    let Difference { topic, class, action, .. } = difference;
    let names = format!(" {:<11}  {:<width$}  ", class.name(), topic.as_str());
    let begin = 1 + names.width();
    let from = format!("  # {}", provenance(difference));
    text.push_str(&sign(change, screen.has_color));
    text.push_str(&names);
    let what = describe(action);
    let parts = what.split_inclusive(", ").chain([from.as_str()]);
    fold(text, parts, begin, screen.width.map(usize::from));
    if let Verdict::Blocked(Obstacle { kind: _, reason, hints }) = verdict {
        let _ = writeln!(text, "    blocked: {}", one_line(reason));
        for hint in hints {
            let _ = writeln!(text, "    hint: {}", one_line(hint));
        }
    }
    if let Some(radius) = blast_radius {
        write_blast_radius(text, difference, radius);
    }
}

/// Texts of a broker may have line breaks or worse; a plan has one line for each.
pub(super) fn one_line(text: &str) -> String {
    sanitize::line(text.as_bytes())
}

fn sign(change: &Change, color: bool) -> String {
    let (sign, code) = match (&change.verdict, &change.difference.action) {
        (Verdict::Blocked(_), _) => ("!", "31"),
        (_, Action::Create { .. }) => ("+", "32"),
        (_, _) => ("~", "33"),
    };
    if color { format!("\x1b[{code}m{sign}\x1b[0m") } else { sign.to_owned() }
}

/// Says what a change does, old → new.
fn describe(action: &Action) -> String {
    match action {
        Action::Create { partitions, replication, configs } => {
            let count = |count: Option<String>| count.unwrap_or_else(|| "broker's".to_owned());
            let partitions = count(partitions.as_ref().map(|count| count.value.to_string()));
            let replication = count(replication.as_ref().map(|count| count.value.to_string()));
            let mut text = format!("create: partitions {partitions}, replication {replication}");
            for (key, value) in configs {
                let _ = write!(text, ", {key}={}", value_text(key, &value.value));
            }
            text
        }
        Action::ChangePartitions { current, wanted } => {
            format!("partitions {current} → {}", wanted.value)
        }
        Action::ChangeReplication { current, wanted } => {
            format!("replication {current} → {}", wanted.value)
        }
        Action::SetConfig { key, current, wanted } => {
            let current = current.as_ref().map_or_else(|| "?".to_owned(), |v| value_text(key, v));
            format!("{key} {current} → {}", value_text(key, &wanted.value))
        }
        Action::AwaitExternal => "external topic is missing".to_owned(),
        Action::Read => "cannot be compared".to_owned(),
    }
}

/// Tells whether a config is a duration: all that are end so.
fn is_milliseconds(key: &str) -> bool {
    key.rsplit('.').next() == Some("ms")
}

/// Shows a value as Kafka has it; milliseconds also as people write them.
pub(super) fn value_text(key: &str, value: &str) -> String {
    let value = one_line(value);
    let ms = value.trim().parse::<u64>().ok().filter(|ms| is_milliseconds(key) && *ms >= 1000);
    // The largest number stands for never, and reads as nothing people would write.
    match ms.filter(|ms| i64::try_from(*ms).is_ok_and(|ms| ms < i64::MAX)) {
        Some(ms) => format!("{value} ({})", format_duration(Duration::from_millis(ms))),
        None => value,
    }
}

/// Says where it stands: the setting's own place, or that of the topic.
fn provenance(difference: &Difference) -> String {
    match &difference.action {
        Action::ChangePartitions { wanted, .. } => wanted.from.to_string(),
        Action::ChangeReplication { wanted, .. } => wanted.from.to_string(),
        Action::SetConfig { wanted, .. } => wanted.from.to_string(),
        Action::Create { .. } | Action::AwaitExternal | Action::Read => {
            difference.declared_at.to_string()
        }
    }
}

fn write_blast_radius(text: &mut String, difference: &Difference, radius: &BlastRadius) {
    let BlastRadius { records, deletable, groups } = radius;
    let in_all = match records {
        Ok(0) => "no records".to_owned(),
        Ok(records) => format!("at most {}", count(*records, "record")),
        Err(_) => "an unknown number of records".to_owned(),
    };
    match deletable {
        Some(Deletable { records: Ok(old), older_than }) if *records != Ok(0) => {
            let _ = writeln!(
                text,
                "    hits: {in_all}, {old} of them older than {}: those become deletable",
                format_duration(*older_than)
            );
        }
        Some(Deletable { records: Err(_), older_than }) => {
            let _ = writeln!(
                text,
                "    hits: {in_all}; unknown how many are older than {}",
                format_duration(*older_than)
            );
        }
        Some(_) | None => {
            let _ = writeln!(text, "    hits: {in_all}");
        }
    }
    let _ = writeln!(text, "    read by: {}", readers(groups));
    for error in radius.errors() {
        let _ = writeln!(text, "    unknown because: {}", one_line(&error.in_one_line()));
    }
    if difference.role == Role::Dlq
        && difference.class == Class::Destructive
        && *records != Ok(0)
        && let Some(flow) = &difference.flow
    {
        let _ =
            writeln!(text, "    hint: flowctl dlq redrive {flow} sends dead letters back first");
    }
}

fn readers(groups: &Known<Vec<LiveGroup>>) -> String {
    match groups.as_deref() {
        Err(_) => "unknown".to_owned(),
        Ok([]) => "no live group".to_owned(),
        Ok(groups) => {
            let names = groups.iter().map(|LiveGroup { group, member_count }| {
                format!("{group} ({})", count(*member_count, "member"))
            });
            names.collect::<Vec<_>>().join(", ")
        }
    }
}

/// Words the question before a plan is applied: what is dangerous is named once more.
pub fn question(plan: &Plan) -> String {
    let changes = count(plan.to_do().count(), "change");
    let place = place(plan.environment.as_deref(), plan.cluster_id.as_deref());
    let mut text = String::new();
    for change in plan.to_do().filter(|change| change.verdict != Verdict::Go) {
        let Difference { topic, class, action, .. } = &change.difference;
        let _ = writeln!(text, "{}: {topic}: {}", class.name(), describe(action));
    }
    let _ = write!(text, "Apply {changes} to {place}?");
    text
}
