//! Reads: asks for the marks of the logs once, then fetches until all that is wanted has been
//! given.

mod follow;
mod marks;
mod newest;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use super::event::{Ended, Event, Outcome};
use super::request::{Request, Start};
use super::span::Span;
use crate::clock::Deadline;
use crate::exit::Exit;
use crate::interrupt::{Interrupt, Interrupted, Signal};
use crate::kafka::{Cluster, Error, Fetched, ReadOptions, Reader, Scratch};
use crate::model::offset::TopicPartition;

pub use marks::gather;

/// How much a partition adds to an answer when a few records are wanted. The first one is there in
/// half the time that it takes with 4 MiB.
const FEW_BYTES: i32 = 64 * 1024;

/// How long nothing may come before [`Event::Pause`] is told again: a reader of stdout that has
/// gone is noticed in well under a second.
const IDLE: Duration = Duration::from_millis(200);

/// Reads `spans` and tells `emit` what `request` wants of them. An error of `emit` ends it, and so
/// does a signal that kept it from taking more; each answer to a question beside the reading may
/// take `timeout`.
pub async fn run(
    cluster: &Cluster,
    request: &Request,
    spans: BTreeMap<i32, Span>,
    interrupt: &Interrupt,
    timeout: Duration,
    emit: impl FnMut(Event<'_>) -> anyhow::Result<ControlFlow<Signal>>,
) -> anyhow::Result<Outcome> {
    let next = spans.iter().map(|(partition, span)| (*partition, span.start)).collect();
    let goes_on = request.limit.is_none() && spans.values().any(|span| span.stop.is_none());
    let (scratch, records, has_gaps) = (Scratch::default(), 0, false);
    let mut tail = Tail {
        cluster,
        request,
        interrupt,
        timeout,
        spans,
        scratch,
        emit,
        next,
        records,
        has_gaps,
    };
    let ended = tail.run().await?;
    let Tail { next, records, has_gaps, .. } = tail;
    Ok(Outcome { records, next, has_gaps, goes_on, ended })
}

/// A request under way.
struct Tail<'t, Emit> {
    cluster: &'t Cluster,
    request: &'t Request,
    interrupt: &'t Interrupt,
    timeout: Duration,
    /// What is left to read.
    spans: BTreeMap<i32, Span>,
    scratch: Scratch,
    emit: Emit,
    /// The next offset of each partition, done or not.
    next: BTreeMap<i32, i64>,
    records: u64,
    has_gaps: bool,
}

/// What came next.
enum Step {
    Answer(Vec<Fetched>),
    /// Offsets of a partition went missing; the reader goes on at `next`.
    Gap {
        partition: i32,
        wanted: i64,
        next: i64,
    },
    Nothing,
    /// Nobody has answered for a while; the reader goes on trying.
    Trouble(Error),
    Interrupted(Signal),
}

/// Goes on, or is over.
type Flow = ControlFlow<Ended>;

/// Ends it where a signal kept the one who is told from taking more.
fn unless_cut(told: ControlFlow<Signal>) -> Flow {
    match told {
        ControlFlow::Continue(()) => ControlFlow::Continue(()),
        ControlFlow::Break(signal) => ControlFlow::Break(Ended::Interrupted(signal)),
    }
}

impl<Emit: FnMut(Event<'_>) -> anyhow::Result<ControlFlow<Signal>>> Tail<'_, Emit> {
    async fn run(&mut self) -> anyhow::Result<Ended> {
        let mut flow = (self.emit)(Event::Started { partitions: self.spans.len() })?;
        for (&partition, span) in &self.spans {
            for &moved in &span.moved {
                if flow.is_continue() {
                    flow = (self.emit)(Event::Moved { partition, moved })?;
                }
            }
        }
        if let ControlFlow::Break(signal) = flow {
            return Ok(Ended::Interrupted(signal));
        }
        let flow = match self.request.start {
            Start::Newest(limit) => self.give_newest(limit).await?,
            Start::At(_) => ControlFlow::Continue(()),
        };
        match flow {
            ControlFlow::Continue(()) => self.follow().await,
            ControlFlow::Break(ended) => {
                // In the order of time there is no offset to go on from.
                self.next.clear();
                Ok(ended)
            }
        }
    }

    /// Opens a reader, unless a signal comes first.
    async fn open_unless_cut(
        &self,
        starts: impl Iterator<Item = (i32, i64)>,
    ) -> Result<ControlFlow<Ended, Reader>, Error> {
        match self.interrupt.cut(self.open(starts, Deadline::after(self.timeout))).await {
            Ok(reader) => Ok(ControlFlow::Continue(reader?)),
            Err(Interrupted(signal)) => Ok(ControlFlow::Break(Ended::Interrupted(signal))),
        }
    }

    /// Opens a reader.
    async fn open(
        &self,
        starts: impl Iterator<Item = (i32, i64)>,
        deadline: Deadline,
    ) -> Result<Reader, Error> {
        let starts = starts.map(|(partition, start)| (self.topic_partition(partition), start));
        let mut options =
            ReadOptions { isolation: self.request.isolation, ..ReadOptions::default() };
        if self.request.wants_few() {
            options.partition_max_bytes = FEW_BYTES;
        }
        Reader::open(self.cluster, starts.collect(), options, deadline).await
    }

    fn topic_partition(&self, partition: i32) -> TopicPartition {
        TopicPartition::new(self.request.topic.clone(), partition)
    }

    /// Waits for what comes next, not longer than [`IDLE`].
    async fn step(&self, reader: &mut Reader) -> Result<Step, Error> {
        let answer = tokio::select! {
            biased;
            signal = self.interrupt.wait() => return Ok(Step::Interrupted(signal)),
            answer = reader.next() => answer,
            () = tokio::time::sleep(IDLE) => return Ok(Step::Nothing),
        };
        match answer {
            Ok(fetched) => Ok(Step::Answer(fetched)),
            Err(Error::OffsetOutOfRange { topic_partition, wanted, log_start, log_end }) => {
                // Deleted by retention; or cut off, when a replica that lacked records became
                // leader.
                let next = if wanted < log_start { log_start } else { log_end };
                reader.seek(&topic_partition, next);
                Ok(Step::Gap { partition: topic_partition.partition, wanted, next })
            }
            Err(error) if self.goes_on() && error.exit() == Exit::Unreachable => {
                Ok(Step::Trouble(error))
            }
            Err(error) => Err(error),
        }
    }

    /// Tells whether it goes on until somebody ends it: then a cluster that is away for a while
    /// does not. What has an end is waited for by somebody, and fails after the timeout.
    fn goes_on(&self) -> bool {
        self.spans.values().any(|span| span.stop.is_none())
    }
}
