//! The lag report: totals and partitions as tables, or one JSON document.

use serde::Serialize;

use super::json::{self, Source};
use super::table::{self, Align};
use crate::lag::{GroupLag, LagReport, Oddity, PartitionLag, Total};
use crate::model::group::GroupState;
use crate::model::name::FlowId;

/// Which tables are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum By {
    /// One row a group
    Group,
    /// One row a partition
    Partition,
    /// One row a flow
    Flow,
}

/// Lays out the tables; without a choice, groups and then their partitions.
pub fn text(report: &LagReport, by: Option<By>, width: Option<u16>) -> String {
    match by {
        Some(By::Flow) => flows(report, width),
        Some(By::Group) => groups(report, width),
        Some(By::Partition) => partitions(report, width),
        None => format!("{}\n{}", groups(report, width), partitions(report, width)),
    }
}

fn flows(report: &LagReport, width: Option<u16>) -> String {
    let columns = [
        ("FLOW", Align::Left),
        ("PARTITIONS", Align::Right),
        ("UNKNOWN", Align::Right),
        ("LAG", Align::Right),
    ];
    let rows: Vec<_> = report
        .flows()
        .into_iter()
        .map(|(flow, total)| {
            vec![
                flow.to_string(),
                total.partitions.to_string(),
                total.unknown.to_string(),
                number(total.lag),
            ]
        })
        .collect();
    table::layout(&columns, &rows, width)
}

fn groups(report: &LagReport, width: Option<u16>) -> String {
    let columns = [
        ("GROUP", Align::Left),
        ("FLOW", Align::Left),
        ("STATE", Align::Left),
        ("MEMBERS", Align::Right),
        ("PARTITIONS", Align::Right),
        ("UNKNOWN", Align::Right),
        ("LAG", Align::Right),
    ];
    let rows: Vec<_> = report.groups.iter().map(group_row).collect();
    table::layout(&columns, &rows, width)
}

fn group_row(group: &GroupLag) -> Vec<String> {
    let total = group.total();
    vec![
        group.group.to_string(),
        group.flow.as_ref().map_or_else(dash, ToString::to_string),
        group.state.as_ref().map_or_else(dash, |state| state.name().to_owned()),
        number(group.members),
        total.partitions.to_string(),
        total.unknown.to_string(),
        number(total.lag),
    ]
}

fn partitions(report: &LagReport, width: Option<u16>) -> String {
    let columns = [
        ("GROUP", Align::Left),
        ("TOPIC", Align::Left),
        ("PARTITION", Align::Right),
        ("COMMITTED", Align::Right),
        ("END", Align::Right),
        ("LAG", Align::Right),
        ("NOTE", Align::Left),
        ("MEMBER", Align::Left),
    ];
    let rows: Vec<_> = report
        .groups
        .iter()
        .flat_map(|group| {
            group.partitions.iter().map(|partition| {
                vec![
                    group.group.to_string(),
                    partition.topic_partition.topic.to_string(),
                    partition.topic_partition.partition.to_string(),
                    number(partition.committed),
                    number(partition.end),
                    number(partition.lag),
                    partition.oddity.map_or_else(dash, note),
                    partition.member.as_ref().map_or_else(dash, |member| {
                        format!("{}@{}", member.client_id, member.host.trim_start_matches('/'))
                    }),
                ]
            })
        })
        .collect();
    table::layout(&columns, &rows, width)
}

fn note(oddity: Oddity) -> String {
    match oddity {
        Oddity::NeverCommitted => "no-commit".to_owned(),
        Oddity::Lost(records) => format!("lost-{records}"),
        Oddity::Reset => "reset".to_owned(),
    }
}

/// Shows a number, or `-` for what is unknown.
fn number(number: Option<impl ToString>) -> String {
    number.map_or_else(dash, |number| number.to_string())
}

fn dash() -> String {
    "-".to_owned()
}

/// Renders the JSON document; its items are the groups with all their partitions.
pub fn json(report: &LagReport) -> json::Rendered {
    let items: Vec<_> = report.groups.iter().map(GroupItem::new).collect();
    let flows = report
        .flows()
        .into_iter()
        .map(|(flow, total)| FlowItem { flow: flow.to_string(), total: TotalItem::new(total) })
        .collect();
    let source = Source { cluster_id: report.cluster_id.clone(), as_of: report.at };
    json::document("LagReport", &source, Fields { flows }, &items, &report.errors)
}

#[derive(Serialize)]
struct Fields {
    flows: Vec<FlowItem>,
}

#[derive(Serialize)]
struct FlowItem {
    flow: String,
    #[serde(flatten)]
    total: TotalItem,
}

#[derive(Serialize)]
struct TotalItem {
    lag: Option<i64>,
    partition_count: usize,
    unknown_partition_count: usize,
}

impl TotalItem {
    fn new(total: Total) -> Self {
        let Total { lag, partitions, unknown, unknown_with_records: _ } = total;
        Self { lag, partition_count: partitions, unknown_partition_count: unknown }
    }
}

#[derive(Serialize)]
struct GroupItem<'a> {
    group: &'a str,
    flow: Option<&'a str>,
    state: Option<&'a str>,
    assignor: Option<&'a str>,
    coordinator: Option<i32>,
    member_count: Option<usize>,
    #[serde(flatten)]
    total: TotalItem,
    partitions: Vec<PartitionItem<'a>>,
}

impl<'a> GroupItem<'a> {
    fn new(lag: &'a GroupLag) -> Self {
        let GroupLag { group, flow, state, assignor, coordinator, members, partitions } = lag;
        Self {
            group: group.as_str(),
            flow: flow.as_ref().map(FlowId::as_str),
            state: state.as_ref().map(GroupState::name),
            assignor: assignor.as_deref(),
            coordinator: *coordinator,
            member_count: *members,
            total: TotalItem::new(lag.total()),
            partitions: partitions.iter().map(PartitionItem::new).collect(),
        }
    }
}

#[derive(Serialize)]
struct PartitionItem<'a> {
    topic: &'a str,
    partition: i32,
    committed_offset: Option<i64>,
    log_start_offset: Option<i64>,
    log_end_offset: Option<i64>,
    lag: Option<i64>,
    lost_records: Option<i64>,
    note: Option<&'static str>,
    member_id: Option<&'a str>,
    client_id: Option<&'a str>,
    host: Option<&'a str>,
}

impl<'a> PartitionItem<'a> {
    fn new(partition: &'a PartitionLag) -> Self {
        let PartitionLag { topic_partition, committed, log_start, end, lag, member, oddity } =
            partition;
        let (note, lost_records) = match oddity {
            None => (None, None),
            Some(Oddity::NeverCommitted) => (Some("no_commit"), None),
            Some(Oddity::Lost(records)) => (Some("lost"), Some(*records)),
            Some(Oddity::Reset) => (Some("reset"), None),
        };
        Self {
            topic: topic_partition.topic.as_str(),
            partition: topic_partition.partition,
            committed_offset: *committed,
            log_start_offset: *log_start,
            log_end_offset: *end,
            lag: *lag,
            lost_records,
            note,
            member_id: member.as_ref().map(|member| member.member_id.as_str()),
            client_id: member.as_ref().map(|member| member.client_id.as_str()),
            host: member.as_ref().map(|member| member.host.as_str()),
        }
    }
}
