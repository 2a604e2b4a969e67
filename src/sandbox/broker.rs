//! The whole state of the sandbox, and how connections share it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kafka_protocol::messages::BrokerId;
use tokio::sync::watch;
use tokio::time::timeout;
use uuid::Uuid;

use super::access::{Access, Need, User, Users, Who};
use super::faults::Faults;
use super::groups::{self, Groups};
use super::heavy::Heavy;
use super::log::Refused;
use super::topics::{Refusal, Topics};
use super::transactions::{self, Ending, Outcome, Transactions};
use crate::clock::Clock;
use crate::model::name::TopicName;
use crate::model::offset::TopicPartition;
use crate::model::timestamp::Timestamp;

/// The id of the only broker.
pub(super) const BROKER_ID: BrokerId = BrokerId(1);

/// The epoch of the leader of every partition: it never changes.
pub(super) const LEADER_EPOCH: i32 = 0;

/// What the broker knows.
pub(super) struct Broker {
    /// Its id as a cluster: new each time, because nothing outlives it.
    pub(super) cluster_id: String,
    /// The topics, their configs and their records.
    pub(super) topics: Topics,
    /// The consumer groups and their offsets.
    pub(super) groups: Groups,
    /// The transaction coordinator.
    pub(super) transactions: Transactions,
    /// What is to go wrong.
    pub(super) faults: Faults,
    /// What clients may do.
    pub(super) access: Access,
    storage: Storage,
    clock: Clock,
    /// When partitions are looked after next.
    next_upkeep: Timestamp,
}

/// How much a sandbox keeps, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Storage {
    /// How many bytes records may take; beyond it producing is refused.
    pub max_memory: u64,
    /// Whether records are forgotten and compacted as the topics' configs say.
    pub has_retention: bool,
}

impl Default for Storage {
    fn default() -> Self {
        Self { max_memory: 512 << 20, has_retention: true }
    }
}

/// How often what is too old is looked for. Kafka does it every 15 seconds to 5 minutes; whoever
/// tries `retention.ms` here wants to see it happen.
const UPKEEP_MS: i64 = 1_000;

impl Broker {
    /// Makes a broker without topics. Without users nobody has to log in.
    pub(super) fn new(clock: Clock, users: Vec<User>, storage: Storage) -> Self {
        let id = new_id().simple().to_string();
        let cluster_id = format!("sandbox-{}", id.get(..12).unwrap_or_default());
        Self {
            cluster_id,
            topics: Topics::default(),
            groups: Groups::new(groups::Settings::default()),
            transactions: Transactions::new(transactions::Settings::default()),
            faults: Faults::default(),
            access: Access::new(Users::new(users)),
            storage,
            clock,
            next_upkeep: clock.now(),
        }
    }

    /// Refuses more records if there are as many as there may be.
    pub(super) fn check_memory(&self) -> Result<(), Refused> {
        let most = self.storage.max_memory;
        if self.topics.memory() < most { Ok(()) } else { Err(Refused::of_memory(most)) }
    }

    /// Returns the time now.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Tells whether somebody may do what a call needs.
    pub(super) fn allows(&self, who: &Who, need: Need, name: &str) -> bool {
        self.access.allows(who, need, name)
    }

    /// Deletes a topic with all that belongs to it; returns the id it had.
    pub(super) fn delete_topic(&mut self, name: &str) -> Result<Uuid, Refusal> {
        let topic = self.topics.delete(name)?;
        self.groups.topic_deleted(&TopicName::from(name));
        Ok(topic.id)
    }

    /// Does what is due at this time; tells whether anything changed.
    pub(super) fn tick(&mut self) -> bool {
        let now = self.now();
        let late = self.transactions.tick(now);
        for ending in &late {
            self.end(ending);
        }
        let has_answered = self.groups.tick(now);
        let is_changed = self.look_after_topics(now);
        has_answered || is_changed || !late.is_empty()
    }

    /// Looks after the partitions, if it is time.
    fn look_after_topics(&mut self, now: Timestamp) -> bool {
        if now < self.next_upkeep || !self.storage.has_retention {
            return false;
        }
        self.next_upkeep = Timestamp(now.0.saturating_add(UPKEEP_MS));
        self.topics.upkeep(now)
    }

    /// Writes the end of a transaction, everywhere at once.
    pub(super) fn end(&mut self, ending: &Ending) {
        let Ending { producer, outcome, partitions, groups: _ } = ending;
        let now = self.now();
        for TopicPartition { topic, partition } in partitions {
            self.topics.end_transaction(topic.as_str(), *partition, (*producer, *outcome), now);
        }
        match outcome {
            Outcome::Commit => self.groups.transaction_committed(producer.id),
            Outcome::Abort => self.groups.transaction_aborted(producer.id),
        }
    }
}

/// Returns a random id, as topics have them.
pub(super) fn new_id() -> Uuid {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid()
}

/// The broker as connections share it. Clones are the same broker.
#[derive(Clone)]
pub(super) struct Shared {
    state: Arc<Mutex<Broker>>,
    /// Counts changes, for those that wait for one.
    changes: watch::Sender<u64>,
    /// Does what takes long, without the broker.
    pub(super) heavy: Heavy,
}

impl Shared {
    /// Shares a broker.
    pub(super) fn new(broker: Broker) -> Self {
        let (state, heavy) = (Arc::new(Mutex::new(broker)), Heavy::default());
        Self { state, changes: watch::Sender::new(0), heavy }
    }

    /// Returns the users, who are always the same.
    pub(super) fn users(&self) -> Arc<Users> {
        self.look(|broker| Arc::clone(broker.access.users()))
    }

    /// Looks at the broker. Never held across a wait.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Broker) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the broker, and wakes those that wait for a change.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Broker) -> T) -> T {
        let result = change(&mut self.lock());
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
        result
    }

    /// Changes what nobody waits for.
    pub(super) fn touch<T>(&self, change: impl FnOnce(&mut Broker) -> T) -> T {
        change(&mut self.lock())
    }

    /// Does what is due; wakes others only if there was something.
    pub(super) fn tick(&self) {
        let changed = self.lock().tick();
        if changed {
            self.changes.send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    /// Asks after each change until there is an answer, or `patience` is over.
    pub(super) async fn wait_for<T>(
        &self,
        patience: Duration,
        mut ask: impl FnMut(&mut Broker) -> Option<T>,
    ) -> Option<T> {
        let mut changes = self.changes.subscribe();
        let answered = async {
            loop {
                if let Some(answer) = ask(&mut self.lock()) {
                    return answer;
                }
                if changes.changed().await.is_err() {
                    return std::future::pending().await;
                }
            }
        };
        timeout(patience, answered).await.ok()
    }

    /// Takes the lock. A panic while it was held was reported on its connection; the others go on.
    fn lock(&self) -> MutexGuard<'_, Broker> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
