//! The value of a ledger entry: which dead letters, what became of them, where they went.

#[cfg(test)]
mod tests;

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
    /// Tells whether such records can be: at least one, with offsets from 0 on that do not
    /// overflow.
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
