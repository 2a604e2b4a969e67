//! Sizes as people write them: `1048576`, `512KiB`, `1MiB`, `10MB`.

/// The units with their bytes.
const UNITS: [(&str, u64); 9] = [
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

/// Why a text is not a size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// There is nothing.
    #[error("a size is missing; write for example `1048576` or `1MiB`")]
    Empty,
    /// The unit is not one of ours; `K` and `M` alone could mean 1000 or 1024.
    #[error("`{0}` is not a unit of size; use B, KiB, MiB, GiB, TiB, kB, MB, GB or TB")]
    Unit(String),
    /// Something that is not a whole number, with or without a unit.
    #[error(
        "`{0}` is not a size; write a whole number of bytes or one with a unit, such as `1MiB`"
    )]
    Malformed(String),
    /// More bytes than a Kafka config can hold.
    #[error("`{0}` is too large")]
    TooLarge(String),
}

/// Reads a size in bytes: a whole number, alone or directly followed by a unit.
pub fn parse_size(text: &str) -> Result<u64, SizeError> {
    if text.is_empty() {
        return Err(SizeError::Empty);
    }
    let malformed = || SizeError::Malformed(text.to_owned());
    let length = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(length).ok_or_else(malformed)?;
    if number.is_empty() || !unit.chars().all(|c| c.is_ascii_alphabetic()) {
        return Err(malformed());
    }
    let factor = if unit.is_empty() {
        1
    } else {
        let known = UNITS.iter().find(|(name, _)| *name == unit);
        known.ok_or_else(|| SizeError::Unit(unit.to_owned()))?.1
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(factor))
        .filter(|bytes| i64::try_from(*bytes).is_ok())
        .ok_or_else(|| SizeError::TooLarge(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bytes() {
        for (text, bytes) in [
            ("0", 0),
            ("1048576", 1_048_576),
            ("1B", 1),
            ("512KiB", 524_288),
            ("1MiB", 1_048_576),
            ("10MB", 10_000_000),
            ("2GiB", 2_147_483_648),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        use SizeError::{Empty, Malformed, TooLarge, Unit};
        let owned = str::to_owned;
        for (text, error) in [
            ("", Empty),
            ("1M", Unit(owned("M"))),
            ("1KB", Unit(owned("KB"))),
            ("MiB", Malformed(owned("MiB"))),
            ("1.5MiB", Malformed(owned("1.5MiB"))),
            ("1 MiB", Malformed(owned("1 MiB"))),
            ("-1", Malformed(owned("-1"))),
            ("9223372036854775808", TooLarge(owned("9223372036854775808"))),
            ("9000000TiB", TooLarge(owned("9000000TiB"))),
        ] {
            assert_eq!(parse_size(text), Err(error), "{text}");
        }
    }
}
