//! The transactional producer: fences its predecessor, writes records and offsets as one.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rdkafka::config::FromClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata};
use rdkafka::error::KafkaError;
use rdkafka::producer::Producer;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use super::config;
use super::context::Delivery;
use super::error::{self, Peer};
use super::queue::{Queue, SendError};
use crate::clock::Deadline;
use crate::kafka::{ConnectionSettings, Error};
use crate::model::name::GroupId;
use crate::model::offset::{CommittedOffset, TopicPartition};
use crate::model::record::OutgoingRecord;

/// Writes records in transactions. All calls block their thread for as long as they say.
///
/// A transaction: [`begin`](Self::begin), [`send`](Self::send) …, [`drain`](Self::drain) (offsets of
/// the records are known now), [`send_offsets`](Self::send_offsets), [`commit`](Self::commit).
pub struct TransactionalProducer {
    queue: Queue,
    transactional_id: String,
    groups: Mutex<BTreeMap<GroupId, ConsumerGroupMetadata>>,
}

/// How a step of a transaction failed, by what the caller can do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// Nothing was committed: abort, then begin again.
    #[error("the transaction has to be aborted: {0}")]
    Abortable(#[source] Error),
    /// Another run opened the same transactional id, or the coordinator aborted the transaction
    /// because it took longer than its timeout. Nothing more can be written: open again and read what
    /// is there, or leave the field to the other.
    #[error("the transaction was taken over: {0}")]
    Fenced(#[source] Error),
    /// The connection or the time ran out, nobody knows whether it is committed: open again, which
    /// settles it, and read what is there.
    #[error("it is not known whether the transaction was committed: {0}")]
    Undecided(#[source] Error),
    /// The producer can be used no more, and opening again will not help.
    #[error("the transaction failed: {0}")]
    Fatal(#[source] Error),
}

impl TransactionError {
    /// Returns the error behind it.
    pub fn into_error(self) -> Error {
        match self {
            Self::Abortable(error)
            | Self::Fenced(error)
            | Self::Undecided(error)
            | Self::Fatal(error) => error,
        }
    }
}

/// What a timeout of a step means.
#[derive(Clone, Copy)]
enum OnTimeout {
    /// Not committed for sure.
    Abort,
    /// Nobody knows.
    Undecided,
}

/// How often a blocking call is interrupted to see whether the password was refused meanwhile.
const SLICE: Duration = Duration::from_millis(50);

/// The same while records are in flight: an answer takes a few milliseconds.
const FLUSH_SLICE: Duration = Duration::from_millis(5);

impl TransactionalProducer {
    /// Opens a producer and fences all others with this transactional id. When it returns, the fate
    /// of their transactions is decided and visible. A transaction that takes longer than `timeout` is
    /// aborted by the coordinator.
    pub fn open(
        settings: &ConnectionSettings,
        transactional_id: &str,
        timeout: Duration,
        deadline: Deadline,
    ) -> Result<Self, Error> {
        Self::open_configured(settings, transactional_id, timeout, deadline, |_| {})
    }

    /// The same with one record in a batch, since a broker refuses whole batches: whatever record it
    /// then refuses is itself the reason. After a refused batch librdkafka's producer cannot be relied
    /// on, aborted or not, so this is what to go on with.
    pub fn open_singly(
        settings: &ConnectionSettings,
        transactional_id: &str,
        timeout: Duration,
        deadline: Deadline,
    ) -> Result<Self, Error> {
        Self::open_configured(settings, transactional_id, timeout, deadline, |config| {
            config.set("batch.num.messages", "1");
        })
    }

    fn open_configured(
        settings: &ConnectionSettings,
        transactional_id: &str,
        timeout: Duration,
        deadline: Deadline,
        configure: impl FnOnce(&mut ClientConfig),
    ) -> Result<Self, Error> {
        // A record must fail before its transaction does, so that the reason is known.
        let delivery_timeout = timeout * 3 / 4;
        let mut config = config::producer(settings);
        config
            .set("transactional.id", transactional_id)
            .set("transaction.timeout.ms", timeout.as_millis().to_string())
            .set("delivery.timeout.ms", delivery_timeout.as_millis().to_string())
            .set("enable.idempotence", "true")
            .set("acks", "all");
        if !settings.producer_properties.contains_key("linger.ms") {
            // The caller sends a transaction's records in one go and waits for them.
            config.set("linger.ms", "0");
        }
        configure(&mut config);
        let queue = Queue::open(&config, Peer::new(settings, delivery_timeout))?;
        let producer =
            Self { queue, transactional_id: transactional_id.to_owned(), groups: Mutex::default() };
        producer.initialise(deadline)?;
        Ok(producer)
    }

    /// Calls `init_transactions` in slices, which librdkafka lets resume, so that a refused password
    /// is reported at once.
    fn initialise(&self, deadline: Deadline) -> Result<(), Error> {
        loop {
            let slice = SLICE.min(deadline.left());
            let Err(error) = self.queue.producer().init_transactions(slice) else {
                return Ok(());
            };
            self.queue.settle(Deadline::after(Duration::ZERO));
            if let Some(refusal) = self.queue.refusal() {
                return Err(refusal);
            }
            if deadline.has_passed() || !is_retriable(&error) {
                return Err(self.error(&error, "init_transactions", deadline, None));
            }
        }
    }

    /// Begins a transaction; nothing is sent yet.
    pub fn begin(&self) -> Result<(), TransactionError> {
        self.queue.producer().begin_transaction().map_err(|error| {
            self.classify(&error, "begin_transaction", None, None, OnTimeout::Abort)
        })
    }

    /// Puts a record into the open transaction.
    pub fn send(&self, record: &OutgoingRecord, tag: u64) -> Result<(), SendError> {
        self.queue.send(record, tag)
    }

    /// Returns what became of records, as soon as there is something but after `wait` at the latest.
    pub fn poll(&self, wait: Duration) -> Vec<Delivery> {
        self.queue.poll(wait)
    }

    /// Returns how many records have no outcome yet, or one that was not polled.
    pub fn in_flight(&self) -> usize {
        self.queue.in_flight()
    }

    /// Waits for all records and returns what became of those not polled yet. Partition and offset
    /// are final, but readers with `read_committed` see the records only after the commit.
    pub fn drain(&self, deadline: Deadline) -> Vec<Delivery> {
        self.queue.drain(deadline)
    }

    /// Makes a group's offsets part of the transaction. The group must have no members: it is written
    /// to without joining it.
    pub fn send_offsets(
        &self,
        group: &GroupId,
        offsets: &BTreeMap<TopicPartition, CommittedOffset>,
        deadline: Deadline,
    ) -> Result<(), TransactionError> {
        let doing = "send_offsets_to_transaction";
        let fatal = |error: &KafkaError| {
            TransactionError::Fatal(self.error(error, doing, deadline, Some(group)))
        };
        let list = list(offsets).map_err(|error| fatal(&error))?;
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        if !groups.contains_key(group) {
            let metadata = group_metadata(group).map_err(|error| fatal(&error))?;
            groups.insert(group.clone(), metadata);
        }
        let Some(metadata) = groups.get(group) else { return Ok(()) };
        self.queue.producer().send_offsets_to_transaction(&list, metadata, deadline.left()).map_err(
            |error| self.classify(&error, doing, Some(deadline), Some(group), OnTimeout::Abort),
        )
    }

    /// Commits. Records that are still in flight are waited for; their deliveries can be polled
    /// afterwards.
    pub fn commit(&self, deadline: Deadline) -> Result<(), TransactionError> {
        // With records in flight the wrapper's commit would take 100 ms at least.
        self.queue.settle(deadline);
        self.queue.producer().commit_transaction(deadline.left()).map_err(|error| {
            let doing = "commit_transaction";
            self.classify(&error, doing, Some(deadline), None, OnTimeout::Undecided)
        })
    }

    /// Aborts. Records that are still in flight come back with an error from [`poll`](Self::poll).
    pub fn abort(&self, deadline: Deadline) -> Result<(), TransactionError> {
        loop {
            // librdkafka waits for the records in flight, whose deliveries only we can fetch: it is
            // called in slices, which it lets resume.
            let slice = if self.in_flight() > 0 { FLUSH_SLICE } else { SLICE };
            let slice = slice.min(deadline.left());
            let Err(error) = self.queue.producer().abort_transaction(slice) else {
                return Ok(());
            };
            self.queue.settle(Deadline::after(Duration::ZERO));
            let is_refused = self.queue.refusal().is_some();
            if is_refused || deadline.has_passed() || !is_retriable(&error) {
                let doing = "abort_transaction";
                return Err(self.classify(
                    &error,
                    doing,
                    Some(deadline),
                    None,
                    OnTimeout::Undecided,
                ));
            }
        }
    }

    /// Sorts an error by what can be done about it.
    fn classify(
        &self,
        error: &KafkaError,
        doing: &str,
        deadline: Option<Deadline>,
        group: Option<&GroupId>,
        on_timeout: OnTimeout,
    ) -> TransactionError {
        self.queue.settle(Deadline::after(Duration::ZERO));
        let deadline = deadline.unwrap_or_else(|| Deadline::after(Duration::ZERO));
        let mapped = self.error(error, doing, deadline, group);
        if matches!(mapped, Error::Fenced(_)) {
            return TransactionError::Fenced(mapped);
        }
        if let KafkaError::Transaction(native) = error {
            if native.is_fatal() {
                return TransactionError::Fatal(mapped);
            }
            if native.txn_requires_abort() {
                return TransactionError::Abortable(mapped);
            }
        }
        // `Flush`: the time ran out before the commit was sent.
        if matches!(error, KafkaError::Flush(_)) {
            return TransactionError::Abortable(mapped);
        }
        match on_timeout {
            OnTimeout::Abort if is_retriable(error) => TransactionError::Abortable(mapped),
            OnTimeout::Undecided if is_retriable(error) => TransactionError::Undecided(mapped),
            OnTimeout::Abort | OnTimeout::Undecided => TransactionError::Fatal(mapped),
        }
    }

    /// Maps an error, with the missing right named where one is missing.
    fn error(
        &self,
        error: &KafkaError,
        doing: &str,
        deadline: Deadline,
        group: Option<&GroupId>,
    ) -> Error {
        error
            .rdkafka_error_code()
            .and_then(|code| error::denied_in_transaction(code, &self.transactional_id, group))
            .unwrap_or_else(|| {
                let trouble = self.queue.trouble();
                error::of_call(
                    error,
                    doing,
                    deadline.allowed(),
                    self.queue.peer(),
                    trouble.as_ref(),
                )
            })
    }
}

/// Tells whether librdkafka lets the call be made again.
fn is_retriable(error: &KafkaError) -> bool {
    matches!(error, KafkaError::Transaction(native) if native.is_retriable())
}

/// Puts offsets into librdkafka's list.
fn list(
    offsets: &BTreeMap<TopicPartition, CommittedOffset>,
) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::with_capacity(offsets.len());
    for (TopicPartition { topic, partition }, CommittedOffset { offset, metadata }) in offsets {
        let mut entry = list.add_partition(topic.as_str(), *partition);
        entry.set_offset(Offset::Offset(*offset))?;
        if let Some(metadata) = metadata {
            entry.set_metadata(metadata);
        }
    }
    Ok(list)
}

/// Makes the metadata of a group that nobody joined: generation −1, no member. The wrapper has no
/// other way than to ask a consumer for it; this one knows no broker and never connects.
fn group_metadata(group: &GroupId) -> Result<ConsumerGroupMetadata, KafkaError> {
    let mut config = ClientConfig::new();
    config.set("group.id", group.as_str());
    // The newer protocol would make up a member id.
    config.set("group.protocol", "classic");
    let consumer = BaseConsumer::from_config(&config)?;
    consumer
        .group_metadata()
        .ok_or_else(|| KafkaError::ClientCreation("a group without metadata".to_owned()))
}
