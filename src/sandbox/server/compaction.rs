//! Compaction beside everything else: the broker is held only to say what there is to do, and to
//! take what is left. A full partition takes seconds, in which clients would be waiting.

use std::time::Duration;

use tokio::time::sleep;

use crate::kafka::batch::Scratch;
use crate::sandbox::broker::Shared;
use crate::sandbox::heavy::beside;

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
            let compacted = beside(move || compaction.run(&mut Scratch::default())).await;
            shared.change(|broker| broker.topics.compacted(place, compacted));
        }
    }
}
