//! The value of a ledger entry: which dead letters, what became of them, where they went.

use serde::{Deserialize, Serialize};

use crate::model::name::TopicName;
use crate::model::timestamp::Timestamp;

/// The version of the format; a reader that meets a higher one stops.
const VERSION: u32 = 1;

/// The longest entry that is written. A tenth of Kafka's default `max.message.bytes`: even a
/// ledger with a much lower limit takes it, and a transaction of 10 000 records that compress
/// badly is still only five entries.
const MAX_ENTRY_BYTES: usize = 100_000;

/// More than a run takes as JSON, counting four numbers of up to 20 digits only where they are
/// large: `[9223372036854775807,10000,2147483647,9223372036854775807],`.
const MAX_RUN_BYTES: usize = 60;

/// Dead letters of one DLQ partition with one fate in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The id of the command that wrote it.
    pub job: String,
    /// What became of them.
    pub outcome: Outcome,
    /// The timestamp of the first one: an offset with another timestamp is another record.
    pub first_timestamp: Option<Timestamp>,
    /// Which ones.
    pub runs: Vec<Run>,
}

/// What became of dead letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// They were sent to a topic.
    Redriven {
        /// The topic.
        to: TopicName,
    },
    /// Another dead letter of the same origin was sent in their place.
    Duplicate,
}

/// Consecutive dead letters that went to consecutive offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The first DLQ offset.
    pub dlq_offset: i64,
    /// How many.
    pub count: i64,
    /// The partition they went to; −1 where they went nowhere.
    pub target_partition: i32,
    /// The offset of the first one there; −1 where they went nowhere.
    pub target_offset: i64,
}

/// Why an entry cannot be understood. A redrive stops then: who skips an entry sends twice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Written by a later flowctl.
    #[error("entry `{key}` was written by a newer flowctl (format {version})")]
    Newer {
        /// The entry's key.
        key: String,
        /// Its version.
        version: u32,
    },
    /// It says something that this version does not know.
    #[error("entry `{key}` has the unknown outcome `{outcome}`")]
    UnknownOutcome {
        /// The entry's key.
        key: String,
        /// The outcome.
        outcome: String,
    },
    /// It is not an entry.
    #[error("entry `{key}` cannot be read: {cause}")]
    Malformed {
        /// The entry's key.
        key: String,
        /// What is wrong.
        cause: String,
    },
}

/// The JSON of an entry, with its short names.
#[derive(Serialize, Deserialize)]
struct Wire {
    v: u32,
    job: String,
    o: String,
    /// −1 stands for a record without a timestamp, as in the record format.
    ts0: i64,
    runs: Vec<(i64, i64, i32, i64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<TopicName>,
}

/// The part of the JSON that every version has.
#[derive(Deserialize)]
struct Versioned {
    v: u32,
}

impl Entry {
    /// Returns the value as it is written.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let Self { job, outcome, first_timestamp, runs } = self;
        let (o, to) = match outcome {
            Outcome::Redriven { to } => ("redriven", Some(to.clone())),
            Outcome::Duplicate => ("duplicate", None),
        };
        let wire = Wire {
            v: VERSION,
            job: job.clone(),
            o: o.to_owned(),
            ts0: first_timestamp.map_or(-1, |Timestamp(ms)| ms),
            runs: runs
                .iter()
                .map(|r| (r.dlq_offset, r.count, r.target_partition, r.target_offset))
                .collect(),
            to,
        };
        serde_json::to_vec(&wire)
    }

