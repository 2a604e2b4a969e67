//! Where in the input a record stands, packed into the tag that comes back with its delivery.

use std::fmt;

/// A place in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct InputPlace {
    /// Which of the files, from 0.
    pub source: u16,
    /// The line or record, from 1.
    pub number: u64,
}

/// What is known of a record again when its delivery comes: nothing has to be remembered meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    /// Where the record came from.
    pub place: InputPlace,
    /// Which of the topics it goes to, from 0.
    pub topic: u16,
    /// Whether it has a key.
    pub has_key: bool,
}

/// 12 bits: nobody gives more files on a command line, or writes to more topics in a run.
pub const MOST_SOURCES: u16 = 1 << 12;
/// As many topics.
pub const MOST_TOPICS: u16 = 1 << 12;
/// One bit, between the source and the number.
const HAS_KEY: u64 = 1 << 39;
/// 39 bits: half a trillion records; what is beyond keeps the last number.
const MOST_RECORDS: u64 = HAS_KEY - 1;

impl Tag {
    /// Packs the tag; source and topic must be below their limits.
    pub fn pack(self) -> u64 {
        let Self { place: InputPlace { source, number }, topic, has_key } = self;
        (u64::from(topic % MOST_TOPICS) << 52)
            | (u64::from(source % MOST_SOURCES) << 40)
            | if has_key { HAS_KEY } else { 0 }
            | number.min(MOST_RECORDS)
    }

    /// Unpacks a tag.
    pub fn unpack(tag: u64) -> Self {
        let twelve_bits = |bits: u64| u16::try_from(bits & 0xfff).unwrap_or(0);
        Self {
            place: InputPlace { source: twelve_bits(tag >> 40), number: tag & MOST_RECORDS },
            topic: twelve_bits(tag >> 52),
            has_key: tag & HAS_KEY != 0,
        }
    }
}

/// How places are called: `line 3`, `orders.txt line 3`, `record 3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputPlaceNames {
    /// The names of the files; empty for standard input and for generated records.
    pub sources: Vec<String>,
    /// `line` where the records are lines, else `record`.
    pub unit: &'static str,
}

impl InputPlaceNames {
    /// Names a place.
    pub fn name(&self, place: InputPlace) -> InputPlaceName<'_> {
        InputPlaceName { names: self, place }
    }
}

/// A place with its name, to be shown.
#[derive(Debug, Clone, Copy)]
pub struct InputPlaceName<'a> {
    names: &'a InputPlaceNames,
    place: InputPlace,
}

impl fmt::Display for InputPlaceName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InputPlaceNames { sources, unit } = self.names;
        let InputPlace { source, number } = self.place;
        match sources.get(usize::from(source)) {
            Some(name) => write!(f, "{name} {unit} {number}"),
            None => write!(f, "{unit} {number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_comes_back(
            source in 0..MOST_SOURCES,
            topic in 0..MOST_TOPICS,
            number in 0..=MOST_RECORDS,
            has_key: bool,
        ) {
            let tag = Tag { place: InputPlace { source, number }, topic, has_key };
            prop_assert_eq!(Tag::unpack(tag.pack()), tag);
        }
    }

    #[test]
    fn places_are_named() {
        let place = InputPlace { source: 0, number: 3 };
        let names = InputPlaceNames { sources: vec!["a.txt".to_owned()], unit: "line" };
        assert_eq!(names.name(place).to_string(), "a.txt line 3");
        let names = InputPlaceNames { sources: Vec::new(), unit: "record" };
        assert_eq!(names.name(place).to_string(), "record 3");
    }
}
