//! Kafka's own partitioner: murmur2 of the key, as the Java producer has it.

/// Hashes as `org.apache.kafka.common.utils.Utils.murmur2`; the Java result is this, signed.
pub fn murmur2(data: &[u8]) -> u32 {
    const MULTIPLIER: u32 = 0x5bd1_e995;
    // The seed of the Java code; any other gives other partitions.
    const SEED: u32 = 0x9747_b28c;

    // Java hashes the length as an int; keys are shorter than 2 GiB.
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let (words, tail) = data.as_chunks::<4>();
    let mut hash = SEED ^ length;
    for word in words {
        let mut mixed = u32::from_le_bytes(*word).wrapping_mul(MULTIPLIER);
        mixed ^= mixed >> 24;
        hash = hash.wrapping_mul(MULTIPLIER) ^ mixed.wrapping_mul(MULTIPLIER);
    }
    if !tail.is_empty() {
        for (byte, shift) in tail.iter().zip([0, 8, 16]) {
            hash ^= u32::from(*byte) << shift;
        }
        hash = hash.wrapping_mul(MULTIPLIER);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(MULTIPLIER);
    hash ^ (hash >> 15)
}

/// Returns the partition that a Java producer gives a key on a topic of `partition_count`
/// partitions; `None` when the topic has none.
pub fn partition_of_key(key: &[u8], partition_count: i32) -> Option<i32> {
    let count = u32::try_from(partition_count).ok()?;
    // Java: `toPositive(murmur2(key)) % count`; toPositive clears the sign bit.
    let positive = murmur2(key) & 0x7fff_ffff;
    i32::try_from(positive.checked_rem(count)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_kafkas_own_test() {
        // org.apache.kafka.common.utils.UtilsTest.testMurmur2
        for (text, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(text.as_bytes()).cast_signed(), hash, "{text}");
        }
    }

    #[test]
    fn a_key_has_a_partition_unless_there_is_none() {
        assert_eq!(partition_of_key(b"", 1), Some(0));
        assert_eq!(partition_of_key(b"foobar", 3), Some(1_357_151_166 % 3));
        assert_eq!(partition_of_key(b"foobar", 0), None);
        assert_eq!(partition_of_key(b"foobar", -1), None);
    }
}