    /// Reads a value; `key` is for messages.
    pub fn parse(key: &str, value: &[u8]) -> Result<Self, Unreadable> {
        let malformed = |cause: String| Unreadable::Malformed { key: key.to_owned(), cause };
        let Versioned { v } =
            serde_json::from_slice(value).map_err(|e| malformed(e.to_string()))?;
        if v > VERSION {
            return Err(Unreadable::Newer { key: key.to_owned(), version: v });
        }
        let wire: Wire = serde_json::from_slice(value).map_err(|e| malformed(e.to_string()))?;
        let outcome = match (wire.o.as_str(), wire.to) {
            ("redriven", Some(to)) => Outcome::Redriven { to },
            ("redriven", None) => return Err(malformed("`to` is missing".to_owned())),
            ("duplicate", _) => Outcome::Duplicate,
            (outcome, _) => {
                let outcome = outcome.to_owned();
                return Err(Unreadable::UnknownOutcome { key: key.to_owned(), outcome });
            }
        };
        let mut runs = Vec::with_capacity(wire.runs.len());
        for (dlq_offset, count, target_partition, target_offset) in wire.runs {
            let run = Run { dlq_offset, count, target_partition, target_offset };
            if !run.is_possible() {
                return Err(malformed(format!(
                    "the run [{dlq_offset},{count},{target_partition},{target_offset}] cannot be"
                )));
            }
            runs.push(run);
        }
        let first_timestamp = (wire.ts0 != -1).then_some(Timestamp(wire.ts0));
        Ok(Self { job: wire.job, outcome, first_timestamp, runs })
    }
}

/// Makes the entries of one DLQ partition and one outcome: compresses to runs, and splits before
/// an entry grows too long. `placed` is in the order of DLQ offsets: the offset, its record's
/// timestamp, and partition and offset where it went (`None` when it went nowhere).
pub fn entries(
    job: &str,
    outcome: &Outcome,
    placed: impl IntoIterator<Item = (i64, Option<Timestamp>, Option<(i32, i64)>)>,
) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for (dlq_offset, timestamp, target) in placed {
        let (target_partition, target_offset) = target.unwrap_or((-1, -1));
        let run = Run { dlq_offset, count: 1, target_partition, target_offset };
        let last = entries.last_mut().and_then(|entry| entry.runs.last_mut());
        if last.is_some_and(|last| last.extend(run)) {
            continue;
        }
        match entries.last_mut() {
            Some(entry) if entry.runs.len() < MAX_ENTRY_BYTES / MAX_RUN_BYTES => {
                entry.runs.push(run);
            }
            Some(_) | None => entries.push(Entry {
                job: job.to_owned(),
                outcome: outcome.clone(),
                first_timestamp: timestamp,
                runs: vec![run],
            }),
        }
    }
    entries
}

impl Run {
    /// Tells whether such records can be: at least one, with offsets from 0 on that do not overflow.
    fn is_possible(&self) -> bool {
        let Self { dlq_offset, count, target_partition, target_offset } = *self;
        let exists = |offset: i64| offset >= 0 && offset.checked_add(count).is_some();
        let went_somewhere = target_partition >= 0 && exists(target_offset);
        let went_nowhere = target_partition == -1 && target_offset == -1;
        count >= 1 && exists(dlq_offset) && (went_somewhere || went_nowhere)
    }

