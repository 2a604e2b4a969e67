//! What belongs to a transaction, and how it ends.

use std::collections::BTreeSet;

use super::*;
use crate::sandbox::transactions::partitions::NotInTransaction;

#[test]
fn a_transaction_begins_with_its_first_partition_and_ends_with_markers() {
    let (mut transactions, producer) = started();
    assert_eq!(state(&transactions), "Empty");
    let partitions = [partition(0), partition(1)];
    assert_eq!(transactions.add_partitions(ID, producer, partitions, NOW), Ok(()));
    assert_eq!(transactions.add_group(ID, producer, GroupId::from("g"), NOW), Ok(()));
    assert_eq!(state(&transactions), "Ongoing");
    let ending = transactions.end(ID, producer, Outcome::Commit).expect("ended");
    let expected = Ending {
        producer,
        outcome: Outcome::Commit,
        partitions: BTreeSet::from([partition(0), partition(1)]),
        groups: BTreeSet::from([GroupId::from("g")]),
    };
    assert_eq!(ending, Some(expected));
    assert_eq!(state(&transactions), "CompleteCommit");
}

#[test]
fn the_same_end_twice_writes_once() {
    for (outcome, other) in [(Outcome::Commit, Outcome::Abort), (Outcome::Abort, Outcome::Commit)] {
        let (mut transactions, producer) = started();
        assert_eq!(add(&mut transactions, producer), Ok(()));
        assert!(transactions.end(ID, producer, outcome).expect("ended").is_some());
        assert_eq!(transactions.end(ID, producer, outcome), Ok(None));
        let changed = transactions.end(ID, producer, other);
        assert_eq!(changed, Err(ResponseError::InvalidTxnState));
    }
}

#[test]
fn there_is_nothing_to_end_before_the_beginning() {
    let (mut transactions, producer) = started();
    let ended = transactions.end(ID, producer, Outcome::Commit);
    assert_eq!(ended, Err(ResponseError::InvalidTxnState));
    let ended = transactions.end("other", producer, Outcome::Commit);
    assert_eq!(ended, Err(ResponseError::InvalidProducerIdMapping));
    let ended = transactions.end("", producer, Outcome::Commit);
    assert_eq!(ended, Err(ResponseError::InvalidRequest));
}

#[test]
fn the_next_transaction_has_nothing_of_the_last() {
    let (mut transactions, producer) = started();
    assert_eq!(add(&mut transactions, producer), Ok(()));
    assert!(transactions.end(ID, producer, Outcome::Abort).is_ok());
    assert_eq!(transactions.add_group(ID, producer, GroupId::from("g"), NOW), Ok(()));
    let ending = transactions.end(ID, producer, Outcome::Commit).expect("ended").expect("work");
    assert_eq!((ending.partitions.len(), ending.groups.len()), (0, 1));
}

#[test]
fn only_what_was_added_may_be_written_to() {
    let (mut transactions, producer) = started();
    let not_added = Err(NotInTransaction::NotAdded);
    assert_eq!(transactions.check_partition(ID, producer, &partition(0)), not_added);
    assert_eq!(add(&mut transactions, producer), Ok(()));
    assert_eq!(transactions.check_partition(ID, producer, &partition(0)), Ok(()));
    assert_eq!(transactions.check_partition(ID, producer, &partition(1)), not_added);
    assert_eq!(transactions.check_group(ID, producer, &GroupId::from("g")), not_added);
    assert_eq!(transactions.add_group(ID, producer, GroupId::from("g"), NOW), Ok(()));
    assert_eq!(transactions.check_group(ID, producer, &GroupId::from("g")), Ok(()));
    assert!(transactions.end(ID, producer, Outcome::Commit).is_ok());
    assert_eq!(transactions.check_partition(ID, producer, &partition(0)), not_added);
    let error = NotInTransaction::NotAdded;
    assert_eq!(error.error(false), ResponseError::InvalidTxnState);
    assert_eq!(error.error(true), ResponseError::TransactionAbortable);
}

