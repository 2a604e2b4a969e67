//! A sandbox for one test alone, on a thread of its own; it ends with this.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, mpsc as channel};
use std::thread::{self, JoinHandle};

use flowctl::clock::Clock;
use flowctl::sandbox::{Event, Fault, Options, Sandbox as Embedded, Storage, User};
use tokio::runtime::Builder;
use tokio::sync::mpsc;

use crate::home::PATIENCE;

/// A sandbox that runs.
pub(crate) struct Sandbox {
    address: SocketAddr,
    /// Takes rules; it ends the sandbox when it is gone.
    rules: Option<mpsc::UnboundedSender<(Vec<Fault>, channel::Sender<()>)>>,
    /// Tells each time that a rule has struck.
    strikes: Mutex<channel::Receiver<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts one without users.
    pub(crate) fn start() -> Self {
        Self::start_with(Vec::new(), Storage::default())
    }

    /// Starts one with users, the first of which is the super user, that keeps so much.
    pub(crate) fn start_with(users: Vec<User>, storage: Storage) -> Self {
        let (bound, address) = channel::channel();
        let (tell, strikes) = channel::channel();
        let (rules, mut other_rules) =
            mpsc::unbounded_channel::<(Vec<Fault>, channel::Sender<()>)>();
        let thread = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                let options = Options { listen, clock: Clock::System, users, storage };
                let mut sandbox = Embedded::start(options).await.unwrap();
                bound.send(sandbox.address()).unwrap();
                loop {
                    tokio::select! {
                        rules = other_rules.recv() => match rules {
                            None => return,
                            Some((rules, taken)) => {
                                sandbox.set_faults(rules);
                                taken.send(()).unwrap();
                            }
                        },
                        event = sandbox.event() => match event {
                            Event::Panicked => panic!("a connection panicked"),
                            // The test may have ended.
                            Event::Struck { .. } => drop(tell.send(())),
                            Event::Closed { .. } | Event::Full | Event::NotAccepted(_) => {}
                        },
                    }
                }
            });
        });
        Self {
            address: address.recv().unwrap(),
            rules: Some(rules),
            strikes: Mutex::new(strikes),
            thread: Some(thread),
        }
    }

    /// Returns where it listens.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Takes other rules of `--fault`; what was told of the old ones is forgotten.
    pub(crate) fn set_faults(&self, rules: &[&str]) {
        let rules = rules.iter().map(|rule| Fault::parse(rule).unwrap()).collect();
        let (taken, is_taken) = channel::channel();
        self.rules.as_ref().unwrap().send((rules, taken)).unwrap();
        is_taken.recv().unwrap();
        let strikes = self.strikes.lock().unwrap();
        while strikes.try_recv().is_ok() {}
    }

    /// Waits until a rule has struck.
    pub(crate) fn struck(&self) {
        let strikes = self.strikes.lock().unwrap();
        strikes.recv_timeout(PATIENCE).expect("no rule strikes");
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.rules.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            // A second panic would hide the first one.
            assert!(ended.is_ok() || thread::panicking(), "the sandbox panicked");
        }
    }
}
