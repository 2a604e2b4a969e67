//! The idempotent producer.

use std::sync::Arc;
use std::time::Duration;

use super::config;
use super::context::Delivery;
use super::queue::{Queue, SendError};
use super::trouble::Peer;
use crate::clock::Deadline;
use crate::kafka::{ConnectionSettings, Error};
use crate::model::codec::Codec;
use crate::model::name::TopicName;
use crate::model::record::OutgoingRecord;

/// Writes records: idempotent, `acks=all`, partitioned like Java's producer.
///
/// Nothing here waits longer than it says. `send` and `poll` may be called from several threads.
pub struct Producer {
    queue: Arc<Queue>,
}

/// How a producer is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProducerOptions {
    /// Whether records come one by one or in masses.
    pub pace: Pace,
    /// How batches are compressed; `None` leaves it to `compression.type` of the settings.
    pub compression: Option<Codec>,
    /// The most bytes that a topic takes in one batch (`max.message.bytes`), if that is known: what
    /// is larger is then alone in its batch, and refused alone.
    pub largest_batch: Option<u32>,
    /// How long a record may take until it counts as failed; `delivery.timeout.ms` of the settings
    /// wins.
    pub delivery_timeout: Duration,
}

impl Default for ProducerOptions {
    fn default() -> Self {
        Self {
            pace: Pace::Interactive,
            compression: None,
            largest_batch: None,
            // That of Java's producer (`delivery.timeout.ms`).
            delivery_timeout: Duration::from_secs(120),
        }
    }
}

/// Whether records come one by one or in masses: how long a batch waits to be filled (`linger.ms`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Somebody waits for each record.
    Interactive,
    /// The more in a batch the better.
    Bulk,
}

/// How long the first record may be held back so that it is not held back for longer.
const WARM_UP: Duration = Duration::from_millis(500);

impl Producer {
    /// Starts a producer. It connects in the background: a wrong password is found out later.
    pub fn open(settings: &ConnectionSettings, options: &ProducerOptions) -> Result<Self, Error> {
        let ProducerOptions { pace, compression, largest_batch, delivery_timeout } = *options;
        let mut config = config::producer(settings);
        if !settings.producer_properties.contains_key("linger.ms") {
            // 2 ms join what comes at once and nobody notices; 50 ms fill batches of 1 MB at 20
            // MB/s.
            config.set("linger.ms", if pace == Pace::Bulk { "50" } else { "2" });
        }
        if let Some(compression) = compression {
            config.set("compression.type", compression.name());
        }
        if let Some(largest) = largest_batch
            && !settings.producer_properties.contains_key("batch.size")
        {
            config.set("batch.size", largest.clamp(1, config::LARGEST_BATCH).to_string());
        }
        let delivery_timeout = settings
            .producer_properties
            .get("delivery.timeout.ms")
            // A text that is no number is refused by librdkafka, which names it.
            .and_then(|millis| millis.parse().ok().map(Duration::from_millis))
            .unwrap_or(delivery_timeout);
        if !settings.producer_properties.contains_key("delivery.timeout.ms") {
            config.set("delivery.timeout.ms", delivery_timeout.as_millis().to_string());
        }
        let queue = Queue::open(&config, Peer::new(settings, delivery_timeout))?;
        Ok(Self { queue: Arc::new(queue) })
    }

    /// Meets the cluster before the first record to a topic that exists: without it that record may
    /// wait for half a second or a whole one. Takes half a second at most, beside the runtime.
    pub async fn warm_up(&self, topic: TopicName) {
        let queue = Arc::clone(&self.queue);
        let met = tokio::task::spawn_blocking(move || queue.warm_up(&topic, WARM_UP)).await;
        // Not met: the first record waits, or says what is wrong.
        drop(met);
    }

    /// Puts a record into the queue; what becomes of it comes back with `tag` from
    /// [`poll`](Self::poll).
    pub fn send(&self, record: &OutgoingRecord, tag: u64) -> Result<(), SendError> {
        self.queue.send(record, tag)
    }

    /// Returns what became of records, as soon as there is something but after `wait` at the
    /// latest. Blocks the thread meanwhile. Must be called often: deliveries wait in the queue.
    pub fn poll(&self, wait: Duration) -> Vec<Delivery> {
        self.queue.poll(wait)
    }

    /// Returns how many records have no outcome yet, or one that was not polled.
    pub fn in_flight(&self) -> usize {
        self.queue.in_flight()
    }

    /// Returns what keeps the producer from its brokers and will not go away by waiting: a refused
    /// password or certificate. Known after polling only.
    pub fn refusal(&self) -> Option<Error> {
        self.queue.refusal()
    }

    /// Returns what is wrong with the connections, if nothing was delivered since.
    pub fn trouble(&self) -> Option<Error> {
        self.queue.trouble()
    }

    /// Waits up to `wait` for all records, gives up the rest, and ends. Every record that was sent
    /// and not polled yet is among the returned.
    pub fn close(self, wait: Duration) -> Vec<Delivery> {
        let mut deliveries = self.queue.drain(Deadline::after(wait));
        if self.queue.in_flight() > 0 {
            self.queue.purge();
            deliveries.extend(self.queue.poll(Duration::ZERO));
        }
        deliveries
    }
}
