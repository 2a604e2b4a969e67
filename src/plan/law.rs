//! The law of plans: what was applied is in sync, and what stood in the way still does.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::model::cluster::{Broker, ClusterDescription};
use crate::model::config_entry::{ConfigEntry, ConfigSource};
use crate::model::name::TopicName;
use crate::model::timestamp::Timestamp;
use crate::model::topic::{PartitionDescription, TopicDescription};
use crate::topology::resolved::{Protect, ResolvedFlow, ResolvedTopic};
use crate::topology::{Resolved, Variables, parse};

use super::decide::Findings;
use super::testing::setting;
use super::{
    Action, Allowance, Observed, ObservedTopic, Permissions, Plan, Presence, decide, diff,
};

const TOPICS: [&str; 3] = ["a", "b", "c"];

fn configs() -> impl Strategy<Value = BTreeMap<String, String>> {
    let config = prop_oneof![
        (Just("retention.ms"), select(vec!["-1", "1000", "86400000"])),
        (Just("cleanup.policy"), select(vec!["delete", "compact", "compact,delete"])),
        (Just("min.insync.replicas"), select(vec!["1", "2", "3"])),
        (Just("max.message.bytes"), select(vec!["1000", "01000", "2000"])),
        (Just("segment.ms"), select(vec!["1", "2"])),
    ];
    vec(config, 0..5).prop_map(|configs| {
        configs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    })
}

prop_compose! {
    fn wanted_topic(name: &'static str)(
        partitions in option::of(1..5_i32),
        replication in option::of(1..4_i16),
        configs in configs(),
        protect in select(vec![Protect::None, Protect::Standard, Protect::Strict]),
        keyed in any::<bool>(),
        external in any::<bool>(),
    ) -> ResolvedTopic {
        let mut topic = a_flow().main;
        topic.name = name.into();
        topic.external = external;
        topic.partitions = partitions.map(setting);
        topic.replication = replication.map(setting);
        topic.configs = configs.into_iter().map(|(key, value)| (key, setting(value))).collect();
        topic.protect = protect;
        topic.keyed = keyed;
        topic
    }
}

fn wanted() -> impl Strategy<Value = Resolved> {
    TOPICS.map(wanted_topic).prop_map(|topics| {
        let mut resolved = resolved();
        resolved.flows = topics
            .into_iter()
            .map(|main| (main.name.as_str().into(), ResolvedFlow { main, ..a_flow() }))
            .collect();
        resolved
    })
}

fn observed() -> impl Strategy<Value = Observed> {
    let topic = (1..5_i32, 1..4_i16, configs());
    let topics = btree_map(select(TOPICS.to_vec()), topic, 0..=TOPICS.len());
    (topics, 1..4_i32).prop_map(|(topics, brokers)| {
        let broker = |id| Broker { id, host: "localhost".to_owned(), port: 9092, rack: None };
        let cluster = ClusterDescription {
            id: Some("cluster".to_owned()),
            controller: Some(1),
            brokers: (1..=brokers).map(broker).collect(),
        };
        let topics = topics.into_iter().map(|(name, (partitions, replication, configs))| {
            (name.into(), present(&name.into(), partitions, replication, &configs))
        });
        Observed {
            as_of: Timestamp(0),
            cluster,
            topics: topics.collect(),
            left_over: BTreeMap::new(),
        }
    })
}

fn permissions() -> impl Strategy<Value = Permissions> {
    let allowance = select(vec!["disruptive", "disruptive:a", "destructive:a", "destructive:b"]);
    vec(allowance, 0..4).prop_map(|texts| Permissions {
        allowances: texts.into_iter().map(|text| Allowance::parse(text).unwrap()).collect(),
        force_nonempty: false,
    })
}

fn resolved() -> Resolved {
    let file = "apiVersion: flowctl/v1\nproject: shop\nflows:\n  a: { dlq: none }\n";
    parse(file, "topology.yaml").unwrap().resolve(None, &[], Variables::Unchecked).unwrap()
}

