//! The sockets: listens, reads requests, writes answers in order. What a client sends is bounded
//! before it is looked at; a client that misbehaves loses its connection, and nobody else notices.

mod compaction;
mod connection;
mod dispatch;
mod frame;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::access::User;
use super::broker::{Broker, Shared, Storage};
use super::budget::Budget;
use super::faults::Fault;
use crate::clock::Clock;

/// How a sandbox is to be.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What time it is.
    pub clock: Clock,
    /// Who may log in; nobody has to where there are none. The first one may do everything.
    pub users: Vec<User>,
    /// How much it keeps, and for how long.
    pub storage: Storage,
}

/// What the sandbox has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A connection was closed because of what its client did.
    Closed {
        /// Where the client is.
        peer: SocketAddr,
        /// What it did.
        reason: String,
    },
    /// A connection, or what is done as time passes, ended by a mistake in the sandbox itself.
    Panicked,
    /// A rule struck a request. What happens to it then is done, unless it is held up or dropped:
    /// that begins now.
    Struck {
        /// Where its client is.
        peer: SocketAddr,
        /// Kafka's name of the call.
        call: String,
        /// The rule as it is written.
        rule: String,
    },
    /// There is no room for more records. It is told once.
    Full,
    /// A connection could not be taken.
    NotAccepted(String),
}

/// A broker that runs; it ends when this is dropped, and all connections with it.
pub struct Sandbox {
    address: SocketAddr,
    shared: Shared,
    events: mpsc::Receiver<Event>,
    /// Aborts its tasks when it is dropped.
    _tasks: JoinSet<()>,
}

/// What all connections may take together. Requests and answers have each their own, or a request
/// could wait for what other requests hold.
#[derive(Clone)]
struct Memory {
    requests: Budget,
    answers: Budget,
}

/// How many events wait for somebody to take them; more are let go, so that a client that
/// misbehaves fast cannot fill the memory.
const EVENTS: usize = 1_000;
/// How many connections there may be.
const CONNECTIONS: usize = 10_000;
/// What large requests may take together that are being read or answered, and what large answers
/// may that are being made or wait for their clients to read them.
const TOGETHER: usize = 256 << 20;
/// How often timers are looked at.
const TICK: Duration = Duration::from_millis(20);
/// How long to wait before what ended by a mistake begins anew: it may end so again.
const PANIC_PAUSE: Duration = Duration::from_secs(1);
/// How long to wait before the next connection when none could be taken: files may have run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

impl Sandbox {
    /// Starts to listen; when this returns, clients can connect.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let (sender, events) = mpsc::channel(EVENTS);
        let has_retention = options.storage.has_retention;
        let broker = Broker::new(options.clock, options.users, options.storage);
        let shared = Shared::new(broker);
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, shared.clone(), sender.clone()));
        let told = sender.clone();
        let timers = move |shared| keep_time(shared, told.clone());
        tasks.spawn(keep_going(timers, shared.clone(), sender.clone()));
        if has_retention {
            tasks.spawn(keep_going(compaction::run, shared.clone(), sender));
        }
        Ok(Self { address, shared, events, _tasks: tasks })
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes other rules about what is to go wrong; counting begins anew, and what the old ones
    /// hold up goes on.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.shared.change(|broker| broker.faults.set(faults));
    }

    /// Waits for what it has to say next.
    pub async fn event(&mut self) -> Event {
        match self.events.recv().await {
            Some(event) => event,
            None => std::future::pending().await,
        }
    }
}

/// Takes connections. They end with this task.
async fn accept(listener: TcpListener, shared: Shared, events: mpsc::Sender<Event>) {
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    let memory = Memory { requests: Budget::new(TOGETHER), answers: Budget::new(TOGETHER) };
    let mut connections = JoinSet::new();
    loop {
        if free.available_permits() == 0 {
            let most = format!("there are {CONNECTIONS}; the next one waits until one has ended");
            say(&events, Event::NotAccepted(most));
        }
        let Ok(permit) = Arc::clone(&free).acquire_owned().await else { return };
        // Those that have ended are forgotten; one that panicked is a fault of the sandbox.
        while let Some(ended) = connections.try_join_next() {
            if let Err(error) = ended
                && error.is_panic()
            {
                say(&events, Event::Panicked);
            }
        }
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                say(&events, Event::NotAccepted(error.to_string()));
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (shared, events, memory) = (shared.clone(), events.clone(), memory.clone());
        connections.spawn(async move {
            let _permit = permit;
            if let Err(reason) = serve(stream, shared, memory, &events).await {
                say(&events, Event::Closed { peer, reason });
            }
        });
    }
}

/// Serves one connection to its end.
async fn serve(
    stream: TcpStream,
    shared: Shared,
    memory: Memory,
    events: &mpsc::Sender<Event>,
) -> Result<(), String> {
    // Answers are whole frames: waiting for more to send only delays them.
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    connection::converse(stream, shared, memory, events).await
}

/// Tells an event if there is room for it.
fn say(events: &mpsc::Sender<Event>, event: Event) {
    // Nobody waits, or too many wait: either way it is let go.
    drop(events.try_send(event));
}

/// Does what never ends, and goes on with it should it panic, which is said.
async fn keep_going<F: Future<Output = ()> + Send + 'static>(
    run: impl Fn(Shared) -> F + Send,
    shared: Shared,
    events: mpsc::Sender<Event>,
) {
    loop {
        // Ends with this.
        let mut running = JoinSet::new();
        running.spawn(run(shared.clone()));
        let ended = running.join_next().await;
        if ended.is_some_and(|ended| ended.is_err_and(|error| error.is_panic())) {
            say(&events, Event::Panicked);
        }
        sleep(PANIC_PAUSE).await;
    }
}

/// Lets time pass for everything that has a timer.
async fn keep_time(shared: Shared, events: mpsc::Sender<Event>) {
    let mut is_full = false;
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        shared.tick();
        if !is_full && shared.look(|broker| broker.check_memory().is_err()) {
            is_full = true;
            say(&events, Event::Full);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_panics_is_said_and_begins_anew() {
        async fn fail(_shared: Shared) {
            panic!("on purpose");
        }
        let broker = Broker::new(Clock::System, Vec::new(), Storage::default());
        let (sender, mut events) = mpsc::channel(EVENTS);
        let mut tasks = JoinSet::new();
        tasks.spawn(keep_going(fail, Shared::new(broker), sender));
        for _ in 0..2 {
            assert_eq!(events.recv().await, Some(Event::Panicked));
        }
    }
}
