//! A consumer: its group, its lag budget, how it retries.

use std::time::Duration;

use crate::topology::document::{Consumer, Located, Tiers};
use crate::topology::source::Findings;
use crate::topology::yaml::Entry;

use super::fields::Fields;
use super::flow::{dlq, isolation};
use super::{scalar, settings};

/// More retry topics than anybody has wanted: each one is a topic with all its partitions.
const MAX_TIERS: u32 = 20;

/// Reads a consumer.
pub(super) fn consumer(entry: &Entry, findings: &mut Findings<'_>) -> Consumer {
    let what = format!("consumer `{}`", entry.key);
    let mut fields = Fields::of(&entry.value, what, findings);
    let group = fields.take("group").and_then(|entry| scalar::some_text(entry, findings));
    let isolation = fields.take("isolation").and_then(|entry| isolation(entry, findings));
    let lag = fields.take("lag").map(|entry| lag(entry, findings));
    let retry = fields.take("retry").map(|entry| retry(entry, findings));
    let dlq = dlq(fields.take("dlq"), findings);
    fields.finish(findings);
    let (max_records, max_age) = lag.unwrap_or_default();
    let (immediate, tiers) = retry.unwrap_or_default();
    let place = entry.place;
    Consumer { group, isolation, max_records, max_age, immediate, tiers, dlq, place }
}

fn lag(entry: &Entry, findings: &mut Findings<'_>) -> (Option<u64>, Option<Duration>) {
    let mut fields = Fields::of(&entry.value, "`lag`", findings);
    let max_records = fields
        .take("max_records")
        .and_then(|entry| scalar::integer(entry, 0, i64::MAX.cast_unsigned(), findings));
    let max_age = fields.take("max_age").and_then(|entry| scalar::duration(entry, findings));
    fields.finish(findings);
    (max_records.map(|m| m.value), max_age.map(|m| m.value))
}

type Retry = (Option<(u32, Duration)>, Option<Tiers>);

fn retry(entry: &Entry, findings: &mut Findings<'_>) -> Retry {
    let mut fields = Fields::of(&entry.value, "`retry`", findings);
    let immediate = fields.take("immediate").and_then(|entry| immediate(entry, findings));
    let tiers = fields.take("tiers").and_then(|entry| tiers(entry, findings));
    fields.finish(findings);
    (immediate, tiers)
}

fn immediate(entry: &Entry, findings: &mut Findings<'_>) -> Option<(u32, Duration)> {
    let mut fields = Fields::of(&entry.value, "`immediate`", findings);
    let attempts = fields
        .require("attempts", "3", findings)
        .and_then(|entry| scalar::integer(entry, 1, 1000, findings));
    let delay = fields.take("delay").and_then(|entry| scalar::duration(entry, findings));
    fields.finish(findings);
    Some((attempts?.value, delay.map_or(Duration::ZERO, |delay| delay.value)))
}

fn tiers(entry: &Entry, findings: &mut Findings<'_>) -> Option<Tiers> {
    let mut fields = Fields::of(&entry.value, "`tiers`", findings);
    let first =
        fields.require("first", "5s", findings).and_then(|entry| scalar::duration(entry, findings));
    let count = fields
        .require("count", "3", findings)
        .and_then(|entry| scalar::integer(entry, 1, MAX_TIERS, findings));
    let factor =
        fields.take("factor").and_then(|entry| scalar::integer(entry, 1_u32, 1000, findings));
    let max = fields.take("max").and_then(|entry| scalar::duration(entry, findings));
    let settings = settings::settings(&mut fields, findings);
    fields.finish(findings);
    let (first, count) = (first?.value, count?.value);
    if let Some(Located { value, place }) = &max
        && *value < first
    {
        let message = "`max` is shorter than `first`";
        findings.error(*place, "tiers", message);
    }
    let factor = factor.map_or(DEFAULT_FACTOR, |factor| factor.value);
    let max = max.map_or(Duration::MAX, |max| max.value);
    let grown = |delay: &Duration| Some(delay.saturating_mul(factor).min(max));
    let count = usize::try_from(count).unwrap_or_default();
    let delays = std::iter::successors(Some(first), grown).take(count).collect();
    Some(Tiers { delays, settings, place: entry.place })
}

/// Doubling, as most backoffs do.
const DEFAULT_FACTOR: u32 = 2;
