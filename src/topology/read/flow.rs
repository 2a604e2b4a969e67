//! `flows`: main topics with their producers, consumers, retries and DLQs.

use std::collections::BTreeMap;

use crate::model::offset::IsolationLevel;
use crate::topology::document::{DlqChoice, DlqSettings, Flow, Located, Producer, RedriveTo};
use crate::topology::naming::MAIN;
use crate::topology::resolved::{Convention, Schema};
use crate::topology::source::Findings;
use crate::topology::yaml::{Entry, Kind};

use super::fields::Fields;
use super::{consumer, named, naming, scalar, settings};

/// Reads a flow.
pub(super) fn flow(entry: &Entry, findings: &mut Findings<'_>) -> Flow {
    let what = format!("flow `{}`", entry.key);
    let mut fields = Fields::of(&entry.value, what, findings);
    let class = fields.take("class").and_then(|entry| scalar::some_text(entry, findings));
    let owner = fields.take("owner").and_then(|entry| scalar::text(entry, findings));
    let description = fields.take("description").and_then(|entry| scalar::text(entry, findings));
    let main_entry = fields.take("main");
    let main = main_entry.and_then(|entry| naming::template(entry, MAIN, findings));
    let external = fields.take("external").and_then(|entry| scalar::some_text(entry, findings));
    let settings = settings::settings(&mut fields, findings);
    let key = fields.take("key").and_then(|entry| scalar::some_text(entry, findings));
    let schema = fields.take("schema").map(|entry| schema(entry, findings));
    let producers = named(fields.take("producers"), "producer", producer, findings);
    let consumers = fields.take("consumers");
    let consumers =
        consumers.map(|entry| named(Some(entry), "consumer", consumer::consumer, findings));
    let dlq = dlq(fields.take("dlq"), findings);
    let dead_letters = fields.take("dead_letters").and_then(|entry| convention(entry, findings));
    fields.not_yet(&["for_each"], findings);
    fields.finish(findings);
    if external.is_some() {
        refuse_changes_of_an_external_topic(main_entry, &settings.configs, findings);
    }
    Flow {
        class,
        owner: owner.map(|o| o.value),
        description: description.map(|d| d.value),
        main,
        external,
        settings,
        key: key.map(|k| k.value),
        schema,
        producers,
        consumers,
        dlq,
        dead_letters: dead_letters.unwrap_or(Convention::Auto),
        place: entry.place,
    }
}

/// Partitions and replication of an external flow are taken for its retry topics and DLQs.
fn refuse_changes_of_an_external_topic(
    main: Option<&Entry>,
    configs: &BTreeMap<String, Located<String>>,
    findings: &mut Findings<'_>,
) {
    let places = main.map(|entry| entry.place).into_iter().chain(configs.values().map(|c| c.place));
    for place in places {
        let message = "an external topic belongs to somebody else: it is never named or configured";
        let hint = "remove this; retry topics and DLQs have settings of their own";
        findings.error_with_hint(place, "external", message, hint);
    }
}

fn schema(entry: &Entry, findings: &mut Findings<'_>) -> Schema {
    let mut fields = Fields::of(&entry.value, "`schema`", findings);
    let mut text = |key, findings: &mut Findings<'_>| {
        fields.take(key).and_then(|entry| scalar::some_text(entry, findings)).map(|t| t.value)
    };
    let value = text("value", findings);
    let key = text("key", findings);
    let levels = [
        "none",
        "backward",
        "backward_transitive",
        "forward",
        "forward_transitive",
        "full",
        "full_transitive",
    ];
    let compatibility = word(&mut fields, "compatibility", &levels, findings);
    let subject = word(&mut fields, "subject", &["topic", "record", "topic_record"], findings);
    fields.finish(findings);
    Schema { value, key, compatibility, subject }
}

fn word(
    fields: &mut Fields<'_>,
    key: &'static str,
    words: &[&'static str],
    findings: &mut Findings<'_>,
) -> Option<String> {
    let words: Vec<_> = words.iter().map(|word| (*word, *word)).collect();
    let word = fields.take(key).and_then(|entry| scalar::word(entry, &words, findings))?;
    Some(word.value.to_owned())
}

fn producer(entry: &Entry, findings: &mut Findings<'_>) -> Producer {
    let what = format!("producer `{}`", entry.key);
    let mut fields = Fields::of(&entry.value, what, findings);
    let idempotent = fields.take("idempotent").and_then(|entry| scalar::boolean(entry, findings));
    let transactional_id =
        fields.take("transactional_id").and_then(|entry| scalar::some_text(entry, findings));
    fields.finish(findings);
    Producer { idempotent, transactional_id: transactional_id.map(|id| id.value) }
}

/// Reads a `dlq`: `none`, or its settings.
pub(super) fn dlq(entry: Option<&Entry>, findings: &mut Findings<'_>) -> DlqChoice {
    let Some(entry) = entry else { return DlqChoice::Unsaid };
    if let Kind::Scalar { text, .. } = &entry.value.kind {
        if text != "none" {
            let message = format!("`dlq` must be `none` or a mapping, not `{text}`");
            let hint = "`dlq: {}` makes one with the defaults";
            findings.error_with_hint(entry.value.place, "wrong_type", message, hint);
        }
        return DlqChoice::None;
    }
    let mut fields = Fields::of(&entry.value, "`dlq`", findings);
    let settings = settings::settings(&mut fields, findings);
    let max_redrives = fields
        .take("max_redrives")
        .and_then(|entry| scalar::integer(entry, 0, u32::from(u16::MAX), findings));
    let redrive_to = fields.take("redrive_to").and_then(|entry| {
        let words = [("main", RedriveTo::Main), ("retry", RedriveTo::Retry)];
        scalar::word(entry, &words, findings)
    });
    fields.finish(findings);
    DlqChoice::Declared(Box::new(DlqSettings {
        settings,
        max_redrives,
        redrive_to: redrive_to.unwrap_or(Located { value: RedriveTo::Main, place: entry.place }),
        place: entry.place,
    }))
}

fn convention(entry: &Entry, findings: &mut Findings<'_>) -> Option<Convention> {
    let words = [
        ("auto", Convention::Auto),
        ("flowctl", Convention::Flowctl),
        ("spring", Convention::Spring),
        ("connect", Convention::Connect),
    ];
    scalar::word(entry, &words, findings).map(|word| word.value)
}

/// Reads an isolation level.
pub(super) fn isolation(entry: &Entry, findings: &mut Findings<'_>) -> Option<IsolationLevel> {
    let words = [IsolationLevel::ReadCommitted, IsolationLevel::ReadUncommitted]
        .map(|level| (level.name(), level));
    scalar::word(entry, &words, findings).map(|word| word.value)
}
