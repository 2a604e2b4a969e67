//! What a replay says while it runs.

use crate::error::Report;
use crate::output::progress::Progress;
use crate::output::replay as view;
use crate::output::{Format, Output};
use crate::replay::run::Event;
use crate::replay::{Outcome, Replay};

/// How many refused records are shown as they come; the rest is counted.
const MOST_SHOWN: usize = 20;

/// Shows what happens while a replay runs.
pub(super) struct Teller<'a> {
    plan: &'a Replay,
    format: Format,
    progress: Progress,
    refusals: Vec<Report>,
    unshown: u64,
}

impl<'a> Teller<'a> {
    pub(super) fn new(plan: &'a Replay, format: Format, progress: Progress) -> Self {
        Self { plan, format, progress, refusals: Vec::new(), unshown: 0 }
    }

    pub(super) fn tell(&mut self, event: Event, output: &mut Output) {
        match event {
            Event::Reached(count) => self.progress.set(output, count, "offsets"),
            Event::Note(text) => self.progress.pause(|| output.note(&text)),
            Event::Detail(text) => self.progress.pause(|| output.aside(&text)),
            Event::Refused { .. } if self.refusals.len() >= MOST_SHOWN => self.unshown += 1,
            Event::Refused { partition, offset, error } => {
                let report = view::refusal(self.plan, partition, offset, &error);
                self.progress.pause(|| output.warn(&report.in_one_line()));
                self.refusals.push(report);
            }
        }
    }

    /// Names what was not shown as it came, and returns the refusals for the report.
    pub(super) fn end(self, outcome: &Outcome, output: &mut Output) -> Vec<Report> {
        let Self { plan, format, progress, refusals, unshown } = self;
        drop(progress);
        if unshown > 0 {
            let all = view::refused(plan, outcome, format);
            output.warn(&format!("… and {unshown} more; {all}"));
        }
        refusals
    }
}
