//! The command that goes on where a redrive stopped.

use super::find::Named;
use super::redrive::Args;
use super::selection::SelectionArgs;
use crate::commands::range::SourceRangeArgs;
use crate::dlq::RecordTime;
use crate::model::position::{Position, parse_position, parse_time};
use crate::model::timestamp::Timestamp;

/// Writes the command. The flags of the connection are left to the user: they may hold secrets.
/// Times that were relative to `now` are written out, and the limit counts what was redriven.
pub(super) fn command(args: &Args, redriven: u64, now: Timestamp) -> String {
    let Args {
        target,
        selection,
        to,
        timestamp,
        keep_headers,
        no_trace_headers,
        max_redrives,
        dry_run: _,
        yes: _,
        output: _,
        topology,
    } = args;
    let mut words = vec!["flowctl dlq redrive".to_owned()];
    words.push(match target {
        Named::Target(target) => quoted(&target.to_string()),
        Named::DeadLetter(id) => id.to_string(),
    });
    let mut flag = |name: &str, value: &str| words.push(format!("--{name} {}", quoted(value)));
    let SelectionArgs { id, partition, offsets, error_code, key, range, limit } = selection;
    for id in id {
        flag("id", &id.to_string());
    }
    for partition in partition {
        flag("partition", &partition.to_string());
    }
    if let Some(offsets) = offsets {
        flag("offsets", &format!("{}-{}", offsets.start, offsets.end - 1));
    }
    for code in error_code {
        flag("error-code", code);
    }
    for key in key {
        flag("key", key);
    }
    let SourceRangeArgs { from, until, since } = range;
    for text in from {
        flag("from", &absolute(text, now));
    }
    for text in until {
        flag("until", &absolute(text, now));
    }
    if let Some(since) = since {
        let time = parse_time(since, now).map_or_else(|_| since.clone(), Timestamp::rfc3339);
        flag("since", &time);
    }
    if let Some(limit) = limit {
        flag("limit", &limit.saturating_sub(redriven).to_string());
    }
    if let Some(to) = to {
        flag("to", &to.to_string());
    }
    if *timestamp == RecordTime::Original {
        flag("timestamp", "original");
    }
    if let Some(max_redrives) = max_redrives {
        flag("max-redrives", &max_redrives.to_string());
    }
    if let Some(file) = &topology.file {
        flag("file", &file.display().to_string());
    }
    if let Some(env) = &topology.env {
        flag("env", env);
    }
    if *keep_headers {
        words.push("--keep-headers".to_owned());
    }
    if *no_trace_headers {
        words.push("--no-trace-headers".to_owned());
    }
    words.join(" ")
}

/// Writes a time that was relative to now as a time.
fn absolute(text: &str, now: Timestamp) -> String {
    let (partition, position) = match text.split_once('=') {
        Some((partition, position)) => (format!("{partition}="), position),
        None => (String::new(), text),
    };
    let time = match parse_position(position, now) {
        Ok(position @ Position::Time(_)) => position.to_string(),
        Ok(_) => position.to_owned(),
        // `--until` takes a duration without its sign.
        Err(_) => match parse_time(position, now) {
            Ok(time) => Position::Time(time).to_string(),
            Err(_) => position.to_owned(),
        },
    };
    format!("{partition}{time}")
}

/// Quotes a word for a shell where it needs it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=,+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn times_are_written_out_and_the_limit_goes_down() {
        let words = [
            "flowctl",
            "orders",
            "--since",
            "1h",
            "--until",
            "-30m",
            "--limit",
            "10",
            "--key",
            "it's",
            "--to",
            "topic/repair",
            "--yes",
            "--error-code",
            "A B",
            "--offsets",
            "5-9",
        ];
        let Line { args } = Line::try_parse_from(words).unwrap();
        assert_eq!(
            command(&args, 4, Timestamp(1_795_233_600_000)),
            "flowctl dlq redrive orders --offsets 5-9 --error-code 'A B' --key 'it'\\''s' \
             --until @2026-11-21T03:30:00.000Z --since 2026-11-21T03:00:00.000Z --limit 6 \
             --to topic/repair"
        );
    }
}
