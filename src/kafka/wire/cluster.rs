//! A cluster: its connections, one a broker, and who leads what.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::bootstrap;
use super::connection::Connection;
use super::dial::Dialer;
use super::known::{Known, Leader};
use crate::clock::Deadline;
use crate::kafka::connection::{Address, ConnectionSettings};
use crate::kafka::{Error, ErrorCode, PerItem};
use crate::model::name::TopicName;
use crate::model::offset::TopicPartition;

/// A cluster that is read and administered. Clones share connections and what is known of it.
///
/// Connections are opened when they are needed and shared by all calls, which may run side by side.
/// Every call ends by its deadline; what may pass by itself (a leader that moves, a coordinator
/// that loads) is tried again until then.
#[derive(Clone)]
pub struct Cluster {
    shared: Arc<Shared>,
}

/// A place for the connection to one broker; the lock makes sure that it is opened once.
type Slot = Arc<tokio::sync::Mutex<Option<Connection>>>;

struct Shared {
    dialer: Arc<Dialer>,
    known: Mutex<Known>,
    /// The connection to whichever bootstrap server answered.
    first: Slot,
    /// The connections by broker id.
    slots: Mutex<BTreeMap<i32, Slot>>,
    /// Held while brokers or leaders are asked for, so that calls side by side ask once.
    asking: tokio::sync::Mutex<()>,
}

impl Cluster {
    /// Connects to one of the bootstrap servers and authenticates there.
    pub async fn connect(settings: &ConnectionSettings, deadline: Deadline) -> Result<Self, Error> {
        Self::connect_telling(settings, deadline, &|_| {}).await
    }

    /// Does the same; `tell` is told why nobody could be reached, as often as it is tried.
    pub async fn connect_telling(
        settings: &ConnectionSettings,
        deadline: Deadline,
        tell: &(dyn Fn(&str) + Sync),
    ) -> Result<Self, Error> {
        let shared = Shared {
            dialer: Arc::new(Dialer::new(settings.clone())),
            known: Mutex::default(),
            first: Slot::default(),
            slots: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        };
        let cluster = Self { shared: Arc::new(shared) };
        cluster.first(deadline, tell).await?;
        Ok(cluster)
    }

    /// Returns the cluster's id; `None` from brokers that do not say it.
    pub async fn id(&self, deadline: Deadline) -> Result<Option<String>, Error> {
        self.ensure_brokers(deadline).await?;
        Ok(self.known().cluster_id.clone())
    }

    /// Returns the ids of the brokers that are alive.
    pub(super) async fn broker_ids(&self, deadline: Deadline) -> Result<Vec<i32>, Error> {
        self.ensure_brokers(deadline).await?;
        Ok(self.known().brokers.keys().copied().collect())
    }

    /// What is known of the cluster; never held over an await.
    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.shared.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a connection to a broker, no matter which.
    pub(super) async fn any(&self, deadline: Deadline) -> Result<Connection, Error> {
        self.first(deadline, &|_| {}).await
    }

    async fn first(
        &self,
        deadline: Deadline,
        tell: &(dyn Fn(&str) + Sync),
    ) -> Result<Connection, Error> {
        let mut first = lock(&self.shared.first, deadline).await?;
        if let Some(connection) = first.as_ref().filter(|connection| !connection.is_closed()) {
            return Ok(connection.clone());
        }
        let mut addresses = self.shared.dialer.settings.bootstrap.clone();
        addresses.extend(
            self.known()
                .brokers
                .values()
                .filter(|b| b.port > 0)
                .map(|broker| Address { host: broker.host.clone(), port: broker.port }),
        );
        let mut seen = std::collections::BTreeSet::new();
        addresses.retain(|address| seen.insert(address.clone()));
        let connection = bootstrap::reach(&self.shared.dialer, &addresses, deadline, tell).await?;
        *first = Some(connection.clone());
        Ok(connection)
    }

