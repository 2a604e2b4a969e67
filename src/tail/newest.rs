//! The newest records of several partitions, merged.

use std::collections::{BTreeMap, VecDeque};

use crate::model::header::Headers;
use crate::model::record::RecordView;
use crate::model::timestamp::{Timestamp, TimestampType};

/// A record that is kept until it is known whether it is among the newest.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) partition: i32,
    offset: i64,
    timestamp: Option<Timestamp>,
    timestamp_type: TimestampType,
    key: Option<Box<[u8]>>,
    value: Option<Box<[u8]>>,
    header_count: usize,
    header_block: Box<[u8]>,
}

impl Kept {
    fn copy(partition: i32, view: &RecordView<'_>) -> Self {
        let RecordView { offset, timestamp, timestamp_type, key, value, headers } = *view;
        Self {
            partition,
            offset,
            timestamp,
            timestamp_type,
            key: key.map(Box::from),
            value: value.map(Box::from),
            header_count: headers.len(),
            header_block: headers.block().into(),
        }
    }

    /// Returns the record as it was.
    pub(super) fn view(&self) -> RecordView<'_> {
        RecordView {
            offset: self.offset,
            timestamp: self.timestamp,
            timestamp_type: self.timestamp_type,
            key: self.key.as_deref(),
            value: self.value.as_deref(),
            headers: Headers::new(self.header_count, &self.header_block),
        }
    }

    /// Returns what orders records of several partitions; one without a timestamp is older than
    /// all.
    fn age(&self) -> (Option<Timestamp>, i32, i64) {
        (self.timestamp, self.partition, self.offset)
    }
}

/// Part of a partition that is read to find its newest records: from `start` to before `stop`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) start: i64,
    pub(super) stop: i64,
}

/// How much further back each window goes than the one before. Records are missing where offsets
/// have none (markers, compaction, other keys); then a few rounds must reach far.
const GROWTH: i64 = 8;

/// Keeps the newest records of each partition while windows are read from the end to the start.
#[derive(Debug)]
pub(super) struct Newest {
    limit: usize,
    partitions: BTreeMap<i32, Partition>,
}

#[derive(Debug)]
struct Partition {
    log_start: i64,
    window: Window,
    /// From earlier windows, which are later in the log.
    later: VecDeque<Kept>,
    /// From this window, not more than are still missing.
    current: VecDeque<Kept>,
}

impl Newest {
    /// Starts to look for the `limit` newest records; `spans` are the log start and the end of each
    /// partition.
    pub(super) fn new(limit: usize, spans: impl IntoIterator<Item = (i32, i64, i64)>) -> Self {
        let count = i64::try_from(limit).unwrap_or(i64::MAX);
        let partitions = spans
            .into_iter()
            .map(|(partition, log_start, end)| {
                let start = end.saturating_sub(count).max(log_start.min(end));
                let window = Window { start, stop: end };
                let (later, current) = (VecDeque::new(), VecDeque::new());
                (partition, Partition { log_start, window, later, current })
            })
            .collect();
        Self { limit, partitions }
    }

    /// Returns the windows to be read now; none when the newest records are found.
    pub(super) fn windows(&self) -> BTreeMap<i32, Window> {
        self.partitions
            .iter()
            .filter(|(_, partition)| {
                partition.later.len() < self.limit && partition.window.start < partition.window.stop
            })
            .map(|(number, partition)| (*number, partition.window))
            .collect()
    }

    /// Takes a record of the current window of its partition.
    pub(super) fn take(&mut self, number: i32, record: &RecordView<'_>) {
        let Some(partition) = self.partitions.get_mut(&number) else { return };
        partition.current.push_back(Kept::copy(number, record));
        if partition.later.len() + partition.current.len() > self.limit {
            partition.current.pop_front();
        }
    }

