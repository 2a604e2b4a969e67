//! The codecs of record batches.

/// How a batch is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// Not at all.
    None,
    /// gzip.
    Gzip,
    /// Snappy.
    Snappy,
    /// LZ4 in its frame format.
    Lz4,
    /// Zstandard.
    Zstd,
}

impl Codec {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::None, Self::Gzip, Self::Snappy, Self::Lz4, Self::Zstd];

    /// Returns Kafka's name, as producers have it in `compression.type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }

    /// Finds a codec by Kafka's name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.name() == name)
    }

    /// Returns the number in a batch's attributes.
    pub fn number(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Gzip => 1,
            Self::Snappy => 2,
            Self::Lz4 => 3,
            Self::Zstd => 4,
        }
    }

    /// Finds a codec by its number.
    pub fn numbered(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.number() == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_by_its_name_and_by_its_number() {
        for codec in Codec::ALL {
            assert_eq!(Codec::named(codec.name()), Some(codec));
            assert_eq!(Codec::numbered(codec.number()), Some(codec));
        }
        assert_eq!((Codec::named("brotli"), Codec::numbered(5)), (None, None));
    }
}