#[test]
fn transactions_do_not_grow_without_end() {
    let settings = Settings { most_added: 2, ..Settings::default() };
    let mut transactions = Transactions::new(settings);
    let producer = start(&mut transactions).expect("started");
    let partitions = [partition(0), partition(1), partition(2)];
    let refused = Err(ResponseError::PolicyViolation);
    assert_eq!(transactions.add_partitions(ID, producer, partitions, NOW), refused);
    assert_eq!(
        transactions.add_partitions(ID, producer, [partition(0), partition(1)], NOW),
        Ok(())
    );
    assert_eq!(transactions.add_group(ID, producer, GroupId::from("g"), NOW), refused);
    assert!(transactions.end(ID, producer, Outcome::Abort).is_ok());
    assert_eq!(transactions.add_group(ID, producer, GroupId::from("g"), NOW), Ok(()));
}

#[test]
fn a_transaction_that_takes_too_long_is_aborted_and_its_producer_fenced() {
    let (mut transactions, producer) = started();
    assert_eq!(add(&mut transactions, producer), Ok(()));
    let later = Timestamp(NOW.0 + 30_000);
    assert_eq!(transactions.add_partitions(ID, producer, [partition(1)], later), Ok(()));
    let end = NOW.0 + i64::from(TIMEOUT_MS);
    assert_eq!(transactions.tick(Timestamp(end)), []);
    let endings = transactions.tick(Timestamp(end + 1));
    assert_eq!(endings.len(), 1, "counted from its beginning");
    assert_eq!(endings[0].outcome, Outcome::Abort);
    assert_eq!(endings[0].producer.epoch, producer.epoch + 1);
    assert_eq!(endings[0].partitions.len(), 2);
    assert_eq!(transactions.tick(Timestamp(end + 100_000)), []);
    let ended = transactions.end(ID, producer, Outcome::Commit);
    assert_eq!(ended, Err(ResponseError::ProducerFenced));
    assert_eq!(add(&mut transactions, producer), Err(ResponseError::ProducerFenced));
}

#[test]
fn transactions_are_listed_by_state_producer_and_age() {
    let (mut transactions, producer) = started();
    let other = transactions.init(Some("idle"), TIMEOUT_MS, None).answer.expect("started");
    assert_eq!(add(&mut transactions, producer), Ok(()));
    let later = Timestamp(NOW.0 + 10);
    let list = |wanted: Wanted| -> Vec<String> {
        let listed = transactions.list(&wanted, later);
        listed.into_iter().map(|transaction| transaction.transactional_id).collect()
    };
    assert_eq!(list(Wanted::default()), ["flow", "idle"]);
    let states = Some(BTreeSet::from(["Ongoing".to_owned()]));
    assert_eq!(list(Wanted { states, ..Wanted::default() }), ["flow"]);
    let states = Some(BTreeSet::new());
    assert!(list(Wanted { states, ..Wanted::default() }).is_empty(), "only unknown names");
    let producer_ids = BTreeSet::from([other.id]);
    assert_eq!(list(Wanted { producer_ids, ..Wanted::default() }), ["idle"]);
    assert_eq!(list(Wanted { longer_than_ms: Some(9), ..Wanted::default() }), ["flow", "idle"]);
    assert_eq!(list(Wanted { longer_than_ms: Some(10), ..Wanted::default() }), ["idle"]);
    assert!(is_state("PrepareCommit") && !is_state("ongoing"));
}

#[test]
fn a_description_shows_the_ongoing_work() {
    let (mut transactions, producer) = started();
    assert_eq!(add(&mut transactions, producer), Ok(()));
    let described = transactions.describe(ID).expect("known");
    assert_eq!(described.producer, producer);
    assert_eq!((described.state, described.timeout_ms), ("Ongoing", TIMEOUT_MS));
    assert_eq!(described.started, Some(NOW));
    assert_eq!(described.partitions, [partition(0)]);
    assert_eq!(transactions.describe(""), Err(ResponseError::InvalidRequest));
    assert_eq!(transactions.describe("other"), Err(ResponseError::TransactionalIdNotFound));
}
