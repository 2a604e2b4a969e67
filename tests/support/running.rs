//! A program that a test has started and that goes on beside it. Nothing that waits for it waits
//! for ever: after [`PATIENCE`] it is killed, and with the test in any case.

use std::ops::{Deref, DerefMut};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use flowctl::clock::Deadline;

use crate::home::{Home, PATIENCE};

/// Prepares the real binary to be left running in a home; what it prints goes into pipes.
pub(crate) fn flowctl(home: &Home) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowctl"));
    command.env_clear().env("HOME", home.path()).current_dir(home.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// How long a signal may take to be delivered.
const DELIVERY: Duration = Duration::from_secs(1);

/// A program that is running, with all that it starts.
#[derive(Debug)]
pub(crate) struct Running {
    child: Option<Child>,
    /// Gone when the program is over.
    _over: Sender<()>,
}

impl Running {
    /// Starts a program, as the leader of a process group.
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::start_within(command, PATIENCE)
    }

    /// The same, for a program that may take another time.
    pub(crate) fn start_within(command: &mut Command, patience: Duration) -> Self {
        let child = command.process_group(0).spawn().unwrap();
        let (over, is_over) = channel::<()>();
        let group = child.id();
        std::thread::spawn(move || {
            if is_over.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                // Whoever reads its pipes meets their end, and its exit code is none.
                kill(group);
            }
        });
        Self { child: Some(child), _over: over }
    }

    /// Sends a signal, which it may be too late for, and waits until it is delivered: what a test
    /// does next must not come before it. One that is stopped is waited for no longer than
    /// [`DELIVERY`].
    pub(crate) fn send(&self, signal: &str) {
        let mut kill = Command::new("kill");
        kill.args(["-s", signal, &self.id().to_string()]).stderr(Stdio::null());
        kill.status().unwrap();
        let deadline = Deadline::after(DELIVERY);
        while self.has_pending_signals() && !deadline.has_passed() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Tells whether signals have been sent that have not been delivered.
    fn has_pending_signals(&self) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()));
        let status = status.unwrap_or_default();
        let mut masks = status.lines().filter_map(|line| line.strip_prefix("ShdPnd:"));
        masks.any(|mask| mask.trim().chars().any(|digit| digit != '0'))
    }

    /// Waits for the end, and returns what it printed into pipes that nobody else reads.
    pub(crate) fn wait_with_output(mut self) -> Output {
        self.child.take().unwrap().wait_with_output().unwrap()
    }
}

impl Deref for Running {
    type Target = Child;

    fn deref(&self) -> &Child {
        self.child.as_ref().unwrap()
    }
}

impl DerefMut for Running {
    fn deref_mut(&mut self) -> &mut Child {
        self.child.as_mut().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child
            && let Ok(None) = child.try_wait()
        {
            kill(child.id());
            drop(child.wait());
        }
    }
}

/// Ends a process group.
fn kill(group: u32) {
    let group = format!("-{group}");
    drop(Command::new("kill").args(["-s", "KILL", "--", &group]).stderr(Stdio::null()).status());
}
