//! Groups: listed, described with either protocol, and their committed offsets.

use std::process::{Command, Stdio};
use std::time::Duration;

use flowctl::kafka::{Cluster, Stability};
use flowctl::model::group::{GroupDescription, GroupState};
use flowctl::model::name::{GroupId, TopicName};
use flowctl::model::offset::TopicPartition;

use super::{connect, run, soon};
use crate::home::unique;
use crate::running::Running;
use crate::support::kafka;

/// Starts a console consumer of Kafka as a member of a group; `protocol` is `classic` or
/// `consumer`.
fn join(group: &str, topic: &str, protocol: &str) -> Running {
    let mut command = Command::new(kafka().tool("console-consumer").get_program());
    command.arg("console-consumer").env("FLOWCTL_BROKERS", kafka().brokers());
    command.args(["--group", group, "--topic", topic, "--from-beginning"]);
    command.args(["--consumer-property", &format!("group.protocol={protocol}")]);
    command.args(["--consumer-property", &format!("client.id={group}-client")]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Running::start(&mut command)
}

/// Describes a group once it has one member with an assignment.
async fn with_member(cluster: &Cluster, group: &GroupId) -> GroupDescription {
    for _ in 0..200 {
        let described = cluster.describe_groups(std::slice::from_ref(group), soon()).await.unwrap();
        let described = described.into_values().next().unwrap().unwrap();
        let assigned = described.members.iter().any(|member| {
            member.assignment.as_ref().is_some_and(|assignment| !assignment.is_empty())
        });
        if described.state == Some(GroupState::Stable) && assigned {
            return described;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("no member joined {group}");
}

#[test]
fn members_of_both_protocols_show_their_partitions() {
    let topic = kafka().new_topic("wire-members", 2);
    run(async {
        let cluster = connect(kafka()).await;
        let groups = ["classic", "consumer"].map(|protocol| {
            let group = unique(&format!("wire-{protocol}"));
            (join(&group, &topic, protocol), GroupId::new(group), protocol)
        });
        for (_member, group, protocol) in &groups {
            let described = with_member(&cluster, group).await;
            assert_eq!(described.protocol_type, "consumer");
            assert!(described.coordinator.is_some() && described.assignor.is_some());
            let member = described.members.first().unwrap();
            assert_eq!(member.client_id, format!("{group}-client"));
            assert_eq!(member.host, "127.0.0.1");
            let expected = (TopicName::new(topic.clone()), vec![0, 1]);
            assert_eq!(member.assignment.as_deref(), Some(&[expected][..]), "{protocol}");
        }
        let listed = cluster.groups(soon()).await.unwrap();
        assert!(listed.missing.is_empty());
        for (_member, group, protocol) in &groups {
            let listing = listed.groups.iter().find(|listing| listing.id == *group).unwrap();
            assert_eq!(listing.group_type.as_deref(), Some(*protocol));
            assert_eq!(listing.state, Some(GroupState::Stable));
        }
        // Now that the types are known, each protocol is asked for directly.
        let ids = groups.each_ref().map(|(_, group, _)| group.clone());
        let described = cluster.describe_groups(&ids, soon()).await.unwrap();
        assert!(described.values().all(|group| group.as_ref().unwrap().members.len() == 1));
    });
}

#[test]
fn a_group_that_does_not_exist_is_dead_and_has_committed_nothing() {
    run(async {
        let cluster = connect(kafka()).await;
        let group = GroupId::new(unique("wire-nobody"));
        let ids = std::slice::from_ref(&group);
        let described = cluster.describe_groups(ids, soon()).await.unwrap();
        assert_eq!(described[&group].as_ref().unwrap().state, Some(GroupState::Dead));
        let committed = cluster.committed_offsets(ids, Stability::Stable, soon()).await.unwrap();
        assert!(committed[&group].as_ref().unwrap().is_empty());
    });
}

#[test]
fn offsets_of_many_groups_are_what_kafkas_tool_committed() {
    let topic = kafka().new_topic("wire-committed", 2);
    run(async {
        let cluster = connect(kafka()).await;
        let lines = "a\nb\nc\nd\n";
        let mut kcat = kafka().kcat();
        kcat.args(["-P", "-t", &topic, "-p", "1"]).write_stdin(lines).assert().success();
        let groups = [0, 3].map(|shift| {
            let group = unique("wire-committed");
            let mut tool = kafka().tool("groups");
            tool.args(["--reset-offsets", "--execute", "--group", &group, "--topic", &topic]);
            tool.args(["--to-offset", &shift.to_string()]).assert().success();
            (GroupId::new(group), shift)
        });
        let ids = groups.each_ref().map(|(group, _)| group.clone());
        let committed = cluster.committed_offsets(&ids, Stability::AsIs, soon()).await.unwrap();
        let partition = TopicPartition::new(TopicName::new(topic), 1);
        for (group, offset) in &groups {
            let of_group = committed[group].as_ref().unwrap();
            assert_eq!(of_group[&partition].offset, *offset);
            assert_eq!(of_group.len(), 2);
        }
        let listed = cluster.groups(soon()).await.unwrap();
        assert!(ids.iter().all(|id| listed.groups.iter().any(|listing| listing.id == *id)));
    });
}
