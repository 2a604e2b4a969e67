//! Asks for the approval of what cannot be undone: at a terminal, or by `--yes`; never assumed.

use std::io;

use dialoguer::Confirm;

use super::Output;
use crate::approval::{Approval, ApprovedBy};
use crate::error::Problem;
use crate::exit::Exit;

/// Asks the question, which is answered with *no* by default. `yes` stands for an answer given by
/// `--yes`. Without a terminal nobody can be asked: that is refused at once, never waited for.
pub fn approve(output: &mut Output, question: &str, yes: bool) -> Result<Approval, Problem> {
    if yes {
        return Ok(Approval::given(ApprovedBy::Flag));
    }
    if !output.can_ask() {
        return Err(Problem::refused(
            "this needs a confirmation, and there is no terminal to ask at",
        )
        .hint("add --yes to confirm, or --dry-run to see what would be done"));
    }
    let answer = Confirm::new()
        .with_prompt(question)
        .default(false)
        .interact_on(&console::Term::stderr())
        .map_err(|dialoguer::Error::IO(cause)| {
            if cause.kind() == io::ErrorKind::Interrupted {
                Problem::new(Exit::Interrupted, "interrupted: nothing was done")
            } else {
                Problem::refused(format!("cannot ask for a confirmation: {cause}"))
                    .hint("add --yes to confirm")
            }
        })?;
    if answer {
        Ok(Approval::given(ApprovedBy::Prompt))
    } else {
        Err(Problem::refused("not confirmed: nothing was done"))
    }
}