fn a_flow() -> ResolvedFlow {
    resolved().flows.into_values().next().unwrap()
}

fn present(
    name: &TopicName,
    partitions: i32,
    replication: i16,
    configs: &BTreeMap<String, String>,
) -> Presence {
    let replicas: Vec<_> = (1..=i32::from(replication)).collect();
    let partition =
        PartitionDescription { leader: Some(1), replicas: replicas.clone(), in_sync: replicas };
    Presence::Present(ObservedTopic {
        description: TopicDescription {
            name: name.clone(),
            id: None,
            is_internal: false,
            partitions: (0..partitions).map(|number| (number, partition.clone())).collect(),
        },
        configs: Ok(configs.iter().map(|(key, value)| (key.clone(), entry(value))).collect()),
    })
}

fn entry(value: &str) -> ConfigEntry {
    ConfigEntry {
        value: Some(value.to_owned()),
        source: ConfigSource::DynamicTopic,
        is_read_only: false,
        is_sensitive: false,
    }
}

/// Does to the cluster what the plan says, as Kafka would.
fn simulate(plan: &Plan, mut observed: Observed) -> Observed {
    for change in plan.to_do() {
        let topic = &change.difference.topic;
        if let Action::Create { partitions, replication, configs } = &change.difference.action {
            let partitions = partitions.as_ref().map_or(1, |partitions| partitions.value);
            let replication = replication.as_ref().map_or(1, |replication| replication.value);
            let configs = configs.iter().map(|(key, value)| (key.clone(), value.value.clone()));
            let created = present(topic, partitions, replication, &configs.collect());
            observed.topics.insert(topic.clone(), created);
            continue;
        }
        let Some(Presence::Present(present)) = observed.topics.get_mut(topic) else {
            panic!("{topic} cannot be changed: it is not there")
        };
        match &change.difference.action {
            Action::ChangePartitions { current, wanted } => {
                let partitions = &mut present.description.partitions;
                let first = partitions[&0].clone();
                partitions.extend((*current..wanted.value).map(|n| (n, first.clone())));
            }
            Action::SetConfig { key, wanted, .. } => {
                let value = format!(" {} ", wanted.value);
                present.configs.as_mut().unwrap().insert(key.clone(), entry(&value));
            }
            action @ (Action::Create { .. }
            | Action::ChangeReplication { .. }
            | Action::AwaitExternal
            | Action::Read) => panic!("flowctl does not do {action:?}"),
        }
    }
    observed
}

proptest! {
    #[test]
    fn what_was_applied_is_in_sync(
        wanted in wanted(), before in observed(), permissions in permissions()
    ) {
        let plan_of = |observed: &Observed| {
            let differences = diff(&wanted, observed);
            decide(&wanted, observed, differences, &Findings::default(), &permissions)
        };
        let plan = plan_of(&before);
        let after = simulate(&plan, before.clone());
        let again = plan_of(&after);
        prop_assert_eq!(again.to_do().count(), 0, "{:#?}", again.changes);
        prop_assert!(again.summary().blocked >= plan.summary().blocked);
        prop_assert_eq!(plan_of(&before), plan, "the same again for the same cluster");
    }

    #[test]
    fn topics_of_others_are_never_touched(wanted in wanted(), observed in observed()) {
        let mut permissions = Permissions { force_nonempty: true, ..Permissions::default() };
        for topic in TOPICS {
            permissions.allowances.insert(Allowance::DisruptiveTo(topic.into()));
            permissions.allowances.insert(Allowance::DestructiveTo(topic.into()));
        }
        let differences = diff(&wanted, &observed);
        let plan = decide(&wanted, &observed, differences, &Findings::default(), &permissions);
        for change in plan.to_do() {
            let topic = &change.difference.topic;
            let flow = wanted.flow_of(topic).unwrap();
            prop_assert!(!flow.main.external, "{topic} belongs to somebody else");
        }
    }
}
