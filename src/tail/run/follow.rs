//! Reads on from where each partition begins.

use std::ops::ControlFlow;
use std::time::Duration;

use super::marks::marks;
use super::{Flow, Step, Tail, unless_cut};
use crate::clock::Deadline;
use crate::interrupt::{Interrupted, Signal};
use crate::kafka::{Fetched, Reader};
use crate::tail::event::{Ended, Event};
use crate::tail::span::Span;

/// How often a topic that is followed is looked at for new partitions. Kafka's own consumer does so
/// every five minutes; whoever watches a topic grow looks at it for less long.
const REFRESH: Duration = Duration::from_secs(10);

/// How long that look may take: records wait meanwhile, and there will be another one.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(5);

impl<Emit: FnMut(Event<'_>) -> anyhow::Result<ControlFlow<Signal>>> Tail<'_, Emit> {
    /// Reads the spans, to their stops or until somebody ends it.
    pub(super) async fn follow(&mut self) -> anyhow::Result<Ended> {
        let next = &self.next;
        self.spans.retain(|partition, span| {
            next.get(partition).is_some_and(|position| !span.is_done(*position))
        });
        if self.spans.is_empty() {
            return Ok(Ended::Done);
        }
        let mut reader = match self.open_unless_cut(self.positions()).await? {
            ControlFlow::Continue(reader) => reader,
            ControlFlow::Break(ended) => return Ok(ended),
        };
        let mut refresh = Deadline::after(REFRESH);
        while !self.spans.is_empty() {
            let flow = match self.step(&mut reader).await? {
                Step::Answer(answer) => {
                    let given = self.give(&mut reader, &answer);
                    // Also what came before an error is to be seen.
                    let told = unless_cut((self.emit)(Event::Pause)?);
                    if told.is_break() { told } else { given? }
                }
                Step::Gap { partition, wanted, next } => {
                    self.has_gaps = true;
                    let told = (self.emit)(Event::Gap { partition, wanted, next })?;
                    self.advance(&mut reader, partition, next);
                    unless_cut(told)
                }
                Step::Nothing => unless_cut((self.emit)(Event::Pause)?),
                Step::Trouble(error) => {
                    unless_cut((self.emit)(Event::Trouble(&error.to_string()))?)
                }
                Step::Interrupted(signal) => return Ok(Ended::Interrupted(signal)),
            };
            if let ControlFlow::Break(ended) = flow {
                return Ok(ended);
            }
            if refresh.has_passed() {
                let interrupt = self.interrupt;
                match interrupt.cut(self.find_new_partitions()).await {
                    Ok(found) => reader = found?.unwrap_or(reader),
                    Err(Interrupted(signal)) => return Ok(Ended::Interrupted(signal)),
                }
                refresh = Deadline::after(REFRESH);
            }
        }
        Ok(Ended::Done)
    }

    /// Gives the records of an answer; breaks when it is enough.
    fn give(&mut self, reader: &mut Reader, answer: &[Fetched]) -> anyhow::Result<Flow> {
        for fetched in answer {
            let partition = fetched.topic_partition.partition;
            let Some(span) = self.spans.get(&partition) else { continue };
            let stop = span.stop.unwrap_or(i64::MAX);
            let (request, emit, records) = (self.request, &mut self.emit, &mut self.records);
            let flow = fetched.each_record(&mut self.scratch, |record| {
                if record.offset >= stop {
                    return ControlFlow::Break(Ok((stop, None)));
                }
                if !request.wants(record) {
                    return ControlFlow::Continue(());
                }
                let told = match emit(Event::Record { partition, record }) {
                    Ok(told) => told,
                    Err(error) => return ControlFlow::Break(Err(error)),
                };
                *records += 1;
                let next = record.offset + 1;
                match told {
                    ControlFlow::Break(signal) => {
                        ControlFlow::Break(Ok((next, Some(Ended::Interrupted(signal)))))
                    }
                    ControlFlow::Continue(()) if request.limit == Some(*records) => {
                        ControlFlow::Break(Ok((next, Some(Ended::Done))))
                    }
                    ControlFlow::Continue(()) => ControlFlow::Continue(()),
                }
            })?;
            let (position, ended) = match flow {
                ControlFlow::Continue(()) => (fetched.position.min(stop), None),
                ControlFlow::Break(given) => given?,
            };
            self.advance(reader, partition, position);
            if let Some(ended) = ended {
                return Ok(ControlFlow::Break(ended));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Notes how far a partition has been read, and ends it at its stop.
    fn advance(&mut self, reader: &mut Reader, partition: i32, position: i64) {
        self.next.insert(partition, position);
        if self.spans.get(&partition).is_some_and(|span| span.is_done(position)) {
            self.spans.remove(&partition);
            reader.stop(&self.topic_partition(partition));
        }
    }

    /// Returns where each partition goes on that is still read.
    fn positions(&self) -> impl Iterator<Item = (i32, i64)> {
        let position = |number: &i32| self.next.get(number).map(|position| (*number, *position));
        self.spans.keys().filter_map(position)
    }

    /// Looks for partitions that were added to a topic which is followed as a whole, and reads them
    /// from their start: all that is in them came after reading began.
    async fn find_new_partitions(&mut self) -> anyhow::Result<Option<Reader>> {
        let request = self.request;
        if request.partitions.is_some() || request.exit_at_end || !request.until.is_empty() {
            return Ok(None);
        }
        let deadline = Deadline::after(REFRESH_TIMEOUT);
        // Nobody asked for this look: what is wrong with the cluster shows where records are read.
        let Ok(topics) = self.cluster.topics(std::slice::from_ref(&request.topic), deadline).await
        else {
            return Ok(None);
        };
        let numbers = topics.into_values().flatten().flat_map(|topic| topic.partitions.into_keys());
        let new: Vec<i32> = numbers.filter(|number| !self.next.contains_key(number)).collect();
        if new.is_empty() {
            return Ok(None);
        }
        let Ok(marks) = marks(self.cluster, request, &new, deadline).await else {
            return Ok(None);
        };
        let starts: Vec<_> =
            marks.iter().map(|(partition, marks)| (*partition, marks.log.log_start)).collect();
        let all = self.positions().chain(starts.iter().copied());
        // Until this one is open the old one stays, and the new partitions wait for the next look.
        let Ok(wider) = self.open(all, deadline).await else {
            return Ok(None);
        };
        for (partition, start) in starts {
            let span = Span { log_start: start, start, stop: None, moved: Vec::new() };
            self.spans.insert(partition, span);
            self.next.insert(partition, start);
        }
        // What cut this will cut the next record too.
        let _told = (self.emit)(Event::NewPartitions(&new))?;
        Ok(Some(wider))
    }
}
