//! The lag report: totals and partitions as tables, or one JSON document.

mod text;

use serde::Serialize;

use super::json::{self, Source};
use crate::lag::{GroupLag, LagReport, Oddity, PartitionLag, Total};
use crate::model::group::GroupState;
use crate::model::name::FlowId;

pub use text::text;

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

/// How much the tables tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What fits.
    Usual,
    /// All that is known of groups and members, however long the lines are.
    All,
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
    is_lower_bound: bool,
    partition_count: usize,
    unknown_partition_count: usize,
}

impl TotalItem {
    fn new(total: Total) -> Self {
        let is_lower_bound = total.is_lower_bound();
        let Total { lag, partitions, unknown, unknown_with_records: _ } = total;
        Self { lag, is_lower_bound, partition_count: partitions, unknown_partition_count: unknown }
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
