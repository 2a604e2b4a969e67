//! What a reader can have under way. Each step owns all it needs and runs to its end on its own, so
//! that a caller may drop [`super::Reader::next`] at any time and lose nothing.

use std::time::Duration;

use futures_util::future::BoxFuture;
use kafka_protocol::messages::{FetchRequest, FetchResponse};
use rand::Rng;
use tokio::task::{JoinError, JoinSet};

use super::options::ReadOptions;
use super::partition::Asked;
use super::request::request;
use crate::clock::Deadline;
use crate::kafka::wire::cluster::Cluster;
use crate::kafka::wire::connection::Connection;
use crate::kafka::wire::known::Leader;
use crate::kafka::{Error, PerItem, backoff};
use crate::model::name::TopicName;
use crate::model::offset::{IsolationLevel, OffsetQuery, TopicPartition};

/// A step that has come to its end.
pub(super) enum Step {
    /// A connection to a broker was opened.
    Opened {
        /// The broker.
        broker: i32,
        /// The connection.
        outcome: Result<Connection, Error>,
    },
    /// A broker answered a Fetch.
    Answered {
        /// The broker.
        broker: i32,
        /// What it was asked for.
        asked: Vec<Asked>,
        /// The answer.
        outcome: Result<FetchResponse, Error>,
    },
    /// Leaders were looked up.
    LookedUp {
        /// The partitions whose leaders were looked up.
        partitions: Vec<TopicPartition>,
        /// The leaders.
        outcome: Result<PerItem<TopicPartition, Leader>, Error>,
    },
    /// The range of a log was looked up, because an offset is not in it.
    Ranged {
        /// What was asked for.
        asked: Asked,
        /// Log start and log end.
        outcome: Result<(i64, i64), Error>,
    },
}

/// The largest answer that is taken. A broker keeps to `max_bytes` unless a single batch is larger;
/// no batch is as large as this.
const LARGEST_ANSWER: usize = 1024 * 1024 * 1024;

/// Runs a step whether or not anybody waits for it: it asks the cluster, which lets one ask at a
/// time. Left half-way while the caller turns to the same cluster, both would wait for ever.
fn on_its_own(step: impl Future<Output = Step> + Send + 'static) -> BoxFuture<'static, Step> {
    // Dropped with the reader, the set ends the task.
    let mut task = JoinSet::new();
    task.spawn(step);
    Box::pin(async move {
        match task.join_next().await.map(|ended| ended.map_err(JoinError::try_into_panic)) {
            Some(Ok(step)) => step,
            Some(Err(Ok(panic))) => std::panic::resume_unwind(panic),
            // The runtime is being shut down, and whoever waits here with it.
            Some(Err(Err(_))) | None => std::future::pending().await,
        }
    })
}

/// Opens a connection to a broker that is used for fetching only: a long poll would hold up others.
pub(super) fn open(cluster: Cluster, broker: i32, timeout: Duration) -> BoxFuture<'static, Step> {
    on_its_own(async move {
        let outcome = cluster.open_connection(broker, Deadline::after(timeout)).await;
        Step::Opened { broker, outcome }
    })
}

/// Fetches. A broker that is silent for half of `patience`, when it should have answered, is left:
/// the other half is for looking whether another one leads by now.
pub(super) fn fetch(
    connection: Connection,
    broker: i32,
    asked: Vec<Asked>,
    options: ReadOptions,
    patience: Duration,
) -> BoxFuture<'static, Step> {
    Box::pin(async move {
        let deadline = Deadline::after(options.max_wait + options.request_timeout);
        let silent = Deadline::after(options.max_wait + options.request_timeout.min(patience / 2));
        let answer = async {
            let make = |version| -> FetchRequest { request(version, &asked, &options) };
            let mut pending = connection.start(make, LARGEST_ANSWER, deadline).await?;
            let answered = connection.finish(&mut pending, deadline);
            match tokio::time::timeout_at(silent.at(), answered).await {
                Ok(answer) => answer,
                Err(_) if pending.has_begun() => connection.finish(&mut pending, deadline).await,
                // That time has passed.
                Err(_) => connection.finish(&mut pending, silent).await,
            }
        };
        let outcome = answer.await;
        Step::Answered { broker, asked, outcome }
    })
}

/// Looks leaders up after a pause.
pub(super) fn look_up(
    cluster: Cluster,
    partitions: Vec<TopicPartition>,
    pause: Duration,
    timeout: Duration,
) -> BoxFuture<'static, Step> {
    let pause = backoff::spread(pause, rand::rng().random());
    on_its_own(async move {
        tokio::time::sleep(pause).await;
        let topics: Vec<&TopicName> = partitions.iter().map(|p| &p.topic).collect();
        cluster.forget_leaders(topics);
        let outcome = cluster.leaders(&partitions, Deadline::after(timeout)).await;
        Step::LookedUp { partitions, outcome }
    })
}

/// Looks up where a log begins and ends.
pub(super) fn range(cluster: Cluster, asked: Asked, timeout: Duration) -> BoxFuture<'static, Step> {
    on_its_own(async move {
        let outcome = ends(&cluster, &asked.topic_partition, Deadline::after(timeout)).await;
        Step::Ranged { asked, outcome }
    })
}

/// Returns log start and log end.
async fn ends(
    cluster: &Cluster,
    topic_partition: &TopicPartition,
    deadline: Deadline,
) -> Result<(i64, i64), Error> {
    let query = |query| (topic_partition.clone(), query);
    let (earliest, latest) = (query(OffsetQuery::Earliest), query(OffsetQuery::Latest));
    let mut offsets = cluster
        .offsets(
            &[earliest.clone(), latest.clone()],
            // The log's own end: the last stable offset would hide what is asked for.
            IsolationLevel::ReadUncommitted,
            deadline,
        )
        .await?;
    let mut take =
        |query| offsets.remove(&query).transpose().map(|offset| offset.flatten().unwrap_or(-1));
    Ok((take(earliest)?, take(latest)?))
}
