//! Ctrl-C, SIGTERM and SIGHUP: the first asks to finish what is in flight, the second to stop at
//! once. They are heard on a thread of their own, so that they end the process also when its work
//! is stuck. A command that runs another one passes them on ([`Relay`]).

use std::io;
use std::thread;
use std::time::Duration;

use rustix::process;
use tokio::runtime::Builder;
use tokio::signal::unix::{self, SignalKind};
use tokio::sync::watch;

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
}

/// How long a command has for its last words after the second signal, before the process is ended.
/// What it was changing it has given up by then.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long work that is to be told of is waited for after the second signal: shorter than
/// [`LAST_WORDS`], longer than a transaction usually takes.
const LAST_MOMENT: Duration = Duration::from_millis(600);

impl Interrupt {
    /// Starts to listen. `end` is called where asking does not help: some time after the second
    /// signal, or with the third. It is to end the process.
    pub fn listen(end: impl FnOnce(Signal) + Send + 'static) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let (mut interrupts, mut terminations, mut hang_ups) = {
            let _entered = runtime.enter();
            (
                Heard::listen(SignalKind::interrupt())?,
                Heard::listen(SignalKind::terminate())?,
                Heard::unless_ignored(SignalKind::hangup())?,
            )
        };
        let mut next = async move || {
            tokio::select! {
                () = interrupts.next() => Signal::Interrupt,
                () = terminations.next() => Signal::Terminate,
                () = hang_ups.next() => Signal::HangUp,
            }
        };
        let (sender, asked) = watch::channel(Asked::Nothing);
        let listening = async move {
            sender.send_replace(Asked::Finish(next().await));
            let second = next().await;
            sender.send_replace(Asked::StopNow(second));
            let third = tokio::time::timeout(LAST_WORDS, next()).await;
            end(third.unwrap_or(second));
        };
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || runtime.block_on(listening))?;
        Ok(Self { asked })
    }

    /// Returns an interrupt that never comes, for tests and for work that must not be cut.
    pub fn never() -> Self {
        Self { asked: watch::channel(Asked::Nothing).1 }
    }

    /// Returns an interrupt after the first signal.
    #[cfg(test)]
    pub(crate) fn after_first(signal: Signal) -> Self {
        Self { asked: watch::channel(Asked::Finish(signal)).1 }
    }

    /// Returns an interrupt after the second signal.
    #[cfg(test)]
    pub(crate) fn after_second(signal: Signal) -> Self {
        Self { asked: watch::channel(Asked::StopNow(signal)).1 }
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

    /// Runs work that changes nothing; the first signal drops it where it is.
    pub async fn cut<T>(&self, work: impl Future<Output = T>) -> Result<T, Interrupted> {
        tokio::select! {
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

/// The signals that a command hears for the one that it runs.
#[derive(Debug)]
pub struct Relay {
    interrupts: Heard,
    terminations: Heard,
    hang_ups: Heard,
    quits: Heard,
}

impl Relay {
    /// Starts to listen, beside [`Interrupt`]. SIGQUIT is heard only here: for any other command it
    /// is the way out that asks nobody.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupts: Heard::listen(SignalKind::interrupt())?,
            terminations: Heard::listen(SignalKind::terminate())?,
            hang_ups: Heard::unless_ignored(SignalKind::hangup())?,
            quits: Heard::unless_ignored(SignalKind::quit())?,
        })
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) -> process::Signal {
        tokio::select! {
            () = self.interrupts.next() => process::Signal::INT,
            () = self.terminations.next() => process::Signal::TERM,
            () = self.hang_ups.next() => process::Signal::HUP,
            () = self.quits.next() => process::Signal::QUIT,
        }
    }
}

/// One kind of signal; nothing where it is not listened for.
#[derive(Debug)]
struct Heard(Option<unix::Signal>);

impl Heard {
    fn listen(kind: SignalKind) -> io::Result<Self> {
        unix::signal(kind).map(|signal| Self(Some(signal)))
    }

    /// Listens unless whoever started us wants it ignored, as `nohup` does.
    fn unless_ignored(kind: SignalKind) -> io::Result<Self> {
        if is_ignored(kind) { Ok(Self(None)) } else { Self::listen(kind) }
    }

    /// Waits for the next one.
    async fn next(&mut self) {
        let heard = match &mut self.0 {
            Some(signal) => signal.recv().await,
            None => None,
        };
        if heard.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// Tells whether a signal is ignored. Only Linux says so without a call that safe Rust does not
/// have; elsewhere it is left as it is.
fn is_ignored(kind: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignored(&status).is_none_or(|mask| mask >> (kind.as_raw_value() - 1) & 1 == 1)
}

/// Reads the mask of the ignored signals.
fn ignored(status: &str) -> Option<u64> {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
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
