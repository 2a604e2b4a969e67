//! What the writer makes of signals, refusals and answers, against a played producer.

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use super::broker::{Played, Step, failed, outbounds};
use super::*;
use crate::kafka::rd::send_all::Sent;
use crate::kafka::rd::setback::TransactionError;
use crate::kafka::{ErrorCode, Properties};
use crate::model::record::SentTime;

/// A writer on a played producer, and what that was told to do.
fn writer(played: Played) -> (Writer, Arc<Mutex<Vec<Step>>>) {
    let steps = Arc::clone(&played.steps);
    let care = Care::new(1_000_000, false);
    let (settings, _) =
        ConnectionSettings::from_properties(Some("a:1"), &Properties::new()).unwrap();
    let writer = Writer {
        producer: Box::new(played),
        batching: care.batching(),
        care,
        settings,
        transactional_id: "t".to_owned(),
        patience: Duration::from_secs(60),
        failing: None,
    };
    (writer, steps)
}

#[expect(clippy::unnecessary_wraps, reason = "an addition can fail")]
fn nothing(_: Range<usize>, _: &[Fate]) -> anyhow::Result<Vec<OutgoingRecord>> {
    Ok(Vec::new())
}

#[test]
fn a_stop_is_heard_between_transactions() {
    let (mut writer, steps) = writer(Played::default());
    let asked = Cell::new(0);
    let is_asked_to_stop = || asked.replace(asked.get() + 1) == 1;
    let written = writer.write(&outbounds(0..5_000), &mut nothing, &is_asked_to_stop);
    assert!(matches!(written.stop, Some(Stop::Asked)));
    assert_eq!((written.fates.len(), written.transactions), (1_000, 1));
    assert_eq!(*steps.lock().unwrap(), [Step::Begin, Step::Send(1_000), Step::Commit]);
}

#[test]
fn who_is_asked_before_the_first_transaction_begins_none() {
    let (mut writer, steps) = writer(Played::default());
    let written = writer.write(&outbounds(0..5), &mut nothing, &|| true);
    assert!(matches!(written.stop, Some(Stop::Asked)));
    assert_eq!((written.fates.len(), steps.lock().unwrap().len()), (0, 0));
    assert!(writer.write(&[], &mut nothing, &|| true).stop.is_none(), "nothing is left");
}

#[test]
fn a_refused_transaction_is_aborted_when_nobody_will_open_again() {
    let refusing = || Played {
        outcomes: Mutex::new(vec![failed(ErrorCode::MESSAGE_TOO_LARGE)]),
        ..Played::default()
    };
    let (mut first, steps) = writer(refusing());
    let asked = Cell::new(false);
    let written = first.write(&outbounds(0..5), &mut nothing, &|| asked.replace(true));
    assert!(matches!(written.stop, Some(Stop::Asked)));
    assert_eq!(*steps.lock().unwrap(), [Step::Begin, Step::Send(5), Step::Abort]);
    let (mut second, steps) = writer(refusing());
    let written = second.write(&outbounds(0..5), &mut nothing, &|| false);
    assert!(matches!(written.stop, Some(Stop::Reopen)));
    assert_eq!(*steps.lock().unwrap(), [Step::Begin, Step::Send(5)], "opening again aborts");
}

#[test]
fn a_refused_addition_names_its_topic() {
    let addition = |_: Range<usize>, _: &[Fate]| {
        let record = OutgoingRecord {
            topic: "ledger".into(),
            partition: Some(0),
            timestamp: SentTime::Now,
            key: None,
            value: Some("entry".into()),
            headers: Vec::new(),
        };
        Ok(vec![record])
    };
    let played = Played { refuses_topic: Some("ledger".into()), ..Played::default() };
    let (mut writer, steps) = writer(played);
    let written = writer.write(&outbounds(0..5), &mut { addition }, &|| false);
    let Some(Stop::Final(error)) = written.stop else { panic!("{:?}", written.stop) };
    let text = format!("{error:#}");
    assert!(text.starts_with("cannot write to topic `ledger` what is remembered"), "{text}");
    assert!(text.contains("MESSAGE_TOO_LARGE") || text.contains("too large"), "{text}");
    assert_eq!(*steps.lock().unwrap(), [Step::Begin, Step::Send(5), Step::Send(1), Step::Abort]);
}

type IsExpected = fn(&Stop) -> bool;

#[test]
fn a_commit_without_an_answer_leaves_its_records_in_doubt() {
    let error = Error::Client("no answer".to_owned());
    let answers: [(_, IsExpected); 3] = [
        (TransactionError::Undecided(error.clone()), |stop| matches!(stop, Stop::Undecided(_))),
        (TransactionError::Fenced(error.clone()), |stop| matches!(stop, Stop::Fenced(_))),
        (TransactionError::Fatal(error), |stop| matches!(stop, Stop::Lost(_))),
    ];
    for (answer, is_expected) in answers {
        let played = Played { commit: Some(answer), ..Played::default() };
        let (mut writer, steps) = writer(played);
        // The second transaction of them is never begun.
        let written = writer.write(&outbounds(0..1_500), &mut nothing, &|| false);
        assert!(written.stop.as_ref().is_some_and(is_expected), "{:?}", written.stop);
        assert_eq!((written.fates.len(), written.in_doubt.len()), (0, 1_000));
        assert!(written.in_doubt.iter().all(|fate| matches!(fate, Fate::Written(_))));
        assert_eq!(*steps.lock().unwrap(), [Step::Begin, Step::Send(1_000), Step::Commit]);
    }
}

