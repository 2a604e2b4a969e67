//! The command that goes on where a redrive stopped.

use super::redrive::Args;
use super::selection::SelectionArgs;
use crate::commands::range::RangeArgs;
use crate::commands::resume::CommandLine;
use crate::config::GlobalArgs;
use crate::dlq::{Query, RecordTime, Snapshot, Window};
use crate::output::ListFormat;

/// Writes the command: the range as `query` has resolved it against the snapshot, so that nothing
/// that arrived later is in it, and a limit of what is left.
pub(super) fn command(
    args: &Args,
    query: &Query,
    snapshot: &Snapshot,
    redriven: u64,
    global: &GlobalArgs,
) -> String {
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
    let is_meant = |number: &i32| partition.is_empty() || partition.contains(number);
    for (number, extent) in snapshot.iter().filter(|(number, _)| is_meant(number)) {
        match query.windows.get(number) {
            Some(window) if window.is_empty() => {}
            Some(Window { offsets, since, until }) => {
                line.bounded_part(*number, offsets, *since, *until);
            }
            // Ids name what was there.
            None if !query.places.is_empty() => {}
            None if extent.start < extent.end => {
                line.flag("--until", format_args!("{number}={}", extent.end));
            }
            None => {}
        }
    }
    // Never 0: a redrive that has reached its limit is complete.
    line.flags("--limit", limit.map(|limit| limit.saturating_sub(redriven)));
    line.flags("--to", to);
    line.choice("--timestamp", timestamp, &RecordTime::Now);
    line.switch("--keep-headers", *keep_headers);
    line.switch("--no-trace-headers", *no_trace_headers);
    line.flags("--max-redrives", max_redrives);
    line.choice("--output", output, &ListFormat::Text);
    line.topology(topology);
    line.into_text()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::commands::resume::testing::{GLOBAL, assert_complete, read};
    use crate::commands::{Command, dlq};
    use crate::dlq::Extent;
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

    fn snapshot() -> Snapshot {
        let extent = |end| Extent { start: 3, end, high_watermark: end };
        Snapshot::from([(0, extent(20)), (1, extent(20)), (2, extent(3))])
    }

    #[test]
    fn the_line_means_the_same_redrive() {
        let all: Vec<&str> = SAMPLES.concat();
        for words in SAMPLES.iter().copied().chain([all.as_slice()]) {
            let (global, args) = redrive(words);
            let line = command(&args, &Query::default(), &Snapshot::new(), 0, &global);
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
        let snapshot = snapshot();
        let query = Query {
            windows: BTreeMap::from([
                (0, window(5, 15, None)),
                (1, window(7, 9, Some(Timestamp(1_795_233_600_000)))),
                (2, window(3, 3, None)),
            ]),
            ..Query::default()
        };
        assert_eq!(
            command(&args, &query, &snapshot, 4, &global),
            "flowctl dlq redrive -b h:1 orders --from 0=5 --until 0=15 --from 1=7 \
             --until 1=9@2026-11-21T04:00:00.000Z --limit 6"
        );
    }

    #[test]
    fn what_arrived_later_is_not_meant() {
        let snapshot = snapshot();
        let line = |words: &[&str], query: &Query| {
            let (global, args) = redrive(words);
            command(&args, query, &snapshot, 0, &global)
        };
        let all = Query::default();
        let until = "--until 0=20 --until 1=20";
        assert_eq!(line(&[], &all), format!("flowctl dlq redrive orders {until}"));
        assert_eq!(
            line(&["--partition", "1"], &all),
            "flowctl dlq redrive orders --partition 1 --until 1=20"
        );
        let ids = Query { places: BTreeSet::from([(0, 5)]), ..Query::default() };
        let words = ["--id", "orders-dlq/0/5"];
        assert_eq!(line(&words, &ids), "flowctl dlq redrive orders --id orders-dlq/0/5");
    }
}
