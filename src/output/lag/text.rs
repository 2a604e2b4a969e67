//! Lag as tables: flows, groups, partitions.

use super::{By, Detail};
use crate::lag::{GroupLag, LagReport, Oddity, PartitionLag, Total};
use crate::output::Screen;
use crate::output::table::{self, Column, NOTHING};

/// Lays out the tables; without a choice, groups and then their partitions.
pub fn text(report: &LagReport, by: Option<By>, detail: Detail, screen: Screen) -> String {
    let screen = match detail {
        Detail::Usual => screen,
        Detail::All => screen.uncut(),
    };
    let groups = || groups(report, detail, screen);
    let partitions = || partitions(report, detail, screen);
    match by {
        Some(By::Flow) => flows(report, screen),
        Some(By::Group) => groups(),
        Some(By::Partition) => partitions(),
        None => format!("{}\n{}", groups(), partitions()),
    }
}

fn flows(report: &LagReport, screen: Screen) -> String {
    let columns = [
        Column::name("FLOW"),
        Column::number("PARTITIONS").detail(),
        Column::number("UNKNOWN"),
        Column::number("LAG"),
    ];
    let rows: Vec<_> = report
        .flows()
        .into_iter()
        .map(|(flow, total)| {
            vec![
                flow.to_string(),
                total.partitions.to_string(),
                total.unknown.to_string(),
                sum(total),
            ]
        })
        .collect();
    table::layout(&columns, &rows, screen)
}

fn groups(report: &LagReport, detail: Detail, screen: Screen) -> String {
    let mut columns = vec![
        Column::name("GROUP"),
        Column::name("FLOW").extra(),
        Column::text("STATE").detail(),
        Column::number("MEMBERS").detail(),
        Column::number("PARTITIONS").extra(),
        Column::number("UNKNOWN"),
        Column::number("LAG"),
    ];
    if detail == Detail::All {
        columns.extend([Column::text("ASSIGNOR"), Column::number("COORDINATOR")]);
    }
    let rows: Vec<_> = report.groups.iter().map(|group| group_row(group, detail)).collect();
    table::layout(&columns, &rows, screen)
}

fn group_row(group: &GroupLag, detail: Detail) -> Vec<String> {
    let total = group.total();
    let mut row = vec![
        group.group.to_string(),
        group.flow.as_ref().map_or_else(dash, ToString::to_string),
        group.state.as_ref().map_or_else(dash, |state| state.name().to_owned()),
        number(group.members),
        total.partitions.to_string(),
        total.unknown.to_string(),
        sum(total),
    ];
    if detail == Detail::All {
        let assignor = group.assignor.clone();
        row.extend([assignor.unwrap_or_else(dash), number(group.coordinator)]);
    }
    row
}

fn partitions(report: &LagReport, detail: Detail, screen: Screen) -> String {
    let mut columns = vec![
        Column::name("GROUP"),
        Column::name("TOPIC"),
        Column::number("PARTITION"),
        Column::number("COMMITTED").detail(),
        Column::number("END").detail(),
        Column::number("LAG"),
        Column::text("NOTE").detail(),
        Column::name("MEMBER").extra(),
    ];
    if detail == Detail::All {
        columns.push(Column::text("MEMBER-ID"));
    }
    let rows: Vec<_> = report
        .groups
        .iter()
        .flat_map(|group| {
            group.partitions.iter().map(|partition| partition_row(group, partition, detail))
        })
        .collect();
    table::layout(&columns, &rows, screen)
}

fn partition_row(group: &GroupLag, partition: &PartitionLag, detail: Detail) -> Vec<String> {
    let member = partition.member.as_ref();
    let mut row = vec![
        group.group.to_string(),
        partition.topic_partition.topic.to_string(),
        partition.topic_partition.partition.to_string(),
        number(partition.committed),
        number(partition.end),
        number(partition.lag),
        partition.oddity.map_or_else(dash, note),
        member.map_or_else(dash, |member| {
            format!("{}@{}", member.client_id, member.host.trim_start_matches('/'))
        }),
    ];
    if detail == Detail::All {
        row.push(member.map_or_else(dash, |member| member.member_id.clone()));
    }
    row
}

fn note(oddity: Oddity) -> String {
    match oddity {
        Oddity::NeverCommitted => "no-commit".to_owned(),
        Oddity::Lost(records) => format!("lost-{records}"),
        Oddity::Reset => "reset".to_owned(),
    }
}

/// Shows a sum; with `≥` where it leaves out what nobody knows.
fn sum(total: Total) -> String {
    let bound = if total.is_lower_bound() { "≥" } else { "" };
    format!("{bound}{}", number(total.lag))
}

/// Shows a number, or `-` for what is unknown.
fn number(number: Option<impl ToString>) -> String {
    number.map_or_else(dash, |number| number.to_string())
}

fn dash() -> String {
    NOTHING.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lag::report::Member;
    use crate::model::offset::TopicPartition;
    use crate::model::timestamp::Timestamp;

    #[test]
    fn a_wide_table_names_the_member_and_is_never_cut() {
        let member = Member {
            member_id: "billing-7f3c".to_owned(),
            client_id: "billing".to_owned(),
            host: "/10.0.0.7".to_owned(),
        };
        let partition = PartitionLag {
            topic_partition: TopicPartition::new("orders".into(), 0),
            committed: Some(5),
            log_start: Some(0),
            end: Some(9),
            lag: Some(4),
            member: Some(member),
            oddity: None,
        };
        let group = GroupLag {
            group: "billing".into(),
            flow: None,
            state: None,
            assignor: Some("range".to_owned()),
            coordinator: Some(1),
            members: Some(1),
            partitions: vec![partition],
        };
        let report =
            LagReport { cluster_id: None, at: Timestamp(0), groups: vec![group], errors: vec![] };
        let narrow = Screen { is_terminal: true, width: Some(40), ..Screen::default() };
        let shown = |by, detail| text(&report, Some(by), detail, narrow);
        let wide = shown(By::Partition, Detail::All);
        assert!(wide.contains("billing@10.0.0.7  billing-7f3c\n"), "{wide}");
        assert!(shown(By::Group, Detail::All).ends_with("range               1\n"));
        let unknown =
            PartitionLag { committed: None, lag: None, ..report.groups[0].partitions[0].clone() };
        let mut bounded = report.clone();
        bounded.groups[0].partitions.push(unknown.clone());
        let usual =
            |report: &LagReport| text(report, Some(By::Group), Detail::Usual, Screen::default());
        assert!(usual(&bounded).ends_with("  1   ≥4\n"), "{}", usual(&bounded));
        bounded.groups[0].partitions = vec![unknown];
        assert!(usual(&bounded).ends_with("  1    -\n"), "{}", usual(&bounded));
        let usual = shown(By::Partition, Detail::Usual);
        assert_eq!(usual, "GROUP    TOPIC   PARTITION  LAG\nbilling  orders          0    4\n");
    }
}
