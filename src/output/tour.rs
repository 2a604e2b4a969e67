//! The tour's transcript: each command as it is typed, and what it gave.

use super::{Output, StreamError};
use crate::tour::{Event, Ran};

/// Shows an event as it happens.
pub fn show(output: &mut Output, event: &Event) -> Result<(), StreamError> {
    let color = output.stdout_has_color();
    let text = match event {
        Event::Step(text) if color => format!("\n\x1b[1m# {text}\x1b[0m\n"),
        Event::Step(text) => format!("\n# {text}\n"),
        Event::Told(text) => format!("# {text}\n"),
        Event::Command(command) if color => format!("\x1b[32m$ {command}\x1b[0m\n"),
        Event::Command(command) => format!("$ {command}\n"),
        Event::Ran(Ran { exit, stdout, stderr }) => {
            let code = exit.filter(|code| *code != 0);
            let code = code.map(|code| format!("(exit code {code})\n")).unwrap_or_default();
            format!("{stdout}{stderr}{code}")
        }
    };
    output.print(&text)?;
    output.flush()
}
