//! The broker that a test runs against.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use flowctl::clock::Clock;
use flowctl::sandbox::{Event, Fault, Options, Sandbox, Storage, User};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::client::Client;
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
    _running: Option<Running>,
}

/// A sandbox on a thread of its own, which ends with this.
struct Running {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Broker {
    /// Starts a sandbox for one test alone.
    pub(crate) fn sandbox() -> Self {
        Self::start(&[], Vec::new())
    }

    /// Starts a sandbox in which things go wrong.
    pub(crate) fn faulty_sandbox(faults: Vec<Fault>) -> Self {
        Self::start(&[], faults)
    }

    /// Starts a sandbox with the users of the secure Kafka: the first one is its super user.
    pub(crate) fn secure_sandbox() -> Self {
        Self::start(&USERS, Vec::new())
    }

    /// Starts a sandbox with users in which things go wrong.
    pub(crate) fn faulty_secure_sandbox(faults: Vec<Fault>) -> Self {
        Self::start(&USERS, faults)
    }

    fn start(users: &'static [&str], faults: Vec<Fault>) -> Self {
        let known = users.iter().map(|user| User::parse(&format!("{user}:{user}-secret")).unwrap());
        let known = known.collect();
        let (bound, address) = mpsc::channel();
        let (stop, mut stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                let (clock, storage) = (Clock::System, Storage::default());
                let options = Options { listen, clock, users: known, storage };
                let mut sandbox = Sandbox::start(options).await.unwrap();
                sandbox.set_faults(faults);
                bound.send(sandbox.address()).unwrap();
                loop {
                    tokio::select! {
                        _stop = &mut stopped => return,
                        event = sandbox.event() => assert_ne!(event, Event::Panicked),
                    }
                }
            });
        });
        let running = Running { stop: Some(stop), thread: Some(thread) };
        let address = address.recv().unwrap().to_string();
        Self { address, users, _running: Some(running) }
    }

    /// Returns Apache Kafka, which all tests share.
    pub(crate) fn kafka() -> Self {
        let variables = instance::up("", "");
        let address = variables["FLOWCTL_BROKERS"].clone();
        Self { address, users: &[], _running: None }
    }

    /// Returns Apache Kafka with users and an authorizer, by its listener without TLS.
    pub(crate) fn secure_kafka() -> Self {
        let variables = instance::up("", "--secure");
        for user in USERS {
            let password = &variables[&format!("FLOWCTL_DEV_{}_PASSWORD", user.to_uppercase())];
            assert_eq!(*password, format!("{user}-secret"));
        }
        let address = variables["FLOWCTL_DEV_CLEAR_BROKERS"].clone();
        Self { address, users: &USERS, _running: None }
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

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended by itself: then its thread tells why.
            let _ended: Result<(), ()> = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            // A second panic would hide the first one.
            assert!(ended.is_ok() || thread::panicking(), "the sandbox panicked");
        }
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
