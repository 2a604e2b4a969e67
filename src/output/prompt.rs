//! Asking for a yes: the one place where an answer, or the flag that stands for it, becomes an
//! [`Approval`]. It never assumes one, and never waits where nobody can answer.

use std::time::Duration;

use console::Term;
use tokio::sync::oneshot;
use unicode_width::UnicodeWidthStr;

use super::phrases::nothing_done;
use super::streams::{Output, say};
use crate::approval::{Approval, ApprovedBy};
use crate::error::Problem;
use crate::interrupt::Interrupt;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The question; lines before its last one are said above it.
    pub text: &'a str,
    /// Whether `--yes` was given.
    pub yes: bool,
    /// The name that has to be typed where a yes is not enough; `--confirm` stands for it.
    pub name_to_type: Option<&'a str>,
}

/// Asks, unless flags have answered already. The default is no; without a terminal it is refused at
/// once, and the refusal names the flag.
pub async fn approve(
    output: &mut Output,
    interrupt: &Interrupt,
    question: Question<'_>,
) -> Result<Approval, Problem> {
    let Question { text, yes, name_to_type } = question;
    if yes && let Some(name) = name_to_type {
        return Err(Problem::refused(format!("--yes is not enough for `{name}`"))
            .hint(format!("name it: add --confirm {name}")));
    }
    if yes {
        return Ok(Approval::given(ApprovedBy::Flag));
    }
    if !output.can_ask() {
        let flags =
            name_to_type.map_or_else(|| "--yes".to_owned(), |n| format!("--yes --confirm {n}"));
        return Err(Problem::refused(
            "this needs a confirmation, and there is no terminal to ask at",
        )
        .hint(format!("add {flags} to confirm, or --dry-run to see what would be done")));
    }
    // What is asked about has been written to stdout; a reader of it who has gone is told
    // elsewhere.
    drop(output.flush());
    let (above, last) = text.rsplit_once('\n').unwrap_or(("", text));
    let (asked, answer) = match name_to_type {
        None => (format!("{last} [y/N]"), "yes"),
        Some(name) => (format!("{last} Type `{name}` to go on"), name),
    };
    let width = Term::stderr().size_checked().map_or(usize::MAX, |(_, width)| width.into());
    // Before the answer there is a colon, and behind it the cursor.
    let asked = fold(&asked, width, answer.width() + 3);
    let lines: Vec<_> = above.lines().chain(asked.lines()).collect();
    let (last, above) = lines.split_last().unwrap_or((&"", &[]));
    for line in above {
        say(line);
    }
    let answer = tokio::select! {
        answer = on_terminal((*last).to_owned(), name_to_type.map(str::to_owned)) => match answer {
            Some(answer) => Ok(answer),
            // A terminal in raw mode gives Ctrl-C as a byte; its signal is on its way.
            None => tokio::time::timeout(SIGNAL_DELAY, interrupt.wait()).await.map_or(Ok(false), Err),
        },
        signal = interrupt.wait() => Err(signal),
    };
    match answer {
        Ok(true) => Ok(Approval::given(ApprovedBy::Prompt)),
        Ok(false) => Err(Problem::refused("not confirmed: nothing was done")),
        Err(signal) => {
            // The question has left the cursor on its line.
            say("");
            Err(nothing_done(signal))
        }
    }
}

/// Breaks a question where the terminal would, and so that the answer stands in its last line: of a
/// line that the terminal has wrapped, a part would be left when it is drawn anew.
fn fold(question: &str, width: usize, answer: usize) -> String {
    let mut folded = String::new();
    let mut column = 0;
    let mut words = question.split(' ').peekable();
    while let Some(word) = words.next() {
        let room = if words.peek().is_none() { answer } else { 0 };
        if column > 0 {
            let has_room = column + 1 + word.width() + room <= width;
            folded.push(if has_room { ' ' } else { '\n' });
            column = if has_room { column + 1 } else { 0 };
        }
        folded.push_str(word);
        column += word.width();
    }
    folded
}

/// How long a signal may take after its byte: it is raised by this process itself.
const SIGNAL_DELAY: Duration = Duration::from_millis(100);

/// Waits for the answer on a thread of its own, so that a signal can end the wait; `None` when
/// there is none.
async fn on_terminal(asked: String, name_to_type: Option<String>) -> Option<bool> {
    let (sender, answer) = oneshot::channel();
    std::thread::spawn(move || {
        // A whole line: who types `yes` must not have `es` run by the shell, and `not yet` is no
        // yes.
        let typed = dialoguer::Input::<String>::new()
            .with_prompt(asked)
            .allow_empty(true)
            .interact_text_on(&Term::stderr());
        let answer = typed.ok().map(|typed| match name_to_type {
            None => matches!(typed.trim().to_lowercase().as_str(), "y" | "yes"),
            Some(name) => typed.trim() == name,
        });
        // The command may have ended meanwhile.
        let _unheard = sender.send(answer);
    });
    answer.await.unwrap_or(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_and_its_answer_stand_in_lines_of_the_terminal() {
        let question = "Redrive 6 dead letters of `orders-dlq` in dev? [y/N]";
        assert_eq!(fold(question, usize::MAX, 6), question);
        assert_eq!(fold(question, 58, 6), question);
        let below = "Redrive 6 dead letters of `orders-dlq` in dev?\n[y/N]";
        assert_eq!(fold(question, 57, 6), below);
        let narrow = "Redrive 6 dead letters\nof `orders-dlq` in dev?\n[y/N]";
        assert_eq!(fold(question, 24, 6), narrow);
        assert_eq!(fold("Copy `a-long-name`?", 5, 6), "Copy\n`a-long-name`?");
    }
}
