//! Header values as the conventions encode them: UTF-8 text, decimal text, big-endian integers.

use crate::dlq::dead_letter::{Flaw, Origin};
use crate::model::header::Header;

/// Returns the value of the last header of this name: where a record failed again without being
/// cleaned, the newest failure stands last. `None` when it is missing or null.
pub(super) fn last<'a>(headers: &'a [Header], name: &str) -> Option<&'a [u8]> {
    headers.iter().rev().find(|h| h.name == name.as_bytes())?.value.as_deref()
}

/// Returns the last value as text; bytes that are not UTF-8 are replaced, since it is only shown
/// and compared.
pub(super) fn last_text(headers: &[Header], name: &str) -> Option<String> {
    last(headers, name).map(|value| String::from_utf8_lossy(value).into_owned())
}

/// How a convention writes integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Integers {
    /// Decimal digits as text.
    Decimal,
    /// Four or eight bytes, big-endian, two's complement.
    Binary,
}

impl Integers {
    /// Decodes an integer.
    pub(super) fn decode(self, value: &[u8]) -> Option<i64> {
        match self {
            Self::Decimal => std::str::from_utf8(value).ok()?.parse().ok(),
            Self::Binary => match value.len() {
                4 => Some(i64::from(i32::from_be_bytes(value.try_into().ok()?))),
                8 => Some(i64::from_be_bytes(value.try_into().ok()?)),
                _ => None,
            },
        }
    }

    /// Says what a value should be.
    fn expected(self) -> &'static str {
        match self {
            Self::Decimal => "a decimal number",
            Self::Binary => "a big-endian integer",
        }
    }
}

/// The names of the headers that hold an origin.
#[derive(Debug, Clone, Copy)]
pub(super) struct OriginHeaders {
    /// The topic.
    pub(super) topic: &'static str,
    /// The partition.
    pub(super) partition: &'static str,
    /// The offset.
    pub(super) offset: &'static str,
    /// How partition and offset are written.
    pub(super) integers: Integers,
}

impl OriginHeaders {
    /// Reads the origin, and notes what is missing or cannot be.
    pub(super) fn read(self, headers: &[Header]) -> Origin {
        let mut origin = Origin::default();
        match last_text(headers, self.topic) {
            Some(topic) if crate::model::name::TopicName::from(topic.as_str()).check().is_ok() => {
                origin.topic = Some(topic.as_str().into());
            }
            Some(_) => {
                origin.flaws.push(Flaw::IllegalTopic { header: self.topic });
            }
            None => origin.flaws.push(Flaw::Missing(self.topic)),
        }
        if let Some(partition) = self.integer(headers, self.partition, &mut origin.flaws) {
            match i32::try_from(partition) {
                Ok(partition) => origin.partition = Some(partition),
                Err(_) => origin.flaws.push(Flaw::Malformed {
                    header: self.partition,
                    expected: "the number of a partition",
                }),
            }
        }
        match self.integer(headers, self.offset, &mut origin.flaws) {
            Some(offset) if offset < 0 => origin.flaws.push(Flaw::NegativeOffset(offset)),
            offset => origin.offset = offset,
        }
        origin
    }

    fn integer(self, headers: &[Header], name: &'static str, flaws: &mut Vec<Flaw>) -> Option<i64> {
        let Some(value) = last(headers, name) else {
            flaws.push(Flaw::Missing(name));
            return None;
        };
        let decoded = self.integers.decode(value);
        if decoded.is_none() {
            flaws.push(Flaw::Malformed { header: name, expected: self.integers.expected() });
        }
        decoded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_decoded_as_their_convention_writes_them() {
        assert_eq!(Integers::Decimal.decode(b"42"), Some(42));
        assert_eq!(Integers::Decimal.decode(b"-1"), Some(-1));
        assert_eq!(Integers::Decimal.decode(b"4 2"), None);
        assert_eq!(Integers::Decimal.decode(b""), None);
        assert_eq!(Integers::Decimal.decode(&[0, 0, 0, 3]), None);
        assert_eq!(Integers::Binary.decode(&[0, 0, 0, 3]), Some(3));
        assert_eq!(Integers::Binary.decode(&[0xff; 8]), Some(-1));
        assert_eq!(Integers::Binary.decode(b"3"), None);
    }
}
