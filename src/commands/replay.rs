//! `flowctl replay`: copies a range of a topic to another topic.

use std::fmt::Write as _;

use super::Context;
use super::range::SourceRangeArgs;
use super::target::{self, Found};
use crate::config::TopologyArgs;
use crate::error::{self, Problem};
use crate::exit::Exit;
use crate::model::count::count;
use crate::model::name::TopicName;
use crate::model::target::Target;
use crate::output::Format;
use crate::output::json::Source;
use crate::output::prompt::{Question, approve};
use crate::output::replay as view;
use crate::replay::Replay;
use crate::replay::run::{Ended, Outcome, Replayer};
use crate::topology::Resolved;

/// Copy a range of a topic to another topic
///
/// Examples:
///
///   flowctl replay user-activity-logs --to user-activity-analytics --since 1h --dry-run
///
///   flowctl replay orders --to orders-test --from 0=1200 --until 0=1300 --yes
///
/// The end is where the log ends when the command begins. Key, value, headers and timestamp stay as
/// they are, byte for byte; the partition too where both topics have as many, else the key decides.
/// Each batch is a transaction. Ctrl-C ends after the batch in flight and prints the command that goes
/// on. `--to` names the topic, so the end of the range is `--until` here.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Flow or topic to read
    #[arg(value_name = "FLOW|TOPIC", value_parser = Target::parse)]
    source: Target,

    /// Flow or topic to write
    #[arg(long, value_name = "FLOW|TOPIC", value_parser = Target::parse)]
    to: Target,

    /// From where to where.
    #[command(flatten)]
    range: SourceRangeArgs,

    /// Count what would be copied, and change nothing
    #[arg(long)]
    dry_run: bool,

    /// Do not ask for a confirmation
    #[arg(short, long)]
    yes: bool,

    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: Format,

    /// Where the topology is.
    #[command(flatten)]
    topology: TopologyArgs,
}

/// Copies the range.
pub async fn run(args: Args, context: &mut Context) -> anyhow::Result<Exit> {
    let interrupt = context.interrupt.clone();
    let planned = tokio::select! {
        planned = Box::pin(plan(&args, context)) => planned?,
        signal = interrupt.wait() => return Ok(signal.exit()),
    };
    let (replayer, plan, source) = planned;
    for warning in view::warnings(&plan) {
        context.output.warn(&warning);
    }
    let is_partial = plan.hidden > 0;
    if args.dry_run {
        let counts = tokio::select! {
            counts = Box::pin(replayer.count(&plan)) => counts?,
            signal = interrupt.wait() => return Ok(signal.exit()),
        };
        let text = match args.output {
            Format::Text => view::table(&plan, &counts, context.output.width()),
            Format::Json => view::plan_json(&source, &plan, &counts),
        };
        context.output.print(&text)?;
        context.output.flush()?;
        let total: u64 = counts.values().sum();
        context.output.note(&format!("dry run: {} would be copied", count(total, "record")));
        return Ok(if is_partial { Exit::Partly } else { Exit::Done });
    }
    if plan.ranges.is_empty() {
        context.output.note(&format!("nothing to copy from `{}`", plan.source));
        if args.output == Format::Json {
            context.output.print(&view::report_json(&source, &plan, &Outcome::default(), &[]))?;
        }
        return Ok(if is_partial { Exit::Partly } else { Exit::Done });
    }
    let question = format!(
        "Copy up to {} of `{}` to `{}`?",
        count(plan.offsets(), "record"),
        plan.source,
        plan.target
    );
    let question = Question { text: &question, yes: args.yes, name_to_type: None };
    let approval = approve(&mut context.output, &interrupt, question).await?;
    let (outcome, ended) = Box::pin(replayer.run(&plan, approval, &interrupt, &mut |_| {})).await;
    let source = Source { as_of: context.clock.now(), ..source };
    report(&args, context, &source, &plan, &outcome, ended)
}

/// Finds the topics and makes the plan.
async fn plan(args: &Args, context: &mut Context) -> anyhow::Result<(Replayer, Replay, Source)> {
    let topology = match &args.source {
        Target::Topic(_) => context.topology_for(&args.to, &args.topology).await?,
        Target::Either(_) | Target::Flow(_) => {
            context.topology_for(&args.source, &args.topology).await?
        }
    };
    let source = topic(&args.source, topology.as_ref())?;
    let to = topic(&args.to, topology.as_ref())?;
    if source == to {
        return Err(Problem::usage(format!("`{source}` would be copied into itself")).into());
    }
    let range =
        args.range.parse(context.clock.now()).map_err(|error| Problem::usage(error.to_string()))?;
    let settings = context.settings(topology.as_ref()).await?;
    let cluster = context.connect(&settings, topology.as_ref()).await?;
    let timeout = context.global.timeout;
    let seen = context.source(&cluster).await;
    let deadline = context.deadline;
    let source = target::existing_topic(&cluster, &source, deadline).await?;
    let to = target::existing_topic(&cluster, &to, deadline).await?;
    let replayer = Replayer::new(cluster, settings, source, to, timeout);
    let plan = replayer.plan(&range).await?;
    Ok((replayer, plan, seen))
}

fn topic(name: &Target, topology: Option<&Resolved>) -> Result<TopicName, Problem> {
    Ok(match target::find(name, topology)? {
        Found::Flow(flow) => flow.main.name.clone(),
        Found::Topic(topic) => topic,
    })
}

/// Reports how it ended, and returns the exit code.
fn report(
    args: &Args,
    context: &mut Context,
    source: &Source,
    plan: &Replay,
    outcome: &Outcome,
    ended: Ended,
) -> anyhow::Result<Exit> {
    let errors = match &ended {
        Ended::Failed(failure) | Ended::Undecided(failure, _) => vec![error::report(failure)],
        Ended::Complete | Ended::Interrupted(_) => Vec::new(),
    };
    if args.output == Format::Json {
        context.output.print(&view::report_json(source, plan, outcome, &errors))?;
    }
    context.output.flush()?;
    context.output.note(&view::summary(plan, outcome));
    match ended {
        Ended::Complete if plan.hidden > 0 || outcome.expired > 0 => Ok(Exit::Partly),
        Ended::Complete => Ok(Exit::Done),
        Ended::Interrupted(signal) => {
            context.output.note(&format!("stopped; to go on: {}", resume(plan, outcome)));
            Ok(signal.exit())
        }
        Ended::Failed(failure) => {
            context.output.note(&format!("to go on: {}", resume(plan, outcome)));
            Err(failure)
        }
        Ended::Undecided(failure, batch) => {
            context.output.warn(&format!(
                "nobody knows whether offsets {} to {} of partition {} were copied: look at the end of \
                 `{}` before going on",
                batch.first,
                batch.next - 1,
                batch.partition,
                plan.target
            ));
            context.output.note(&format!("if they were not: {}", resume(plan, outcome)));
            Err(failure)
        }
    }
}

/// Writes the command that goes on, in offsets, which mean the same later; an end by time stays one,
/// because each record's own time decides there.
fn resume(plan: &Replay, outcome: &Outcome) -> String {
    let mut text = format!("flowctl replay topic/{} --to topic/{}", plan.source, plan.target);
    for (partition, range) in &plan.ranges {
        let next = outcome.next.get(partition).copied().unwrap_or(range.start);
        let until = match range.until {
            Some(time) => format!("@{time}"),
            None => range.end.to_string(),
        };
        let _ = write!(text, " --from {partition}={next} --until {partition}={until}");
    }
    // Partitions without a range are left alone.
    text.push_str(" --from '*=end'");
    text
}
