//! Which batches are taken, known or refused.

use super::super::sample::{Sample, header};
use super::*;

const NOW: Timestamp = Timestamp(1_000);

/// The header of a batch of producer 7.
fn batch(epoch: i16, sequence: i32, count: i32, base_offset: i64) -> BatchHeader {
    header(&Sample::of_producer(7, epoch, sequence).records(count).at(base_offset))
}

#[test]
fn a_batch_that_comes_twice_is_stored_once() {
    let mut producers = Producers::default();
    for number in 0..6_i32 {
        let batch = batch(0, number * 2, 2, i64::from(number) * 10);
        assert_eq!(producers.judge(&batch), Ok(Verdict::Append));
        producers.remember(&batch, NOW);
    }
    for number in 1..6_i32 {
        let Ok(Verdict::Duplicate(sent)) = producers.judge(&batch(0, number * 2, 2, 99)) else {
            panic!("batch {number} is one of the last five");
        };
        assert_eq!(sent.first_offset, i64::from(number) * 10);
    }
    let forgotten = producers.judge(&batch(0, 0, 2, 99));
    assert_eq!(forgotten, Err(ResponseError::OutOfOrderSequenceNumber));
    let overlaps = producers.judge(&batch(0, 10, 3, 99));
    assert_eq!(overlaps, Err(ResponseError::OutOfOrderSequenceNumber));
}

#[test]
fn a_gap_is_refused() {
    let mut producers = Producers::default();
    producers.remember(&batch(0, 5, 1, 0), NOW);
    for wrong in [0, 4, 7] {
        let verdict = producers.judge(&batch(0, wrong, 2, 1));
        assert_eq!(verdict, Err(ResponseError::OutOfOrderSequenceNumber), "{wrong}");
    }
    assert_eq!(producers.judge(&batch(0, 6, 2, 1)), Ok(Verdict::Append));
}

#[test]
fn zero_follows_the_greatest_number() {
    let mut producers = Producers::default();
    producers.remember(&batch(0, i32::MAX - 1, 4, 0), NOW);
    assert_eq!(producers.judge(&batch(0, 2, 1, 4)), Ok(Verdict::Append));
    assert_eq!(producers.judge(&batch(0, 3, 1, 4)), Err(ResponseError::OutOfOrderSequenceNumber));
    let Ok(Verdict::Duplicate(_)) = producers.judge(&batch(0, i32::MAX - 1, 4, 4)) else {
        panic!("it was sent");
    };
}

#[test]
fn a_new_epoch_begins_at_zero_and_fences_the_old_one() {
    let mut producers = Producers::default();
    producers.remember(&batch(1, 0, 3, 0), NOW);
    assert_eq!(producers.judge(&batch(2, 3, 1, 3)), Err(ResponseError::OutOfOrderSequenceNumber));
    assert_eq!(producers.judge(&batch(2, 0, 1, 3)), Ok(Verdict::Append));
    producers.remember(&batch(2, 0, 1, 3), NOW);
    assert_eq!(producers.judge(&batch(1, 3, 1, 4)), Err(ResponseError::InvalidProducerEpoch));
}

#[test]
fn a_marker_of_a_later_epoch_fences() {
    let mut producers = Producers::default();
    producers.remember(&batch(1, 0, 3, 0), NOW);
    assert_eq!(producers.end((7, 2), 0, NOW), None);
    assert_eq!(producers.judge(&batch(1, 3, 1, 4)), Err(ResponseError::InvalidProducerEpoch));
    assert_eq!(producers.judge(&batch(2, 0, 1, 4)), Ok(Verdict::Append));
    assert_eq!(producers.check_end((7, 1), 0), Err(ResponseError::InvalidProducerEpoch));
    producers.end((7, 2), 5, NOW);
    assert_eq!(producers.check_end((7, 2), 4), Err(ResponseError::TransactionCoordinatorFenced));
}

#[test]
fn an_open_transaction_is_known_until_its_end() {
    let mut producers = Producers::default();
    let begin = header(&Sample::of_producer(7, 0, 0).transactional().at(10));
    producers.remember(&begin, NOW);
    producers.remember(&header(&Sample::of_producer(8, 0, 0).transactional().at(11)), NOW);
    assert_eq!(producers.first_open(), Some(10));
    assert_eq!(
        producers.judge(&batch(0, 1, 1, 12)),
        Err(ResponseError::InvalidTxnState),
        "it is not of the transaction"
    );
    assert!(!producers.forget_before(Timestamp(i64::MAX)), "both are open");
    assert_eq!(producers.end((7, 0), 0, NOW), Some(10));
    assert_eq!(producers.first_open(), Some(11));
    assert!(!producers.is_open(7) && producers.is_open(8));
    assert!(producers.forget_before(NOW));
    assert_eq!(producers.judge(&batch(0, 99, 1, 12)), Ok(Verdict::Append), "it is unknown");
}
