//! The signals that a command hears for the one that it runs.

use anyhow::Context as _;
use rustix::process;
use tokio::signal::unix::SignalKind;
use tokio::sync::mpsc;

use super::heard::Heard;
use super::{Interrupt, Signal};

/// Hears signals for a command that is run.
#[derive(Debug)]
pub struct Relay {
    /// Those that ask to end; nothing where nobody listens for them.
    ending: Option<mpsc::UnboundedReceiver<Signal>>,
    quits: Heard,
}

impl Relay {
    /// Takes the signals over, unless one has come ([`super::Interrupted`]). SIGQUIT is heard only
    /// here: for any other command it is the way out that asks nobody.
    pub async fn listen(interrupt: &Interrupt) -> anyhow::Result<Self> {
        let quits =
            Heard::unless_ignored(SignalKind::quit()).context("cannot listen for SIGQUIT")?;
        Ok(Self { ending: interrupt.hand_over().await?, quits })
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) -> process::Signal {
        let Self { ending, quits } = self;
        let ending = async {
            let signal = match ending {
                Some(ending) => ending.recv().await,
                None => None,
            };
            match signal {
                Some(signal) => signal,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            signal = ending => match signal {
                Signal::Interrupt => process::Signal::INT,
                Signal::Terminate => process::Signal::TERM,
                Signal::HangUp => process::Signal::HUP,
            },
            () = quits.next() => process::Signal::QUIT,
        }
    }
}