#[test]
fn a_commit_that_failed_is_in_doubt_unless_it_was_aborted() {
    let error = |text: &str| Error::Client(text.to_owned());
    let timed_out = Some(TransactionError::Abortable(error("timed out")));
    let committed = Some(TransactionError::Fatal(error("invalid state")));
    let played = Played { commit: timed_out.clone(), abort: committed, ..Played::default() };
    let (mut first, steps) = writer(played);
    let written = first.write(&outbounds(0..5), &mut nothing, &|| false);
    assert!(matches!(written.stop, Some(Stop::Undecided(_))), "{:?}", written.stop);
    assert_eq!(written.in_doubt.len(), 5);
    assert_eq!(*steps.lock().unwrap(), [Step::Begin, Step::Send(5), Step::Commit, Step::Abort]);
    let (mut second, _) = writer(Played { commit: timed_out, ..Played::default() });
    let written = second.write(&outbounds(0..5), &mut nothing, &|| false);
    assert!(matches!(written.stop, Some(Stop::Aborted(_))), "{:?}", written.stop);
    assert_eq!(written.in_doubt.len(), 0);
}

#[test]
fn a_transaction_that_fails_for_long_ends_it() {
    let failing =
        || Played { refuses: Some(Error::Client("no leader".to_owned())), ..Played::default() };
    let (mut patient, steps) = writer(failing());
    let written = patient.write(&outbounds(0..5), &mut nothing, &|| false);
    assert!(matches!(written.stop, Some(Stop::Aborted(_))), "opened again, it may go through");
    let tries = |steps: &Mutex<Vec<Step>>| {
        steps.lock().unwrap().iter().filter(|step| **step == Step::Begin).count()
    };
    assert_eq!(tries(&steps), 6);
    let (mut impatient, steps) = writer(failing());
    impatient.patience = Duration::ZERO;
    let written = impatient.write(&outbounds(0..5), &mut nothing, &|| false);
    let Some(Stop::Final(error)) = written.stop else { panic!("{:?}", written.stop) };
    let text = format!("{error:#}");
    assert!(
        text.starts_with("no transaction went through") && text.ends_with("no leader"),
        "{text}"
    );
    assert_eq!(tries(&steps), 1);
}

#[test]
fn only_what_is_tried_in_vain_counts_as_failing() {
    let failing =
        Played { refuses: Some(Error::Client("no leader".to_owned())), ..Played::default() };
    let (mut failing, _) = writer(failing);
    assert!(!failing.has_failed_for_long(Duration::from_secs(90)), "it was not known to fail");
    assert!(!failing.has_failed_for_long(Duration::from_secs(59)));
    // What passes until it writes again, where the producer is opened anew, is not asked for.
    assert!(failing.has_failed_for_long(Duration::from_secs(1)));
    let written = failing.write(&outbounds(0..5), &mut nothing, &|| false);
    let Some(Stop::Final(error)) = written.stop else { panic!("{:?}", written.stop) };
    assert!(error.to_string().contains("within 1m after"), "{error}");
    let in_doubt = TransactionError::Undecided(Error::Client("no answer".to_owned()));
    let (mut writer, _) = writer(Played { commit: Some(in_doubt), ..Played::default() });
    writer.failing = Some(Duration::from_secs(59));
    writer.write(&outbounds(0..5), &mut nothing, &|| false);
    assert_eq!(writer.failing, None, "it may have gone through");
}

#[test]
fn a_transaction_that_is_fenced_before_its_commit_is_not_in_doubt() {
    let fenced = Sent::Failed(Error::Fenced("epoch".to_owned()));
    let played = Played { outcomes: Mutex::new(vec![fenced]), ..Played::default() };
    let (mut writer, _) = writer(played);
    let written = writer.write(&outbounds(0..5), &mut nothing, &|| false);
    assert!(matches!(written.stop, Some(Stop::Fenced(_))), "{:?}", written.stop);
    assert_eq!((written.fates, written.in_doubt), (Vec::new(), Vec::new()));
}

#[test]
fn who_was_given_up_does_not_hide_who_has_failed() {
    let denied = Error::Denied {
        operation: "WRITE".to_owned(),
        resource: "topic `orders`".to_owned(),
        code: ErrorCode(29),
        exists: false,
    };
    let expected = denied.to_string();
    let outcomes = vec![Sent::GivenUp, Sent::Failed(denied), Sent::GivenUp];
    let played = Played { outcomes: Mutex::new(outcomes), ..Played::default() };
    let (mut writer, steps) = writer(played);
    let written = writer.write(&outbounds(0..3), &mut nothing, &|| false);
    let Some(Stop::Final(error)) = written.stop else { panic!("{:?}", written.stop) };
    assert_eq!(error.to_string(), expected);
    assert_eq!(*steps.lock().unwrap(), [Step::Begin, Step::Send(3), Step::Abort]);
}
