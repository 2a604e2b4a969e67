//! What is made of the signals, on their own thread.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use super::{Asked, Signal};

/// A request for the signals, by who runs a command. It is dropped without an answer when one has
/// come before it.
pub(super) type Handover = oneshot::Sender<mpsc::UnboundedReceiver<Signal>>;

/// How long a command has for its last words after the second signal, before the process is ended.
/// What it was changing it has given up by then.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(1);

/// Hears the signals and tells of them.
pub(super) struct Listening {
    asked: watch::Sender<Asked>,
    handovers: mpsc::UnboundedReceiver<Handover>,
    /// Who passes the signals on to a command.
    relay: Option<mpsc::UnboundedSender<Signal>>,
}

impl Listening {
    pub(super) fn new(
        asked: watch::Sender<Asked>,
        handovers: mpsc::UnboundedReceiver<Handover>,
    ) -> Self {
        Self { asked, handovers, relay: None }
    }

    /// Hears until asking does not help, and calls `end` then. With a command that is run, that is
    /// one signal later: it is the third that surely kills it.
    pub(super) async fn run(
        mut self,
        mut next: impl AsyncFnMut() -> Signal,
        end: impl FnOnce(Signal),
    ) {
        let first = loop {
            tokio::select! {
                biased;
                signal = next() => break signal,
                Some(request) = self.handovers.recv() => self.hand_over(request),
            }
        };
        self.tell(first, Asked::Finish(first));
        // Who asks for the signals from now on has no answer, but sees that one has come.
        self.handovers.close();
        while self.handovers.try_recv().is_ok() {}
        let mut next_that_insists = async || {
            loop {
                let signal = next().await;
                if signal.insists() {
                    return signal;
                }
            }
        };
        let mut last = next_that_insists().await;
        self.tell(last, Asked::StopNow(last));
        if self.relay.is_some() {
            last = next_that_insists().await;
            self.tell(last, Asked::StopNow(last));
        }
        end(timeout(LAST_WORDS, next_that_insists()).await.unwrap_or(last));
    }

    fn hand_over(&mut self, request: Handover) {
        let (relay, signals) = mpsc::unbounded_channel();
        if request.send(signals).is_ok() {
            self.relay = Some(relay);
        }
    }

    fn tell(&self, signal: Signal, asked: Asked) {
        self.asked.send_replace(asked);
        if let Some(relay) = &self.relay {
            let _ended = relay.send(signal);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::{LocalSet, spawn_local, yield_now};

    use super::*;
    use crate::interrupt::{Interrupt, Interrupted, Relay};

    /// Signals that a test sends, who hears them, and how it ended.
    struct Heard {
        sender: mpsc::UnboundedSender<Signal>,
        interrupt: Interrupt,
        ended: oneshot::Receiver<Signal>,
    }

    impl Heard {
        fn listen() -> Self {
            let (sender, mut signals) = mpsc::unbounded_channel();
            let (asked, now) = watch::channel(Asked::Nothing);
            let (handovers, requests) = mpsc::unbounded_channel();
            let (end, ended) = oneshot::channel();
            spawn_local(async move {
                let next = async || match signals.recv().await {
                    Some(signal) => signal,
                    None => std::future::pending().await,
                };
                let end = |signal| end.send(signal).unwrap();
                Listening::new(asked, requests).run(next, end).await;
            });
            Self { sender, interrupt: Interrupt { asked: now, handovers }, ended }
        }

        /// Sends one, and returns what is asked then.
        async fn hear(&self, signal: Signal) -> Asked {
            self.sender.send(signal).unwrap();
            yield_now().await;
            *self.interrupt.asked.borrow()
        }
    }

    use Signal::{HangUp, Interrupt as CtrlC, Terminate};

    #[tokio::test]
    async fn a_hang_up_is_never_the_second_signal() {
        let test = async {
            for first in [HangUp, CtrlC, Terminate] {
                let mut heard = Heard::listen();
                for signal in [first, HangUp, HangUp, HangUp] {
                    assert_eq!(heard.hear(signal).await, Asked::Finish(first));
                }
                assert_eq!(heard.hear(Terminate).await, Asked::StopNow(Terminate));
                assert_eq!(heard.hear(HangUp).await, Asked::StopNow(Terminate));
                assert!(heard.ended.try_recv().is_err());
                heard.hear(CtrlC).await;
                assert_eq!(heard.ended.await, Ok(CtrlC));
            }
        };
        LocalSet::new().run_until(test).await;
    }

    #[tokio::test]
    async fn a_command_that_is_run_hears_all_that_count_and_has_one_more() {
        let test = async {
            let mut heard = Heard::listen();
            let mut relay = Relay::listen(&heard.interrupt).await.unwrap();
            for signal in [HangUp, HangUp, CtrlC, Terminate] {
                heard.hear(signal).await;
            }
            for signal in [1, 2, 15] {
                assert_eq!(relay.next().await.as_raw(), signal);
            }
            assert!(heard.ended.try_recv().is_err());
            heard.hear(CtrlC).await;
            assert_eq!(heard.ended.await, Ok(CtrlC));
        };
        LocalSet::new().run_until(test).await;
    }

    #[tokio::test]
    async fn a_signal_that_came_before_the_command_is_not_handed_over() {
        let test = async {
            let heard = Heard::listen();
            // Nobody has noted it when the signals are asked for.
            heard.sender.send(Terminate).unwrap();
            let refused = Relay::listen(&heard.interrupt).await.unwrap_err();
            assert_eq!(refused.downcast_ref(), Some(&Interrupted(Terminate)));
        };
        LocalSet::new().run_until(test).await;
    }
}
