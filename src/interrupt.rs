//! Ctrl-C, SIGTERM and SIGHUP: the first asks to finish what is in flight, the second to stop at
//! once. They are heard on a thread of their own, so that they end the process also when its work
//! is stuck. A command that runs another one passes them on ([`Relay`]).

mod heard;
mod listening;
mod relay;

use std::io;
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot, watch};

use self::heard::Signals;
use self::listening::{Handover, Listening};
pub use self::relay::Relay;
use crate::exit::Exit;

/// The signal that asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT, as Ctrl-C sends it.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGHUP: the terminal has gone.
    HangUp,
}

impl Signal {
    /// Returns the name that people use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "Ctrl-C",
            Self::Terminate => "SIGTERM",
            Self::HangUp => "SIGHUP",
        }
    }

    /// Returns the exit code of a command that was changing something when the signal came.
    pub fn exit(self) -> Exit {
        match self {
            Self::Interrupt => Exit::Interrupted,
            Self::Terminate => Exit::Terminated,
            Self::HangUp => Exit::HungUp,
        }
    }

    /// Tells whether it asks once more after another one. A hang-up does not: a terminal that
    /// closes sends several, the shell to its jobs and the system to whoever is in the foreground,
    /// and so does the end of a session, beside SIGTERM. Nobody has lost patience then.
    pub fn insists(self) -> bool {
        match self {
            Self::Interrupt | Self::Terminate => true,
            Self::HangUp => false,
        }
    }
}

/// The command was ended by a signal before it had changed anything; it ends quietly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted(pub Signal);

/// What was asked for so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Asked {
    #[default]
    Nothing,
    Finish(Signal),
    StopNow(Signal),
}

/// Knows whether somebody asked the command to end. Clones share what they know.
#[derive(Debug, Clone)]
pub struct Interrupt {
    asked: watch::Receiver<Asked>,
    handovers: mpsc::UnboundedSender<Handover>,
}

/// How long work that is to be told of is waited for after the second signal: shorter than
/// [`listening::LAST_WORDS`], longer than a transaction usually takes.
const LAST_MOMENT: Duration = Duration::from_millis(600);

impl Interrupt {
    /// Starts to listen. `end` is called where asking does not help: some time after the second
    /// signal, or with the third. It is to end the process.
    pub fn listen(end: impl FnOnce(Signal) + Send + 'static) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let mut signals = {
            let _entered = runtime.enter();
            Signals::listen()?
        };
        let (asked, now) = watch::channel(Asked::Nothing);
        let (handovers, requests) = mpsc::unbounded_channel();
        let work = move || {
            let next = async move || signals.next().await;
            runtime.block_on(Listening::new(asked, requests).run(next, end));
        };
        thread::Builder::new().name("signals".to_owned()).spawn(work)?;
        Ok(Self { asked: now, handovers })
    }

    /// Returns an interrupt that never comes, for tests and for work that must not be cut.
    pub fn never() -> Self {
        Self::fixed(Asked::Nothing)
    }

    /// Returns an interrupt after the first signal.
    #[cfg(test)]
    pub(crate) fn after_first(signal: Signal) -> Self {
        Self::fixed(Asked::Finish(signal))
    }

    /// Returns an interrupt after the second signal.
    #[cfg(test)]
    pub(crate) fn after_second(signal: Signal) -> Self {
        Self::fixed(Asked::StopNow(signal))
    }

    fn fixed(asked: Asked) -> Self {
        Self { asked: watch::channel(asked).1, handovers: mpsc::unbounded_channel().0 }
    }

    /// Takes over the signals for a command that is run, unless one has come. Each is heard by one
    /// of them or the other: none gets lost in between.
    async fn hand_over(&self) -> Result<Option<mpsc::UnboundedReceiver<Signal>>, Interrupted> {
        let (request, answer) = oneshot::channel();
        let _nobody = self.handovers.send(request);
        match (answer.await, self.requested()) {
            (Ok(signals), _) => Ok(Some(signals)),
            (Err(_), Some(signal)) => Err(Interrupted(signal)),
            // Nobody listens.
            (Err(_), None) => Ok(None),
        }
    }

    /// Returns the first signal if one has come: finish what is in flight, begin nothing new.
    pub fn requested(&self) -> Option<Signal> {
        match *self.asked.borrow() {
            Asked::Nothing => None,
            Asked::Finish(signal) | Asked::StopNow(signal) => Some(signal),
        }
    }

    /// Returns the second signal if it has come: abort and leave.
    pub fn requested_twice(&self) -> Option<Signal> {
        match *self.asked.borrow() {
            Asked::Nothing | Asked::Finish(_) => None,
            Asked::StopNow(signal) => Some(signal),
        }
    }

    /// Waits for the first signal.
    pub async fn wait(&self) -> Signal {
        self.wait_for(|asked| match asked {
            Asked::Nothing => None,
            Asked::Finish(signal) | Asked::StopNow(signal) => Some(signal),
        })
        .await
    }

    /// Runs work that changes nothing; the first signal drops it where it is. Work that hears the
    /// signal itself has the first word.
    pub async fn cut<T>(&self, work: impl Future<Output = T>) -> Result<T, Interrupted> {
        tokio::select! {
            biased;
            ended = work => Ok(ended),
            signal = self.wait() => Err(Interrupted(signal)),
        }
    }

    /// Runs work that hears the first signal itself and ends soon after it. The second one leaves
    /// it a moment, so that what it has done is still told, and then drops it.
    pub async fn finish<T>(&self, work: impl Future<Output = T>) -> Result<T, Signal> {
        let mut work = std::pin::pin!(work);
        let signal = tokio::select! {
            ended = &mut work => return Ok(ended),
            signal = self.wait_for_second() => signal,
        };
        tokio::time::timeout(LAST_MOMENT, work).await.map_err(|_| signal)
    }

    /// Waits for the next signal, whether one has come or not.
    pub async fn wait_for_another(&self) -> Signal {
        match self.requested() {
            None => self.wait().await,
            Some(_) => self.wait_for_second().await,
        }
    }

    /// Waits for the second signal: abort and leave.
    pub async fn wait_for_second(&self) -> Signal {
        self.wait_for(|asked| match asked {
            Asked::Nothing | Asked::Finish(_) => None,
            Asked::StopNow(signal) => Some(signal),
        })
        .await
    }

    async fn wait_for(&self, pick: impl Fn(Asked) -> Option<Signal>) -> Signal {
        let mut asked = self.asked.clone();
        loop {
            let now = *asked.borrow_and_update();
            if let Some(signal) = pick(now) {
                return signal;
            }
            if asked.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn after_the_second_signal_work_has_a_moment_to_end() {
        let interrupt = Interrupt::after_second(Signal::Terminate);
        let soon = async {
            tokio::task::yield_now().await;
            7
        };
        assert_eq!(interrupt.finish(soon).await, Ok(7));
        assert_eq!(interrupt.finish(std::future::pending::<()>()).await, Err(Signal::Terminate));
    }
}
