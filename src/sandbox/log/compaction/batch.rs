//! What compaction leaves of one batch.

use super::super::segment::Stored;
use super::Latest;
use crate::kafka::batch::{Batch, BatchHeader, Scratch, put_record};
use crate::model::record::RecordView;
use crate::model::timestamp::TimestampType;

/// Which records of a batch stay.
#[derive(Debug, Clone, Copy)]
pub(super) enum Keep<'a> {
    /// None.
    Nothing,
    /// All.
    All,
    /// All, but not for ever: it is a marker that nobody needs.
    AllUntilHorizon,
    /// Those that are the last of their key.
    Latest {
        /// The offset of the last record of each key.
        of: &'a Latest,
        /// Whether tombstones have been there for long enough.
        drops_tombstones: bool,
    },
}

/// What is left of a batch.
#[derive(Debug)]
pub(super) enum Left {
    /// All of it, as it is.
    Same,
    /// The batch anew.
    Changed(Stored),
    /// No record.
    Nothing,
}

/// The timestamp of a record without one.
const NO_TIMESTAMP: i64 = -1;

impl Keep<'_> {
    /// Leaves of a batch what is to stay; what is kept only until a horizon, and has none yet, gets
    /// this one. What cannot be read or written stays as it is.
    pub(super) fn apply(self, batch: &Batch<'_>, horizon: i64, scratch: &mut Scratch) -> Left {
        let header = &batch.header;
        if matches!(self, Self::Nothing) || header.record_count == 0 {
            return Left::Nothing;
        }
        let Ok(records) = batch.records(scratch) else { return Left::Same };
        let Ok(all) = records.collect::<Result<Vec<_>, _>>() else { return Left::Same };
        let kept: Vec<_> = all.iter().filter(|record| self.keeps(record)).copied().collect();
        if kept.is_empty() {
            return Left::Nothing;
        }
        let is_mortal = match self {
            Self::Latest { .. } => kept.iter().any(|record| record.value.is_none()),
            Self::AllUntilHorizon => true,
            Self::All | Self::Nothing => false,
        };
        let new_horizon = (is_mortal && header.delete_horizon().is_none()).then_some(horizon);
        if new_horizon.is_none() && kept.len() == all.len() {
            return Left::Same;
        }
        rewritten(header, &kept, new_horizon).map_or(Left::Same, Left::Changed)
    }

    /// Tells whether a record stays.
    fn keeps(self, record: &RecordView<'_>) -> bool {
        match self {
            Self::Nothing => false,
            Self::All | Self::AllUntilHorizon => true,
            Self::Latest { of, drops_tombstones } => {
                let is_latest = record
                    .key
                    .and_then(|key| of.get(key))
                    .is_some_and(|latest| record.offset >= *latest);
                is_latest && !(drops_tombstones && record.value.is_none())
            }
        }
    }
}

/// Writes a batch with fewer records, or with a horizon; `None` if it cannot be done.
fn rewritten(
    header: &BatchHeader,
    kept: &[RecordView<'_>],
    horizon: Option<i64>,
) -> Option<Stored> {
    let time = |record: &RecordView<'_>| record.timestamp.map_or(NO_TIMESTAMP, |time| time.0);
    let header = match horizon.or_else(|| header.delete_horizon()) {
        Some(horizon) => header.with_delete_horizon(horizon),
        None => BatchHeader { base_timestamp: time(kept.first()?), ..*header },
    };
    let max_timestamp = match header.timestamp_type() {
        TimestampType::CreateTime => kept.iter().map(time).max()?,
        TimestampType::LogAppendTime => header.max_timestamp,
    };
    let record_count = i32::try_from(kept.len()).ok()?;
    let header = BatchHeader { max_timestamp, record_count, ..header };
    let mut body = Vec::new();
    for record in kept {
        let offset_delta = record.offset.checked_sub(header.base_offset)?;
        let timestamp_delta = time(record).checked_sub(header.base_timestamp)?;
        let RecordView { key, value, headers, .. } = *record;
        put_record(&mut body, offset_delta, timestamp_delta, key, value, headers);
    }
    let body = header.codec().ok()?.compress(&body).ok()?;
    Some(Stored::new(&header, header.encode(&body).ok()?))
}
