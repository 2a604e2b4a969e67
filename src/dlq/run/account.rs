//! What is written about dead letters in the transaction that sends them: entries of the ledger.

use std::collections::BTreeMap;

use crate::dlq::batch::Item;
use crate::dlq::event::Fate;
use crate::ledger::{EntryKey, Ledger, Outcome, entries};
use crate::model::name::TopicName;
use crate::model::record::{OutgoingRecord, SentTime};
use crate::model::timestamp::Timestamp;

/// Who writes, about which DLQ, and where to.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) dlq: TopicName,
    /// The id of this incarnation of the DLQ.
    pub(super) topic_id: Option<String>,
    pub(super) ledger: Ledger,
    /// The id of this run, in every entry.
    pub(super) job: String,
}

impl Account {
    /// Makes the entries of dead letters that were sent, or that others stand for.
    pub(super) fn entries(
        &self,
        items: &[Item],
        fates: &[Fate],
    ) -> Result<Vec<OutgoingRecord>, serde_json::Error> {
        type Placed = (i64, Option<Timestamp>, Option<(i32, i64)>);
        let mut outcomes: BTreeMap<(i32, Outcome), Vec<Placed>> = BTreeMap::new();
        for (item, fate) in items.iter().zip(fates) {
            let (partition, offset) = item.place();
            let (outcome, target) = match fate {
                Fate::Redriven { topic, place } => {
                    (Outcome::Redriven { to: topic.clone() }, *place)
                }
                Fate::Duplicate => (Outcome::Duplicate, None),
                Fate::Refused(_) | Fate::Failed(_) => continue,
            };
            let placed = (offset, item.dead_letter.record.timestamp, target);
            outcomes.entry((partition, outcome)).or_default().push(placed);
        }
        let mut records = Vec::new();
        for ((partition, outcome), placed) in outcomes {
            for entry in entries(&self.job, &outcome, placed) {
                let Some(first) = entry.runs.first() else { continue };
                let key = EntryKey {
                    dlq: self.dlq.clone(),
                    topic_id: self.topic_id.clone(),
                    partition,
                    first_offset: first.dlq_offset,
                };
                records.push(OutgoingRecord {
                    topic: self.ledger.place.topic.clone(),
                    partition: Some(self.ledger.place.partition),
                    timestamp: SentTime::Now,
                    key: Some(key.to_string().into()),
                    value: Some(entry.to_json()?.into()),
                    headers: Vec::new(),
                });
            }
        }
        Ok(records)
    }
}
