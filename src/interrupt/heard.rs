//! The signals as the system gives them.

use std::io;

use tokio::signal::unix::{self, SignalKind};

use super::Signal;

/// The signals that ask to end.
#[derive(Debug)]
pub(super) struct Signals {
    interrupts: Heard,
    terminations: Heard,
    hang_ups: Heard,
}

impl Signals {
    /// Starts to listen.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupts: Heard::listen(SignalKind::interrupt())?,
            terminations: Heard::listen(SignalKind::terminate())?,
            hang_ups: Heard::unless_ignored(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one. A hang-up that came together with another one is heard after it: it
    /// is the one that does not count then.
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            biased;
            () = self.interrupts.next() => Signal::Interrupt,
            () = self.terminations.next() => Signal::Terminate,
            () = self.hang_ups.next() => Signal::HangUp,
        }
    }
}

/// One kind of signal; nothing where it is not listened for.
#[derive(Debug)]
pub(super) struct Heard(Option<unix::Signal>);

impl Heard {
    fn listen(kind: SignalKind) -> io::Result<Self> {
        unix::signal(kind).map(|signal| Self(Some(signal)))
    }

    /// Listens unless whoever started us wants it ignored, as `nohup` does.
    pub(super) fn unless_ignored(kind: SignalKind) -> io::Result<Self> {
        if is_ignored(kind) { Ok(Self(None)) } else { Self::listen(kind) }
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
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