    /// Takes in the next one when it continues this run on both sides.
    fn extend(&mut self, next: Self) -> bool {
        let follows = next.dlq_offset == self.dlq_offset + self.count
            && next.target_partition == self.target_partition
            && (next.target_offset == self.target_offset + self.count
                || (next.target_offset == -1 && self.target_offset == -1));
        if follows {
            self.count += next.count;
        }
        follows
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redriven() -> Outcome {
        Outcome::Redriven { to: TopicName::from("orders") }
    }

    #[test]
    fn consecutive_dead_letters_are_one_run() {
        let ts = Some(Timestamp(7));
        let placed = [
            (3, ts, Some((0, 10))),
            (4, ts, Some((0, 11))),
            (5, ts, Some((1, 12))),
            (7, ts, Some((1, 13))),
        ];
        let made = entries("01J", &redriven(), placed);
        let [entry] = made.as_slice() else { panic!("{made:?}") };
        assert_eq!(
            String::from_utf8(entry.to_json().unwrap()).unwrap(),
            r#"{"v":1,"job":"01J","o":"redriven","ts0":7,"runs":[[3,2,0,10],[5,1,1,12],[7,1,1,13]],"to":"orders"}"#
        );
    }

    #[test]
    fn a_long_entry_is_split_before_it_is_too_large() {
        let placed = (0..10_000).map(|n| (i64::MAX - 30_000 + n * 2, None, Some((i32::MAX, n))));
        let made = entries("01J", &redriven(), placed);
        assert!(made.len() > 1);
        for entry in &made {
            let length = entry.to_json().unwrap().len();
            assert!(length < MAX_ENTRY_BYTES + 500, "{length}");
        }
        assert_eq!(made.iter().flat_map(|e| &e.runs).count(), 10_000);
    }

    #[test]
    fn what_is_not_understood_is_never_skipped() {
        let unreadable = |value: &str| Entry::parse("k", value.as_bytes()).unwrap_err().to_string();
        assert_eq!(
            unreadable(r#"{"v":2,"runs":"other"}"#),
            "entry `k` was written by a newer flowctl (format 2)"
        );
        assert_eq!(
            unreadable(r#"{"v":1,"job":"j","o":"eaten","ts0":1,"runs":[]}"#),
            "entry `k` has the unknown outcome `eaten`"
        );
        assert_eq!(
            unreadable(r#"{"v":1,"job":"j","o":"redriven","ts0":1,"runs":[]}"#),
            "entry `k` cannot be read: `to` is missing"
        );
        assert!(unreadable("nonsense").starts_with("entry `k` cannot be read: "));
    }

    #[test]
    fn runs_that_cannot_be_are_not_read() {
        let max = i64::MAX;
        let is_read = |run: String| {
            let value = format!(r#"{{"v":1,"job":"j","o":"duplicate","ts0":1,"runs":[[{run}]]}}"#);
            match Entry::parse("k", value.as_bytes()) {
                Ok(_) => true,
                Err(Unreadable::Malformed { .. }) => false,
                Err(other) => panic!("{other}"),
            }
        };
        assert!(is_read("5,1,-1,-1".to_owned()));
        assert!(is_read(format!("{},1,0,{}", max - 1, max - 1)));
        for run in [
            "5,0,0,0".to_owned(),
            "5,-1,0,0".to_owned(),
            "-1,1,0,0".to_owned(),
            "5,1,0,-1".to_owned(),
            "5,1,0,-7".to_owned(),
            "5,1,-1,0".to_owned(),
            format!("5,{max},0,0"),
            format!("{max},1,0,0"),
            format!("0,2,0,{max}"),
        ] {
            assert!(!is_read(run.clone()), "{run}");
        }
    }

    proptest! {
        #[test]
        fn entries_round_trip_and_hold_what_was_placed(
            steps in prop::collection::vec((1_i64..3, 0_i32..2, any::<bool>()), 1..200),
        ) {
            let mut placed = Vec::new();
            let (mut offset, mut ends) = (0, [100_i64, 200]);
            for (step, partition, is_marker) in steps {
                offset += step;
                let end = &mut ends[usize::try_from(partition).unwrap()];
                *end += 1 + i64::from(is_marker);
                placed.push((offset, Some(Timestamp(offset)), Some((partition, *end))));
            }
            let mut read = Vec::new();
            for entry in entries("j", &redriven(), placed.clone()) {
                let back = Entry::parse("k", &entry.to_json().unwrap()).unwrap();
                prop_assert_eq!(&back, &entry);
                for run in back.runs {
                    for n in 0..run.count {
                        let target = (run.target_partition, run.target_offset + n);
                        read.push((run.dlq_offset + n, Some(target)));
                    }
                }
            }
            let placed: Vec<_> = placed.into_iter().map(|(o, _, t)| (o, t)).collect();
            prop_assert_eq!(read, placed);
        }
    }
}
