//! The flags that select dead letters.

use std::collections::BTreeSet;
use std::ops::Range;

use super::find::Named;
use crate::commands::range::RangeArgs;
use crate::dlq::{DeadLetterId, Dlq, Query, Snapshot};
use crate::error::Problem;
use crate::model::name::TopicName;
use crate::model::timestamp::Timestamp;
use crate::model::topic::check_partitions;

/// Which dead letters; all conditions must be met.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Selection")]
pub(super) struct SelectionArgs {
    /// Only this one: TOPIC/PARTITION/OFFSET (can be repeated)
    #[arg(long, value_name = "ID")]
    pub id: Vec<DeadLetterId>,

    /// Only this partition of the DLQ (can be repeated)
    #[arg(short, long, value_name = "N")]
    pub partition: Vec<i32>,

    /// Only these offsets of the DLQ: A-B, both included
    #[arg(long, value_name = "A-B", value_parser = parse_offsets)]
    pub offsets: Option<Range<i64>>,

    /// Only this error code, or this exception class, with or without its package (can be repeated)
    #[arg(long, value_name = "CODE")]
    pub error_code: Vec<String>,

    /// Only this key (can be repeated)
    #[arg(short, long, value_name = "KEY")]
    pub key: Vec<String>,

    /// From where to where in the DLQ.
    #[command(flatten)]
    pub range: RangeArgs,

    /// At most N of them, partition by partition
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
}

impl SelectionArgs {
    /// Makes the query for a DLQ. Positions are resolved against the snapshot.
    pub(super) async fn query(
        &self,
        named: Option<&Named>,
        dlq: &Dlq,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> anyhow::Result<Query> {
        let Self { id, partition, offsets, error_code, key, range, limit } = self;
        check_partitions(dlq.topic(), partition.iter().copied(), snapshot.len())
            .map_err(|error| Problem::usage(error.to_string()))?;
        let ids = id.iter().chain(named.and_then(Named::dead_letter));
        let range =
            range.parse_without_group(now).map_err(|error| Problem::usage(error.to_string()))?;
        Ok(Query {
            places: places(ids, dlq.topic())?,
            partitions: partition.iter().copied().collect(),
            offsets: offsets.clone(),
            error_codes: error_code.iter().cloned().collect(),
            keys: key.iter().map(|key| key.clone().into_bytes()).collect(),
            windows: dlq.windows(&range, snapshot).await?,
            limit: *limit,
        })
    }
}

/// Returns the places of ids, which must all be in this DLQ.
fn places<'a>(
    ids: impl Iterator<Item = &'a DeadLetterId>,
    dlq: &TopicName,
) -> Result<BTreeSet<(i32, i64)>, Problem> {
    ids.map(|id| {
        if id.topic == *dlq {
            Ok((id.partition, id.offset))
        } else {
            Err(Problem::usage(format!("dead letter `{id}` is not in DLQ `{dlq}`")))
        }
    })
    .collect()
}

/// Reads `A-B`, or one offset.
fn parse_offsets(text: &str) -> Result<Range<i64>, String> {
    let error = || format!("`{text}` is not a range of offsets; write A-B, such as 100-200");
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<i64>().ok()).flatten().ok_or_else(error)
    };
    let (first, last) = (number(first)?, number(last)?);
    if first > last {
        return Err(error());
    }
    Ok(first..last.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_a_range_with_both_ends() {
        assert_eq!(parse_offsets("5-9"), Ok(5..10));
        assert_eq!(parse_offsets("7"), Ok(7..8));
        for text in ["", "-", "9-5", "a-b", "5-", "-5", "1-2-3", "+1-2"] {
            assert!(parse_offsets(text).is_err(), "{text}");
        }
    }
}
