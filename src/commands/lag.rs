//! `flowctl lag`: how far consumer groups are behind.

use super::Context;
use crate::config::TopologyArgs;
use crate::error::Problem;
use crate::exit::Exit;
use crate::lag::report::LagReport;
use crate::lag::run::{self, Gathered};
use crate::lag::select::{self, Name, Selection};
use crate::model::name::TopicName;
use crate::output::Format;
use crate::output::lag::{self, By};

/// Show consumer lag of flows and groups
///
/// Examples:
///
///   flowctl lag                                     # the consumers of ./topology.yaml
///
///   flowctl lag user-activity-logs --by partition   # a flow, or a group of that name
///
///   flowctl lag --all-groups -o json
///
///   flowctl lag user-activity-logs --fail-above 1000
///
/// Lag is log end offset - committed offset; the end is the high watermark, read after the committed
/// offsets. What is unknown is `-` (null in JSON), never 0: a group that has not committed, or an
/// offset after the end of a topic that was created again (`reset`). `lost-N`: N offsets were
/// deleted by retention before the group read them.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Flow or group (`flow/NAME`, `group/NAME` force one); default: the topology's consumers
    #[arg(value_name = "FLOW|GROUP", value_parser = Name::parse)]
    pub name: Vec<Name>,

    /// Show every group of the cluster
    #[arg(long, conflicts_with = "name")]
    pub all_groups: bool,

    /// Count only this topic
    #[arg(short, long, value_name = "TOPIC")]
    pub topic: Option<String>,

    /// What a row is; default: groups, then partitions
    #[arg(long, value_name = "WHAT")]
    pub by: Option<By>,

    /// Exit with 2 when the lag of a group is above N, or unknown with records to read
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    pub fail_above: Option<i64>,

    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: Format,

    /// Where the topology is.
    #[command(flatten)]
    pub topology: TopologyArgs,
}

/// Prints the report.
pub async fn run(args: Args, context: &mut Context) -> anyhow::Result<Exit> {
    let needs_none = args.all_groups
        || (!args.name.is_empty() && args.name.iter().all(|name| matches!(name, Name::Group(_))));
    let topology = if needs_none {
        context.topology_if_chosen(&args.topology).await?
    } else {
        context.topology_if_any(&args.topology).await?
    };
    let selection = select::select(&args.name, topology.as_ref(), args.all_groups)
        .map_err(|error| Problem::invalid(error.to_string()))?;
    if matches!(&selection, Selection::Groups(groups) if groups.is_empty()) {
        return Err(Problem::invalid("the topology declares no consumers")
            .hint("name a group, or add --all-groups")
            .into());
    }
    let settings = context.settings(topology.as_ref()).await?;
    let cluster = context.connect(&settings, topology.as_ref()).await?;
    let only = args.topic.map(TopicName::new);
    let gathered =
        run::gather(&cluster, selection, only.as_ref(), context.clock, context.deadline).await?;
    let Gathered { report, missing } = gathered;
    if let Some(topic) = &only
        && report.errors.is_empty()
        && report.groups.iter().all(|group| group.partitions.is_empty())
    {
        // An empty report would pass for "nothing is behind".
        return Err(Problem::failed(format!("none of the groups reads topic `{topic}`")).into());
    }
    let text = match args.output {
        Format::Text => lag::text(&report, args.by, context.output.width()),
        Format::Json => lag::json(&report),
    };
    context.output.print(&text)?;
    context.output.flush()?;
    for error in &report.errors {
        context.output.error(error);
    }
    if !missing.is_empty() {
        let names: Vec<_> = missing.iter().map(|group| format!("`{group}`")).collect();
        let noun = if names.len() == 1 { "group" } else { "groups" };
        return Err(Problem::failed(format!(
            "{noun} {} not found: no members and no committed offsets",
            names.join(", ")
        ))
        .hint("flowctl lag --all-groups lists what there is")
        .into());
    }
    Ok(verdict(&report, args.fail_above, context))
}

/// Decides the exit code: what is partial is not a verdict on a threshold.
fn verdict(report: &LagReport, fail_above: Option<i64>, context: &mut Context) -> Exit {
    if let Some(first) = report.errors.first() {
        let all_failed = report.groups.iter().all(|group| group.partitions.is_empty());
        return if all_failed { Exit::from_code(first.exit_code) } else { Exit::Partly };
    }
    let Some(threshold) = fail_above else { return Exit::Done };
    let above = report.above(threshold);
    for group in &above {
        let lag = group.total().lag.map_or_else(|| "unknown".to_owned(), |lag| lag.to_string());
        context.output.note(&format!("lag of `{}` is {lag}: above {threshold}", group.group));
    }
    if above.is_empty() { Exit::Done } else { Exit::Finding }
}
