//! `dlq show`: one dead letter with all that it tells.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{bytes, origin};
use crate::dlq::{Convention, DeadLetter, Failure};
use crate::ledger::{Done, Outcome};
use crate::model::name::TopicName;
use crate::model::timestamp::Timestamp;
use crate::output::json::{self, Source};
use crate::output::sanitize;

/// Shows a dead letter for people, with an empty line behind it.
pub fn text(dead_letter: &DeadLetter, done: Option<Done<'_>>, is_terminal: bool) -> String {
    let shown = |bytes: Option<&[u8]>| show(bytes, is_terminal);
    let record = &dead_letter.record;
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<10} {value}");
    };
    line("id", &dead_letter.id().to_string());
    line("status", &status(done));
    line("time", &record.timestamp.map_or_else(|| "-".to_owned(), Timestamp::rfc3339));
    let convention = dead_letter.convention.map_or("unknown", Convention::name);
    let ambiguous = if dead_letter.is_ambiguous { " (it has the marks of several)" } else { "" };
    line("convention", &format!("{convention}{ambiguous}"));
    let from = &dead_letter.origin;
    line("origin", &place(dead_letter));
    for flaw in &from.flaws {
        line("", &sanitize::line(flaw.to_string().as_bytes()));
    }
    if let Some(time) = from.timestamp {
        line("", &format!("written at {time}"));
    }
    if let Some(group) = &from.group {
        line("group", &sanitize::line(group.as_str().as_bytes()));
    }
    if let Some(failure) = &dead_letter.failure {
        let Failure { code, message, timestamp, retry_count, stage, stacktrace: _ } = failure;
        let mut part = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                line(name, &shown(Some(value.as_bytes())));
            }
        };
        part("error", code.as_deref());
        part("message", message.as_deref());
        part("stage", stage.as_deref());
        part("failed at", timestamp.as_deref());
        part("retries", retry_count.map(|count| count.to_string()).as_deref());
    }
    line("key", &shown(record.key.as_deref()));
    line("value", &shown(record.value.as_deref()));
    for header in &record.headers {
        let value = shown(header.value.as_deref());
        line("header", &format!("{}: {value}", shown(Some(&header.name))));
    }
    text.push('\n');
    text
}

/// Shows bytes on one line; integers of other conventions and binary data as escapes. A line end is
/// one on a pipe too: behind it others could write fields of their own.
fn show(bytes: Option<&[u8]>, is_terminal: bool) -> String {
    match bytes.map(|bytes| (bytes, std::str::from_utf8(bytes))) {
        None => "null".to_owned(),
        Some((_, Ok(text))) if !is_terminal => text.replace('\n', "\\n").replace('\r', "\\r"),
        Some((bytes, _)) => sanitize::line(bytes),
    }
}

/// Shows topic, partition and offset of the origin, as far as they are known.
fn place(dead_letter: &DeadLetter) -> String {
    let origin = &dead_letter.origin;
    let Some(topic) = &origin.topic else { return "unknown".to_owned() };
    let number = |number: Option<String>| number.unwrap_or_else(|| "?".to_owned());
    let partition = number(origin.partition.map(|partition| partition.to_string()));
    let offset = number(origin.offset.map(|offset| offset.to_string()));
    let assumed = if origin.is_topic_assumed { " (topic as the topology has it)" } else { "" };
    format!("{topic}[{partition}]@{offset}{assumed}")
}

/// Says what the ledger has.
fn status(done: Option<Done<'_>>) -> String {
    match done {
        None => "pending".to_owned(),
        Some(Done { outcome: Outcome::Duplicate, .. }) => {
            "duplicate: another one of its origin was redriven".to_owned()
        }
        Some(Done { outcome: Outcome::Redriven { to }, target, job: _ }) => match target {
            Some((partition, offset)) => format!("redriven to {to}[{partition}]@{offset}"),
            None => format!("redriven to {to}"),
        },
    }
}

/// Makes the JSON of a dead letter.
pub fn item(dead_letter: &DeadLetter, done: Option<Done<'_>>) -> Value {
    let record = &dead_letter.record;
    let (key, key_encoding) = bytes(record.key.as_deref());
    let (value, value_encoding) = bytes(record.value.as_deref());
    let headers: Vec<Value> = record
        .headers
        .iter()
        .map(|header| {
            let side = |content: Option<&[u8]>| match bytes(content) {
                (content, "base64") => json!({ "base64": content }),
                (content, _) => content,
            };
            json!([side(Some(&header.name)), side(header.value.as_deref())])
        })
        .collect();
    let error = dead_letter.failure.as_ref().map(|failure| {
        let Failure { code, message, timestamp, retry_count, stage, stacktrace } = failure;
        json!({
            "code": code,
            "message": message,
            "timestamp": timestamp,
            "retry_count": retry_count,
            "stage": stage,
            "stacktrace": stacktrace,
        })
    });
    let (status, redriven_to) = match done {
        None => ("pending", Value::Null),
        Some(Done { outcome: Outcome::Duplicate, .. }) => ("duplicate", Value::Null),
        Some(Done { outcome: Outcome::Redriven { to }, target, job }) => (
            "redriven",
            json!({
                "topic": to,
                "partition": target.map(|(partition, _)| partition),
                "offset": target.map(|(_, offset)| offset),
                "job": job,
            }),
        ),
    };
    json!({
        "id": dead_letter.id().to_string(),
        "topic": record.topic_partition.topic,
        "partition": record.topic_partition.partition,
        "offset": record.offset,
        "timestamp": record.timestamp.map(Timestamp::rfc3339),
        "timestamp_type": record.timestamp_type.name(),
        "status": status,
        "redriven_to": redriven_to,
        "convention": dead_letter.convention.map(Convention::name),
        "is_ambiguous": dead_letter.is_ambiguous,
        "origin": origin(&dead_letter.origin),
        "error": error,
        "key": key,
        "key_encoding": key_encoding,
        "value": value,
        "value_encoding": value_encoding,
        "headers": headers,
    })
}

/// Renders one line of JSON.
pub fn line(dead_letter: &DeadLetter, done: Option<Done<'_>>) -> String {
    format!("{}\n", item(dead_letter, done))
}

/// Renders one document.
pub fn document(source: &Source, dlq: &TopicName, items: &[Value]) -> json::Rendered {
    json::document("DeadLetterList", source, json!({ "topic": dlq }), items, &[])
}
