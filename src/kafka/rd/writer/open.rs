//! Opens a writer beside the runtime: librdkafka blocks the thread that calls it.

use std::time::Duration;

use anyhow::Context;

use super::care::Care;
use super::{TRANSACTION_TIMEOUT, Writer};
use crate::clock::Deadline;
use crate::kafka::rd::config;
use crate::kafka::rd::transaction::TransactionalProducer;
use crate::kafka::{ConnectionSettings, Error};
use crate::model::name::TopicName;

/// How much of a cluster's id is in a transactional id: enough to tell clusters apart.
const CLUSTER_ID_LENGTH: usize = 8;

/// What is done to which topics: who does the same is fenced.
#[derive(Debug, Clone, Copy)]
pub enum Purpose<'a> {
    /// Dead letters are sent back.
    Redrive {
        /// The topic that they are in.
        dlq: &'a TopicName,
    },
    /// Records are copied.
    Replay {
        /// The topic that they are in.
        source: &'a TopicName,
        /// The topic that they are copied to.
        target: &'a TopicName,
    },
}

/// How long opening takes unless something holds it up.
const LONG: Duration = Duration::from_secs(1);

/// Says what holds an opening up, in all likelihood.
const HELD_UP: &str = "opening the transactional producer takes long: no broker is ready for it, or an earlier run \
     left a transaction open, which brokers end within 20 s";

/// Opens a producer; `tell` hears when that takes long.
pub async fn opened<T>(opening: impl Future<Output = T>, tell: impl FnOnce(String)) -> T {
    let mut opening = std::pin::pin!(opening);
    if let Ok(opened) = tokio::time::timeout(LONG, &mut opening).await {
        return opened;
    }
    tell(HELD_UP.to_owned());
    opening.await
}

impl Writer {
    /// Opens the producer for a purpose in a cluster, which fences all others of the same; when it
    /// returns, the fate of their transactions is decided. `patience` is for each answer.
    pub async fn open(
        settings: &ConnectionSettings,
        purpose: Purpose<'_>,
        cluster_id: Option<&str>,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        let id = transactional_id(purpose, cluster_id.unwrap_or_default());
        let care = Care::new(config::batch_bytes(settings), config::is_compressed(settings));
        Self::open_beside(settings.clone(), id, patience, care).await
    }

    /// Opens again with what was learned; that fences too.
    pub async fn reopen(self, patience: Duration) -> anyhow::Result<Self> {
        let Self { producer, batching: _, care, settings, transactional_id, patience: _, failing } =
            self;
        // Closed before it is opened again, and not on a thread of the runtime.
        let closing = tokio::task::spawn_blocking(move || drop(producer));
        closing.await.context("the writing thread ended")?;
        let opened = Self::open_beside(settings, transactional_id, patience, care).await?;
        Ok(Self { failing, ..opened })
    }

    async fn open_beside(
        settings: ConnectionSettings,
        transactional_id: String,
        patience: Duration,
        care: Care,
    ) -> anyhow::Result<Self> {
        let opening = move || Self::open_with(settings, transactional_id, patience, care);
        let opened = tokio::task::spawn_blocking(opening).await;
        opened
            .context("the writing thread ended")?
            .context("cannot open the transactional producer")
    }

    fn open_with(
        settings: ConnectionSettings,
        transactional_id: String,
        patience: Duration,
        care: Care,
    ) -> Result<Self, Error> {
        // A predecessor's transaction may have to be waited for.
        let deadline = Deadline::after(TRANSACTION_TIMEOUT + patience);
        let batching = care.batching();
        let (id, timeout) = (&transactional_id, TRANSACTION_TIMEOUT);
        let producer =
            TransactionalProducer::open_with(&settings, id, timeout, deadline, batching)?;
        let producer = Box::new(producer);
        Ok(Self { producer, batching, care, settings, transactional_id, patience, failing: None })
    }
}

/// Makes a transactional id of what is done, the cluster and the topics alone, not of host or
/// process: that is what lets one run fence another.
fn transactional_id(purpose: Purpose<'_>, cluster_id: &str) -> String {
    let cluster: String = cluster_id.chars().take(CLUSTER_ID_LENGTH).collect();
    match purpose {
        Purpose::Redrive { dlq } => format!("flowctl.redrive.{cluster}.{dlq}"),
        Purpose::Replay { source, target } => {
            format!("flowctl.replay.{cluster}.{source}.{target}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_on_the_same_topics_has_the_same_id() {
        let (source, target) = (TopicName::from("orders"), TopicName::from("copy"));
        let replay = Purpose::Replay { source: &source, target: &target };
        let id = transactional_id(replay, "q1Sh-9_ISia_zwGINzRvyQ");
        assert_eq!(id, "flowctl.replay.q1Sh-9_I.orders.copy");
        let redrive = Purpose::Redrive { dlq: &source };
        assert_eq!(transactional_id(redrive, ""), "flowctl.redrive..orders");
    }
}
