//! Moves records from the source to the producer, and what becomes of them to the report.

use std::collections::{BTreeMap, VecDeque};
use std::iter;
use std::time::Duration;

use super::known_topic::{self, KnownTopic, TopicError};
use super::{Ended, Finished};
use crate::clock::Deadline;
use crate::error;
use crate::interrupt::Interrupt;
use crate::kafka::{Cluster, Delivered, Error, ErrorCode, Producer, SendError};
use crate::model::name::TopicName;
use crate::model::own_topics::OwnTopics;
use crate::model::record::OutgoingRecord;
use crate::model::topic::check_partitions;
use crate::produce::place::{InputPlace, MOST_TOPICS, Tag};
use crate::produce::report::{Event, Written};
use crate::produce::source::{Chunk, Source};

/// A full queue empties by a batch in about this time.
const QUEUE_WAIT: Duration = Duration::from_millis(1);

/// How often deliveries are fetched while the source is silent.
const DELIVERY_WAIT: Duration = Duration::from_millis(5);

/// The same while nothing is in flight: only news of the connection can come.
const IDLE_WAIT: Duration = Duration::from_millis(100);

/// How long records in flight are waited for once it is to end early: Ctrl-C takes less than 2 s.
const LAST_WAIT: Duration = Duration::from_millis(1500);

/// Moves records from the source to the producer, and deliveries to the report.
pub(super) struct Pump<'a> {
    cluster: &'a Cluster,
    producer: Producer,
    own_topics: OwnTopics,
    topics: BTreeMap<TopicName, KnownTopic>,
    written: Written,
    pending: VecDeque<(OutgoingRecord, Tag)>,
    /// How many records were read and will not be sent.
    left: u64,
    stop: Option<Error>,
    events: &'a mut dyn FnMut(Event<'_>),
}

