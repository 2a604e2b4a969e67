//! Records that were written and went with their topic.

use std::fmt;

use super::count::count;
use super::name::TopicName;
use super::topic::Gone;

/// A topic that was deleted while it was written to, and what was in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The topic.
    pub topic: TopicName,
    /// What became of it.
    pub gone: Gone,
    /// The committed records that went with it for sure.
    pub records: u64,
    /// The others that were committed: each is in the topic that is gone or in the one that has its
    /// name now.
    pub uncertain: u64,
}

impl Lost {
    /// Tells what is lost of `written` committed records, of which the first `seen` were there when
    /// the topic was last seen to be the same one.
    pub fn new(topic: TopicName, gone: Gone, seen: u64, written: u64) -> Self {
        let records = match gone {
            Gone::Deleted => written,
            Gone::CreatedAgain => seen.min(written),
        };
        Self { topic, gone, records, uncertain: written.saturating_sub(records) }
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, gone, records, uncertain } = self;
        write!(f, "topic `{topic}` was {gone} while it was written to: ")?;
        match (*records, *uncertain) {
            (records, 0) => {
                write!(f, "{} that were counted went with it", count(records, "record"))
            }
            (0, more) => {
                write!(
                    f,
                    "of {} that were counted nobody knows which are there",
                    count(more, "record")
                )
            }
            (records, more) => write!(
                f,
                "{} that were counted went with it, and of {more} after them nobody knows which \
                 are there",
                count(records, "record")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_before_the_last_look_is_lost_and_of_the_rest_nobody_knows() {
        let lost = |gone, seen| Lost::new("copy".into(), gone, seen, 1_000);
        let of = |lost: &Lost| (lost.records, lost.uncertain);
        let again = lost(Gone::CreatedAgain, 400);
        assert_eq!(of(&again), (400, 600));
        assert_eq!(
            again.to_string(),
            "topic `copy` was deleted and created again while it was written to: 400 records that \
             were counted went with it, and of 600 after them nobody knows which are there"
        );
        let unseen = lost(Gone::CreatedAgain, 0);
        assert_eq!(of(&unseen), (0, 1_000));
        assert!(unseen.to_string().contains(": of 1000 records that were counted nobody knows"));
        let deleted = lost(Gone::Deleted, 400);
        assert_eq!(of(&deleted), (1_000, 0), "nothing is there");
        assert!(deleted.to_string().ends_with(": 1000 records that were counted went with it"));
    }
}
