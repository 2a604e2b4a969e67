//! `flowctl lag`: how far consumer groups are behind.

use super::group_names::GroupNames;
use super::{Context, target};
use crate::config::TopologyArgs;
use crate::error::{self, Problem};
use crate::exit::Exit;
use crate::lag::report::LagReport;
use crate::lag::run::{self, Gathered};
use crate::lag::select::{self, Name, SelectError, Selection};
use crate::model::count::count;
use crate::model::name::TopicName;
use crate::output::lag::{self, By, Detail};
use crate::output::style::ErrorFormat;

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
/// Lag is log end offset - committed offset; the end is the high watermark, read after the
/// committed offsets. What is unknown is `-` (null in JSON), never 0: a group that has not
/// committed, or an offset after the end of a topic that was created again (`reset`). `lost-N`: N
/// offsets were deleted by retention before the group read them. Brokers leave out topics that you
/// may not describe, and do not say so.
///
/// A narrow terminal shows fewer columns and cuts names; -o wide and a pipe show them whole.
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

    /// Exit with 2 when the lag of a group is above N, or unknown with records to read, or when
    /// nothing is known of a group that was asked for
    #[arg(long, value_name = "N", value_parser = threshold, allow_negative_numbers = true)]
    pub fail_above: Option<i64>,

    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: Format,

    /// Where the topology is.
    #[command(flatten)]
    pub topology: TopologyArgs,
}

/// How the report is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people
    #[value(alias = "table")]
    Text,
    /// The same with assignor, coordinator and member ids; never cut
    Wide,
    /// One JSON document
    Json,
}

/// Who reads JSON reads errors as JSON too.
impl From<Format> for ErrorFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Text | Format::Wide => Self::Text,
            Format::Json => Self::Json,
        }
    }
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
    let selection = select::select(&args.name, topology.as_ref(), args.all_groups).map_err(
        |error| match error {
            SelectError::UnknownFlow(flow) => target::unknown_flow(&flow, topology.as_ref()),
            SelectError::NoConsumers(_) => Problem::invalid(error.to_string()),
        },
    )?;
    if topology.is_none() && args.name.is_empty() && !args.all_groups {
        // Who expects the groups of one project should know why there are so many.
        context.output.note("no topology here (-f, --file names one): every group of the cluster");
    }
    if matches!(&selection, Selection::Groups(groups) if groups.is_empty()) {
        return Err(Problem::invalid("the topology declares no consumers")
            .hint("name a group, or add --all-groups")
            .into());
    }
    let settings = context.settings(topology.as_ref()).await?;
    let cluster = context.connect(&settings, topology.as_ref()).await?;
    // Who asks for a group expects that it reads something; among all there are others.
    let expects_partitions = matches!(selection, Selection::Groups(_)) && args.topic.is_none();
    let only = args.topic.map(TopicName::new);
    let gathered =
        run::gather(&cluster, selection, only.as_ref(), context.clock, context.deadline).await?;
    let Gathered { mut report, missing } = gathered;
    if !missing.is_empty() {
        let names = GroupNames::ask(&cluster, topology.as_ref(), context.deadline).await;
        let problems = missing.iter().map(|group| error::report(&names.missing(group).into()));
        report.errors.extend(problems);
    }
    let is_empty = report.groups.iter().all(|group| group.partitions.is_empty());
    if let Some(topic) = &only
        && report.errors.is_empty()
        && is_empty
    {
        target::existing_topic(&cluster, topic, topology.as_ref(), context.deadline).await?;
        // An empty report would pass for "nothing is behind".
        return Err(Problem::failed(format!("none of the groups reads topic `{topic}`")).into());
    }
    let tables = |detail, screen| lag::text(&report, args.by, detail, screen);
    let output = &mut context.output;
    match args.output {
        // So would a table without rows.
        Format::Text | Format::Wide if is_empty && !report.errors.is_empty() => {}
        Format::Text | Format::Wide if report.groups.is_empty() => output.note("no groups"),
        Format::Text => output.print(&tables(Detail::Usual, output.screen()))?,
        Format::Wide => output.print(&tables(Detail::All, output.screen()))?,
        Format::Json => output.print_json(&lag::json(&report)?)?,
    }
    context.output.flush()?;
    for error in &report.errors {
        context.output.error(error);
    }
    Ok(verdict(&report, args.fail_above, expects_partitions, context))
}

/// Reads a lag.
fn threshold(text: &str) -> Result<i64, String> {
    let records = text.parse().ok().filter(|records| *records >= 0);
    records.ok_or_else(|| "it must be a whole number of records, such as 1000".to_owned())
}

/// Decides the exit code: what is partial is not a verdict on a threshold.
fn verdict(
    report: &LagReport,
    fail_above: Option<i64>,
    expects_partitions: bool,
    context: &mut Context,
) -> Exit {
    if let Some(first) = report.errors.first() {
        let all_failed = report.groups.iter().all(|group| group.partitions.is_empty());
        return if all_failed { Exit::from_code(first.exit_code) } else { Exit::Partly };
    }
    let Some(threshold) = fail_above else { return Exit::Done };
    let findings = findings(report, threshold, expects_partitions);
    for finding in &findings {
        context.output.note(finding);
    }
    if findings.is_empty() { Exit::Done } else { Exit::Finding }
}

/// Says whose lag is, or may be, above a threshold.
fn findings(report: &LagReport, threshold: i64, expects_partitions: bool) -> Vec<String> {
    let above = report.above(threshold).into_iter().map(|group| match group.total().lag {
        Some(lag) if lag > threshold => {
            format!("lag of `{}` is {lag}: above {threshold}", group.group)
        }
        // Its known partitions are not above it; those that are not known may be.
        Some(_) | None => format!(
            "lag of `{}` is not known in {}: it may be above {threshold}",
            group.group,
            count(group.total().unknown_with_records, "partition")
        ),
    });
    let unseen =
        report.groups.iter().filter(|group| expects_partitions && group.partitions.is_empty());
    let unseen = unseen.map(|group| {
        format!(
            "lag of `{}` is not known: it has committed nothing, or only in topics that you may \
             not describe; it may be above {threshold}",
            group.group
        )
    });
    above.chain(unseen).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lag::GroupLag;
    use crate::model::timestamp::Timestamp;

    #[test]
    fn a_group_of_which_nothing_is_seen_is_no_all_clear_where_it_was_asked_for() {
        let group = GroupLag {
            group: "billing".into(),
            flow: None,
            state: None,
            assignor: None,
            coordinator: None,
            members: Some(1),
            partitions: Vec::new(),
        };
        let report = LagReport {
            cluster_id: None,
            at: Timestamp(0),
            groups: vec![group],
            errors: Vec::new(),
        };
        let [finding] = findings(&report, 10, true).try_into().unwrap();
        assert!(finding.contains("`billing` is not known"), "{finding}");
        assert!(findings(&report, 10, false).is_empty(), "among all groups some read nothing");
    }

    #[test]
    fn a_threshold_is_a_whole_number_and_says_so() {
        assert_eq!((threshold("0"), threshold("1000")), (Ok(0), Ok(1000)));
        for text in ["1k", "-1", "", "1.5"] {
            assert!(threshold(text).unwrap_err().contains("whole number"), "{text}");
        }
    }
}
