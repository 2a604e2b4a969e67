//! The command that runs beside a sandbox.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use anyhow::Context as _;
use tokio::process::Child;

use super::running::Running;
use crate::commands::Context;
use crate::error::Problem;
use crate::exit::Exit;
use crate::interrupt::Signal;

/// Waits for a command, and passes its exit code on. Ctrl-C reaches it by itself; SIGTERM is passed
/// on, and after a second signal, which ends this process, it is asked to end too.
pub(super) async fn wait(
    mut child: Child,
    running: &mut Running,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    let interrupt = context.interrupt.clone();
    let (mut is_asked, mut is_asked_twice) = (false, false);
    loop {
        tokio::select! {
            ended = child.wait() => return Ok(exit_of(ended.context("cannot wait for the command")?)),
            () = running.next(context) => {}
            signal = interrupt.wait(), if !is_asked => {
                is_asked = true;
                if signal == Signal::Terminate {
                    terminate(&child);
                }
            }
            _signal = interrupt.wait_for_second(), if !is_asked_twice => {
                is_asked_twice = true;
                terminate(&child);
            }
        }
    }
}

/// Says that a command cannot be run, with the exit code that shells have for it.
pub(super) fn not_run(program: &OsStr, cause: &io::Error) -> Problem {
    let code = if cause.kind() == io::ErrorKind::NotFound { 127 } else { 126 };
    let message = format!("cannot run `{}`: {cause}", program.display());
    Problem::new(Exit::OfCommand(code), message)
}

/// Asks a command to end.
fn terminate(child: &Child) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) {
        // It may have ended by itself.
        let _gone = rustix::process::kill_process(pid, rustix::process::Signal::TERM).is_err();
    }
}

/// Returns the exit of a command: its own code, or as shells have it for one that a signal ended.
fn exit_of(status: ExitStatus) -> Exit {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    Exit::OfCommand(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
}
