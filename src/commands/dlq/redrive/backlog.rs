//! What follows a redrive when all is said: the backlog is shown to whoever watches lag.

use std::time::Duration;

use crate::commands::Context;
use crate::dlq::Dlq;

/// How long it may take: over a slow link there are some twenty round trips. It is not worth more.
pub(super) const WAIT: Duration = Duration::from_secs(3);

/// The same where the redrive did not go through: no longer than somebody who pressed Ctrl-C waits
/// gladly.
pub(super) const SHORT_WAIT: Duration = Duration::from_secs(1);

/// Shows it within this time; the next signal ends it. Where it fails the redrive is none the
/// worse, so only `-v` tells.
pub(super) async fn show(dlq: &Dlq, allowed: Duration, context: &mut Context) {
    let interrupt = context.interrupt.clone();
    let shown = tokio::select! {
        shown = dlq.show_backlog(allowed) => shown,
        _ = interrupt.wait_for_another() => return,
    };
    if let Err(error) = shown {
        context.output.detail(&format!("{error:#}"));
    }
}
