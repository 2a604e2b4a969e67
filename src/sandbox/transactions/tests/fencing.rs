//! Starting producers, and fencing those before.

use super::*;
use crate::sandbox::transactions::partitions::NotInTransaction;

#[test]
fn an_idempotent_producer_gets_an_id_of_its_own() {
    let mut transactions = Transactions::new(Settings::default());
    let ids = [0; 3].map(|_| transactions.init(None, 0, None).answer.expect("started"));
    assert_eq!(ids.map(|producer| producer.epoch), [0; 3]);
    assert_eq!(ids.map(|producer| producer.id), [0, 1, 2]);
}

#[test]
fn a_second_instance_fences_the_first() {
    let (mut transactions, first) = started();
    let second = start(&mut transactions).expect("started");
    assert_eq!((second.id, second.epoch), (first.id, first.epoch + 1));
    assert_eq!(add(&mut transactions, first), Err(ResponseError::ProducerFenced));
    let checked = transactions.check_partition(ID, first, &partition(0));
    let refused = NotInTransaction::Refused(ResponseError::InvalidProducerEpoch);
    assert_eq!(checked, Err(refused), "whoever writes hears it in the older words");
    assert_eq!(refused.error(true), ResponseError::InvalidProducerEpoch);
    assert_eq!(add(&mut transactions, second), Ok(()));
}

#[test]
fn a_second_instance_aborts_what_the_first_was_doing_and_comes_again() {
    let (mut transactions, first) = started();
    assert_eq!(add(&mut transactions, first), Ok(()));
    let initialised = transactions.init(Some(ID), TIMEOUT_MS, None);
    assert_eq!(initialised.answer, Err(ResponseError::ConcurrentTransactions));
    let ending = initialised.ending.expect("aborted");
    assert_eq!((ending.outcome, ending.producer.epoch), (Outcome::Abort, first.epoch + 1));
    let ended = transactions.end(ID, first, Outcome::Commit);
    assert_eq!(ended, Err(ResponseError::ProducerFenced));
    let second = start(&mut transactions).expect("started");
    assert_eq!(second.epoch, first.epoch + 2);
    assert_eq!(state(&transactions), "Empty");
}

#[test]
fn a_producer_may_ask_for_a_higher_epoch_and_ask_again() {
    let (mut transactions, first) = started();
    let second = bump(&mut transactions, first).expect("bumped");
    assert_eq!(second.epoch, first.epoch + 1);
    assert_eq!(bump(&mut transactions, first), Ok(second), "the answer was lost");
    let third = bump(&mut transactions, second).expect("bumped");
    assert_eq!(bump(&mut transactions, first), Err(ResponseError::ProducerFenced));
    let fourth = start(&mut transactions).expect("another instance");
    assert_eq!(bump(&mut transactions, third), Err(ResponseError::ProducerFenced));
    let stranger = Producer { id: 77, epoch: fourth.epoch };
    assert_eq!(bump(&mut transactions, stranger), Err(ResponseError::ProducerFenced));
}

#[test]
fn a_producer_whose_id_nobody_remembers_gets_a_new_one() {
    let mut transactions = Transactions::new(Settings::default());
    let forgotten = Producer { id: 77, epoch: 5 };
    assert_eq!(bump(&mut transactions, forgotten), Ok(Producer { id: 0, epoch: 0 }));
}

#[test]
fn used_up_epochs_lead_to_a_new_producer_id() {
    let (mut transactions, first) = started();
    let mut last = first;
    for _ in 0..i16::MAX - 1 {
        last = start(&mut transactions).expect("started");
    }
    assert_eq!(last, Producer { epoch: i16::MAX - 1, ..first });
    let next = bump(&mut transactions, last).expect("rotated");
    assert_eq!(next, Producer { id: first.id + 1, epoch: 0 });
    assert_eq!(bump(&mut transactions, last), Ok(next), "the answer was lost");
    let refused = transactions.end(ID, last, Outcome::Commit);
    assert_eq!(refused, Err(ResponseError::InvalidProducerIdMapping));
    assert!(start(&mut transactions).is_ok());
    assert_eq!(bump(&mut transactions, last), Err(ResponseError::ProducerFenced));
}

#[test]
fn the_last_epoch_can_still_be_fenced() {
    let (mut transactions, mut last) = started();
    while last.epoch < i16::MAX - 1 {
        last = start(&mut transactions).expect("started");
    }
    assert_eq!(add(&mut transactions, last), Ok(()));
    let initialised = transactions.init(Some(ID), TIMEOUT_MS, None);
    assert_eq!(initialised.ending.expect("aborted").producer.epoch, i16::MAX);
    let next = start(&mut transactions).expect("started");
    assert_eq!(next, Producer { id: last.id + 1, epoch: 0 });
}

#[test]
fn what_cannot_be_a_producer_is_refused() {
    let settings = Settings { most_ids: 1, ..Settings::default() };
    let mut transactions = Transactions::new(settings);
    let mut init = |id: &str, timeout_ms| transactions.init(Some(id), timeout_ms, None).answer;
    assert_eq!(init("", 1), Err(ResponseError::InvalidRequest));
    assert_eq!(init("a", 0), Err(ResponseError::InvalidTransactionTimeout));
    assert_eq!(init("a", 900_001), Err(ResponseError::InvalidTransactionTimeout));
    assert!(init("a", 900_000).is_ok());
    assert_eq!(init("b", 1), Err(ResponseError::PolicyViolation), "no room for another");
    let settings = Settings { most_id_bytes: 3, ..Settings::default() };
    let mut narrow = Transactions::new(settings);
    assert!(narrow.init(Some("ab"), 1, None).answer.is_ok());
    let refused = narrow.init(Some("cd"), 1, None).answer;
    assert_eq!(refused, Err(ResponseError::PolicyViolation), "no room for its name");
    let producer = Producer { id: 0, epoch: 0 };
    let added = transactions.add_partitions("c", producer, [partition(0)], NOW);
    assert_eq!(added, Err(ResponseError::InvalidProducerIdMapping));
    let checked = transactions.check_partition("c", producer, &partition(0));
    let refused = NotInTransaction::Refused(ResponseError::InvalidProducerIdMapping);
    assert_eq!(checked, Err(refused));
}
