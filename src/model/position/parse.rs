//! Text → position.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::Position;
use crate::model::duration::{DurationError, parse_duration};
use crate::model::timestamp::Timestamp;

/// Why a text is not a position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PositionError {
    /// It fits nothing in the grammar.
    #[error(
        "`{0}` is not a position; use start, end, committed, an offset, +N (after the start), \
         -N (before the end), a time such as 2026-11-21T04:00Z, or -1h30m (before now)"
    )]
    Malformed(String),
    /// It begins as a time, but is none.
    #[error(
        "`{0}` is not a time; use 2026-11-21, 2026-11-21T04:00 (UTC), 2026-11-21T04:00+01:00, \
         milliseconds since 1970, or 1h30m (before now)"
    )]
    Time(String),
    /// It begins as a time before now, but the duration is none.
    #[error("`{text}` is not a time before now: {cause}")]
    Duration {
        /// The text.
        text: String,
        /// What is wrong with the duration.
        cause: DurationError,
    },
    /// A duration without its sign.
    #[error("`{0}` could be before or after now; write -{0}")]
    NoSign(String),
    /// More digits than an offset has.
    #[error("`{0}` is larger than any offset")]
    TooLarge(String),
}

/// Reads a position: `start`, `beginning` or `earliest`; `end` or `latest`; `committed` or
/// `stored`; `N`; `N@TIME` (both); `+N`; `-N`; `@TIME` or a time that looks like one; `-1h30m`
/// before `now`; `now`.
pub fn parse_position(text: &str, now: Timestamp) -> Result<Position, PositionError> {
    match text {
        "start" | "beginning" | "earliest" => return Ok(Position::Start),
        "end" | "latest" => return Ok(Position::End),
        "committed" | "stored" => return Ok(Position::Committed),
        "now" => return Ok(Position::Time(now)),
        _ => {}
    }
    if let Some(time) = text.strip_prefix('@') {
        return parse_time(time, now).map(Position::Time);
    }
    if let Some((offset, time)) = text.split_once('@')
        && !offset.is_empty()
        && offset.bytes().all(|byte| byte.is_ascii_digit())
    {
        let offset = offset.parse().map_err(|_| PositionError::TooLarge(offset.to_owned()))?;
        return Ok(Position::OffsetAndTime(offset, parse_time(time, now)?));
    }
    let (sign, rest) = match text.split_at_checked(1) {
        Some((sign @ ("+" | "-"), rest)) => (sign, rest),
        Some(_) | None => ("", text),
    };
    if rest.is_empty() || !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(PositionError::Malformed(text.to_owned()));
    }
    if rest.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = rest.parse().map_err(|_| PositionError::TooLarge(text.to_owned()))?;
        return Ok(match sign {
            "+" => Position::AfterStart(number),
            "-" => Position::BeforeEnd(number),
            _ => Position::Offset(number),
        });
    }
    match sign {
        "-" => before(text, rest, now).map(Position::Time),
        "+" => Err(PositionError::Malformed(text.to_owned())),
        _ if parse_duration(text).is_ok() => Err(PositionError::NoSign(text.to_owned())),
        _ => calendar_time(text).map(Position::Time),
    }
}

/// Reads the position where a range ends: a duration needs no sign there, since a range ends by
/// now.
pub fn parse_until(text: &str, now: Timestamp) -> Result<Position, PositionError> {
    match parse_position(text, now) {
        Err(PositionError::NoSign(_)) => before(text, text, now).map(Position::Time),
        position => position,
    }
}

/// Reads a time: of the calendar, `now`, a number of milliseconds since 1970 (a number of ten
/// digits is seconds, as in rpk), or a duration before `now`, with or without its minus sign.
pub fn parse_time(text: &str, now: Timestamp) -> Result<Timestamp, PositionError> {
    if text == "now" {
        return Ok(now);
    }
    if let Some(duration) = text.strip_prefix('-') {
        return before(text, duration, now);
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: i64 = text.parse().map_err(|_| PositionError::Time(text.to_owned()))?;
        // In milliseconds, ten digits would be a time in early 1970.
        return Ok(Timestamp(if text.len() == 10 { number * 1000 } else { number }));
    }
    if parse_duration(text).is_ok() {
        return before(text, text, now);
    }
    calendar_time(text)
}

fn before(text: &str, duration: &str, now: Timestamp) -> Result<Timestamp, PositionError> {
    let duration = parse_duration(duration)
        .map_err(|cause| PositionError::Duration { text: text.to_owned(), cause })?;
    let milliseconds = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    // Not before 1970: to Kafka a negative time is a query of another kind (−1 the end, −2 the
    // start).
    Ok(Timestamp(now.0.saturating_sub(milliseconds).max(0)))
}

