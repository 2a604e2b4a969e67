//! The values of a rule's words, and what is said of those that do not fit.

use std::str::FromStr;
use std::time::Duration;

use crate::model::duration::parse_duration;
use crate::sandbox::faults::error::Wrong;

/// What whole numbers are for who writes them.
pub(super) const WHOLE: &str = "it is a whole number, such as 3";
/// What probabilities are.
pub(super) const PROBABILITY: &str = "it is a number above 0, and 1 at most, such as 0.1";

/// Says why a value does not fit.
pub(super) fn unfit(word: &str, why: &str) -> Wrong {
    Wrong::Value(word.to_owned(), why.to_owned())
}

/// Reads a name.
pub(super) fn text(word: &str, value: &str) -> Result<String, Wrong> {
    if value.is_empty() { Err(unfit(word, "the name is missing")) } else { Ok(value.to_owned()) }
}

/// Reads a number; `needed` says which ones there are.
pub(super) fn number<N: FromStr>(word: &str, value: &str, needed: &str) -> Result<N, Wrong> {
    value.parse().map_err(|_unread: N::Err| unfit(word, needed))
}

/// Reads how often.
pub(super) fn above_zero(word: &str, value: &str) -> Result<u64, Wrong> {
    let number = number(word, value, WHOLE)?;
    if number > 0 { Ok(number) } else { Err(unfit(word, "it is at least 1")) }
}

/// Reads how long.
pub(super) fn duration(word: &str, value: &str) -> Result<Duration, Wrong> {
    let duration = parse_duration(value).map_err(|error| unfit(word, &error.to_string()))?;
    if duration > Duration::ZERO { Ok(duration) } else { Err(unfit(word, "it is above 0")) }
}
