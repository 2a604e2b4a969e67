//! What a redrive says while it runs.

use crate::dlq::{Event, Fate};
use crate::output::dlq::redrive::Handled;
use crate::output::progress::Progress;
use crate::output::{ListFormat, Output};

/// How many problems of single records are shown as they come; the rest is counted.
pub(super) const MOST_SHOWN: usize = 20;

/// Shows what happens while a redrive runs.
pub(super) struct Teller {
    format: ListFormat,
    progress: Progress,
    problems: Vec<Handled>,
    unshown: u64,
}

impl Teller {
    pub(super) fn new(format: ListFormat, progress: Progress) -> Self {
        Self { format, progress, problems: Vec::new(), unshown: 0 }
    }

    pub(super) fn tell(&mut self, event: Event, output: &mut Output) -> anyhow::Result<()> {
        match event {
            Event::Handled(id, fate) => {
                let is_problem = matches!(fate, Fate::Refused(_) | Fate::Failed(_));
                let handled = Handled { id, fate };
                if self.format == ListFormat::Jsonl {
                    output.print_json(&handled.line())?;
                }
                if is_problem {
                    if self.problems.len() < MOST_SHOWN {
                        self.progress.pause(|| output.warn(&handled.text()));
                        self.problems.push(handled);
                    } else {
                        self.unshown += 1;
                    }
                }
            }
            Event::Expired { partition, from, to } => {
                let last = to - 1;
                let text = format!(
                    "partition {partition}: retention deleted offsets {from} to {last} while they \
                     were pending"
                );
                self.progress.pause(|| output.warn(&text));
            }
            Event::Progress(count) => self.progress.set(output, count, "dead letters"),
            Event::Note(text) => self.progress.pause(|| output.note(&text)),
            Event::Detail(text) => self.progress.pause(|| output.aside(&text)),
            Event::Warning(text) => self.progress.pause(|| output.warn(&text)),
            Event::Decided(..) => {}
        }
        Ok(())
    }

    /// Says how many problems were not shown, and returns the others for the report.
    pub(super) fn end(self, output: &mut Output) -> Vec<Handled> {
        let Self { format: _, progress, problems, unshown } = self;
        drop(progress);
        if unshown > 0 {
            output.warn(&format!("… and {unshown} more like these"));
        }
        problems
    }
}
