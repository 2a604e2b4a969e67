//! The keys of ledger entries, and the partition that they are written to.

use std::fmt;

use crate::model::name::TopicName;
use crate::model::partitioner::partition_of_key;

/// Stands for the topic id on brokers that have none; no base64url text is this short.
const NO_TOPIC_ID: &str = "-";

/// The key of an entry: `e|<dlq topic>|<topic id>|<partition>|<first offset>`.
///
/// Compaction keeps the last entry of a key, so two entries may never share one. They cannot: an
/// entry is named after the first offset that it holds, and an offset is in one entry only, because
/// what is in the ledger is not redriven again. The topic id keeps a topic that was deleted and
/// created again apart from its predecessor, whose offsets mean other records.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryKey {
    /// The DLQ.
    pub dlq: TopicName,
    /// The id of this incarnation of the DLQ; `None` from a broker without topic ids.
    pub topic_id: Option<String>,
    /// The DLQ's partition.
    pub partition: i32,
    /// The lowest DLQ offset of the entry.
    pub first_offset: i64,
}

impl fmt::Display for EntryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dlq, topic_id, partition, first_offset } = self;
        let topic_id = topic_id.as_deref().unwrap_or(NO_TOPIC_ID);
        write!(f, "e|{dlq}|{topic_id}|{partition}|{first_offset}")
    }
}

impl EntryKey {
    /// Reads a key; `None` for keys of another kind (jobs, cancellations, plans).
    pub fn parse(key: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(key).ok()?;
        // A topic name has no `|`, so five parts are five fields.
        let mut parts = text.split('|');
        let (Some("e"), Some(dlq), Some(topic_id), Some(partition), Some(first_offset), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        Some(Self {
            dlq: TopicName::from(dlq),
            topic_id: (topic_id != NO_TOPIC_ID).then(|| topic_id.to_owned()),
            partition: partition.parse().ok()?,
            first_offset: first_offset.parse().ok()?,
        })
    }
}

/// Returns the ledger partition that has everything about a DLQ: one partition, so that one read
/// to its high watermark tells all, and so that strangers' transactions on others hold up nobody.
pub fn ledger_partition(dlq: &TopicName, ledger_partitions: i32) -> Option<i32> {
    partition_of_key(dlq.as_str().as_bytes(), ledger_partitions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_round_trip() {
        for topic_id in [Some("q1Sh-9_ISia_zwGINzRvyQ".to_owned()), None] {
            let key = EntryKey {
                dlq: TopicName::from("orders-dlq"),
                topic_id,
                partition: 2,
                first_offset: 41,
            };
            assert_eq!(EntryKey::parse(key.to_string().as_bytes()), Some(key));
        }
    }

    #[test]
    fn keys_of_another_kind_are_not_entries() {
        for key in ["j|01J", "c|orders-dlq", "e|orders-dlq|id|0", "e|o|id|0|1|2", "e|o|id|x|1", ""]
        {
            assert_eq!(EntryKey::parse(key.as_bytes()), None, "{key}");
        }
        assert_eq!(EntryKey::parse(b"e|\xff|id|0|1"), None);
    }
}
