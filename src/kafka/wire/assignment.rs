//! The assignment of a member of a classic group: bytes that only the consumers understand
//! (`ConsumerProtocolAssignment`). Any client may have written them, so nothing is believed.

use bytes::{Buf, TryGetError};

use crate::model::name::TopicName;

/// Topics and their partitions.
type Assignment = Vec<(TopicName, Vec<i32>)>;

/// Reads topics and partitions; `None` when the bytes are something else. No bytes are no
/// partitions: a member that waits for its assignment.
pub(super) fn decode(mut bytes: &[u8]) -> Option<Assignment> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    read(&mut bytes).ok().flatten()
}

/// Reads the fields; every version starts with the same ones.
fn read(bytes: &mut &[u8]) -> Result<Option<Assignment>, TryGetError> {
    let version = bytes.try_get_i16()?;
    if version < 0 {
        return Ok(None);
    }
    let mut topics = Vec::new();
    for _ in 0..bytes.try_get_i32()? {
        let length = usize::try_from(bytes.try_get_i16()?).unwrap_or(usize::MAX);
        let Some((name, rest)) = bytes.split_at_checked(length) else { return Ok(None) };
        let Ok(name) = std::str::from_utf8(name) else { return Ok(None) };
        *bytes = rest;
        let mut partitions = Vec::new();
        for _ in 0..bytes.try_get_i32()? {
            partitions.push(bytes.try_get_i32()?);
        }
        topics.push((TopicName::from(name), partitions));
    }
    Ok(Some(topics))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_and_partitions_are_read() {
        let bytes =
            b"\0\x03\0\0\0\x02\0\x01a\0\0\0\x02\0\0\0\0\0\0\0\x05\0\x01b\0\0\0\0\xff\xff\xff\xff";
        let expected = vec![(TopicName::from("a"), vec![0, 5]), (TopicName::from("b"), vec![])];
        assert_eq!(decode(bytes), Some(expected));
        assert_eq!(decode(b""), Some(Vec::new()));
    }

    #[test]
    fn foreign_bytes_are_no_assignment() {
        assert_eq!(decode(b"{}"), None);
        assert_eq!(decode(b"\0\0\x7f\xff\xff\xff\0\x01a\x7f\xff\xff\xff"), None);
        assert_eq!(decode(b"\xff\xff\0\0\0\0"), None);
        assert_eq!(decode(b"\0\0\0\0\0\x01\0\x02\xff\xfe\0\0\0\0"), None);
    }
}
