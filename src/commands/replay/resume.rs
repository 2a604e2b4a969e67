//! The command that goes on where a replay stopped.

use super::Args;
use crate::commands::range::RangeArgs;
use crate::commands::resume::CommandLine;
use crate::config::GlobalArgs;
use crate::output::Format;
use crate::replay::{Outcome, Replay};

/// Writes the command that goes on, in offsets, which mean the same later, with the times that
/// bound records.
pub(super) fn command(
    args: &Args,
    plan: &Replay,
    outcome: &Outcome,
    global: &GlobalArgs,
) -> String {
    let Args {
        source: _,
        to: _,
        range: RangeArgs { from: _, until: _, since: _ },
        // The partitions of the plan are named one by one.
        partition: _,
        limit,
        dry_run: _,
        // Who goes on is asked again.
        yes: _,
        output,
        topology,
    } = args;
    let mut line = CommandLine::new("replay", global);
    line.word(format_args!("topic/{}", plan.source));
    line.flag("--to", format_args!("topic/{}", plan.target));
    for (partition, range) in &plan.ranges {
        let next = outcome.next.get(partition).copied().unwrap_or(range.start);
        line.bounded_part(*partition, &(next..range.end), range.since, range.until);
    }
    if let Some(limit) = limit {
        // Never 0: a replay that has reached its limit is complete.
        line.flag("--limit", limit.saturating_sub(outcome.done()));
    }
    line.choice("--output", output, &Format::Text);
    line.topology(topology);
    line.into_text()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::commands::Command;
    use crate::commands::resume::testing::{GLOBAL, assert_complete, read};
    use crate::model::timestamp::Timestamp;
    use crate::replay::PartitionRange;

    fn parsed(line: &str) -> (GlobalArgs, Args) {
        let cli = read(line);
        let Command::Replay(args) = cli.command else { panic!("no replay") };
        (cli.global, args)
    }

    #[test]
    fn the_line_means_the_rest_of_the_same_replay() {
        let flags = ["--output", "json", "--file", "a b.yaml", "--env", "dev"];
        let line = "flowctl replay -b h:1 --timeout 30s orders --to copy --from=-10 --limit 9 --yes \
                    --output json --file 'a b.yaml' --env dev";
        let (global, args) = parsed(line);
        let range = |start, end, since, until| PartitionRange { start, end, since, until };
        let since = Some(Timestamp(1_795_233_500_000));
        let plan = Replay {
            source: "orders".into(),
            target: "copy".into(),
            ranges: BTreeMap::from([
                (0, range(5, 15, since, None)),
                (2, range(7, 9, None, Some(Timestamp(1_795_233_600_000)))),
            ]),
            keeps_partitions: true,
            hidden: 0,
            moved: Vec::new(),
            limit: Some(9),
            is_everything: false,
        };
        let mut outcome =
            Outcome { copied: 2, next: BTreeMap::from([(0, 8)]), ..Outcome::default() };
        outcome.refused.entry(0).or_default().insert(6);
        let line = command(&args, &plan, &outcome, &global);
        assert_eq!(
            line,
            "flowctl replay -b h:1 --timeout 30s topic/orders --to topic/copy \
             --from 0=8@2026-11-21T03:58:20.000Z --until 0=15 --from 2=7 \
             --until 2=9@2026-11-21T04:00:00.000Z --limit 6 --output json \
             --file 'a b.yaml' --env dev"
        );
        let (again_global, again) = parsed(&line);
        assert_eq!((again_global.brokers, again_global.timeout), (global.brokers, global.timeout));
        assert_eq!(again.output, args.output);
        assert_eq!(format!("{:?}", again.topology), format!("{:?}", args.topology));
        let rest = [
            "--to",
            "--from",
            "--until",
            "--since",
            "--partition",
            "--limit",
            "--dry-run",
            "--yes",
        ];
        assert_complete(&["replay"], &flags, &[&rest[..], GLOBAL].concat());
    }
}
