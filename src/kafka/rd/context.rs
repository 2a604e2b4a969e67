//! What librdkafka tells by callback: deliveries, errors of the connection, log lines.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{NoCustomPartitioner, ProducerContext};

use super::error;
use super::trouble::{self, Peer, Trouble};
use crate::kafka::Error;
use crate::model::name::TopicName;

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The tag that it was sent with.
    pub tag: u64,
    /// Where it was written, or why not.
    pub outcome: Result<Delivered, Error>,
}

/// Where a record was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivered {
    /// The partition.
    pub partition: i32,
    /// The offset; −1 when the broker was not asked to say it (`acks=0`).
    pub offset: i64,
}

/// Collects what the callbacks bring until somebody polls.
pub(super) struct Context {
    pub(super) peer: Peer,
    state: Mutex<State>,
}

/// What has come and was not taken yet.
#[derive(Default)]
struct State {
    deliveries: Vec<Delivery>,
    trouble: Option<Trouble>,
    /// How many callbacks there were.
    events: u64,
}

impl Context {
    pub(super) fn new(peer: Peer) -> Self {
        Self { peer, state: Mutex::default() }
    }

    /// Takes the deliveries that have come.
    pub(super) fn take_deliveries(&self) -> Vec<Delivery> {
        std::mem::take(&mut self.state().deliveries)
    }

    /// Returns how many deliveries wait to be taken.
    pub(super) fn waiting(&self) -> usize {
        self.state().deliveries.len()
    }

    /// Returns what is wrong with the connections, if nothing was delivered since.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        self.state().trouble.clone()
    }

    /// Returns how many callbacks there were: when a poll adds none, the queue is empty.
    pub(super) fn events(&self) -> u64 {
        self.state().events
    }

    /// Locks the state; a panic elsewhere has not spoiled it.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Context {
    fn log(&self, _: RDKafkaLogLevel, _: &str, _: &str) {
        // What matters also comes as an error; standard error belongs to `output`.
        self.state().events += 1;
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail);
        let mut state = self.state();
        state.events += 1;
        if let Some(trouble) = trouble::trouble(code, reason, &self.peer, state.trouble.as_ref()) {
            state.trouble = Some(trouble);
        }
    }

    fn stats_raw(&self, _: &[u8]) {}
}

impl ProducerContext<NoCustomPartitioner> for Context {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, tag: usize) {
        let mut state = self.state();
        state.events += 1;
        let outcome = match result {
            Ok(message) => {
                state.trouble = None;
                Ok(Delivered { partition: message.partition(), offset: message.offset() })
            }
            Err((error, message)) => {
                let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail);
                let topic = TopicName::from(message.topic());
                let trouble = state.trouble.as_ref().map(|trouble| &trouble.error);
                Err(error::of_record(code, &topic, &self.peer, trouble))
            }
        };
        // A tag comes from a u64 that fitted into a usize.
        let tag = u64::try_from(tag).unwrap_or(u64::MAX);
        state.deliveries.push(Delivery { tag, outcome });
    }
}
