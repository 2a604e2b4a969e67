//! The broker that a test runs against.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use flowctl::sandbox::{Storage, User};

use crate::client::Client;
use crate::sandbox::Sandbox;
use crate::{instance, sasl};

/// The users of a secure broker, each with its name and `-secret` as the password. The first one is
/// the super user, the others may do what ACLs allow.
const USERS: [&str; 3] = ["admin", "alice", "nobody"];

/// A broker.
pub(crate) struct Broker {
    address: String,
    /// Its users; the first one may do everything.
    users: &'static [&'static str],
    /// Keeps a sandbox going.
    _sandbox: Option<Sandbox>,
}

impl Broker {
    /// Starts a sandbox for one test alone.
    pub(crate) fn sandbox() -> Self {
        Self::start(&[], &[])
    }

    /// Starts a sandbox that keeps so much.
    pub(crate) fn sandbox_of(storage: Storage) -> Self {
        let sandbox = Sandbox::start_with(Vec::new(), storage);
        Self { address: sandbox.address(), users: &[], _sandbox: Some(sandbox) }
    }

    /// Starts a sandbox in which things go wrong.
    pub(crate) fn faulty_sandbox(rules: &[&str]) -> Self {
        Self::start(&[], rules)
    }

    /// Starts a sandbox with the users of the secure Kafka: the first one is its super user.
    pub(crate) fn secure_sandbox() -> Self {
        Self::start(&USERS, &[])
    }

    /// Starts a sandbox with users in which things go wrong.
    pub(crate) fn faulty_secure_sandbox(rules: &[&str]) -> Self {
        Self::start(&USERS, rules)
    }

    fn start(users: &'static [&str], rules: &[&str]) -> Self {
        let known = users.iter().map(|user| User::parse(&format!("{user}:{user}-secret")).unwrap());
        let sandbox = Sandbox::start_with(known.collect(), Storage::default());
        sandbox.set_faults(rules);
        Self { address: sandbox.address(), users, _sandbox: Some(sandbox) }
    }

    /// Returns Apache Kafka, which all tests share.
    pub(crate) fn kafka() -> Self {
        Self::shared("")
    }

    /// Returns Apache Kafka that need not be waited for long when records are to go.
    pub(crate) fn tidy_kafka() -> Self {
        Self::shared("--tidy")
    }

    fn shared(flags: &str) -> Self {
        let variables = instance::up("", flags);
        let address = variables["FLOWCTL_BROKERS"].clone();
        Self { address, users: &[], _sandbox: None }
    }

    /// Returns Apache Kafka with users and an authorizer, by its listener without TLS.
    pub(crate) fn secure_kafka() -> Self {
        let variables = instance::up("", "--secure");
        for user in USERS {
            let password = &variables[&format!("FLOWCTL_DEV_{}_PASSWORD", user.to_uppercase())];
            assert_eq!(*password, format!("{user}-secret"));
        }
        let address = variables["FLOWCTL_DEV_CLEAR_BROKERS"].clone();
        Self { address, users: &USERS, _sandbox: None }
    }

    /// Connects to it.
    pub(crate) fn connect(&self) -> Client {
        Client::connect(&self.address)
    }

    /// Connects to it as somebody who may do everything.
    pub(crate) fn connect_as_first(&self) -> Client {
        match self.users {
            [] => self.connect(),
            [first, ..] => self.connect_as(first),
        }
    }

    /// Connects to it as a user.
    pub(crate) fn connect_as(&self, user: &str) -> Client {
        let mut client = self.connect();
        sasl::log_in(&mut client, user);
        client
    }

    /// Returns its address.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

/// Returns a name that no other test uses.
pub(crate) fn unique(name: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("contract-{name}-{}-{count}", std::process::id())
}

/// Waits until something is so: brokers hear of changes a moment after they were answered.
#[track_caller]
pub(crate) fn eventually(mut is_so: impl FnMut() -> bool) {
    for _ in 0..200 {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("it did not come to be so within 10 s");
}
