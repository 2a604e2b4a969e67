//! stdout as a descriptor: a write that waits for its reader can be ended by a signal.

use std::fs::File;
use std::io::{self, IsTerminal, Stdout, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::PIPE_BUF;

use crate::clock::Stopwatch;
use crate::interrupt::{Interrupt, Interrupted, Signal};

/// How often it is looked for a signal while nobody reads. Most signals end the waiting themselves.
const LOOK_EVERY: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// How long a reader who has stopped reading is waited for after a signal: one who is merely slow
/// goes on well before, and the command is to end within 2 s.
const PATIENCE: Duration = Duration::from_secs(1);

/// The size of a wide pipe: what an ordinary user may ask for (`/proc/sys/fs/pipe-max-size`).
#[cfg(target_os = "linux")]
const WIDE: usize = 1024 * 1024;

/// Which signal ends the waiting for a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EndsWith {
    /// The first: what is not written can be asked for again.
    First,
    /// The second: what is written tells what was changed.
    Second,
}

/// Writes to stdout, past the buffer of the standard library.
#[derive(Debug)]
pub(super) struct Outlet<S = Stdout> {
    stdout: S,
    /// Whether a reader can keep a write waiting: of a pipe, a socket or a terminal.
    can_wait: bool,
    interrupt: Interrupt,
    ends_with: EndsWith,
    /// Since when a signal and a reader who does not read have met.
    stuck: Option<Stopwatch>,
    /// The signal that ended the waiting; nothing is written after it.
    ended: Option<Signal>,
}

impl<S: AsFd> Outlet<S> {
    pub(super) fn new(stdout: S, interrupt: Interrupt) -> Self {
        let can_wait = stdout.as_fd().is_terminal() || has_reader(&stdout).unwrap_or(true);
        let (stuck, ended) = (None, None);
        Self { stdout, can_wait, interrupt, ends_with: EndsWith::First, stuck, ended }
    }

    /// Changes which signal ends the waiting.
    pub(super) fn end_with(&mut self, signal: EndsWith) {
        self.ends_with = signal;
    }

    /// Asks for a wide pipe: through one of Linux's 64 KiB, writer and reader wait for each other
    /// many times a block. What is no pipe, or may not grow, stays as it is.
    pub(super) fn widen(&self) {
        #[cfg(target_os = "linux")]
        let _grown = rustix::pipe::fcntl_setpipe_size(&self.stdout, WIDE).is_ok();
    }

    /// Returns the signal that ended the waiting for the reader: nothing was written after it.
    pub(super) fn ended(&self) -> Option<Signal> {
        self.ended
    }

    /// Tells whether the reader has gone, without writing.
    pub(super) fn reader_has_gone(&self) -> bool {
        // Not even an error is a reason to end: the next write will tell.
        self.poll(PollFlags::empty(), Timespec::default())
            .is_ok_and(|found| found.intersects(PollFlags::ERR | PollFlags::HUP))
    }

    fn poll(&self, wanted: PollFlags, timeout: Timespec) -> io::Result<PollFlags> {
        let mut asked = [PollFd::new(&self.stdout, wanted)];
        poll(&mut asked, Some(&timeout))?;
        Ok(asked.iter().map(PollFd::revents).collect())
    }

    /// Returns the signal that ends the waiting, if it has come.
    fn asked(&self) -> Option<Signal> {
        match self.ends_with {
            EndsWith::First => self.interrupt.requested(),
            EndsWith::Second => self.interrupt.requested_twice(),
        }
    }

    /// Returns what one write may take where there is room. A write that has to wait in the middle
    /// is ended by the signal itself, with what it has written so far. Once the signal has come,
    /// nothing ends it: it may only be so long that it need not wait.
    fn share<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let most = if self.asked().is_some() { PIPE_BUF } else { bytes.len() };
        bytes.get(..most).unwrap_or(bytes)
    }

    /// Waits until something can be written.
    fn wait_for_room(&mut self) -> io::Result<()> {
        loop {
            if let Some(signal) = self.ended {
                return Err(io::Error::other(Interrupted(signal)));
            }
            match self.poll(PollFlags::OUT, LOOK_EVERY) {
                Ok(found) if found.is_empty() => {}
                // Room, or an error that the write will meet.
                Ok(_) => {
                    self.stuck = None;
                    return Ok(());
                }
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause),
            }
            if let Some(signal) = self.asked() {
                let stuck = *self.stuck.get_or_insert_with(Stopwatch::start);
                let is_over = match self.ends_with {
                    EndsWith::First => stuck.elapsed() >= PATIENCE,
                    EndsWith::Second => true,
                };
                self.ended = is_over.then_some(signal);
            }
        }
    }
}

/// Tells whether a write can wait for somebody who reads: a file or `/dev/null` takes everything.
fn has_reader(stdout: impl AsFd) -> io::Result<bool> {
    let kind = File::from(stdout.as_fd().try_clone_to_owned()?).metadata()?.file_type();
    Ok(kind.is_fifo() || kind.is_socket())
}

impl<S: AsFd> Write for Outlet<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.can_wait {
            return Ok(rustix::io::write(&self.stdout, bytes)?);
        }
        self.wait_for_room()?;
        Ok(rustix::io::write(&self.stdout, self.share(bytes))?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    /// Writes a block much larger than a pipe that nobody reads, and returns how that ended.
    fn written(interrupt: Interrupt, ends_with: EndsWith) -> io::ErrorKind {
        let (reader, writer) = io::pipe().unwrap();
        let (sender, ended) = mpsc::channel();
        thread::spawn(move || {
            let mut outlet = Outlet::new(writer, interrupt);
            outlet.end_with(ends_with);
            let error = outlet.write_all(&vec![b'x'; 1024 * 1024]).unwrap_err();
            sender.send(error.kind()).unwrap();
        });
        let ended = ended.recv_timeout(Duration::from_secs(2)).expect("it waits for the reader");
        drop(reader);
        ended
    }

    #[test]
    fn after_the_signal_a_large_write_does_not_wait_for_a_reader_who_never_comes() {
        let first = Interrupt::after_first(Signal::Terminate);
        assert_eq!(written(first, EndsWith::First), io::ErrorKind::Other);
        let second = Interrupt::after_second(Signal::Terminate);
        assert_eq!(written(second, EndsWith::Second), io::ErrorKind::Other);
    }
}
