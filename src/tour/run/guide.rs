//! Runs flowctl as a user would, tells what is run, and holds the exit code against what was
//! announced.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::Context;
use tokio::process::Command;

use super::Tour;
use crate::error::Problem;
use crate::exit::Exit;
use crate::model::secret::Secret;
use crate::tour::story::{self, Event, Ran};

/// Leads through the tour.
pub(super) struct Guide<'a> {
    tour: &'a Tour,
    folder: PathBuf,
    say: &'a mut dyn FnMut(Event),
}

impl<'a> Guide<'a> {
    pub(super) fn new(tour: &'a Tour, folder: PathBuf, say: &'a mut dyn FnMut(Event)) -> Self {
        say(Event::Command(format!("export FLOWCTL_BROKERS={} FLOWCTL_ENV=dev", tour.brokers)));
        Self { tour, folder, say }
    }

    /// Begins a step.
    pub(super) fn step(&mut self, text: &str) {
        (self.say)(Event::Step(text.to_owned()));
    }

    /// Tells of something that is no command.
    pub(super) fn tell(&mut self, text: String) {
        (self.say)(Event::Told(text));
    }

    /// Shows and runs a command; any other exit code than the announced one is an error.
    pub(super) async fn command(&mut self, arguments: &[&str], exit: i32) -> anyhow::Result<Ran> {
        let connection = self.tour.connection.iter().map(Secret::reveal);
        let words = arguments.iter().copied().chain(connection).map(story::shown);
        let words: Vec<_> = std::iter::once("flowctl".to_owned()).chain(words).collect();
        (self.say)(Event::Command(words.join(" ")));
        let ran = self.run(arguments).await?;
        (self.say)(Event::Ran(ran.clone()));
        announced(arguments, &ran, exit)?;
        Ok(ran)
    }

    /// Runs a command behind the scenes, to check what the shown ones did.
    pub(super) async fn check(&self, arguments: &[&str], exit: i32) -> anyhow::Result<Ran> {
        let ran = self.run(arguments).await?;
        announced(arguments, &ran, exit)?;
        Ok(ran)
    }

    async fn run(&self, arguments: &[&str]) -> anyhow::Result<Ran> {
        let Tour { program, properties, brokers, width, .. } = self.tour;
        let output = Command::new(program)
            .args(arguments)
            .args(properties.iter().flat_map(|file| [OsStr::new("-F"), file.as_os_str()]))
            .current_dir(&self.folder)
            .env("FLOWCTL_BROKERS", brokers)
            .env("FLOWCTL_ENV", "dev")
            .env_remove("FLOWCTL_FILE")
            .envs(width.map(|(variable, columns)| (variable, columns.to_string())))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .with_context(|| format!("cannot run `{}`", program.display()))?;
        Ok(Ran {
            exit: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

/// Holds the exit code against the announced one.
fn announced(arguments: &[&str], ran: &Ran, exit: i32) -> anyhow::Result<()> {
    if ran.exit == Some(exit) {
        return Ok(());
    }
    let ended = ran.exit.map_or("a signal".to_owned(), |code| format!("exit code {code}"));
    let command = arguments.join(" ");
    let problem = format!("`flowctl {command}` ended with {ended}, announced was {exit}");
    // The command's own exit code says most: 6 for a missing right, 5 for a broker that is gone.
    let code = ran.exit.and_then(|code| u8::try_from(code).ok()).filter(|code| *code != 0);
    let problem = Problem::new(code.map_or(Exit::Failed, Exit::from_code), problem);
    let told = ran.stderr.trim();
    Err(if told.is_empty() { problem } else { problem.hint(format!("it said: {told}")) }.into())
}