    /// Returns the shared connection to a broker.
    pub(super) async fn broker(&self, id: i32, deadline: Deadline) -> Result<Connection, Error> {
        let address = self.address(id, deadline).await?;
        let slot = {
            let mut slots = self.shared.slots.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry(id).or_default())
        };
        let mut slot = lock(&slot, deadline).await?;
        if let Some(connection) = slot.as_ref().filter(|connection| !connection.is_closed()) {
            return Ok(connection.clone());
        }
        let connection = match self.first_if_it_leads_to(&address, deadline).await {
            Some(connection) => connection,
            None => Connection::open(&self.shared.dialer, &address, deadline).await?,
        };
        *slot = Some(connection.clone());
        Ok(connection)
    }

    /// Opens a connection to a broker that nobody else uses: for fetching, which occupies it.
    pub(crate) async fn open_connection(
        &self,
        broker: i32,
        deadline: Deadline,
    ) -> Result<Connection, Error> {
        let address = self.address(broker, deadline).await?;
        Connection::open(&self.shared.dialer, &address, deadline).await
    }

    /// Returns who leads each partition, from memory where it is known. Say
    /// [`Cluster::forget_leaders`] when a broker answers that it is not so. A partition that does
    /// not exist or has no leader at the moment has the broker's error; nothing is tried again
    /// here.
    pub(crate) async fn leaders(
        &self,
        partitions: &[TopicPartition],
        deadline: Deadline,
    ) -> Result<PerItem<TopicPartition, Leader>, Error> {
        let mut failed = BTreeMap::new();
        {
            let _asking = self.asking(deadline).await?;
            let mut unknown: Vec<TopicName> = {
                let known = self.known();
                let unknown = partitions.iter().filter(|partition| !known.knows(partition));
                unknown.map(|partition| partition.topic.clone()).collect()
            };
            unknown.sort();
            unknown.dedup();
            if !unknown.is_empty() {
                for (topic, result) in self.ask_topics(&unknown, deadline).await? {
                    if let Err(error) = result {
                        failed.insert(topic, error);
                    }
                }
            }
        }
        let known = self.known();
        let leader = |partition: &TopicPartition| match failed.get(&partition.topic) {
            Some(error) => Err(error.clone()),
            None => known.leader(partition).map_err(|code| Error::Broker { code, message: None }),
        };
        Ok(partitions.iter().map(|partition| (partition.clone(), leader(partition))).collect())
    }

    /// Forgets who leads the partitions of these topics.
    pub(crate) fn forget_leaders<'a>(&self, topics: impl IntoIterator<Item = &'a TopicName>) {
        let mut known = self.known();
        for topic in topics {
            known.forget_topic(topic);
        }
    }

    /// Makes sure that the brokers are known.
    pub(super) async fn ensure_brokers(&self, deadline: Deadline) -> Result<(), Error> {
        if !self.known().brokers.is_empty() {
            return Ok(());
        }
        let _asking = self.asking(deadline).await?;
        if self.known().brokers.is_empty() {
            self.ask_metadata(Some(&[]), deadline).await?;
        }
        Ok(())
    }

    /// Keeps others from asking for the same metadata at the same time.
    pub(super) async fn asking(
        &self,
        deadline: Deadline,
    ) -> Result<tokio::sync::MutexGuard<'_, ()>, Error> {
        lock(&self.shared.asking, deadline).await
    }

    /// Returns where a broker is.
    async fn address(&self, id: i32, deadline: Deadline) -> Result<Address, Error> {
        self.ensure_brokers(deadline).await?;
        let known = self.known();
        let broker = known.brokers.get(&id).ok_or_else(|| Error::Broker {
            code: ErrorCode::BROKER_NOT_AVAILABLE,
            message: Some(format!("broker {id} is not in the cluster at the moment")),
        })?;
        Ok(Address { host: broker.host.clone(), port: broker.port })
    }

    /// Returns the first connection if it leads to this broker, so that no second one is needed.
    async fn first_if_it_leads_to(
        &self,
        address: &Address,
        deadline: Deadline,
    ) -> Option<Connection> {
        let first = lock(&self.shared.first, deadline).await.ok()?;
        let first = first.as_ref().filter(|connection| !connection.is_closed())?;
        first.leads_to(&address.host, address.port).then(|| first.clone())
    }
}

/// Takes a lock by the deadline: who holds it may have a later one.
pub(super) async fn lock<T>(
    mutex: &tokio::sync::Mutex<T>,
    deadline: Deadline,
) -> Result<tokio::sync::MutexGuard<'_, T>, Error> {
    let locked = tokio::time::timeout_at(deadline.at(), mutex.lock()).await;
    locked.map_err(|_| Error::Timeout {
        doing: "a question that another one waits for".to_owned(),
        allowed: deadline.allowed(),
    })
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bootstrap = &self.shared.dialer.settings.bootstrap;
        f.debug_struct("Cluster").field("bootstrap", bootstrap).finish_non_exhaustive()
    }
}
