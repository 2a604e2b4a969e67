//! What would be sent: the records of the source, without a cluster.

use super::source::{Chunk, Source, SourceError};
use crate::interrupt::{Interrupt, Signal};
use crate::model::record::OutgoingRecord;

/// How a preview ended.
#[derive(Debug)]
pub enum Previewed {
    /// There were no more records.
    AtEnd,
    /// The source failed.
    Source(SourceError),
    /// Somebody asked.
    Interrupted(Signal),
}

/// Gives every record of the source to `each`, which stops it by an error.
pub async fn preview<E>(
    mut source: Source,
    interrupt: &Interrupt,
    mut each: impl FnMut(&OutgoingRecord) -> Result<(), E>,
) -> Result<Previewed, E> {
    loop {
        let chunk = tokio::select! {
            biased;
            signal = interrupt.wait() => return Ok(Previewed::Interrupted(signal)),
            chunk = source.next() => chunk,
        };
        match chunk {
            Chunk::Records(records) => {
                for (_, record) in &records {
                    each(record)?;
                }
            }
            Chunk::End => return Ok(Previewed::AtEnd),
            Chunk::Failed(error) => return Ok(Previewed::Source(error)),
        }
    }
}
