//! That something is read, and how much so far: on a terminal only. A log needs no line of it.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::Output;
use super::drawn;
use super::style::Verbosity;

/// Turns while records are read. Goes away when it is dropped.
#[derive(Debug)]
pub struct Spinner {
    bar: ProgressBar,
}

/// What is faster than this is over before anybody reads.
pub(super) const FIRST_DRAW: Duration = Duration::from_millis(500);

impl Spinner {
    /// Starts to turn, when half a second is over: `⠙ read 1200 records of orders-dlq`. Without a
    /// terminal, and with `-q`, it shows nothing.
    pub fn start(output: &Output, what: &str) -> Self {
        if output.verbosity() == Verbosity::Quiet || !output.stderr_is_terminal() {
            return Self { bar: ProgressBar::hidden() };
        }
        let bar = ProgressBar::no_length().with_message(what.to_owned());
        bar.set_draw_target(drawn::target());
        if let Ok(style) = ProgressStyle::with_template("{spinner} read {pos} {msg}") {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// Says how many have been read.
    pub fn set(&self, count: u64) {
        if self.bar.elapsed() >= FIRST_DRAW {
            self.bar.set_position(count);
        }
    }

    /// Takes it away while something else is written to stderr.
    pub fn pause(&self, write: impl FnOnce()) {
        if self.bar.elapsed() >= FIRST_DRAW { self.bar.suspend(write) } else { write() }
    }

    /// Takes it away for good: from here on the results show that something happens.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.end();
    }
}
