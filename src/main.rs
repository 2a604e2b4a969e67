//! Parses the command line, runs the command, sets the exit code.

use std::ffi::OsString;
use std::process::{self, ExitCode};

use flowctl::clock::{Clock, Deadline};
use flowctl::commands::{Cli, Context, usage};
use flowctl::config::Environment;
use flowctl::error;
use flowctl::exit::Exit;
use flowctl::interrupt::{Interrupt, Interrupted, Signal};
use flowctl::model::own_topics::OwnTopics;
use flowctl::output::{Output, StreamError, streams};
use tokio::runtime::Builder;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let cli = match usage::parse(&arguments) {
        Ok(cli) => cli,
        Err(answer) => return refuse(answer, &arguments).into(),
    };
    let environment = Environment::read();
    let interrupt = listen();
    let style = cli.global.style(&environment, cli.command.error_format());
    let mut output = Output::new(style, interrupt.clone());
    // The command runs on this thread, the connections on another one: the next answer arrives
    // while the records of the last one are decoded and written.
    let runtime = match Builder::new_multi_thread().worker_threads(1).enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => {
            let failure = anyhow::Error::new(cause).context("cannot start the runtime");
            output.error(&error::report(&failure));
            return Exit::Failed.into();
        }
    };
    let exit = runtime.block_on(run(cli, environment, output, interrupt));
    // Who was told to stop at once does not wait for a thread that is still writing.
    runtime.shutdown_background();
    exit.into()
}

/// Listens for Ctrl-C and SIGTERM; what they cannot ask to end, they end.
fn listen() -> Interrupt {
    #[expect(
        clippy::disallowed_methods,
        clippy::exit,
        reason = "the work is stuck: nobody returns"
    )]
    let end = |signal: Signal| process::exit(signal.exit().code().into());
    match Interrupt::listen(end) {
        Ok(interrupt) => interrupt,
        Err(cause) => {
            streams::say(&format!("warning: Ctrl-C will not be handled: {cause}"));
            Interrupt::never()
        }
    }
}

/// Runs the command and shows how it ended.
async fn run(cli: Cli, environment: Environment, output: Output, interrupt: Interrupt) -> Exit {
    let Cli { global, command } = cli;
    let deadline = Deadline::after(global.timeout);
    let mut context = Context {
        global,
        environment,
        own_topics: OwnTopics::default(),
        output,
        clock: Clock::System,
        interrupt,
        deadline,
    };
    let ended = command.run(&mut context).await;
    let ended = ended.and_then(|exit| Ok(context.output.finish().map(|()| exit)?));
    match ended {
        Ok(exit) => exit,
        Err(failure) => quiet_end(&failure).unwrap_or_else(|| {
            context.output.error(&error::report(&failure));
            error::exit_of(&failure)
        }),
    }
}

/// Returns the exit of a command that somebody ended: nobody reads stdout any more, or a signal
/// came before anything was changed. There is nothing to say then.
fn quiet_end(failure: &anyhow::Error) -> Option<Exit> {
    if let Some(Interrupted(signal)) = failure.downcast_ref() {
        return Some(signal.exit());
    }
    match failure.downcast_ref()? {
        StreamError::ClosedReader => Some(Exit::Done),
        StreamError::Interrupted(Interrupted(signal)) => Some(signal.exit()),
        StreamError::Failed(_) => None,
    }
}

/// Shows what clap has to say: help and version are data, the rest is a usage error.
fn refuse(mut answer: clap::Error, arguments: &[OsString]) -> Exit {
    let arguments: Vec<String> =
        arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let advice = usage::advise(&mut answer, &arguments);
    if answer.print().is_err() {
        return Exit::Done;
    }
    for line in advice {
        streams::say(&line);
    }
    if answer.use_stderr() { Exit::Usage } else { Exit::Done }
}
