//! The three standard streams: data on stdout, everything said about it on stderr.

use std::io::{self, BufWriter, IsTerminal, Write};

use super::error_text;
use super::outlet::{EndsWith, Outlet};
use super::sanitize::{self, Lines};
use super::screen::Screen;
use super::style::{Color, ErrorFormat, Style, Verbosity};
use crate::error::Report;
use crate::interrupt::{Interrupt, Interrupted};

/// Why data could not be written to stdout.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The reader of stdout has gone (`| head`): the command ends quietly, with exit code 0.
    #[error("the reader of stdout has gone")]
    ClosedReader,
    /// A signal came, and nobody read what was written before.
    #[error(transparent)]
    Interrupted(Interrupted),
    /// Anything else, such as a full disk.
    #[error("cannot write to stdout: {0}")]
    Failed(io::Error),
}

impl From<io::Error> for StreamError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::ClosedReader;
        }
        match error.get_ref().and_then(|cause| cause.downcast_ref()) {
            Some(interrupted) => Self::Interrupted(*interrupted),
            None => Self::Failed(error),
        }
    }
}

/// The size of the buffer before stdout: large enough that a write costs little per record.
const STDOUT_BUFFER: usize = 256 * 1024;

/// The streams of a command. Data is buffered; [`Output::flush`] or the end of the command sends
/// it.
#[derive(Debug)]
pub struct Output {
    stdout: BufWriter<Outlet>,
    style: Style,
    stdin_is_terminal: bool,
    stdout_is_terminal: bool,
    stderr_is_terminal: bool,
    outlives_reader: bool,
}

impl Output {
    /// Takes the process's streams. A signal ends the waiting for a reader of stdout who does not
    /// read.
    #[expect(clippy::disallowed_methods, reason = "this is the room that prints")]
    pub fn new(style: Style, interrupt: Interrupt) -> Self {
        let stdout = io::stdout();
        Self {
            style,
            stdin_is_terminal: io::stdin().is_terminal(),
            stdout_is_terminal: stdout.is_terminal(),
            stderr_is_terminal: io::stderr().is_terminal(),
            outlives_reader: false,
            stdout: BufWriter::with_capacity(STDOUT_BUFFER, Outlet::new(stdout, interrupt)),
        }
    }

    /// Tells whether a person can be asked: the question goes to stderr, the answer comes from
    /// stdin.
    pub fn can_ask(&self) -> bool {
        self.stdin_is_terminal && self.stderr_is_terminal
    }

    /// Tells whether stdin is a terminal.
    pub fn stdin_is_terminal(&self) -> bool {
        self.stdin_is_terminal
    }

    /// Tells whether stdout is a terminal: then text is made safe, and lines may be cut and
    /// coloured.
    pub fn stdout_is_terminal(&self) -> bool {
        self.stdout_is_terminal
    }

    /// Tells whether stderr is a terminal: then a progress bar may be drawn.
    pub fn stderr_is_terminal(&self) -> bool {
        self.stderr_is_terminal
    }

    /// Tells whether stdout is coloured.
    pub fn stdout_has_color(&self) -> bool {
        self.has_color(self.stdout_is_terminal)
    }

    /// Tells whether stderr is coloured.
    pub fn stderr_has_color(&self) -> bool {
        self.has_color(self.stderr_is_terminal)
    }

