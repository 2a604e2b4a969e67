//! Tells a topic from another one of its name: one that was deleted and created again has another
//! id, and its offsets mean other records.

use std::collections::BTreeMap;
use std::time::Duration;

use super::cluster::Cluster;
use super::denied;
use crate::clock::{Deadline, Stopwatch};
use crate::kafka::{Backoff, Error, ErrorCode, PerItem};
use crate::model::name::TopicName;
use crate::model::topic::{Gone, TopicDescription, TopicIds};

/// How long a topic must be unknown to count as deleted: brokers hear of changes within some
/// hundred milliseconds, and one that has just started may not have heard of any topic.
pub(super) const DELETED_AFTER: Duration = Duration::from_secs(3);

/// How long a topic must have another id to count as created again: a broker may have heard later
/// than another one of the topic that was planned with. Shorter than a hurried look.
const CREATED_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// What a comparison of topics with their ids has found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Those that are gone for sure.
    pub gone: BTreeMap<TopicName, Gone>,
    /// Why of some others, or of all, nobody could see whether they are the same.
    pub unseen: Option<Error>,
}

impl Cluster {
    /// Compares topics with the ids that they had, and waits until it is sure of what it finds. Of
    /// a topic without an id, then or now, only its name can be seen.
    pub async fn compare(&self, ids: &TopicIds, deadline: Deadline) -> Compared {
        if ids.is_empty() {
            return Compared::default();
        }
        let names: Vec<_> = ids.keys().cloned().collect();
        let (mut suspects, mut backoff) = (Suspects::default(), Backoff::new());
        let looking = Stopwatch::start();
        loop {
            let found = match self.ask_topics_once(&names, deadline).await {
                Ok(found) => found,
                Err(error) => return Compared { gone: suspects.proven(), unseen: Some(error) },
            };
            let (gone, unseen) = differences(ids, found);
            suspects.hear(gone, looking.elapsed());
            let until = match suspects.to_be_proven_in() {
                Some(rest) => deadline.min(Deadline::after(rest)),
                // Another one that is gone is worth no wait.
                None if suspects.0.is_empty() && unseen.as_ref().is_some_and(may_pass) => deadline,
                None => return Compared { gone: suspects.proven(), unseen },
            };
            if !backoff.wait(until).await {
                if until == deadline {
                    let doubt = suspects.doubt(deadline);
                    return Compared { gone: suspects.proven(), unseen: unseen.or(doubt) };
                }
                tokio::time::sleep_until(until.at()).await;
            }
        }
    }

    /// Tells what became of one topic since it had an id; `None` where it is the same.
    pub async fn what_became_of(
        &self,
        topic: &TopicName,
        id: Option<&str>,
        deadline: Deadline,
    ) -> Result<Option<Gone>, Error> {
        let ids = TopicIds::from([(topic.clone(), id.map(str::to_owned))]);
        let Compared { mut gone, unseen } = self.compare(&ids, deadline).await;
        unseen.map_or_else(|| Ok(gone.remove(topic)), Err)
    }
}

/// Tells whether an error may pass by itself.
fn may_pass(error: &Error) -> bool {
    error.remedy(false).is_some()
}

/// Topics that look gone. A broker that lags behind shows what is not so, but not for long.
#[derive(Debug, Default)]
struct Suspects(BTreeMap<TopicName, Suspect>);

#[derive(Debug)]
struct Suspect {
    gone: Gone,
    /// When it was first said.
    since: Duration,
    /// For how long every answer has said so.
    lasted: Duration,
}

impl Suspects {
    /// Takes an answer and when it came: one that says otherwise clears a topic.
    fn hear(&mut self, answer: BTreeMap<TopicName, Gone>, now: Duration) {
        self.0.retain(|topic, suspect| answer.get(topic) == Some(&suspect.gone));
        for (topic, gone) in answer {
            let first = Suspect { gone, since: now, lasted: Duration::ZERO };
            let suspect = self.0.entry(topic).or_insert(first);
            suspect.lasted = now.saturating_sub(suspect.since);
        }
    }

    /// Returns how long it takes until all are proven; `None` where they are.
    fn to_be_proven_in(&self) -> Option<Duration> {
        self.0.values().map(Suspect::open).max().filter(|open| !open.is_zero())
    }

    /// Returns those that are gone for sure.
    fn proven(&self) -> BTreeMap<TopicName, Gone> {
        let proven = self.0.iter().filter(|(_, suspect)| suspect.open().is_zero());
        proven.map(|(topic, suspect)| (topic.clone(), suspect.gone)).collect()
    }

    /// Says that there was no time to prove the others.
    fn doubt(&self, deadline: Deadline) -> Option<Error> {
        let (topic, suspect) = self.0.iter().find(|(_, suspect)| !suspect.open().is_zero())?;
        let doing = format!("whether topic `{topic}` was {} or its broker lags", suspect.gone);
        Some(Error::Timeout { doing, allowed: deadline.allowed() })
    }
}

