//! Compaction beside everything else: the broker is held only to say what there is to do, and to
//! take what is left. A full partition takes seconds, in which clients would be waiting.

use std::panic::resume_unwind;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::kafka::batch::Scratch;
use crate::sandbox::broker::Shared;

/// How long it pauses between two rounds. Kafka's cleaner pauses 15 seconds
/// (`log.cleaner.backoff.ms`); whoever tries compaction here wants to see it happen.
const PAUSE: Duration = Duration::from_secs(1);

/// Compacts one partition after the other, for ever.
pub(super) async fn run(shared: Shared) {
    loop {
        sleep(PAUSE).await;
        for place in shared.look(|broker| broker.topics.compacting()) {
            let due = shared.look(|broker| broker.topics.compaction(place, broker.now()));
            let Some(compaction) = due else { continue };
            let compacting = spawn_blocking(move || compaction.run(&mut Scratch::default()));
            let compacted = match compacting.await {
                Ok(compacted) => compacted,
                Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
                Err(_cancelled) => return,
            };
            shared.change(|broker| broker.topics.compacted(place, compacted));
        }
    }
}
