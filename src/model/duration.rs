//! Durations as people write them: `100ms`, `5m`, `1h30m`, `7d`.

use std::time::Duration;

/// The units with their milliseconds, largest first: the order in which they must be written.
const UNITS: [(&str, u64); 6] = [
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// There is nothing.
    #[error("a duration is missing; write for example `30s`, `5m` or `7d`")]
    Empty,
    /// A bare number: milliseconds or seconds, nobody knows.
    #[error("`{0}` has no unit; write for example `{0}s` or `{0}d`")]
    NoUnit(String),
    /// The unit is not one of ours.
    #[error("`{0}` is not a unit of time; use ms, s, m, h, d or w")]
    Unit(String),
    /// A unit twice, or a larger one after a smaller one.
    #[error("`{0}` names a unit twice or out of order; write larger units first, as in `1h30m`")]
    Order(String),
    /// Something that is not a whole number followed by a unit.
    #[error("`{0}` is not a duration; write whole numbers with a unit, such as `90m` or `1h30m`")]
    Malformed(String),
    /// More milliseconds than a Kafka config can hold.
    #[error("`{0}` is too long")]
    TooLong(String),
}

/// Reads a duration: one or more whole numbers with a unit (w, d, h, m, s, ms), larger units first.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    if text.is_empty() {
        return Err(DurationError::Empty);
    }
    let malformed = || DurationError::Malformed(text.to_owned());
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit());
        let (number, after) = match digits {
            Some(0) => return Err(malformed()),
            Some(length) => rest.split_at_checked(length).ok_or_else(malformed)?,
            None if rest == text => return Err(DurationError::NoUnit(text.to_owned())),
            None => return Err(malformed()),
        };
        let length = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(length).ok_or_else(malformed)?;
        if unit.is_empty() {
            return Err(malformed());
        }
        if !UNITS.iter().any(|(name, _)| *name == unit) {
            return Err(DurationError::Unit(unit.to_owned()));
        }
        let (_, unit_ms) = units
            .find(|(name, _)| *name == unit)
            .ok_or_else(|| DurationError::Order(text.to_owned()))?;
        total = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(*unit_ms))
            .and_then(|ms| total.checked_add(ms))
            .filter(|ms| i64::try_from(*ms).is_ok())
            .ok_or_else(|| DurationError::TooLong(text.to_owned()))?;
        rest = after;
    }
    Ok(Duration::from_millis(total))
}

/// Writes a duration as people do, exact to the millisecond: `7d`, `1h30m`, `100ms`, `0s`.
///
/// Weeks are written as days, because retention is spoken of in days.
pub fn format_duration(duration: Duration) -> String {
    let mut rest = duration.as_millis();
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, unit_ms) in UNITS.iter().skip(1) {
        let unit_ms = u128::from(*unit_ms);
        let count = rest / unit_ms;
        rest %= unit_ms;
        if count > 0 {
            text.push_str(&count.to_string());
            text.push_str(unit);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units_add_up() {
        for (text, ms) in [
            ("100ms", 100),
            ("0s", 0),
            ("5s", 5_000),
            ("1h30m", 5_400_000),
            ("24h", 86_400_000),
            ("7d", 604_800_000),
            ("2w", 1_209_600_000),
            ("1d2h3m4s5ms", 93_784_005),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        use DurationError::{Empty, Malformed, NoUnit, Order, TooLong, Unit};
        let owned = str::to_owned;
        for (text, error) in [
            ("", Empty),
            ("100", NoUnit(owned("100"))),
            ("1y", Unit(owned("y"))),
            ("7 d", Malformed(owned("7 d"))),
            ("7D", Unit(owned("D"))),
            ("1.5h", Malformed(owned("1.5h"))),
            ("-1h", Malformed(owned("-1h"))),
            ("h", Malformed(owned("h"))),
            ("1h30", Malformed(owned("1h30"))),
            ("30m1h", Order(owned("30m1h"))),
            ("1m1m", Order(owned("1m1m"))),
            ("99999999999999999999d", TooLong(owned("99999999999999999999d"))),
            ("9223372036854775808ms", TooLong(owned("9223372036854775808ms"))),
        ] {
            assert_eq!(parse_duration(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(ms in 0..i64::MAX.cast_unsigned()) {
            let duration = Duration::from_millis(ms);
            prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,20}") {
            let _unused = parse_duration(&text);
        }
    }
}
