//! Tells a topic from another one of its name: one that was deleted and created again has another
//! id, and its offsets mean other records.

use std::collections::BTreeMap;
use std::time::Duration;

use super::cluster::Cluster;
use super::denied;
use crate::clock::Deadline;
use crate::kafka::{Backoff, Error, ErrorCode, PerItem};
use crate::model::name::TopicName;
use crate::model::topic::{Gone, TopicDescription, TopicIds};

/// How long a topic may be unknown before it counts as deleted: brokers hear of changes within some
/// hundred milliseconds, and one that has just started may not have heard of any topic.
pub(super) const DELETED_AFTER: Duration = Duration::from_secs(3);

impl Cluster {
    /// Compares topics with the ids that they had, and returns those that are gone. Of a topic
    /// without an id, then or now, only its name can be seen.
    pub async fn gone(
        &self,
        ids: &TopicIds,
        deadline: Deadline,
    ) -> Result<BTreeMap<TopicName, Gone>, Error> {
        let names: Vec<_> = ids.keys().cloned().collect();
        if names.is_empty() {
            return Ok(BTreeMap::new());
        }
        let until = Deadline::after(DELETED_AFTER.min(deadline.left()));
        let mut backoff = Backoff::new();
        loop {
            let gone = compare(ids, self.topics(&names, deadline).await?)?;
            let may_come_back = gone.values().any(|gone| *gone == Gone::Deleted);
            if !may_come_back || !backoff.wait(until).await {
                return Ok(gone);
            }
        }
    }
}

/// Finds the topics that are gone.
fn compare(
    ids: &TopicIds,
    mut found: PerItem<TopicName, TopicDescription>,
) -> Result<BTreeMap<TopicName, Gone>, Error> {
    let mut gone = BTreeMap::new();
    for (topic, id) in ids {
        let what = match found.remove(topic) {
            Some(Ok(now)) => {
                is_another(id.as_deref(), now.id.as_deref()).then_some(Gone::CreatedAgain)
            }
            Some(Err(error)) if error.code() == Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) => {
                Some(Gone::Deleted)
            }
            Some(Err(error)) => return Err(error),
            None => return Err(denied::unanswered("Metadata", topic)),
        };
        gone.extend(what.map(|what| (topic.clone(), what)));
    }
    Ok(gone)
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

    fn gone(
        then: Option<&str>,
        now: Result<TopicDescription, Error>,
    ) -> Result<Option<Gone>, Error> {
        let topic = TopicName::from("t");
        let ids = TopicIds::from([(topic.clone(), then.map(str::to_owned))]);
        Ok(compare(&ids, PerItem::from([(topic.clone(), now)]))?.remove(&topic))
    }

    #[test]
    fn a_topic_is_known_again_by_its_id() {
        assert_eq!(gone(Some("a"), Ok(described(Some("a")))), Ok(None));
        assert_eq!(gone(Some("a"), Ok(described(Some("b")))), Ok(Some(Gone::CreatedAgain)));
        for (then, now) in [(None, None), (None, Some("b")), (Some("a"), None)] {
            assert_eq!(gone(then, Ok(described(now))), Ok(None), "nothing can be compared");
        }
    }

    #[test]
    fn a_topic_that_is_not_there_is_deleted_and_one_that_may_not_be_seen_is_an_error() {
        let error = |code| Error::Broker { code, message: None };
        let unknown = error(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION);
        assert_eq!(gone(None, Err(unknown)), Ok(Some(Gone::Deleted)));
        let other = error(ErrorCode::LEADER_NOT_AVAILABLE);
        assert_eq!(gone(None, Err(other.clone())), Err(other));
        let ids = TopicIds::from([(TopicName::from("t"), None)]);
        assert!(compare(&ids, PerItem::new()).is_err(), "no answer is no topic that is there");
    }
}
