//! Watches the reading of a DLQ: shows that it goes on, and whether it is one at all.

use std::cell::Cell;

use crate::commands::Context;
use crate::dlq::{Dlq, Seen};
use crate::output::spinner::Spinner;
use crate::output::{Output, dlq as view};

/// What was read of a DLQ so far.
pub(super) struct Watching {
    spinner: Spinner,
    seen: Cell<Seen>,
}

impl Watching {
    pub(super) fn start(output: &Output, dlq: &Dlq) -> Self {
        let spinner = Spinner::start(output, &format!("records of {}", dlq.topic()));
        Self { spinner, seen: Cell::default() }
    }

    /// Takes what has been read now.
    pub(super) fn take(&self, more: Seen) {
        let mut seen = self.seen.get();
        seen += more;
        self.seen.set(seen);
        self.spinner.set(seen.records);
    }

    /// Writes to stderr meanwhile.
    pub(super) fn pause(&self, write: impl FnOnce()) {
        self.spinner.pause(write);
    }

    /// Shows it no longer: results come.
    pub(super) fn hide(&self) {
        self.spinner.end();
    }

    /// Warns when what was read is no DLQ by its looks, nor by the topology.
    pub(super) fn end(self, dlq: &Dlq, context: &mut Context) {
        let Self { spinner, seen } = self;
        drop(spinner);
        if !dlq.is_declared() && seen.get().is_unlike_a_dlq() {
            context.output.warn(&view::unlike_a_dlq(dlq.topic()));
        }
    }
}
