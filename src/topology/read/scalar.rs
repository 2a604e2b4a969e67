//! Single values: text, numbers, truth values, words, durations. Each reports what is wrong with
//! it.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use crate::model::duration::parse_duration;
use crate::model::similar::closest;
use crate::topology::document::Located;
use crate::topology::source::Findings;
use crate::topology::yaml::{Entry, Kind};

/// Kafka's "for ever" in `retention.ms`.
pub(super) const UNLIMITED: i64 = -1;

/// Reads a text as it is written; numbers and truth values are text too.
pub(super) fn text(entry: &Entry, findings: &mut Findings<'_>) -> Option<Located<String>> {
    scalar(entry, "text", findings).map(|(text, _)| located(entry, text.to_owned()))
}

/// Reads a text that has at least one character.
pub(super) fn some_text(entry: &Entry, findings: &mut Findings<'_>) -> Option<Located<String>> {
    let text = text(entry, findings)?;
    if text.value.is_empty() {
        let message = format!("`{}` cannot be empty", entry.key);
        findings.error(text.place, "empty_value", message);
        return None;
    }
    Some(text)
}

/// Reads a whole number within bounds.
pub(super) fn integer<T>(
    entry: &Entry,
    least: T,
    most: T,
    findings: &mut Findings<'_>,
) -> Option<Located<T>>
where
    T: Copy + FromStr + PartialOrd + Display,
{
    let what = format!("a whole number from {least} to {most}");
    let (text, quoted) = scalar(entry, &what, findings)?;
    let is_decimal = text.strip_prefix('-').unwrap_or(text).bytes().all(|b| b.is_ascii_digit());
    let number = text.parse::<T>().ok().filter(|n| is_decimal && *n >= least && *n <= most);
    match number {
        Some(number) if !quoted => Some(located(entry, number)),
        Some(number) => {
            let message = format!("`{}` must be {what}, this is text", entry.key);
            let hint = format!("write {number} without quotes");
            findings.error_with_hint(entry.value.place, "wrong_type", message, hint);
            None
        }
        None => {
            let message = format!("`{}` must be {what}, not `{text}`", entry.key);
            findings.error(entry.value.place, "wrong_type", message);
            None
        }
    }
}

/// Reads a truth value. `yes`, `no`, `on` and `off` are words whose meaning depends on the YAML
/// version.
pub(super) fn boolean(entry: &Entry, findings: &mut Findings<'_>) -> Option<bool> {
    match scalar(entry, "true or false", findings)? {
        ("true", false) => Some(true),
        ("false", false) => Some(false),
        (text, _) => {
            let message = format!("`{}` must be true or false, not `{text}`", entry.key);
            findings.error(entry.value.place, "wrong_type", message);
            None
        }
    }
}

/// Reads one of the words of a closed list.
pub(super) fn word<T: Copy>(
    entry: &Entry,
    words: &[(&str, T)],
    findings: &mut Findings<'_>,
) -> Option<Located<T>> {
    let names: Vec<_> = words.iter().map(|(name, _)| *name).collect();
    let (text, _) = scalar(entry, &format!("one of {}", names.join(", ")), findings)?;
    if let Some((_, value)) = words.iter().find(|(name, _)| *name == text) {
        return Some(located(entry, *value));
    }
    let message = format!("`{}` cannot be `{text}`", entry.key);
    let hint = match closest(text, names.iter().copied()) {
        Some(known) => format!("did you mean `{known}`?"),
        None => format!("use one of {}", names.join(", ")),
    };
    findings.error_with_hint(entry.value.place, "unknown_word", message, hint);
    None
}

/// Reads a duration.
pub(super) fn duration(entry: &Entry, findings: &mut Findings<'_>) -> Option<Located<Duration>> {
    let (text, _) = scalar(entry, "a duration such as `5m`", findings)?;
    match parse_duration(text) {
        Ok(duration) => Some(located(entry, duration)),
        Err(error) => {
            findings.error(entry.value.place, "duration", error.to_string());
            None
        }
    }
}

/// Reads a retention in milliseconds: a duration, or `forever` (−1).
pub(super) fn retention(entry: &Entry, findings: &mut Findings<'_>) -> Option<Located<i64>> {
    let (text, _) = scalar(entry, "a duration such as `7d`, or `forever`", findings)?;
    if matches!(text, "forever" | "-1") {
        return Some(located(entry, UNLIMITED));
    }
    let duration = duration(entry, findings)?;
    let ms = i64::try_from(duration.value.as_millis()).unwrap_or(i64::MAX);
    Some(Located { value: ms, place: duration.place })
}

/// Takes the text of a value that is neither a list nor a mapping, and whether it was quoted.
pub(super) fn scalar<'n>(
    entry: &'n Entry,
    what: &str,
    findings: &mut Findings<'_>,
) -> Option<(&'n str, bool)> {
    let message = match &entry.value.kind {
        Kind::Scalar { text, quoted } => return Some((text, *quoted)),
        Kind::Null => {
            let message = format!("`{}` has no value; it must be {what}", entry.key);
            findings.error(entry.place, "no_value", message);
            return None;
        }
        kind @ (Kind::Sequence(_) | Kind::Mapping(_)) => {
            format!("`{}` must be {what}, this is {}", entry.key, kind.name())
        }
    };
    findings.error(entry.value.place, "wrong_type", message);
    None
}

fn located<T>(entry: &Entry, value: T) -> Located<T> {
    Located { value, place: entry.value.place }
}
