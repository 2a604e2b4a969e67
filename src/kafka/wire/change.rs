//! Changes that must not be done twice: what becomes of them when an answer is lost.
//!
//! A connection that breaks takes the answer with it, and nobody knows then whether the change was
//! made. It is asked for again: a cluster that has made it refuses the second one, and what is
//! there tells whether that refusal speaks of this change. So nothing is reported as failed that
//! was done, nor as done that was not; what cannot be found out by the deadline is
//! [`Error::Unconfirmed`].

use std::fmt::Debug;

use super::cluster::Cluster;
use super::connection::Connection;
use super::denied::Resource;
use super::router::{Answers, CallResults, Manner, Target, whole};
use crate::clock::Deadline;
use crate::kafka::{Error, ErrorCode, PerItem};

/// How to tell that a change has been made.
pub(super) struct Once<F> {
    /// What a broker answers to a change that has been made already.
    pub(super) refusal: ErrorCode,
    /// Looks whether it is there, after a lost answer and that refusal.
    pub(super) confirm: F,
}

impl Cluster {
    /// Has the items changed, each once.
    ///
    /// The caller has seen that it was not there before. A broker may itself ask its controller
    /// twice, unseen from here; the refusal then stays an error, because somebody else may have
    /// been faster.
    pub(super) async fn change<K, F, Answering, Confirm, Confirming>(
        &self,
        manner: Manner,
        once: Once<Confirm>,
        items: impl IntoIterator<Item = K>,
        target: impl Fn(&K) -> Target,
        call: F,
        deadline: Deadline,
    ) -> Result<PerItem<K, ()>, Error>
    where
        K: Ord + Clone + Debug + Resource,
        F: Fn(Connection, Vec<K>) -> Answering,
        Answering: Future<Output = Answers<K, ()>>,
        Confirm: FnOnce(Vec<K>) -> Confirming,
        Confirming: Future<Output = Result<PerItem<K, bool>, Error>>,
    {
        let answered = self.settle(manner, items, target, call, deadline).await;
        let in_question = in_question(&answered, once.refusal);
        let seen = if in_question.is_empty() {
            Ok(PerItem::new())
        } else {
            (once.confirm)(in_question.clone()).await
        };
        whole(conclude(answered, &in_question, seen, manner.request))
    }
}

/// Returns the items that were refused after an answer about them was lost.
fn in_question<K: Ord + Clone>(answered: &CallResults<K, ()>, refusal: ErrorCode) -> Vec<K> {
    let is_refused = |item: &&K| {
        let result = answered.results.get(*item);
        result
            .is_some_and(|result| result.as_ref().is_err_and(|error| error.code() == Some(refusal)))
    };
    answered.lost.keys().filter(is_refused).cloned().collect()
}

/// Says what became of each item, from what was answered and from what is there.
fn conclude<K: Ord + Clone + Resource>(
    answered: CallResults<K, ()>,
    in_question: &[K],
    mut seen: Result<PerItem<K, bool>, Error>,
    request: &str,
) -> PerItem<K, ()> {
    let CallResults { mut results, lost } = answered;
    let unconfirmed = |item: &K, cause: &Error| Error::Unconfirmed {
        change: format!("{request} of {}", item.describe()),
        cause: cause.to_string(),
    };
    for (item, cause) in &lost {
        let Some(result) = results.get_mut(item) else { continue };
        let Err(error) = result else { continue };
        let has_no_answer =
            error == cause || error.nobody_answered() || error.remedy(false).is_some();
        if has_no_answer {
            *result = Err(unconfirmed(item, cause));
        } else if in_question.contains(item) {
            match seen.as_mut().map(|seen| seen.remove(item)) {
                Ok(Some(Ok(true))) => *result = Ok(()),
                Ok(Some(Ok(false)) | None) => {}
                Ok(Some(Err(unseen))) => *result = Err(unconfirmed(item, &unseen)),
                Err(unseen) => *result = Err(unconfirmed(item, unseen)),
            }
        }
    }
    results
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::kafka::wire::denied::unanswered;
    use crate::model::name::TopicName;

    const REFUSAL: ErrorCode = ErrorCode::TOPIC_ALREADY_EXISTS;

    fn lost() -> Error {
        Error::Disconnected { address: "a:1".to_owned(), cause: "the peer closed it".to_owned() }
    }

    fn refused() -> Error {
        Error::Broker { code: REFUSAL, message: None }
    }

    /// Concludes on one topic whose last result is this one.
    fn conclusion(
        result: Result<(), Error>,
        was_lost: bool,
        seen: Result<Option<Result<bool, Error>>, Error>,
    ) -> Result<(), Error> {
        let topic = TopicName::from("orders");
        let answered = CallResults {
            results: PerItem::from([(topic.clone(), result)]),
            lost: was_lost.then(|| (topic.clone(), lost())).into_iter().collect::<BTreeMap<_, _>>(),
        };
        let in_question = in_question(&answered, REFUSAL);
        let seen = seen.map(|seen| seen.map(|seen| (topic.clone(), seen)).into_iter().collect());
        conclude(answered, &in_question, seen, "CreateTopics").remove(&topic).unwrap()
    }

    #[test]
    fn a_refusal_after_a_lost_answer_is_a_success_if_the_change_is_there() {
        assert_eq!(conclusion(Err(refused()), true, Ok(Some(Ok(true)))), Ok(()));
        assert_eq!(conclusion(Err(refused()), true, Ok(Some(Ok(false)))), Err(refused()));
        assert_eq!(conclusion(Err(refused()), false, Ok(None)), Err(refused()));
    }

    #[test]
    fn another_refusal_is_an_answer() {
        let policy = Error::Broker { code: ErrorCode(44), message: None };
        assert_eq!(conclusion(Err(policy.clone()), true, Ok(None)), Err(policy));
        assert_eq!(conclusion(Ok(()), true, Ok(None)), Ok(()));
    }

    #[test]
    fn an_item_that_the_answer_leaves_out_may_have_been_changed() {
        let topic = TopicName::from("orders");
        let left_out = unanswered("CreateTopics", &topic);
        let answered = CallResults {
            results: PerItem::from([(topic.clone(), Err(left_out.clone()))]),
            lost: BTreeMap::from([(topic.clone(), left_out)]),
        };
        let concluded = conclude(answered, &[], Ok(PerItem::new()), "CreateTopics");
        let error = concluded[&topic].clone().unwrap_err();
        assert!(matches!(error, Error::Unconfirmed { .. }), "{error}");
    }

    #[test]
    fn what_cannot_be_found_out_is_neither_done_nor_failed() {
        let unreachable = Error::Unreachable { addresses: Vec::new(), cause: "refused".to_owned() };
        for (result, seen) in [
            (lost(), Ok(None)),
            (unreachable.clone(), Ok(None)),
            (Error::Broker { code: ErrorCode::NOT_CONTROLLER, message: None }, Ok(None)),
            (refused(), Ok(Some(Err(unreachable.clone())))),
            (refused(), Err(unreachable)),
        ] {
            let text = conclusion(Err(result), true, seen).unwrap_err().to_string();
            let change = "CreateTopics of topic `orders` may have been done or not: ";
            assert!(text.starts_with(change), "{text}");
        }
    }
}
