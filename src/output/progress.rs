//! How far it is: a bar on a terminal, else one plain line every 10 s, both on stderr.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Output;
use super::streams::Verbosity;
use crate::clock::Stopwatch;

/// Shows how many of something are done. Goes away when it is dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// Where there is no terminal: what the lines begin with, and when the last one was written.
    plain: Option<(String, Stopwatch)>,
}

/// A log that is read later needs few lines; six a minute show that it is alive.
const PLAIN_LINE_EVERY: Duration = Duration::from_secs(10);

/// What is faster than this is over before anybody reads.
const FIRST_DRAW: Duration = Duration::from_millis(500);

impl Progress {
    /// Starts to show: `produced 120 of 1000 records`. `-q` shows nothing.
    pub fn start(output: &Output, done: &str, total: Option<u64>, unit: &str) -> Self {
        let is_quiet = output.verbosity() == Verbosity::Quiet;
        if is_quiet || !output.stderr_is_terminal() {
            let plain = (!is_quiet).then(|| (done.to_owned(), Stopwatch::start()));
            return Self { bar: ProgressBar::hidden(), plain };
        }
        let template = match total {
            Some(_) => {
                format!("{done} {{pos}} of {{len}} {unit} {{wide_bar}} {{per_sec}}, {{eta}} left")
            }
            None => format!("{done} {{pos}} {unit}, {{per_sec}}"),
        };
        let bar = match total {
            Some(total) => ProgressBar::new(total),
            None => ProgressBar::no_length(),
        };
        // Ten times a second is as fast as eyes follow.
        bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        Self { bar, plain: None }
    }

    /// Says how many are done.
    pub fn set(&mut self, output: &mut Output, count: u64, unit: &str) {
        if let Some((done, last)) = &mut self.plain {
            if last.elapsed() >= PLAIN_LINE_EVERY {
                *last = Stopwatch::start();
                output.note(&format!("{done} {count} {unit} so far"));
            }
        } else if self.bar.elapsed() >= FIRST_DRAW {
            self.bar.set_position(count);
        }
    }

    /// Takes the bar away while something else is written to stderr.
    pub fn pause(&self, write: impl FnOnce()) {
        self.bar.suspend(write);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
