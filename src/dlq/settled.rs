//! What the ledger says of a batch after the producer was opened again. Pure.
//!
//! Opening again decides what became of the last transaction, and fences whoever opened in between.
//! Entries of our own that came since are of a commit that was never answered: what they hold is
//! done. Entries of another run say that it has taken over: two that go on would only fence each
//! other.

use super::batch::{Batch, Item};
use super::event::Fate;
use crate::ledger::{Memory, Outcome};

/// A batch, compared with what came to the ledger since it was read last.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Settled {
    /// The dead letters that a commit without an answer has handled.
    pub(super) handled: Vec<(Item, Fate)>,
    /// Those that are to be written still.
    pub(super) rest: Batch,
    /// The run that has written meanwhile: it goes on, and this one ends.
    pub(super) rival: Option<String>,
}

impl Settled {
    /// Compares a batch with the news of the ledger.
    pub(super) fn new(batch: Batch, news: &Memory, job: &str) -> Self {
        let (mut handled, mut rest) = (Vec::new(), Vec::new());
        for item in batch {
            let (partition, offset) = item.place();
            match news.find(partition, offset).filter(|done| done.job == job) {
                Some(done) => {
                    let fate = match done.outcome {
                        Outcome::Duplicate => Fate::Duplicate,
                        Outcome::Redriven { to } => {
                            Fate::Redriven { topic: to.clone(), place: done.target }
                        }
                    };
                    handled.push((item, fate));
                }
                None => rest.push(item),
            }
        }
        let rival = news.other_than(job).map(str::to_owned);
        Self { handled, rest, rival }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dlq::batch::Intent;
    use crate::dlq::testing::record;
    use crate::dlq::{DeadLetter, Expected};
    use crate::ledger::{Collector, EntryKey, entries};
    use crate::model::name::TopicName;

    /// A batch of these offsets.
    fn batch(offsets: &[i64]) -> Batch {
        let item = |offset: &i64| {
            let mut record = record(Some(b"x"), Vec::new());
            record.offset = *offset;
            let dead_letter = DeadLetter::read(record, Expected::Auto, None);
            Item { dead_letter, intent: Intent::Duplicate }
        };
        offsets.iter().map(item).collect()
    }

    /// A job, an offset, and where that went.
    type Written = (&'static str, i64, Option<(i32, i64)>);

    /// What the ledger says of these offsets.
    fn news(written: &[Written]) -> Memory {
        let dlq = TopicName::from("orders-dlq");
        let mut collector = Collector::new(dlq.clone(), None);
        for (job, offset, target) in written {
            let outcome = match target {
                Some(_) => Outcome::Redriven { to: TopicName::from("orders") },
                None => Outcome::Duplicate,
            };
            for entry in entries(job, &outcome, [(*offset, None, *target)]) {
                let key = EntryKey {
                    dlq: dlq.clone(),
                    topic_id: None,
                    partition: 0,
                    first_offset: *offset,
                };
                let value = entry.to_json().unwrap();
                collector.take(Some(key.to_string().as_bytes()), Some(&value)).unwrap();
            }
        }
        collector.finish()
    }

    fn offsets(items: &[Item]) -> Vec<i64> {
        items.iter().map(|item| item.place().1).collect()
    }

    #[test]
    fn without_news_all_of_it_is_written_again() {
        let Settled { handled, rest, rival } = Settled::new(batch(&[5, 6]), &news(&[]), "ours");
        assert_eq!((handled, rival), (Vec::new(), None));
        assert_eq!(rest, batch(&[5, 6]));
    }

    #[test]
    fn what_a_commit_without_an_answer_has_handled_is_not_sent_again() {
        let news = news(&[("ours", 5, Some((1, 70))), ("ours", 7, None)]);
        let Settled { handled, rest, rival } = Settled::new(batch(&[5, 6, 7, 8]), &news, "ours");
        let fates: Vec<_> = handled.iter().map(|(item, fate)| (item.place().1, fate)).collect();
        let redriven = Fate::Redriven { topic: "orders".into(), place: Some((1, 70)) };
        assert_eq!(fates, [(5, &redriven), (7, &Fate::Duplicate)]);
        assert_eq!((offsets(&rest), rival), (vec![6, 8], None));
    }

    #[test]
    fn our_own_transactions_that_were_answered_are_no_rival() {
        let settled = Settled::new(batch(&[5]), &news(&[("ours", 4, Some((0, 1)))]), "ours");
        assert_eq!((offsets(&settled.rest), settled.rival), (vec![5], None));
    }

    #[test]
    fn whoever_has_written_meanwhile_has_taken_over() {
        // Our last commit has gone through before that: it counts.
        let news = news(&[("ours", 5, Some((0, 1))), ("theirs", 6, Some((0, 2)))]);
        let Settled { handled, rest, rival } = Settled::new(batch(&[5, 6, 7]), &news, "ours");
        assert_eq!(rival.as_deref(), Some("theirs"));
        assert_eq!(handled.len(), 1, "what they have sent is not our doing");
        assert_eq!(offsets(&rest), [6, 7]);
    }
}
