//! A record's timestamp: milliseconds since 1970, and who set it.

use std::fmt;

use jiff::fmt::temporal::DateTimePrinter;

/// Milliseconds since 1970-01-01T00:00:00Z, as in the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Returns the time as text: RFC 3339 in UTC with milliseconds (`2026-11-21T04:07:00.123Z`).
    /// A time outside of the calendar's range is given as its milliseconds.
    pub fn rfc3339(self) -> String {
        let mut text = Vec::with_capacity(RFC3339_LENGTH);
        if self.write_rfc3339(&mut text) {
            String::from_utf8_lossy(&text).into_owned()
        } else {
            self.0.to_string()
        }
    }

    /// Appends the time as text, or returns false and appends nothing: RFC 3339 has the years 0 to
    /// 9999 only.
    pub fn write_rfc3339(self, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        let is_written = jiff::Timestamp::from_millisecond(self.0)
            .is_ok_and(|time| MILLISECONDS.print_timestamp(&time, &mut *out).is_ok())
            && out.len() - start == RFC3339_LENGTH;
        if !is_written {
            out.truncate(start);
        }
        is_written
    }
}

/// Always three decimals.
const MILLISECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// The length of `2026-11-21T04:07:00.123Z`; a year before 0 is written with sign and six digits.
const RFC3339_LENGTH: usize = 24;

impl From<jiff::Timestamp> for Timestamp {
    /// Drops what is finer than a millisecond, towards the past.
    fn from(time: jiff::Timestamp) -> Self {
        let milliseconds = time.as_nanosecond().div_euclid(1_000_000);
        // Every time of jiff's calendar fits.
        Self(i64::try_from(milliseconds).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// Who set a record's timestamp (`message.timestamp.type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
pub enum TimestampType {
    /// The producer.
    CreateTime,
    /// The broker, when it appended the record.
    LogAppendTime,
}

impl TimestampType {
    /// Returns Kafka's own name.
    pub fn name(self) -> &'static str {
        match self {
            Self::CreateTime => "CreateTime",
            Self::LogAppendTime => "LogAppendTime",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_always_three_decimals() {
        assert_eq!(Timestamp(0).rfc3339(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Timestamp(1_700_000_000_120).rfc3339(), "2023-11-14T22:13:20.120Z");
        assert_eq!(Timestamp(-1).rfc3339(), "1969-12-31T23:59:59.999Z");
        assert_eq!(Timestamp(i64::MAX).rfc3339(), i64::MAX.to_string());
        assert_eq!(Timestamp(-62_167_219_200_000).rfc3339(), "0000-01-01T00:00:00.000Z");
        assert_eq!(Timestamp(-62_167_219_200_001).rfc3339(), "-62167219200001");
    }
}
