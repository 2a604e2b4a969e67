//! `flowctl dlq ls`: one row a DLQ.

use super::find::{self, Choice};
use super::watching::Watching;
use crate::commands::{Context, target};
use crate::config::TopologyArgs;
use crate::dlq::{Dlq, Overview};
use crate::error::{self, Problem};
use crate::exit::Exit;
use crate::model::count::count;
use crate::model::target::Target;
use crate::output::{ListFormat, dlq};

/// List DLQs with what is pending in them
///
/// Examples:
///
///   flowctl dlq ls                          # every DLQ of ./topology.yaml
///
///   flowctl dlq ls user-activity-logs --fail-if-any
///
///   flowctl dlq ls topic/orders.DLT -o json
///
/// Pending is what the ledger does not know as redriven. The DLQ is read once, up to where it ended
/// when the command began; the ledger is read as it is then, so a redrive that runs meanwhile may
/// not show yet. OLDEST is the age of the oldest pending one.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Flow or DLQ; default: every DLQ of the topology
    #[arg(value_name = "FLOW|TOPIC", value_parser = Target::parse)]
    pub target: Vec<Target>,

    /// Exit with 2 when something is pending
    #[arg(long)]
    pub fail_if_any: bool,

    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: ListFormat,

    /// Where the topology is.
    #[command(flatten)]
    pub topology: TopologyArgs,
}

/// Prints the rows.
pub(super) async fn run(args: Args, context: &mut Context) -> anyhow::Result<Exit> {
    // Also for topics named as such: the topology names the ledger.
    let topology = context.topology_if_any(&args.topology).await?;
    let choices: Vec<Choice> = match (&topology, args.target.is_empty()) {
        (Some(topology), true) => find::all(topology),
        (None, true) => {
            return Err(Problem::usage("there is no topology that says which topics are DLQs")
                .hint("name a DLQ, or a topology with -f")
                .into());
        }
        (topology, false) => {
            let mut choices = Vec::new();
            for target in &args.target {
                choices.extend(find::find(target, topology.as_ref())?);
            }
            choices
        }
    };
    let settings = context.settings(topology.as_ref()).await?;
    let cluster = context.connect(&settings, topology.as_ref()).await?;
    let timeout = context.global.timeout;
    let mut overviews: Vec<Overview> = Vec::new();
    let mut errors = Vec::new();
    let mut first_failure = None;
    for Choice { declared, .. } in choices {
        let found =
            target::existing_topic(&cluster, &declared.topic, topology.as_ref(), context.deadline)
                .await;
        let counted = match found {
            Ok(found) => {
                let dlq = Dlq::new(cluster.clone(), settings.clone(), declared, found, timeout);
                let watching = Watching::start(&context.output, &dlq);
                let counted = dlq.overview(&mut |seen| watching.take(seen)).await;
                watching.end(&dlq, context);
                counted
            }
            Err(error) => Err(error),
        };
        match counted {
            Ok(overview) => overviews.push(overview),
            Err(failure) => {
                errors.push(error::report(&failure));
                first_failure.get_or_insert(failure);
            }
        }
    }
    let source = context.source(&cluster).await;
    let now = source.as_of;
    let output = &mut context.output;
    match args.output {
        // A table without rows would pass for "nothing is pending".
        ListFormat::Text if overviews.is_empty() && !errors.is_empty() => {}
        ListFormat::Text => output.print(&dlq::overview::text(&overviews, now, output.screen()))?,
        ListFormat::Json => {
            output.print_json(&dlq::overview::json(&source, &overviews, &errors)?)?;
        }
        ListFormat::Jsonl => output.print_json(&dlq::overview::jsonl(&overviews, now))?,
    }
    context.output.flush()?;
    for overview in overviews.iter().filter(|overview| overview.hidden > 0) {
        context.output.warn(&format!(
            "`{}` has {} behind an open transaction, which are not counted",
            overview.dlq,
            count(overview.hidden, "offset")
        ));
    }
    match (first_failure, overviews.is_empty()) {
        (Some(failure), true) => Err(failure),
        (Some(_), false) => {
            for error in &errors {
                context.output.error(error);
            }
            Ok(Exit::Partly)
        }
        // What is hidden may be pending: not knowing is no all-clear.
        (None, _)
            if args.fail_if_any && overviews.iter().any(|o| o.pending > 0 || o.hidden > 0) =>
        {
            Ok(Exit::Finding)
        }
        (None, _) if overviews.iter().any(|o| o.hidden > 0) => Ok(Exit::Partly),
        (None, _) => Ok(Exit::Done),
    }
}