impl<'a> Pump<'a> {
    /// Prepares to write with a producer.
    pub(super) fn new(
        cluster: &'a Cluster,
        producer: Producer,
        own_topics: OwnTopics,
        events: &'a mut dyn FnMut(Event<'_>),
    ) -> Self {
        Self {
            cluster,
            producer,
            own_topics,
            topics: BTreeMap::new(),
            written: Written::default(),
            pending: VecDeque::new(),
            left: 0,
            stop: None,
            events,
        }
    }

    /// Lets the producer meet the cluster, so that the first record leaves at once.
    pub(super) async fn warm_up(&self, topic: TopicName) {
        self.producer.warm_up(topic).await;
    }

    /// Pumps until the source ends or nothing more can be delivered.
    pub(super) async fn pump(
        &mut self,
        source: &mut Source,
        interrupt: &Interrupt,
        deadline: Deadline,
    ) -> Ended {
        let mut last = None;
        loop {
            self.fetch_deliveries();
            self.send_pending();
            if let Some(error) = self.stop.take() {
                return Ended::Stopped(error);
            }
            if !self.pending.is_empty() {
                tokio::select! {
                    biased;
                    signal = interrupt.wait() => return Ended::Interrupted(signal),
                    () = tokio::time::sleep(QUEUE_WAIT) => {}
                }
                continue;
            }
            if let Some(ended) = last {
                return ended;
            }
            let wait = if self.producer.in_flight() > 0 { DELIVERY_WAIT } else { IDLE_WAIT };
            tokio::select! {
                biased;
                signal = interrupt.wait() => return Ended::Interrupted(signal),
                chunk = source.next() => match chunk {
                    Chunk::Records(records) => {
                        last = self.accept(records, deadline).await.err();
                    }
                    Chunk::End => return Ended::AtEnd,
                    Chunk::Failed(error) => return Ended::Source(error),
                },
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Takes records over, once their topics are known. The error is for when those before are
    /// sent.
    async fn accept(
        &mut self,
        records: Vec<(InputPlace, OutgoingRecord)>,
        deadline: Deadline,
    ) -> Result<(), Ended> {
        let mut records = records.into_iter();
        while let Some((place, record)) = records.next() {
            let known = if let Some(known) = self.topics.get(&record.topic) {
                *known
            } else {
                // Only an envelope brings a topic in the middle, long after the command started.
                let deadline = Deadline::after(deadline.allowed());
                match self.topic(&record.topic, deadline).await {
                    Ok(known) => {
                        if self.topics.len() == 1 {
                            self.warm_up(record.topic.clone()).await;
                        }
                        known
                    }
                    Err(error) => {
                        for left in iter::once(place).chain(records.map(|(place, _)| place)) {
                            self.leave(left);
                        }
                        return Err(Ended::Topic { place, error });
                    }
                }
            };
            if let Some(partition) = record.partition
                && let Err(missing) = check_partitions(&record.topic, [partition], known.partitions)
            {
                let code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
                self.fail(place, Error::Broker { code, message: Some(missing.to_string()) });
                continue;
            }
            let tag = Tag { place, topic: known.number, has_key: record.key.is_some() };
            self.pending.push_back((record, tag));
        }
        Ok(())
    }

    /// Counts a record that was read and will not be sent.
    fn leave(&mut self, place: InputPlace) {
        self.left += 1;
        self.written.leave(place);
    }

    /// Finds a topic in the metadata.
    pub(super) async fn topic(
        &mut self,
        topic: &TopicName,
        deadline: Deadline,
    ) -> Result<KnownTopic, TopicError> {
        let description =
            known_topic::find(self.cluster, topic, &self.own_topics, deadline).await?;
        let number = self.written.add_topic(topic.clone());
        let number = u16::try_from(number)
            .ok()
            .filter(|number| *number < MOST_TOPICS)
            .ok_or_else(|| Error::Client(format!("more than {MOST_TOPICS} topics in one run")))?;
        let known = KnownTopic { number, partitions: description.partitions.len() };
        self.topics.insert(topic.clone(), known);
        Ok(known)
    }

    /// Puts what is pending into the producer's queue, until it is full.
    fn send_pending(&mut self) {
        while let Some((record, tag)) = self.pending.pop_front() {
            match self.producer.send(&record, tag.pack()) {
                Ok(()) => self.written.last_sent = Some(tag.place),
                Err(SendError::QueueFull) => {
                    self.pending.push_front((record, tag));
                    return;
                }
                Err(SendError::Rejected(error)) => self.fail(tag.place, error),
            }
        }
    }

    /// Counts what came back.
    fn fetch_deliveries(&mut self) {
        for delivery in self.producer.poll(Duration::ZERO) {
            let tag = Tag::unpack(delivery.tag);
            match delivery.outcome {
                Ok(at) => deliver(&mut self.written, tag, at),
                Err(error) => self.fail(tag.place, error),
            }
        }
        if self.stop.is_none() {
            self.stop = self.producer.refusal();
        }
        (self.events)(Event::Progress(&self.written));
    }

    fn fail(&mut self, place: InputPlace, error: Error) {
        if self.stop.is_none() && ends_it(&error) {
            self.stop = Some(error.clone());
        }
        if let Some(failure) = self.written.fail(place, || error::report(&error.into())) {
            (self.events)(Event::Failed(failure));
        }
    }

    /// Waits for what is in flight; after a signal or an error only for a short time.
    pub(super) async fn finish(mut self, ended: Ended, interrupt: &Interrupt) -> Finished {
        let limit = match &ended {
            // Each record ends by its own timeout.
            Ended::AtEnd | Ended::Source(_) | Ended::Topic { .. } => None,
            Ended::Interrupted(_) | Ended::Stopped(_) => Some(Deadline::after(LAST_WAIT)),
        };
        let mut ended = ended;
        let mut interrupted_at_end = None;
        while self.producer.in_flight() > 0 {
            self.fetch_deliveries();
            if limit.or(interrupted_at_end).is_some_and(Deadline::has_passed) {
                break;
            }
            if limit.is_none()
                && interrupted_at_end.is_none()
                && let Some(signal) = interrupt.requested()
            {
                interrupted_at_end = Some(Deadline::after(LAST_WAIT));
                ended = Ended::Interrupted(signal);
            }
            tokio::select! {
                biased;
                _ = interrupt.wait_for_second() => break,
                () = tokio::time::sleep(QUEUE_WAIT) => {}
            }
        }
        self.fetch_deliveries();
        for (_, Tag { place, .. }) in std::mem::take(&mut self.pending) {
            self.leave(place);
        }
        let Self { producer, mut written, left, stop, events, .. } = self;
        for delivery in producer.close(Duration::ZERO) {
            let tag = Tag::unpack(delivery.tag);
            match delivery.outcome {
                Ok(at) => deliver(&mut written, tag, at),
                Err(error) => {
                    if let Some(failure) = written.fail(tag.place, || error::report(&error.into()))
                    {
                        events(Event::Failed(failure));
                    }
                }
            }
        }
        if let (Ended::AtEnd, Some(error)) = (&ended, stop) {
            ended = Ended::Stopped(error);
        }
        Finished { written, unsent: left, ended }
    }
}

/// Counts a delivered record.
fn deliver(written: &mut Written, tag: Tag, at: Delivered) {
    let Delivered { partition, offset } = at;
    // Below 0: the broker was not asked to say it.
    written.deliver(tag, partition, Some(offset).filter(|offset| *offset >= 0));
}

/// Tells whether an error of one record means that no other can be delivered either.
fn ends_it(error: &Error) -> bool {
    match error {
        Error::Unreachable { .. }
        | Error::Timeout { .. }
        | Error::Tls { .. }
        | Error::Authentication { .. }
        | Error::Denied { .. }
        | Error::Settings(_)
        | Error::Fenced(_) => true,
        Error::Broker { .. }
        | Error::Disconnected { .. }
        | Error::Unconfirmed { .. }
        | Error::Protocol { .. }
        | Error::OffsetOutOfRange { .. }
        | Error::CorruptRecords { .. }
        | Error::Client(_) => false,
    }
}
