//! The transactional producer: fences its predecessor, writes records and offsets as one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::KafkaError;
use rdkafka::producer::Producer;

use super::config;
use super::context::Delivery;
use super::error;
use super::group_offsets::{group_metadata, list};
use super::queue::{Queue, SendError};
use super::setback::{OnTimeout, TransactionError, is_retriable};
use super::trouble::Peer;
use super::writer::Batching;
use crate::clock::Deadline;
use crate::kafka::{ConnectionSettings, Error};
use crate::model::name::{GroupId, TopicName};
use crate::model::offset::{CommittedOffset, TopicPartition};
use crate::model::record::OutgoingRecord;

/// Writes records in transactions. All calls block their thread for as long as they say.
///
/// A transaction: [`begin`](Self::begin), [`send`](Self::send) …, [`drain`](Self::drain) (offsets
/// of the records are known now), [`send_offsets`](Self::send_offsets), [`commit`](Self::commit).
pub struct TransactionalProducer {
    queue: Queue,
    transactional_id: String,
    groups: Mutex<BTreeMap<GroupId, ConsumerGroupMetadata>>,
    /// The next tag of those that `send_all` gives.
    next_tag: AtomicU64,
}

/// How often a blocking call is interrupted to see whether the password was refused meanwhile.
const SLICE: Duration = Duration::from_millis(50);

/// The same while records are in flight: an answer takes a few milliseconds.
const FLUSH_SLICE: Duration = Duration::from_millis(5);

impl TransactionalProducer {
    /// Opens a producer and fences all others with this transactional id. When it returns, the fate
    /// of their transactions is decided and visible. A transaction that takes longer than `timeout`
    /// is aborted by the coordinator.
    pub fn open(
        settings: &ConnectionSettings,
        transactional_id: &str,
        timeout: Duration,
        deadline: Deadline,
    ) -> Result<Self, Error> {
        let batching = Batching::Full(config::batch_bytes(settings));
        Self::open_with(settings, transactional_id, timeout, deadline, batching)
    }

    /// The same with batches of a kind. A broker refuses whole batches, and after that librdkafka's
    /// producer cannot be relied on, aborted or not, so this is what to go on with.
    pub(super) fn open_with(
        settings: &ConnectionSettings,
        transactional_id: &str,
        timeout: Duration,
        deadline: Deadline,
        batching: Batching,
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
        match batching {
            Batching::Full(bytes) => config.set("batch.size", bytes.to_string()),
            Batching::Single => config.set("batch.num.messages", "1"),
        };
        let queue = Queue::open(&config, Peer::new(settings, delivery_timeout))?;
        let producer = Self {
            queue,
            transactional_id: transactional_id.to_owned(),
            groups: Mutex::default(),
            next_tag: AtomicU64::new(0),
        };
        producer.initialise(deadline)?;
        Ok(producer)
    }

    /// Calls `init_transactions` in slices, which librdkafka lets resume, so that a refused
    /// password is reported at once.
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

    /// Returns the first of so many tags that no record had.
    pub(super) fn tags(&self, count: usize) -> u64 {
        self.next_tag.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed)
    }

    /// Returns what became of records, as soon as there is something but after `wait` at the
    /// latest.
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

    /// Makes a group's offsets part of the transaction. The group must have no members: it is
    /// written to without joining it.
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

    /// Returns why the open transaction has failed, if it has; `topics` are those that it could not
    /// write to. Of the records that it gives up for that, librdkafka says only that they were not
    /// sent. It tells by refusing what is asked for next; with a transaction open another cannot be
    /// begun, so this asks for nothing that could be done.
    pub(super) fn failure(&self, topics: &BTreeSet<&TopicName>) -> Option<Error> {
        let error = self.queue.producer().begin_transaction().err()?;
        let KafkaError::Transaction(native) = &error else { return None };
        if !native.is_fatal() && !native.txn_requires_abort() {
            return None;
        }
        let code = error.rdkafka_error_code()?;
        let denied = error::denied_to_write(code, topics);
        Some(denied.unwrap_or_else(|| {
            self.error(&error, "a transaction", Deadline::after(Duration::ZERO), None)
        }))
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
