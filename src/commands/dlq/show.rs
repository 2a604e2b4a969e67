//! `flowctl dlq show`: dead letters with origin, error and status.

use std::ops::ControlFlow;

use super::find::{self, Named};
use super::selection::SelectionArgs;
use super::watching::Watching;
use crate::commands::{Context, target};
use crate::config::TopologyArgs;
use crate::dlq::{Dlq, Query, StatusFilter};
use crate::error::Problem;
use crate::exit::Exit;
use crate::output::ListFormat;
use crate::output::dlq::letter;

/// Show dead letters with their origin and error
///
/// Examples:
///
///   flowctl dlq show user-activity-logs                    # what is pending
///
///   flowctl dlq show user-activity-logs-dlq/0/42           # one of them, whatever its status
///
///   flowctl dlq show user-activity-logs --error-code TIMEOUT --limit 1 -o json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Flow or DLQ, or the id of a dead letter: TOPIC/PARTITION/OFFSET
    #[arg(value_name = "FLOW|TOPIC|ID", value_parser = Named::parse)]
    target: Named,

    /// Only those with this status [default: pending; with an id: all]
    #[arg(long, value_name = "STATUS")]
    status: Option<StatusFilter>,

    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: ListFormat,

    /// Where the topology is.
    #[command(flatten)]
    topology: TopologyArgs,

    /// Which ones. Behind the others: they would stand under its heading.
    #[command(flatten)]
    selection: SelectionArgs,
}

/// Prints the dead letters.
pub(super) async fn run(args: Args, context: &mut Context) -> anyhow::Result<Exit> {
    let target = args.target.target();
    let topology = context.topology_if_any(&args.topology).await?;
    let choice = find::find_one(&target, topology.as_ref())?;
    let settings = context.settings(topology.as_ref()).await?;
    let cluster = context.connect(&settings, topology.as_ref()).await?;
    let source = context.source(&cluster).await;
    let declared = choice.declared;
    let found =
        target::existing_topic(&cluster, &declared.topic, topology.as_ref(), context.deadline)
            .await?;
    let dlq = Dlq::new(cluster, settings, declared, found, context.global.timeout);
    let snapshot = dlq.snapshot().await?;
    let mut memory = dlq.recall().await?;
    let query = args.selection.query(Some(&args.target), &dlq, &snapshot, source.as_of).await?;
    let names_ids = !query.places.is_empty();
    let status =
        args.status.unwrap_or(if names_ids { StatusFilter::All } else { StatusFilter::Pending });
    let is_terminal = context.output.stdout_is_terminal();
    let mut items = Vec::new();
    let watching = Watching::start(&context.output, &dlq);
    let output = &mut context.output;
    let mut watch = |seen| watching.take(seen);
    let shown = dlq
        .list(&snapshot, &mut memory, &query, status, &mut watch, &mut |dead_letter, done| {
            if args.output != ListFormat::Json {
                watching.hide();
            }
            match args.output {
                ListFormat::Text => output.print(&letter::text(dead_letter, done, is_terminal))?,
                ListFormat::Json => items.push(letter::item(dead_letter, done)),
                ListFormat::Jsonl => output.print_json(&letter::line(dead_letter, done))?,
            }
            Ok(ControlFlow::Continue(()))
        })
        .await?;
    watching.end(&dlq, context);
    if args.output == ListFormat::Json {
        context.output.print_json(&letter::document(&source, dlq.topic(), &items)?)?;
    }
    context.output.flush()?;
    // With another condition or a limit that was reached, nobody knows what is missing.
    let Query { places, limit, .. } = query.clone();
    let asks_by_id_alone = query == Query { places, limit, ..Query::default() };
    let wanted = u64::try_from(query.places.len()).unwrap_or(u64::MAX);
    let missing = wanted.saturating_sub(shown);
    let is_cut = limit.is_some_and(|limit| shown >= limit);
    if missing > 0 && args.status.is_none() && asks_by_id_alone && !is_cut {
        let text = match (args.target.dead_letter(), wanted) {
            (Some(id), 1) => format!("dead letter {id} not found"),
            _ => format!("{missing} of {wanted} dead letters not found in `{}`", dlq.topic()),
        };
        return Err(Problem::failed(text)
            .hint("retention may have deleted them; flowctl dlq show lists what is there")
            .into());
    }
    if shown == 0 {
        context.output.note(&format!("nothing in `{}` is selected", dlq.topic()));
    }
    Ok(Exit::Done)
}
