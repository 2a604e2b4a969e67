//! The requests that carry out differences, in their order: creations, partitions, configs.

use std::collections::BTreeMap;

use crate::model::name::TopicName;
use crate::model::topic::NewTopic;

use super::difference::{Action, Difference};

/// The phases, in their order: a topic exists before it is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Topics are created.
    Create,
    /// Partitions are added.
    Partitions,
    /// Configs are set.
    Configs,
}

impl Phase {
    /// Returns the phase of an action; `None` for what flowctl does not do.
    pub fn of(action: &Action) -> Option<Self> {
        match action {
            Action::Create { .. } => Some(Self::Create),
            Action::ChangePartitions { .. } => Some(Self::Partitions),
            Action::SetConfig { .. } => Some(Self::Configs),
            Action::ChangeReplication { .. } | Action::AwaitExternal | Action::Read => None,
        }
    }
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Batch {
    /// Topics to be created.
    Create(Vec<NewTopic>),
    /// New partition counts.
    Partitions(BTreeMap<TopicName, i32>),
    /// Configs to be set.
    Configs(BTreeMap<TopicName, BTreeMap<String, String>>),
}

/// How many metadata records one request may make. A controller writes what a request asks for as
/// one atomic batch and refuses more than 10 000 records
/// (`QuorumController.MAX_RECORDS_PER_USER_OP`); the rest is room for what it writes besides.
const MAX_RECORDS: usize = 9_000;

/// What is assumed of a count that is left to the broker (`num.partitions`).
const ASSUMED_PARTITIONS: usize = 100;

/// Puts the requests together. They are as large as a controller takes them: 500 topics of an
/// ordinary size are one request.
pub fn batches<'a>(differences: impl Iterator<Item = &'a Difference>) -> Vec<Batch> {
    let mut creations = Vec::new();
    let mut partitions = Vec::new();
    let mut configs: BTreeMap<&TopicName, BTreeMap<String, String>> = BTreeMap::new();
    for Difference { topic, action, .. } in differences {
        match action {
            Action::Create { .. } => creations.extend(new_topic(topic, action)),
            Action::ChangePartitions { wanted, current } => {
                partitions.push((topic.clone(), wanted.value, size(wanted.value - current)));
            }
            Action::SetConfig { key, wanted, .. } => {
                configs.entry(topic).or_default().insert(key.clone(), wanted.value.clone());
            }
            Action::ChangeReplication { .. } | Action::AwaitExternal | Action::Read => {}
        }
    }
    let records = |topic: &NewTopic| 1 + size(topic.partitions) + topic.configs.len();
    let creations = split(creations, records).into_iter().map(Batch::Create);
    let partitions = split(partitions, |(_, _, added)| *added).into_iter().map(|batch| {
        Batch::Partitions(batch.into_iter().map(|(topic, count, _)| (topic, count)).collect())
    });
    let configs = configs.into_iter().map(|(topic, configs)| (topic.clone(), configs)).collect();
    let configs = split(configs, |(_, configs): &(TopicName, BTreeMap<_, _>)| configs.len())
        .into_iter()
        .map(|batch| Batch::Configs(batch.into_iter().collect()));
    creations.chain(partitions).chain(configs).collect()
}

/// Makes the topic of a creation. −1 leaves a count to the broker (KIP-464).
fn new_topic(name: &TopicName, action: &Action) -> Option<NewTopic> {
    let Action::Create { partitions, replication, configs } = action else { return None };
    Some(NewTopic {
        name: name.clone(),
        partitions: partitions.as_ref().map_or(-1, |partitions| partitions.value),
        replication: replication.as_ref().map_or(-1, |replication| replication.value),
        configs: configs.iter().map(|(key, value)| (key.clone(), value.value.clone())).collect(),
    })
}

fn size(count: i32) -> usize {
    usize::try_from(count).unwrap_or(ASSUMED_PARTITIONS)
}

/// Splits items so that no batch makes too many records; an item alone may be too large.
fn split<T>(items: Vec<T>, records: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut batches: Vec<Vec<T>> = Vec::new();
    let mut room = 0;
    for item in items {
        let size = records(&item);
        match batches.last_mut() {
            Some(batch) if size <= room => {
                room -= size;
                batch.push(item);
            }
            Some(_) | None => {
                room = MAX_RECORDS.saturating_sub(size);
                batches.push(vec![item]);
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::{create, set_retention};

    #[test]
    fn five_hundred_topics_are_one_request() {
        let differences: Vec<_> = (0..500).map(|n| create(&format!("topic-{n}"), 12)).collect();
        let batches = batches(differences.iter());
        assert!(matches!(batches.as_slice(), [Batch::Create(topics)] if topics.len() == 500));
    }

    #[test]
    fn a_request_makes_no_more_records_than_a_controller_takes() {
        let differences: Vec<_> = (0..100).map(|n| create(&format!("topic-{n}"), 500)).collect();
        let batches = batches(differences.iter());
        assert_eq!(batches.len(), 6);
        for batch in batches {
            let Batch::Create(topics) = batch else { panic!("{batch:?}") };
            assert!(topics.len() * 502 <= MAX_RECORDS);
        }
    }

    #[test]
    fn creations_come_first_and_the_configs_of_a_topic_go_together() {
        let mut segment = set_retention("orders", "2");
        if let Action::SetConfig { key, .. } = &mut segment.action {
            *key = "segment.ms".to_owned();
        }
        let differences = [set_retention("orders", "1"), segment, create("new", 1)];
        let batches = batches(differences.iter());
        let [Batch::Create(created), Batch::Configs(configs)] = batches.as_slice() else {
            panic!("{batches:?}")
        };
        assert_eq!(created.len(), 1);
        assert_eq!(configs[&TopicName::from("orders")].len(), 2);
    }
}