impl Suspect {
    /// Returns for how much longer it has to be said.
    fn open(&self) -> Duration {
        let proof = match self.gone {
            Gone::Deleted => DELETED_AFTER,
            Gone::CreatedAgain => CREATED_AGAIN_AFTER,
        };
        proof.saturating_sub(self.lasted)
    }
}

/// Finds the topics that look gone, and why others cannot be seen.
fn differences(
    ids: &TopicIds,
    mut found: PerItem<TopicName, TopicDescription>,
) -> (BTreeMap<TopicName, Gone>, Option<Error>) {
    let (mut gone, mut unseen) = (BTreeMap::new(), None);
    for (topic, id) in ids {
        let found = found.remove(topic);
        match found.unwrap_or_else(|| Err(denied::unanswered("Metadata", topic))) {
            Ok(now) if is_another(id.as_deref(), now.id.as_deref()) => {
                gone.insert(topic.clone(), Gone::CreatedAgain);
            }
            Ok(_) => {}
            Err(error) if error.code() == Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) => {
                gone.insert(topic.clone(), Gone::Deleted);
            }
            Err(error) => unseen = unseen.or(Some(error)),
        }
    }
    (gone, unseen)
}

/// Tells whether two ids are of two topics. One that is not told says nothing.
fn is_another(then: Option<&str>, now: Option<&str>) -> bool {
    then.zip(now).is_some_and(|(then, now)| then != now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(id: Option<&str>) -> TopicDescription {
        let (name, id) = (TopicName::from("t"), id.map(str::to_owned));
        TopicDescription { name, id, is_internal: false, partitions: BTreeMap::new() }
    }

    fn difference(
        then: Option<&str>,
        now: Result<TopicDescription, Error>,
    ) -> (Option<Gone>, Option<Error>) {
        let topic = TopicName::from("t");
        let ids = TopicIds::from([(topic.clone(), then.map(str::to_owned))]);
        let (mut gone, unseen) = differences(&ids, PerItem::from([(topic.clone(), now)]));
        (gone.remove(&topic), unseen)
    }

    fn error(code: ErrorCode) -> Error {
        Error::Broker { code, message: None }
    }

    #[test]
    fn a_topic_is_known_again_by_its_id() {
        let of = |then, now| difference(then, Ok(described(now)));
        assert_eq!(of(Some("a"), Some("a")), (None, None));
        assert_eq!(of(Some("a"), Some("b")), (Some(Gone::CreatedAgain), None));
        for (then, now) in [(None, None), (None, Some("b")), (Some("a"), None)] {
            assert_eq!(of(then, now), (None, None), "nothing can be compared");
        }
    }

    #[test]
    fn a_topic_that_cannot_be_seen_does_not_hide_one_that_is_gone() {
        let unknown = error(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        assert_eq!(difference(None, Err(unknown.clone())), (Some(Gone::Deleted), None));
        let hidden = error(ErrorCode::LEADER_NOT_AVAILABLE);
        let ids = ["a", "b", "c"].map(|topic| (TopicName::from(topic), None));
        let found = [("a", Err(hidden.clone())), ("b", Err(unknown)), ("c", Ok(described(None)))];
        let found = found.map(|(topic, now)| (TopicName::from(topic), now)).into();
        let (gone, unseen) = differences(&TopicIds::from(ids), found);
        assert_eq!(gone, BTreeMap::from([(TopicName::from("b"), Gone::Deleted)]));
        assert_eq!(unseen, Some(hidden));
        let (gone, unseen) = differences(&TopicIds::from([("a".into(), None)]), PerItem::new());
        assert!(gone.is_empty() && unseen.is_some(), "no answer is no topic that is there");
    }

    #[test]
    fn what_looks_gone_is_gone_when_it_has_looked_so_for_long_enough() {
        let (deleted, again) = (TopicName::from("deleted"), TopicName::from("again"));
        let only_again = BTreeMap::from([(again.clone(), Gone::CreatedAgain)]);
        let both = BTreeMap::from([(deleted, Gone::Deleted), (again, Gone::CreatedAgain)]);
        let at = Duration::from_millis;
        let mut suspects = Suspects::default();
        suspects.hear(both.clone(), at(100));
        assert!(suspects.proven().is_empty());
        assert_eq!(suspects.to_be_proven_in(), Some(DELETED_AFTER));
        suspects.hear(both.clone(), at(600));
        assert_eq!(suspects.proven(), only_again);
        let doubt = suspects.doubt(Deadline::after(at(1_000))).unwrap();
        assert_eq!(doubt.exit(), crate::exit::Exit::Unreachable);
        suspects.hear(only_again.clone(), at(3_000));
        suspects.hear(both.clone(), at(3_100));
        assert_eq!(suspects.proven(), only_again, "the other one was there in between");
        suspects.hear(both.clone(), at(6_100));
        assert_eq!((suspects.to_be_proven_in(), suspects.proven()), (None, both));
        assert_eq!(suspects.doubt(Deadline::after(at(1_000))), None);
    }
}