    fn has_color(&self, is_terminal: bool) -> bool {
        match self.style.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && !self.style.no_color,
        }
    }

    /// Returns what is known of the place where results are shown.
    pub fn screen(&self) -> Screen {
        let is_terminal = self.stdout_is_terminal;
        let width = || console::Term::stdout().size_checked().map(|(_, columns)| columns);
        Screen {
            is_terminal,
            has_color: self.stdout_has_color(),
            width: if is_terminal { width() } else { self.style.width },
        }
    }

    /// Returns how much is said on stderr.
    pub fn verbosity(&self) -> Verbosity {
        self.style.verbosity
    }

    /// Returns how errors are shown.
    pub fn error_format(&self) -> ErrorFormat {
        self.style.errors
    }

    /// Writes a text to stdout as data, as it is.
    pub fn print(&mut self, text: &str) -> Result<(), StreamError> {
        let written = self.stdout.write_all(text.as_bytes());
        self.unless_outlived(written)
    }

    /// Writes JSON to stdout as data. On a terminal what it would obey is escaped, which leaves the
    /// same JSON.
    pub fn print_json(&mut self, json: &str) -> Result<(), StreamError> {
        if !self.stdout_is_terminal {
            return self.print(json);
        }
        self.print(&safe_json(json))
    }

    /// Sends what is buffered.
    pub fn flush(&mut self) -> Result<(), StreamError> {
        let flushed = self.stdout.flush();
        self.unless_outlived(flushed)
    }

    /// Sends a block of data past the buffer. When it fails, what was not sent is left in the
    /// block.
    pub fn send(&mut self, block: &mut Vec<u8>) -> Result<(), StreamError> {
        self.flush()?;
        let mut sent = 0;
        let mut write = || {
            while let Some(rest) = block.get(sent..).filter(|rest| !rest.is_empty()) {
                match self.stdout.get_mut().write(rest) {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(length) => sent += length,
                    Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                    Err(cause) => return Err(cause),
                }
            }
            Ok(())
        };
        let written = write();
        block.drain(..sent);
        self.unless_outlived(written)
    }

    /// From here on a reader of stdout who goes away is nothing to end for: what was agreed on is
    /// carried out, and the exit code tells how. One who does not read is waited for, up to the
    /// second signal.
    pub fn outlive_reader(&mut self) {
        self.outlives_reader = true;
        self.stdout.get_mut().end_with(EndsWith::Second);
    }

    /// Sends what is buffered, at the end of the command. Where a signal ended the waiting for the
    /// reader, that is how the command ends, though it has carried out what was agreed on: what it
    /// did is not told to the end.
    pub fn finish(&mut self) -> Result<(), StreamError> {
        self.flush()?;
        match self.stdout.get_ref().ended() {
            Some(signal) if self.outlives_reader => {
                Err(StreamError::Interrupted(Interrupted(signal)))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn unless_outlived(&self, written: io::Result<()>) -> Result<(), StreamError> {
        match written.map_err(StreamError::from) {
            Err(StreamError::ClosedReader | StreamError::Interrupted(_))
                if self.outlives_reader =>
            {
                Ok(())
            }
            written => written,
        }
    }

    /// Makes room for data in masses behind stdout.
    pub fn widen(&self) {
        self.stdout.get_ref().widen();
    }

    /// Tells whether the reader of stdout has gone, without writing: a command that waits for
    /// records would not meet that otherwise.
    pub fn reader_has_gone(&self) -> bool {
        self.stdout.get_ref().reader_has_gone()
    }

    /// Says something that helps, unless `-q` was given.
    pub fn note(&mut self, text: &str) {
        if self.style.verbosity >= Verbosity::Normal {
            self.say(&self.safe(text));
        }
    }

    /// Says something that only `-v` asks for.
    pub fn detail(&mut self, text: &str) {
        if self.style.verbosity >= Verbosity::Verbose {
            self.say(&self.safe(text));
        }
    }

    /// Says something to who waits at a terminal, or asks for it with `-v`.
    pub fn aside(&mut self, text: &str) {
        if self.stderr_is_terminal { self.note(text) } else { self.detail(text) }
    }

    /// Warns; `-q` does not silence it.
    pub fn warn(&mut self, text: &str) {
        let label = if self.stderr_has_color() { "\x1b[33mwarning:\x1b[0m" } else { "warning:" };
        let text = self.safe(text);
        self.say(&format!("{label} {text}"));
    }

    /// Shows an error with its causes and hints, or as one JSON object.
    pub fn error(&mut self, report: &Report) {
        match self.style.errors {
            ErrorFormat::Json => {
                let line = serde_json::json!({ "error": report }).to_string();
                self.say(&if self.stderr_is_terminal { safe_json(&line) } else { line });
            }
            ErrorFormat::Text => {
                let safe = Report {
                    code: report.code.clone(),
                    message: self.safe(&report.message),
                    causes: report.causes.iter().map(|cause| self.safe(cause)).collect(),
                    hints: report.hints.iter().map(|hint| self.safe(hint)).collect(),
                    exit_code: report.exit_code,
                };
                self.say(&error_text::lay_out(&safe, self.stderr_has_color()));
            }
        }
    }

    /// Makes text safe where a terminal would obey it: names and messages come from others.
    fn safe(&self, text: &str) -> String {
        if !self.stderr_is_terminal {
            return text.to_owned();
        }
        let mut safe = Vec::new();
        sanitize::write(text.as_bytes(), Lines::Keep, &mut safe);
        String::from_utf8_lossy(&safe).into_owned()
    }

    /// Writes a line to stderr. Data that was buffered before goes out first, so that both streams
    /// show in order on a terminal and in a log of both (`2>&1`); a closed stdout is met again
    /// where data is written.
    pub(super) fn say(&mut self, text: &str) {
        drop(self.stdout.flush());
        say(text);
    }
}

/// Returns the same JSON, safe for a terminal.
fn safe_json(json: &str) -> String {
    let mut safe = Vec::with_capacity(json.len());
    sanitize::write_json(json, &mut safe);
    String::from_utf8_lossy(&safe).into_owned()
}

/// Writes a line to stderr, also before there is an [`Output`]. Nobody can be told that stderr is
/// closed, so that is no failure.
#[expect(clippy::disallowed_methods, reason = "this is the room that prints")]
pub fn say(text: &str) {
    let mut stderr = io::stderr().lock();
    drop(stderr.write_all(text.as_bytes()));
    if !text.ends_with('\n') {
        drop(stderr.write_all(b"\n"));
    }
}
