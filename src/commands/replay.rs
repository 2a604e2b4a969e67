//! `flowctl replay`: copies a range of a topic to another topic. Plan, show, ask, run, report.

mod resume;
mod teller;

use self::teller::Teller;
use super::Context;
use super::range::RangeArgs;
use super::target::{self, Found};
use crate::commands::resume::{NOTHING_TO_GO_ON_WITH, is_about_a_topic_that_went};
use crate::config::TopologyArgs;
use crate::error::{self, Problem, Report};
use crate::exit::Exit;
use crate::model::count::count;
use crate::model::name::TopicName;
use crate::model::own_topics::TakesNoRecords;
use crate::model::target::Target;
use crate::output::Format;
use crate::output::json::Source;
use crate::output::phrases::place;
use crate::output::progress::Progress;
use crate::output::prompt::{Question, approve};
use crate::output::replay as view;
use crate::replay::run::{Ended, Event, Replayer};
use crate::replay::{Outcome, Replay, Wanted};
use crate::topology::Resolved;

/// Copy a range of a topic to another topic
///
/// Examples:
///
///   flowctl replay user-activity-logs --to user-activity-analytics --since 1h --dry-run
///
///   flowctl replay orders --to orders-test --from 0=1200 --until 0=1300 --yes
///
///   flowctl replay orders --to orders-test --partition 2 --limit 100 --yes
///
/// The end is where the log ends when the command begins. Key, value, headers and timestamp stay as
/// they are, byte for byte; the partition too where both topics have as many, else the key decides.
/// Each batch is a transaction. Records that the broker does not take are named, the others are
/// copied, and the exit code is 3. Ctrl-C ends after the batch in flight and prints the command
/// that goes on.
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
    range: RangeArgs,

    /// Only this partition of the source (can be repeated)
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    partition: Vec<i32>,

    /// Copy at most N records: the first ones, partition by partition
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,

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
    let planned = super::before_changes(&interrupt, Box::pin(plan(&args, context))).await?;
    let Planned { replayer, plan, source, environment } = planned;
    for warning in view::warnings(&plan) {
        context.output.warn(&warning);
    }
    let is_partial = plan.hidden > 0;
    if args.dry_run {
        let counts = super::before_changes(&interrupt, Box::pin(replayer.count(&plan))).await?;
        let output = &mut context.output;
        match args.output {
            Format::Text => output.print(&view::table(&plan, &counts, output.screen()))?,
            Format::Json => output.print_json(&view::plan_json(&source, &plan, &counts)?)?,
        }
        context.output.flush()?;
        let total: u64 = counts.values().sum();
        context.output.note(&format!("dry run: {} would be copied", count(total, "record")));
        return Ok(if is_partial { Exit::Partly } else { Exit::Done });
    }
    if plan.ranges.is_empty() {
        context.output.note(&format!("nothing to copy from `{}`", plan.source));
        if args.output == Format::Json {
            let report = view::report_json(&source, &plan, &Outcome::default(), &[])?;
            context.output.print_json(&report)?;
        }
        return Ok(if is_partial { Exit::Partly } else { Exit::Done });
    }
    let place = place(environment.as_deref(), source.cluster_id.as_deref());
    let text = view::question(&plan, &place);
    let question = Question { text: &text, yes: args.yes, name_to_type: None };
    let approval = approve(&mut context.output, &interrupt, question).await?;
    context.output.outlive_reader();
    // A limit may be reached anywhere.
    let total = plan.limit.is_none().then(|| plan.offsets());
    let progress = Progress::start(&context.output, "copied", total, "offsets");
    let mut teller = Teller::new(&plan, args.output, progress);
    let (outcome, ended) = {
        let output = &mut context.output;
        let mut tell = |event: Event| teller.tell(event, output);
        Box::pin(replayer.run(&plan, approval, &interrupt, &mut tell)).await
    };
    let refusals = teller.end(&outcome, &mut context.output);
    let source = Source { as_of: context.clock.now(), ..source };
    report(&args, context, &source, &plan, &outcome, ended, refusals)
}

