//! The command that runs beside a sandbox.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use anyhow::Context as _;
use rustix::process::{Pid, Signal, getpgrp, getpid, getsid, kill_process, kill_process_group};
use rustix::termios::tcgetpgrp;
use tokio::process::{Child as Process, Command};

use super::running::Running;
use crate::commands::Context;
use crate::error::Problem;
use crate::exit::Exit;
use crate::interrupt::Relay;

/// A command that is running.
pub(super) struct Child {
    process: Process,
    /// The terminal that it shares with us. Where there is none, it leads a process group of its
    /// own, so that what it starts hears of signals too.
    terminal: Option<File>,
    relay: Relay,
    told: Told,
}

/// Whether it has heard that it is to end.
enum Told {
    No,
    /// By the terminal, as far as we can tell: what somebody has sent to us alone looks the same.
    Supposedly,
    /// By us.
    Surely,
}

impl Child {
    /// Starts a command, unless somebody has asked to end meanwhile.
    pub(super) async fn start(mut command: Command, context: &Context) -> anyhow::Result<Self> {
        let relay = Relay::listen(&context.interrupt).await?;
        // In a group of its own it could not read from the terminal, and Ctrl-Z would stop only it.
        let terminal = File::open("/dev/tty").ok();
        if terminal.is_none() {
            command.process_group(0);
        }
        let program = command.as_std().get_program().to_owned();
        let process =
            command.kill_on_drop(true).spawn().map_err(|cause| not_run(&program, &cause))?;
        Ok(Self { process, terminal, relay, told: Told::No })
    }

    /// Waits for the end, and passes the exit code on.
    pub(super) async fn wait(
        mut self,
        running: &mut Running,
        context: &mut Context,
    ) -> anyhow::Result<Exit> {
        loop {
            let signal = tokio::select! {
                ended = self.process.wait() => {
                    return Ok(exit_of(ended.context("cannot wait for the command")?));
                }
                () = running.next(context) => continue,
                signal = self.relay.next() => signal,
            };
            self.hear(signal);
        }
    }

    /// Passes a signal on, unless the terminal has sent it that itself. The next one kills it, once
    /// it has surely heard of one; before that, the next one is passed on in any case. A hang-up
    /// never kills: nobody has sent that for a second time.
    fn hear(&mut self, signal: Signal) {
        match self.told {
            Told::Surely if signal != Signal::HUP => self.send(Signal::KILL),
            Told::Supposedly if signal != Signal::HUP => self.pass_on(signal),
            _ if !self.has_heard(signal) => self.pass_on(signal),
            Told::No => self.told = Told::Supposedly,
            Told::Supposedly | Told::Surely => {}
        }
    }

    fn pass_on(&mut self, signal: Signal) {
        self.send(signal);
        self.told = Told::Surely;
    }

    /// Tells whether the terminal has sent it the same signal: Ctrl-C and Ctrl-\ go to all in the
    /// foreground, and when the terminal has gone, all hear of it after the first one of its
    /// session.
    fn has_heard(&self, signal: Signal) -> bool {
        let Some(terminal) = &self.terminal else { return false };
        match tcgetpgrp(terminal) {
            Ok(foreground) => {
                foreground == getpgrp() && [Signal::INT, Signal::QUIT].contains(&signal)
            }
            Err(_) => signal == Signal::HUP && getsid(None) != Ok(getpid()),
        }
    }

    /// Sends it a signal, which may come too late.
    fn send(&self, signal: Signal) {
        let pid = self.process.id().and_then(|id| i32::try_from(id).ok());
        let Some(pid) = pid.and_then(Pid::from_raw) else { return };
        let sent = match &self.terminal {
            Some(_) => kill_process(pid, signal),
            None => kill_process_group(pid, signal),
        };
        let _gone = sent.is_err();
    }
}

/// Says that a command cannot be run, with the exit code that shells have for it.
fn not_run(program: &OsStr, cause: &io::Error) -> Problem {
    let code = if cause.kind() == io::ErrorKind::NotFound { 127 } else { 126 };
    let message = format!("cannot run `{}`: {cause}", program.display());
    Problem::new(Exit::OfCommand(code), message)
}

/// Returns the exit of a command: its own code, or as shells have it for one that a signal ended.
fn exit_of(status: ExitStatus) -> Exit {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    Exit::OfCommand(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
}