    /// Ends the current windows and sets the next ones, further back.
    pub(super) fn finish_windows(&mut self) {
        for partition in self.partitions.values_mut() {
            partition.current.append(&mut partition.later);
            std::mem::swap(&mut partition.current, &mut partition.later);
            let Window { start, stop } = partition.window;
            let length = (stop - start).saturating_mul(GROWTH);
            let before = start.saturating_sub(length).max(partition.log_start.min(start));
            partition.window = Window { start: before, stop: start };
        }
    }

    /// Returns the newest records, oldest first, ordered by timestamp, partition and offset.
    pub(super) fn merge(self) -> Vec<Kept> {
        let mut all: Vec<_> =
            self.partitions.into_values().flat_map(|partition| partition.later).collect();
        all.sort_by_key(Kept::age);
        let surplus = all.len().saturating_sub(self.limit);
        all.split_off(surplus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(offset: i64, timestamp: i64) -> RecordView<'static> {
        RecordView {
            offset,
            timestamp: Some(Timestamp(timestamp)),
            timestamp_type: TimestampType::CreateTime,
            key: None,
            value: Some(b"v"),
            headers: Headers::new(1, &[2, b'a', 1]),
        }
    }

    /// Partition, log start, end, and the records as offset and timestamp.
    type Log = (i32, i64, i64, &'static [(i64, i64)]);

    /// Looks for the newest in logs, and says in how many rounds they were found.
    fn newest(limit: usize, logs: &[Log]) -> (Vec<(i32, i64)>, usize) {
        let mut newest =
            Newest::new(limit, logs.iter().map(|(number, start, end, _)| (*number, *start, *end)));
        let mut rounds = 0;
        loop {
            let windows = newest.windows();
            if windows.is_empty() {
                break;
            }
            for (number, _, _, records) in logs {
                let Some(window) = windows.get(number) else { continue };
                for (offset, timestamp) in *records {
                    if (window.start..window.stop).contains(offset) {
                        newest.take(*number, &record(*offset, *timestamp));
                    }
                }
            }
            newest.finish_windows();
            rounds += 1;
        }
        let merged = newest.merge();
        (merged.iter().map(|kept| (kept.partition, kept.view().offset)).collect(), rounds)
    }

    #[test]
    fn the_newest_are_merged_by_timestamp_partition_and_offset() {
        let logs: [Log; 2] =
            [(0, 0, 3, &[(0, 10), (1, 40), (2, 50)]), (1, 0, 3, &[(0, 20), (1, 40), (2, 41)])];
        assert_eq!(newest(4, &logs), (vec![(0, 1), (1, 1), (1, 2), (0, 2)], 1));
        assert_eq!(newest(1, &logs).0, [(0, 2)]);
        assert_eq!(newest(100, &logs).0.len(), 6);
    }

    #[test]
    fn offsets_without_records_make_it_look_further_back() {
        // Of the last ten offsets one has a record: markers, compaction, or other keys.
        let log: [Log; 1] = [(0, 5, 100, &[(6, 1), (20, 2), (60, 3), (99, 4)])];
        assert_eq!(newest(3, &log).0, [(0, 20), (0, 60), (0, 99)]);
        assert_eq!(newest(10, &log).0, [(0, 6), (0, 20), (0, 60), (0, 99)]);
    }

    #[test]
    fn nothing_is_read_where_nothing_is_or_nothing_is_wanted() {
        assert_eq!(newest(5, &[(0, 7, 7, &[])]), (vec![], 0));
        assert_eq!(newest(0, &[(0, 0, 9, &[(8, 1)])]), (vec![], 0));
    }

    #[test]
    fn a_kept_record_is_as_it_was() {
        let kept = Kept::copy(3, &record(7, 9));
        let headers: Vec<_> = kept.view().headers.iter().collect();
        assert_eq!(headers, [(&b"a"[..], None)]);
        assert_eq!((kept.view().offset, kept.view().value), (7, Some(&b"v"[..])));
    }
}
