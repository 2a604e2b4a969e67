//! A sandbox that runs: what it says, and rules that change meanwhile.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::commands::{Context, reading};
use crate::error::{Problem, report};
use crate::model::count::count;
use crate::sandbox::{Event, Fault, FaultError, Sandbox};

/// A sandbox with its rules.
pub(super) struct Running {
    sandbox: Sandbox,
    rules: Option<FaultFile>,
    /// When the rules are looked at: also while the sandbox has always something to say.
    looks: Interval,
}

/// How often the file with the rules is looked at: sooner than anybody types the next command.
const LOOK: Duration = Duration::from_millis(100);

impl Running {
    /// Goes on with a sandbox, and with the file that its rules come from.
    pub(super) fn new(sandbox: Sandbox, rules: Option<FaultFile>) -> Self {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { sandbox, rules, looks }
    }

    /// Waits for what the sandbox has to say, or for other rules.
    pub(super) async fn next(&mut self, context: &mut Context) {
        tokio::select! {
            event = self.sandbox.event() => tell(&event, context),
            _now = self.looks.tick(), if self.rules.is_some() => {
                let read = self.rules.as_mut().and_then(FaultFile::look);
                match read {
                    None => {}
                    Some(Ok(faults)) => {
                        let rules = count(faults.len(), "rule");
                        self.sandbox.set_faults(faults);
                        context.output.note(&format!("the file of the rules has changed: {rules}"));
                    }
                    Some(Err(problem)) => {
                        let report = report(&problem.into());
                        let what = report.in_one_line();
                        context.output.warn(&format!("{what}; the rules before hold"));
                        for hint in report.hints {
                            context.output.note(&format!("hint: {hint}"));
                        }
                    }
                }
            }
        }
    }
}

/// A file with rules.
pub(super) struct FaultFile {
    path: PathBuf,
    /// What was in it the last time, or why it could not be read: each is told once.
    last: Result<String, String>,
}

impl FaultFile {
    /// Reads the rules for the first time. They are looked at again if it is a file: a pipe is read
    /// once.
    pub(super) async fn open(
        path: PathBuf,
        context: &Context,
    ) -> anyhow::Result<(Vec<Fault>, Option<Self>)> {
        let file = path.clone();
        let read = move || (std::fs::read_to_string(&file), file.is_file());
        let (text, is_file) = reading::beside(&context.interrupt, read).await?;
        let text = text.map_err(|cause| unreadable(&path, &cause.to_string()))?;
        let faults = parse(&path, &text)?;
        Ok((faults, is_file.then_some(Self { path, last: Ok(text) })))
    }

    /// Reads the rules again; nothing where they are as before.
    fn look(&mut self) -> Option<Result<Vec<Fault>, Problem>> {
        // What is no file any more could keep us waiting.
        let read = if self.path.is_file() {
            std::fs::read_to_string(&self.path).map_err(|cause| cause.to_string())
        } else {
            Err("it is no file any more".to_owned())
        };
        if read == self.last {
            return None;
        }
        self.last = read;
        Some(match &self.last {
            Ok(text) => parse(&self.path, text),
            Err(cause) => Err(unreadable(&self.path, cause)),
        })
    }
}

fn unreadable(path: &Path, cause: &str) -> Problem {
    Problem::usage(format!("cannot read `{}`: {cause}", path.display()))
}

fn parse(path: &Path, text: &str) -> Result<Vec<Fault>, Problem> {
    Fault::parse_lines(text).map_err(|(line, error)| {
        no_rule(&format!("{}:{line}:{}", path.display(), error.column), &error)
    })
}

/// Says what is wrong with a rule, and where.
pub(super) fn no_rule(place: &str, error: &FaultError) -> Problem {
    let problem = Problem::usage(format!("{place}: {error}"));
    match error.hint() {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// Shows what the sandbox has to say.
fn tell(event: &Event, context: &mut Context) {
    match event {
        Event::Closed { peer, reason } => {
            context.output.warn(&format!("closed the connection of {peer}: {reason}"));
        }
        Event::Struck { peer, call, rule } => {
            context.output.detail(&format!("a rule struck {call} of {peer}: {rule}"));
        }
        Event::Full => {
            context.output.warn(
                "the memory is full (--max-memory): producing is refused with POLICY_VIOLATION",
            );
        }
        Event::Panicked => {
            context.output.warn("something ended by a mistake in the sandbox: please report it");
        }
        Event::NotAccepted(cause) => {
            context.output.warn(&format!("could not take a connection: {cause}"));
        }
    }
}
