//! What compaction leaves of one batch.

use super::super::segment::Stored;
use super::Offsets;
use crate::kafka::batch::{Batch, BatchHeader, Records, Scratch, put_record};
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
        /// The offset of the last record of each key that was written lately.
        of: &'a Offsets,
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

/// What there is to know of the records that stay before they are written.
#[derive(Debug, Default)]
struct Kept {
    count: i32,
    /// Whether there are others.
    loses: bool,
    has_tombstone: bool,
    first_time: i64,
    max_time: i64,
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
        let Some(kept) = self.kept(records.clone()) else { return Left::Same };
        if kept.count == 0 {
            return Left::Nothing;
        }
        let is_mortal = match self {
            Self::Latest { .. } => kept.has_tombstone,
            Self::AllUntilHorizon => true,
            Self::All | Self::Nothing => false,
        };
        let new_horizon = (is_mortal && header.delete_horizon().is_none()).then_some(horizon);
        if new_horizon.is_none() && !kept.loses {
            return Left::Same;
        }
        let left = self.rewritten(header, records, &kept, new_horizon);
        left.map_or(Left::Same, Left::Changed)
    }

    /// Looks at the records that stay; `None` if some cannot be read.
    fn kept(self, records: Records<'_>) -> Option<Kept> {
        let mut kept = Kept { max_time: i64::MIN, ..Kept::default() };
        for record in records {
            let record = record.ok()?;
            if !self.keeps(&record) {
                kept.loses = true;
                continue;
            }
            let time = time(&record);
            if kept.count == 0 {
                kept.first_time = time;
            }
            kept.count = kept.count.checked_add(1)?;
            kept.max_time = kept.max_time.max(time);
            kept.has_tombstone |= record.value.is_none();
        }
        Some(kept)
    }

    /// Tells whether a record stays.
    fn keeps(self, record: &RecordView<'_>) -> bool {
        match self {
            Self::Nothing => false,
            Self::All | Self::AllUntilHorizon => true,
            Self::Latest { of, drops_tombstones } => {
                let comes_again = |key| of.get(key).is_some_and(|latest| record.offset < *latest);
                let is_latest = record.key.is_some_and(|key| !comes_again(key));
                is_latest && !(drops_tombstones && record.value.is_none())
            }
        }
    }

    /// Writes a batch with the records that stay, or with a horizon; `None` if it cannot be done.
    fn rewritten(
        self,
        header: &BatchHeader,
        records: Records<'_>,
        kept: &Kept,
        horizon: Option<i64>,
    ) -> Option<Stored> {
        let header = match horizon.or_else(|| header.delete_horizon()) {
            Some(horizon) => header.with_delete_horizon(horizon),
            None => BatchHeader { base_timestamp: kept.first_time, ..*header },
        };
        let max_timestamp = match header.timestamp_type() {
            TimestampType::CreateTime => kept.max_time,
            TimestampType::LogAppendTime => header.max_timestamp,
        };
        let header = BatchHeader { max_timestamp, record_count: kept.count, ..header };
        let mut body = Vec::new();
        for record in records.filter_map(Result::ok).filter(|record| self.keeps(record)) {
            let offset_delta = record.offset.checked_sub(header.base_offset)?;
            let timestamp_delta = time(&record).checked_sub(header.base_timestamp)?;
            let RecordView { key, value, headers, .. } = record;
            put_record(&mut body, offset_delta, timestamp_delta, key, value, headers);
        }
        let body = header.codec().ok()?.compress(&body).ok()?;
        Some(Stored::new(&header, header.encode(&body).ok()?))
    }
}

/// Returns the timestamp of a record as batches have it.
fn time(record: &RecordView<'_>) -> i64 {
    record.timestamp.map_or(NO_TIMESTAMP, |time| time.0)
}
