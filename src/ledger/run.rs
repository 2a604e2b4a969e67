//! Finds, makes and reads the ledger topic.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use anyhow::Context;

use super::key::ledger_partition;
use super::memory::{Collector, Memory};
use crate::clock::Deadline;
use crate::error::Problem;
use crate::exit::Exit;
use crate::kafka::{Backoff, Cluster, Error, ErrorCode, Mode, ReadOptions, Reader, Scratch};
use crate::model::config_entry::ConfigResource;
use crate::model::name::TopicName;
use crate::model::offset::{IsolationLevel, OffsetQuery, TopicPartition};
use crate::model::topic::NewTopic;

/// The partitions of a ledger that is made: several, so that a transaction on one DLQ does not hold
/// up the reading about another; the number may never change, since it decides where entries are.
/// So a ledger that got more partitions since is used as if it had these alone.
const PARTITIONS: i32 = 12;

/// The place in the ledger where everything about one DLQ is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// The topic and the partition.
    pub place: TopicPartition,
    /// The id of this incarnation of the topic.
    pub topic_id: Option<String>,
    dlq: TopicName,
}

/// What was read of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recalled {
    /// What it remembers.
    pub memory: Memory,
    /// Up to where that is: the high watermark.
    pub end: i64,
}

impl Ledger {
    /// Finds the ledger; `None` when there is no such topic. One with too few partitions is
    /// refused: with more of them later, everything would be looked for in another place and not be
    /// found.
    pub async fn find(
        cluster: &Cluster,
        topic: &TopicName,
        dlq: &TopicName,
        deadline: Deadline,
    ) -> anyhow::Result<Option<Self>> {
        let found = cluster.topics(std::slice::from_ref(topic), deadline).await;
        let cannot = || format!("cannot find the ledger `{topic}`");
        let description = match found.with_context(cannot)?.remove(topic) {
            None => return Ok(None),
            Some(Err(error)) if error.code() == Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) => {
                return Ok(None);
            }
            Some(Err(error)) => return Err(error).with_context(cannot),
            Some(Ok(description)) => description,
        };
        let count = description.partition_count();
        if count < PARTITIONS {
            return Err(Problem::refused(format!(
                "ledger `{topic}` has partition count {count}, not {PARTITIONS}: what was redriven \
                 could not be found again"
            ))
            .hint(format!(
                "give `{topic}` {PARTITIONS} partitions, or delete it while it is empty: the next \
                 redrive creates it"
            ))
            .into());
        }
        let Some(partition) = ledger_partition(dlq, PARTITIONS) else {
            return Ok(None);
        };
        let place = TopicPartition::new(topic.clone(), partition);
        Ok(Some(Self { place, topic_id: description.id, dlq: dlq.clone() }))
    }

    /// Makes the ledger with this replication factor and waits until its partition has a leader.
    pub async fn create(
        cluster: &Cluster,
        topic: &TopicName,
        dlq: &TopicName,
        replication: i16,
        deadline: Deadline,
    ) -> anyhow::Result<Self> {
        // One replica may be down and entries are still written by two; with one replica, by one.
        let min_insync_replicas = (replication - 1).max(1);
        let wanted = NewTopic {
            name: topic.clone(),
            partitions: PARTITIONS,
            replication,
            configs: BTreeMap::from([
                ("cleanup.policy".to_owned(), "compact".to_owned()),
                ("min.insync.replicas".to_owned(), min_insync_replicas.to_string()),
            ]),
        };
        let cannot = || format!("cannot create the ledger `{topic}`");
        let made = cluster.create_topics(&[wanted], Mode::Execute, deadline).await;
        for (_, outcome) in made.with_context(cannot)? {
            match outcome {
                // Another run was faster.
                Err(error) if error.code() == Some(ErrorCode::TOPIC_ALREADY_EXISTS) => {}
                other => other.with_context(cannot)?,
            }
        }
        let mut backoff = Backoff::new();
        loop {
            if let Some(ledger) = Self::find(cluster, topic, dlq, deadline).await? {
                let question = (ledger.place.clone(), OffsetQuery::Latest);
                let isolation = IsolationLevel::ReadUncommitted;
                let asked = cluster.offsets(&[question], isolation, deadline).await;
                if asked.with_context(cannot)?.into_values().all(|answer| answer.is_ok()) {
                    return Ok(ledger);
                }
            }
            if !backoff.wait(deadline).await {
                let doing = format!("the leaders of new topic `{topic}`");
                return Err(Error::Timeout { doing, allowed: deadline.allowed() }.into());
            }
        }
    }

    /// Checks that the ledger forgets nothing: its cleanup policy must be `compact` alone. Returns
    /// a warning when the configs may not be seen.
    pub async fn check(
        &self,
        cluster: &Cluster,
        deadline: Deadline,
    ) -> anyhow::Result<Option<String>> {
        let topic = &self.place.topic;
        let resource = ConfigResource::Topic(topic.clone());
        let asked = cluster.describe_configs(std::slice::from_ref(&resource), deadline).await;
        let cannot = || format!("cannot check the configs of the ledger `{topic}`");
        let configs = match asked.with_context(cannot)?.remove(&resource) {
            Some(Ok(configs)) => configs,
            Some(Err(error @ Error::Denied { .. })) => {
                return Ok(Some(format!(
                    "cannot see whether ledger `{topic}` is compacted: {error}"
                )));
            }
            Some(Err(error)) => return Err(error).with_context(cannot),
            None => return Ok(None),
        };
        let policy = configs.get("cleanup.policy").and_then(|entry| entry.value.as_deref());
        match policy {
            Some("compact") | None => Ok(None),
            Some(policy) => Err(Problem::refused(format!(
                "ledger `{topic}` has cleanup.policy={policy}: it would forget what was redriven"
            ))
            .hint(format!("set cleanup.policy=compact on `{topic}`"))
            .into()),
        }
    }

    /// Reads what is remembered of a DLQ, up to the high watermark of now; from an offset where an
    /// earlier reading ended, only what came since. `topic_id` is that of the DLQ as it is now.
    ///
    /// The end is the high watermark and not the last stable offset: another transaction that is
    /// open in this partition hides entries which are committed, and who misses one sends twice. So
    /// the reading waits for it, until the deadline, and then fails; it never goes on with less.
    pub async fn read(
        &self,
        cluster: &Cluster,
        topic_id: Option<&str>,
        since: Option<i64>,
        deadline: Deadline,
    ) -> anyhow::Result<Recalled> {
        let cannot = || format!("cannot read the ledger {}", self.place);
        let (log_start, end) = self.extent(cluster, deadline).await.with_context(cannot)?;
        let start = since.map_or(log_start, |since| since.max(log_start));
        if since.is_some_and(|since| since > end) {
            return Err(Problem::failed(format!(
                "ledger {} ends at offset {end}, before what was read of it: it was made anew",
                self.place
            ))
            .into());
        }
        let mut collector = Collector::new(self.dlq.clone(), topic_id.map(str::to_owned));
        if start >= end {
            return Ok(Recalled { memory: collector.finish(), end });
        }
        let starts = BTreeMap::from([(self.place.clone(), start)]);
        let opened = Reader::open(cluster, starts, ReadOptions::default(), deadline).await;
        let mut reader = opened.with_context(cannot)?;
        let mut scratch = Scratch::default();
        let mut reached = start;
        while reached < end {
            let Ok(next) = tokio::time::timeout_at(deadline.at(), reader.next()).await else {
                return Err(self.held_up(reached, end, deadline).into());
            };
            for fetched in next.with_context(cannot)? {
                let walked = fetched.each_record(&mut scratch, |record| {
                    match collector.take(record.key, record.value) {
                        Ok(()) => ControlFlow::Continue(()),
                        Err(unreadable) => ControlFlow::Break(unreadable),
                    }
                });
                if let ControlFlow::Break(unreadable) = walked.with_context(cannot)? {
                    return Err(unreadable).with_context(cannot);
                }
                reached = fetched.position;
            }
        }
        Ok(Recalled { memory: collector.finish(), end })
    }

    /// Returns the log start offset and the high watermark.
    async fn extent(&self, cluster: &Cluster, deadline: Deadline) -> Result<(i64, i64), Error> {
        let questions =
            [OffsetQuery::Earliest, OffsetQuery::Latest].map(|query| (self.place.clone(), query));
        let isolation = IsolationLevel::ReadUncommitted;
        let mut answers = cluster.offsets(&questions, isolation, deadline).await?;
        // Taken for an empty ledger, an answer that is missing would send everything again.
        let mut offset = |query| match answers.remove(&(self.place.clone(), query)) {
            Some(answer) => answer?.ok_or_else(|| unanswered(&self.place)),
            None => Err(unanswered(&self.place)),
        };
        Ok::<_, Error>((offset(OffsetQuery::Earliest)?, offset(OffsetQuery::Latest)?))
    }

    fn held_up(&self, reached: i64, end: i64, deadline: Deadline) -> Problem {
        let message = format!(
            "ledger {} could be read to offset {reached} only, not to its end at {end}, within {} s",
            self.place,
            deadline.allowed().as_secs()
        );
        Problem::new(Exit::Unreachable, message).hint(
            "a transaction of another producer is open there; it ends with its transaction.timeout.ms",
        )
    }
}

/// The error of a broker that does not say where the ledger begins or ends.
fn unanswered(place: &TopicPartition) -> Error {
    Error::Client(format!("no broker says where {place} begins and ends"))
}