/// Reads a date or a date and time. Without an offset it is UTC, as all times that flowctl prints.
fn calendar_time(text: &str) -> Result<Timestamp, PositionError> {
    let error = || PositionError::Time(text.to_owned());
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return from_1970(time).ok_or_else(error);
    }
    // A zone by name would be read over, and means what the machine's time zone files say.
    let time = text.parse::<DateTime>().ok().filter(|_| !text.ends_with(']')).ok_or_else(error)?;
    let time = TimeZone::UTC.to_timestamp(time).map_err(|_| error())?;
    from_1970(time).ok_or_else(error)
}

fn from_1970(time: jiff::Timestamp) -> Option<Timestamp> {
    Some(Timestamp::from(time)).filter(|time| time.0 >= 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2026-11-21T04:00:00Z.
    const NOW: Timestamp = Timestamp(1_795_233_600_000);

    #[test]
    fn every_word_and_number_of_the_grammar_is_read() {
        for (text, position) in [
            ("start", Position::Start),
            ("beginning", Position::Start),
            ("earliest", Position::Start),
            ("end", Position::End),
            ("latest", Position::End),
            ("stored", Position::Committed),
            ("committed", Position::Committed),
            ("0", Position::Offset(0)),
            ("1200", Position::Offset(1200)),
            ("2026", Position::Offset(2026)),
            ("+5", Position::AfterStart(5)),
            ("-5", Position::BeforeEnd(5)),
            ("-0", Position::BeforeEnd(0)),
            ("now", Position::Time(NOW)),
        ] {
            assert_eq!(parse_position(text, NOW), Ok(position), "{text}");
        }
    }

    #[test]
    fn times_are_of_the_calendar_or_relative_to_now() {
        for (text, rfc3339) in [
            ("-1h30m", "2026-11-21T02:30:00.000Z"),
            ("-7d", "2026-11-14T04:00:00.000Z"),
            ("@-7d", "2026-11-14T04:00:00.000Z"),
            ("-5m", "2026-11-21T03:55:00.000Z"),
            ("2026-11-20", "2026-11-20T00:00:00.000Z"),
            ("2026-11-20T10:30", "2026-11-20T10:30:00.000Z"),
            ("2026-11-20 10:30:05", "2026-11-20T10:30:05.000Z"),
            ("2026-11-20T10:30:05.123456Z", "2026-11-20T10:30:05.123Z"),
            ("2026-11-20T10:30:05+01:00", "2026-11-20T09:30:05.000Z"),
            ("@2026-11-20T10:30", "2026-11-20T10:30:00.000Z"),
            ("@1700000000120", "2023-11-14T22:13:20.120Z"),
            ("@1700000000", "2023-11-14T22:13:20.000Z"),
            ("@0", "1970-01-01T00:00:00.000Z"),
            ("-99999w", "1970-01-01T00:00:00.000Z"),
        ] {
            let Ok(Position::Time(time)) = parse_position(text, NOW) else { panic!("{text}") };
            assert_eq!(time.rfc3339(), rfc3339, "{text}");
        }
    }

    #[test]
    fn since_and_until_take_a_duration_without_its_sign() {
        assert_eq!(parse_time("90m", NOW), parse_time("-1h30m", NOW));
        assert_eq!(parse_time("now", NOW), Ok(NOW));
        assert_eq!(parse_position("90m", NOW), Err(PositionError::NoSign("90m".to_owned())));
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("", "is not a position"),
            ("strat", "is not a position"),
            ("+", "is not a position"),
            ("-", "is not a position"),
            ("+1h", "is not a position"),
            ("--5", "is not a position"),
            ("-1y", "`y` is not a unit of time"),
            ("@", "is not a time"),
            ("@noon", "is not a time"),
            ("2026-13-01", "is not a time"),
            ("2026-11-21T25:00Z", "is not a time"),
            ("2026-11-21T04:00[Europe/Berlin]", "is not a time"),
            ("1969-12-31", "is not a time"),
            ("99999999999999999999", "larger than any offset"),
        ] {
            let error = parse_position(text, NOW).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(number in 0..i64::MAX, time in 0..253_402_300_799_999_i64) {
            for position in [
                Position::Start,
                Position::End,
                Position::Committed,
                Position::Offset(number),
                Position::AfterStart(number),
                Position::BeforeEnd(number),
                Position::Time(Timestamp(time)),
            ] {
                prop_assert_eq!(parse_position(&position.to_string(), NOW), Ok(position));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,20}") {
            let _unused = parse_position(&text, NOW).is_ok();
        }
    }

    #[test]
    fn an_offset_and_a_time_bound_together() {
        let position = parse_position("12@2026-11-21T04:00Z", NOW).unwrap();
        let Position::OffsetAndTime(12, time) = position else { panic!("{position:?}") };
        assert_eq!(parse_position("@2026-11-21T04:00Z", NOW), Ok(Position::Time(time)));
        assert_eq!(parse_position(&position.to_string(), NOW), Ok(position));
        assert_eq!(parse_until("12@1h", NOW).unwrap().time(), Some(Timestamp(NOW.0 - 3_600_000)));
        for text in ["12@", "12@x", "+12@1h", "-12@1h"] {
            assert!(parse_position(text, NOW).is_err(), "{text}");
        }
    }
}
