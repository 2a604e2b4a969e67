//! Asks the cluster for the topics that dead letters name, each once.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;

use super::Dlq;
use crate::dlq::compose::RecordTime;
use crate::dlq::dead_letter::DeadLetter;
use crate::dlq::select::{Rule, Selector};
use crate::dlq::target::Topics;
use crate::kafka::{Error, ErrorCode};
use crate::model::config_entry::ConfigResource;
use crate::model::name::TopicName;
use crate::model::timestamp::Timestamp;
use crate::model::topic::TopicIds;

/// What the cluster says of topics, as far as it was asked.
#[derive(Debug, Default)]
pub(super) struct Lookup {
    pub(super) topics: Topics,
    /// The ids of those that exist.
    pub(super) ids: TopicIds,
}

impl Lookup {
    /// Asks for the topics of these dead letters, then checks their origins.
    pub(super) async fn check(
        &mut self,
        dlq: &Dlq,
        dead_letters: &mut [DeadLetter],
        rule: Option<&Rule>,
    ) -> anyhow::Result<BTreeSet<TopicName>> {
        let mut unknown = BTreeSet::new();
        for dead_letter in &*dead_letters {
            let origin = &dead_letter.origin;
            let target = rule.and_then(|rule| rule.target.topic(origin));
            for topic in origin.topic.iter().chain(target) {
                if !self.topics.knows(topic) {
                    unknown.insert(topic.clone());
                }
            }
        }
        if !unknown.is_empty() {
            self.ask(dlq, &unknown).await?;
        }
        for dead_letter in dead_letters {
            if let Some(topic) = &dead_letter.origin.topic
                && let Ok(partition_count) = self.topics.partition_count(topic)
            {
                dead_letter.origin.check(partition_count);
            }
        }
        Ok(unknown)
    }

    async fn ask(&mut self, dlq: &Dlq, unknown: &BTreeSet<TopicName>) -> anyhow::Result<()> {
        let names: Vec<_> = unknown.iter().cloned().collect();
        let asked = dlq.cluster.topics(&names, dlq.deadline()).await;
        let mut found = asked.context("cannot look up the topics that dead letters name")?;
        for topic in names {
            let known = match found.remove(&topic) {
                Some(Ok(description)) => {
                    let count = description.partition_count();
                    self.ids.insert(topic.clone(), description.id);
                    Ok(count)
                }
                Some(Err(error @ Error::Denied { .. })) => Err(error.to_string()),
                Some(Err(error)) if error.code() != Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) => {
                    return Err(error).with_context(|| format!("cannot look up topic `{topic}`"));
                }
                Some(Err(_)) | None => Err("it does not exist".to_owned()),
            };
            self.topics.insert(topic, known);
        }
        Ok(())
    }

    /// Tells a selector which timestamps topics that are new to it keep and take, where the
    /// original ones are wanted.
    pub(super) async fn set_oldest(
        &self,
        dlq: &Dlq,
        selector: &mut Selector,
        new: BTreeSet<TopicName>,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        if selector.rule().time != RecordTime::Original {
            return Ok(());
        }
        let exists = |topic: &TopicName| self.topics.partition_count(topic).is_ok();
        let resources: Vec<_> = new.into_iter().filter(exists).map(ConfigResource::Topic).collect();
        if resources.is_empty() {
            return Ok(());
        }
        let cannot = "cannot see how old records of the target may be";
        let asked = dlq.cluster.describe_configs(&resources, dlq.deadline()).await;
        for (resource, configs) in asked.context(cannot)? {
            let configs = configs.context(cannot)?;
            let value = |name: &str| configs.get(name).and_then(|entry| entry.value.as_deref());
            let limits: BTreeMap<&str, Option<i64>> = ["retention.ms", BEFORE_MAX]
                .into_iter()
                .map(|name| (name, value(name).and_then(|ms| ms.parse().ok())))
                .collect();
            let deletes = value("cleanup.policy").is_some_and(|policy| policy.contains("delete"));
            let retention = limits.get("retention.ms").copied().flatten();
            let kept = retention.filter(|ms| deletes && *ms >= 0);
            let taken = limits.get(BEFORE_MAX).copied().flatten();
            if let (ConfigResource::Topic(topic), Some(age)) =
                (resource, [kept, taken].into_iter().flatten().min())
            {
                selector.set_oldest(topic, Timestamp(now.0.saturating_sub(age)));
            }
        }
        Ok(())
    }
}

/// How much older than its arrival a record's timestamp may be.
const BEFORE_MAX: &str = "message.timestamp.before.max.ms";