/// What is needed to carry a plan out.
struct Planned {
    replayer: Replayer,
    plan: Replay,
    source: Source,
    /// The topology's environment.
    environment: Option<String>,
}

/// Finds the topics and makes the plan.
async fn plan(args: &Args, context: &mut Context) -> anyhow::Result<Planned> {
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
    context.own_topics.check(&to).map_err(|why| Problem::usage(why.to_string()))?;
    let range = args
        .range
        .parse_without_group(context.clock.now())
        .map_err(|error| Problem::usage(error.to_string()))?;
    let settings = context.settings_to_write(topology.as_ref()).await?;
    let cluster = context.connect(&settings, topology.as_ref()).await?;
    let timeout = context.global.timeout;
    let seen = context.source(&cluster).await;
    let deadline = context.deadline;
    let source = target::existing_topic(&cluster, &source, topology.as_ref(), deadline).await?;
    let to = target::existing_topic(&cluster, &to, topology.as_ref(), deadline).await?;
    TakesNoRecords::check(&to).map_err(|why| Problem::usage(why.to_string()))?;
    let replayer = Replayer::new(cluster, settings, source, to, timeout);
    let partitions = args.partition.iter().copied().collect();
    let plan = replayer.plan(&Wanted { range, partitions, limit: args.limit }).await?;
    let environment = topology.and_then(|topology| topology.environment);
    Ok(Planned { replayer, plan, source: seen, environment })
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
    refusals: Vec<Report>,
) -> anyhow::Result<Exit> {
    let mut errors = refusals;
    let unknown = |in_flight| Problem::failed(view::undecided(plan, in_flight)).into();
    match &ended {
        Ended::Failed(failure) => errors.push(error::report(failure)),
        Ended::Undecided(failure, in_flight) => {
            errors.extend([error::report(failure), error::report(&unknown(in_flight))]);
        }
        Ended::StoppedAtOnce(_, Some(in_flight)) => {
            errors.push(error::report(&unknown(in_flight)));
        }
        Ended::Complete | Ended::Interrupted(_) | Ended::StoppedAtOnce(_, None) => {}
    }
    if args.output == Format::Json {
        context.output.print_json(&view::report_json(source, plan, outcome, &errors)?)?;
    }
    context.output.flush()?;
    context.output.note(&view::summary(plan, outcome));
    let global = context.global.clone();
    let line = || resume::command(args, plan, outcome, &global);
    match ended {
        Ended::Complete if plan.hidden > 0 || outcome.expired > 0 || outcome.refusals() > 0 => {
            Ok(Exit::Partly)
        }
        Ended::Complete => Ok(Exit::Done),
        Ended::Interrupted(signal) => {
            context.output.note(&format!("stopped; to go on: {}", line()));
            Ok(signal.exit())
        }
        Ended::StoppedAtOnce(signal, in_flight) => {
            if let Some(in_flight) = &in_flight {
                context.output.warn(&view::undecided(plan, in_flight));
            }
            let what = if in_flight.is_some() { "if they were not copied" } else { "to go on" };
            context.output.note(&format!("stopped at once; {what}: {}", line()));
            Ok(signal.exit())
        }
        Ended::Failed(failure) => {
            if outcome.lost.is_some() {
                let all = resume::command(args, plan, &Outcome::default(), &global);
                context.output.note(&view::again(plan, &all));
            } else if is_about_a_topic_that_went(&failure) {
                context.output.note(NOTHING_TO_GO_ON_WITH);
            } else if !outcome.covers(plan) {
                context.output.note(&format!("to go on: {}", line()));
            }
            Err(failure)
        }
        Ended::Undecided(failure, in_flight) => {
            context.output.warn(&view::undecided(plan, &in_flight));
            context.output.note(&format!("if they were not copied: {}", line()));
            Err(failure)
        }
    }
}
