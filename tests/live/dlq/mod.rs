//! Dead letters on real Kafka: what is sent, what is remembered, what survives a crash.

mod backlog;
mod crashes;
mod denied;
mod once;
mod recreated;
mod refused;
mod replay;

use crate::dead_letters::Flow;
use crate::support::kafka;

/// Makes a flow with so many partitions.
fn new_flow(name: &str, partitions: i32) -> Flow<'static> {
    Flow::on(kafka(), name, partitions)
}
