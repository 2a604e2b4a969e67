//! Transactions told as stories.

mod ending;
mod fencing;
mod laws;

use super::*;
use crate::model::name::{GroupId, TopicName};
use crate::model::offset::TopicPartition;

const ID: &str = "flow";
const TIMEOUT_MS: i32 = 60_000;
const NOW: Timestamp = Timestamp(1_000);

fn partition(number: i32) -> TopicPartition {
    TopicPartition::new(TopicName::from("orders"), number)
}

/// Starts a producer that has the transactional id to itself.
fn started() -> (Transactions, Producer) {
    let mut transactions = Transactions::new(Settings::default());
    let producer = start(&mut transactions).expect("started");
    (transactions, producer)
}

fn start(transactions: &mut Transactions) -> Result<Producer, ResponseError> {
    let initialised = transactions.init(Some(ID), TIMEOUT_MS, None);
    assert_eq!(initialised.ending, None);
    initialised.answer
}

/// Asks for a higher epoch as KIP-360 has it.
fn bump(transactions: &mut Transactions, current: Producer) -> Result<Producer, ResponseError> {
    let initialised = transactions.init(Some(ID), TIMEOUT_MS, Some(current));
    assert_eq!(initialised.ending, None);
    initialised.answer
}

fn add(transactions: &mut Transactions, producer: Producer) -> Result<(), ResponseError> {
    transactions.add_partitions(ID, producer, [partition(0)], NOW)
}

fn state(transactions: &Transactions) -> &'static str {
    transactions.describe(ID).expect("known").state
}
