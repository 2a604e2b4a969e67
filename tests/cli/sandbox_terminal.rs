//! `flowctl sandbox` with a command on a terminal, which sends signals by itself.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;

use crate::home::{Home, PATIENCE};
use crate::running::Running;
use crate::sandbox_signals::DEFAULT;

/// A terminal, its keyboard and its screen.
struct Terminal {
    running: Running,
    keyboard: ChildStdin,
    screen: BufReader<ChildStdout>,
}

impl Terminal {
    /// Runs a script beside a sandbox, in the foreground of a terminal, until it is ready.
    /// `shell` is what the terminal runs; `WRAPPER` in it stands for the sandbox.
    fn start(home: &Home, shell: &str, script: &str) -> Self {
        let script = format!("{script}; echo ready; while :; do sleep 0.05; done");
        home.write("command.sh", &script);
        let flowctl = env!("CARGO_BIN_EXE_flowctl");
        let shell = shell.replace("WRAPPER", &format!("{flowctl} sandbox -- sh command.sh"));
        let mut command = Command::new("env");
        // Whatever the tests themselves have inherited.
        command.args([DEFAULT, "script", "-qec", &shell, "/dev/null"]);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", home.path());
        command.current_dir(home.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut running = Running::start(&mut command);
        let keyboard = running.stdin.take().unwrap();
        let screen = BufReader::new(running.stdout.take().unwrap());
        let mut terminal = Self { running, keyboard, screen };
        terminal.shows("ready");
        terminal
    }

    /// Waits for a line, behind what the terminal itself shows of a key.
    fn shows(&mut self, what: &str) {
        let line = self.screen.by_ref().lines().map(Result::unwrap).next();
        assert_eq!(line.as_deref().map(|line| line.trim_start_matches("^C")), Some(what));
    }

    fn press_ctrl_c(&mut self) {
        self.keyboard.write_all(b"\x03").unwrap();
        self.keyboard.flush().unwrap();
    }

    fn exit(self) -> Option<i32> {
        self.running.wait_with_output().status.code()
    }
}

/// Sends a signal to the sandbox that a script runs beside, from outside of its terminal.
fn send(home: &Home, signal: &str) {
    let wrapper = std::fs::read_to_string(home.path().join("wrapper")).unwrap();
    assert!(Command::new("kill").args(["-s", signal, wrapper.trim()]).status().unwrap().success());
}

#[test]
fn ctrl_c_reaches_the_command_once() {
    let home = Home::new();
    // A second one would end it before it has waited for it.
    let script = "trap 'trap - INT; echo told; sleep 0.3; exit 9' INT";
    let mut terminal = Terminal::start(&home, "exec WRAPPER", script);
    terminal.press_ctrl_c();
    terminal.shows("told");
    assert_eq!(terminal.exit(), Some(9));
}

#[test]
fn what_is_sent_to_us_alone_reaches_it_at_the_second_time() {
    let home = Home::new();
    let script = "echo $PPID >wrapper; trap 'echo wrong' INT; trap 'echo told; exit 9' TERM";
    let mut terminal = Terminal::start(&home, "exec WRAPPER", script);
    // As Ctrl-C would look to us.
    send(&home, "INT");
    send(&home, "TERM");
    terminal.shows("told");
    assert_eq!(terminal.exit(), Some(9));
}

#[test]
fn the_third_one_kills_it() {
    let home = Home::new();
    let script = "echo $PPID >wrapper; trap 'echo heard' INT; trap 'echo told' TERM";
    let mut terminal = Terminal::start(&home, "exec WRAPPER", script);
    terminal.press_ctrl_c();
    terminal.shows("heard");
    send(&home, "TERM");
    terminal.shows("told");
    send(&home, "INT");
    assert_eq!(terminal.exit(), Some(137));
}

#[test]
fn when_the_terminal_closes_the_command_hears_it_once_and_ends_by_itself() {
    // Of its session the first one hears of it, and when that has gone, all in the foreground do.
    for shell in ["exec 9>heard; exec WRAPPER", "exec 9>heard; WRAPPER; exit $?"] {
        let home = Home::new();
        let fifo = home.path().join("heard");
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let (sender, heard) = channel();
        thread::spawn(move || {
            let mut text = String::new();
            // Until nobody is left who could write.
            File::open(fifo).unwrap().read_to_string(&mut text).unwrap();
            sender.send(text)
        });
        let script = "trap 'echo told >&9; sleep 0.3; echo over >&9; exit 9' HUP";
        let terminal = Terminal::start(&home, shell, script);
        terminal.running.send("KILL");
        let heard = heard.recv_timeout(PATIENCE / 2).unwrap();
        assert_eq!(heard, "told\nover\n", "{shell}");
    }
}
