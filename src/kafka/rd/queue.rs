//! The queue of a producer: what both kinds of producer do with it.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::producer::{BaseProducer, Producer, PurgeConfig};

use super::context::{Context, Delivery};
use super::error;
use super::outgoing;
use super::trouble::Peer;
use crate::clock::Deadline;
use crate::kafka::Error;
use crate::model::name::TopicName;
use crate::model::record::OutgoingRecord;

/// Why a record was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The queue is full: poll, then send the record again.
    #[error("the producer's queue is full")]
    QueueFull,
    /// This record cannot be sent; others can.
    #[error(transparent)]
    Rejected(Error),
}

/// librdkafka's producer with its context.
pub(super) struct Queue {
    producer: BaseProducer<Context>,
}

/// The wrapper's poll waits out its time even when something has come, so it is called with little:
/// 100 ms at a time would be the floor of a transaction.
const STEP: Duration = Duration::from_millis(1);

/// How long purged records take to come back; they are in memory.
const PURGE_WAIT: Duration = Duration::from_millis(500);

impl Queue {
    pub(super) fn open(config: &ClientConfig, peer: Peer) -> Result<Self, Error> {
        let asked = peer.clone();
        match BaseProducer::from_config_and_context(config, Context::new(peer)) {
            Ok(producer) => Ok(Self { producer }),
            Err(error) => {
                Err(error::of_call(&error, "start the producer", Duration::ZERO, &asked, None))
            }
        }
    }

    pub(super) fn producer(&self) -> &BaseProducer<Context> {
        &self.producer
    }

    pub(super) fn peer(&self) -> &Peer {
        &self.producer.context().peer
    }

    /// Fetches a topic's metadata twice, within `wait`, which lets the first record leave at once.
    ///
    /// librdkafka asks for its producer id when metadata come while a broker is connected, and else
    /// every 500 ms. The first answer comes from a bootstrap server, whose connection ends with it;
    /// the second one from a broker that stays. What fails here fails again, and is told, when a
    /// record is sent.
    pub(super) fn warm_up(&self, topic: &TopicName, wait: Duration) {
        let deadline = Deadline::after(wait);
        for _ in 0..2 {
            let fetched =
                self.producer.client().fetch_metadata(Some(topic.as_str()), deadline.left());
            if fetched.is_err() {
                return;
            }
        }
    }

    /// Returns what is wrong with the connections, if nothing was delivered since.
    pub(super) fn trouble(&self) -> Option<Error> {
        self.producer.context().trouble().map(|trouble| trouble.error)
    }

    /// Returns the trouble that will not go away by waiting.
    pub(super) fn refusal(&self) -> Option<Error> {
        self.producer.context().trouble().filter(|t| t.is_final).map(|t| t.error)
    }

    pub(super) fn send(&self, record: &OutgoingRecord, tag: u64) -> Result<(), SendError> {
        let outgoing = outgoing::convert(record, tag).map_err(SendError::Rejected)?;
        let Err((error, _)) = self.producer.send(outgoing) else {
            return Ok(());
        };
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::QueueFull) => Err(SendError::QueueFull),
            code => Err(SendError::Rejected(error::of_record(
                code.unwrap_or(RDKafkaErrorCode::Fail),
                &record.topic,
                self.peer(),
                self.trouble().as_ref(),
            ))),
        }
    }

    /// Returns what has come, waiting up to `wait` for the first of it.
    pub(super) fn poll(&self, wait: Duration) -> Vec<Delivery> {
        let deadline = Deadline::after(wait);
        self.serve();
        while self.producer.context().waiting() == 0 && !deadline.has_passed() {
            self.producer.poll(STEP.min(deadline.left()));
            self.serve();
        }
        self.producer.context().take_deliveries()
    }

    /// Handles everything that is ready, without waiting.
    fn serve(&self) {
        loop {
            let before = self.producer.context().events();
            self.producer.poll(Duration::ZERO);
            if self.producer.context().events() == before {
                return;
            }
        }
    }

    pub(super) fn in_flight(&self) -> usize {
        usize::try_from(self.producer.in_flight_count()).unwrap_or(0)
    }

    /// Waits until nothing is in flight or the deadline passes; deliveries stay to be taken.
    pub(super) fn settle(&self, deadline: Deadline) {
        self.serve();
        while self.in_flight() > 0 && !deadline.has_passed() {
            self.producer.poll(STEP.min(deadline.left()));
            self.serve();
        }
    }

    pub(super) fn drain(&self, deadline: Deadline) -> Vec<Delivery> {
        self.settle(deadline);
        self.producer.context().take_deliveries()
    }

    /// Gives up what is still in flight; each record comes back with an error.
    pub(super) fn purge(&self) {
        self.producer.purge(PurgeConfig::default().queue().inflight());
        self.settle(Deadline::after(PURGE_WAIT));
    }
}
