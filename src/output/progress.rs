//! How far it is: a bar on a terminal, else one plain line every 10 s, both on stderr.

use std::fmt::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::Output;
use super::drawn;
use super::spinner::FIRST_DRAW;
use super::style::Verbosity;
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

impl Progress {
    /// Shows nothing.
    pub fn hidden() -> Self {
        Self { bar: ProgressBar::hidden(), plain: None }
    }

    /// Starts to show: `produced 120 of 1000 records`. `-q` shows nothing.
    pub fn start(output: &Output, done: &str, total: Option<u64>, unit: &str) -> Self {
        let is_quiet = output.verbosity() == Verbosity::Quiet;
        if is_quiet || !output.stderr_is_terminal() {
            let plain = (!is_quiet).then(|| (done.to_owned(), Stopwatch::start()));
            return Self { bar: ProgressBar::hidden(), plain };
        }
        let template = match total {
            Some(_) => {
                format!("{done} {{pos}} of {{len}} {unit} {{wide_bar}} {{rate}}, {{eta}} left")
            }
            None => format!("{done} {{pos}} {unit}, {{rate}}"),
        };
        let bar = match total {
            Some(total) => ProgressBar::new(total),
            None => ProgressBar::no_length(),
        };
        bar.set_draw_target(drawn::target());
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style.with_key("rate", write_rate));
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

/// Writes how many are done in a second: few of them with one decimal.
fn write_rate(state: &ProgressState, out: &mut dyn Write) {
    // Nobody can be told.
    let _unwritten = out.write_str(&rate(state.per_sec()));
}

fn rate(per_second: f64) -> String {
    if per_second < 100.0 { format!("{per_second:.1}/s") } else { format!("{per_second:.0}/s") }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_no_more_digits_than_one_reads() {
        for (per_second, shown) in [(0.0, "0.0/s"), (50.618, "50.6/s"), (5_123.4, "5123/s")] {
            assert_eq!(rate(per_second), shown);
        }
    }
}
