//! That nobody answers yet, and how long that is waited for: on a terminal, or with `-v`.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::style::Verbosity;
use super::{Output, drawn, sanitize, streams};

/// A line of its own while nobody answers. Goes away when it is dropped.
#[derive(Debug)]
pub struct Waiting {
    bar: Option<ProgressBar>,
    /// Where there is no terminal: what has been said already, once.
    has_said: bool,
    is_verbose: bool,
}

impl Waiting {
    /// Shows nothing yet. Without a terminal `-v` gets one line of it; `-q` shows nothing.
    pub fn new(output: &Output) -> Self {
        let is_shown = output.stderr_is_terminal() && output.verbosity() > Verbosity::Quiet;
        let bar = is_shown.then(|| {
            let bar = ProgressBar::no_length();
            bar.set_draw_target(drawn::target());
            if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
                bar.set_style(style);
            }
            bar
        });
        let is_verbose = output.verbosity() >= Verbosity::Verbose;
        Self { bar, has_said: false, is_verbose }
    }

    /// Says who is waited for, why, and how long yet.
    pub fn show(&mut self, addresses: &str, cause: Option<&str>, left: Duration) {
        let text = text(addresses, cause, left);
        match &self.bar {
            Some(bar) => bar.set_message(sanitize::line(text.as_bytes())),
            None if self.is_verbose && !self.has_said => {
                self.has_said = true;
                streams::say(&text);
            }
            None => {}
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn text(addresses: &str, cause: Option<&str>, left: Duration) -> String {
    let cause = cause.unwrap_or("no answer yet");
    format!("waiting for {addresses}: {cause} ({} s left)", left.as_millis().div_ceil(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_waited_for_why_and_how_long() {
        let left = Duration::from_millis(3_200);
        assert_eq!(
            text("127.0.0.1:9092", Some("connection refused"), left),
            "waiting for 127.0.0.1:9092: connection refused (4 s left)"
        );
        assert_eq!(text("a:1, b:2", None, left), "waiting for a:1, b:2: no answer yet (4 s left)");
    }
}
