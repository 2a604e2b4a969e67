//! The command that goes on where a redrive stopped.

use super::Format;
use super::redrive::Args;
use super::selection::SelectionArgs;
use crate::commands::range::RangeArgs;
use crate::commands::resume::CommandLine;
use crate::config::GlobalArgs;
use crate::dlq::{Query, RecordTime};
use crate::model::position::Position;

/// Writes the command: the range as `query` has resolved it, and a limit of what is left.
pub(super) fn command(args: &Args, query: &Query, redriven: u64, global: &GlobalArgs) -> String {
    let Args {
        target,
        selection,
        to,
        timestamp,
        keep_headers,
        no_trace_headers,
        max_redrives,
        dry_run: _,
        // Who goes on is asked again.
        yes: _,
        output,
        topology,
    } = args;
    let SelectionArgs { id, partition, offsets, error_code, key, range, limit } = selection;
    let RangeArgs { from: _, until: _, since: _ } = range;
    let mut line = CommandLine::new("dlq redrive", global);
    line.word(target);
    line.flags("--id", id);
    line.flags("--partition", partition);
    let offsets = offsets.as_ref().map(|range| format!("{}-{}", range.start, range.end - 1));
    line.flags("--offsets", offsets);
    line.flags("--error-code", error_code);
    line.flags("--key", key);
    for (partition, window) in query.windows.iter().filter(|(_, window)| !window.is_empty()) {
        let from = window.since.map_or(Position::Offset(window.offsets.start), Position::Time);
        let until = window.until.map_or(Position::Offset(window.offsets.end), Position::Time);
        line.part(*partition, from, Some(until));
    }
    line.flags("--limit", limit.map(|limit| limit.saturating_sub(redriven)));
    line.flags("--to", to);
    line.choice("--timestamp", timestamp, &RecordTime::Now);
    line.switch("--keep-headers", *keep_headers);
    line.switch("--no-trace-headers", *no_trace_headers);
    line.flags("--max-redrives", max_redrives);
    line.choice("--output", output, &Format::Table);
    line.topology(topology);
    line.into_text()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::commands::resume::testing::{GLOBAL, assert_complete, read};
    use crate::commands::{Command, dlq};
    use crate::dlq::Window;
    use crate::model::shell::quote;
    use crate::model::timestamp::Timestamp;

    /// Every flag, alone and all together.
    const SAMPLES: &[&[&str]] = &[
        &["--id", "orders-dlq/0/5"],
        &["--partition", "2"],
        &["--offsets", "5-9"],
        &["--error-code", "A B"],
        &["--key", "it's"],
        &["--key=-x"],
        &["--to", "topic/repair"],
        &["--timestamp", "original"],
        &["--keep-headers"],
        &["--no-trace-headers"],
        &["--max-redrives", "7"],
        &["--output", "json"],
        &["--file", "t.yaml"],
        &["--env", "dev"],
    ];

    fn redrive(words: &[&str]) -> (GlobalArgs, Args) {
        let start = ["flowctl", "dlq", "redrive", "orders"];
        let words: Vec<_> = start.iter().chain(words).map(|word| quote(word)).collect();
        parsed(&words.join(" "))
    }

    fn parsed(line: &str) -> (GlobalArgs, Args) {
        let cli = read(line);
        let Command::Dlq(args) = cli.command else { panic!("no dlq") };
        let dlq::Command::Redrive(args) = args.command else { panic!("no redrive") };
        (cli.global, args)
    }

    #[test]
    fn the_line_means_the_same_redrive() {
        let all: Vec<&str> = SAMPLES.concat();
        for words in SAMPLES.iter().copied().chain([all.as_slice()]) {
            let (global, args) = redrive(words);
            let line = command(&args, &Query::default(), 0, &global);
            let (_, again) = parsed(&line);
            assert_eq!(format!("{again:?}"), format!("{args:?}"), "{line}");
        }
        let rest = ["--dry-run", "--yes", "--from", "--until", "--since", "--limit"];
        assert_complete(&["dlq", "redrive"], &all, &[&rest[..], GLOBAL].concat());
    }

    #[test]
    fn the_range_is_the_one_that_was_planned_and_the_limit_goes_down() {
        let (global, args) = redrive(&["--from", "-10", "--limit", "10", "--yes", "-b", "h:1"]);
        let window = |start, end, until| Window { offsets: start..end, since: None, until };
        let query = Query {
            windows: BTreeMap::from([
                (0, window(5, 15, None)),
                (1, window(7, 9, Some(Timestamp(1_795_233_600_000)))),
                (2, window(3, 3, None)),
            ]),
            ..Query::default()
        };
        assert_eq!(
            command(&args, &query, 4, &global),
            "flowctl dlq redrive -b h:1 orders --from 0=5 --until 0=15 --from 1=7 \
             --until 1=@2026-11-21T04:00:00.000Z --limit 6"
        );
    }
}
