//! The topics of a consumer's subscription, read from the bytes it joined with.
//!
//! Only the part that all versions share is read, by hand: a decoder that trusts the counts of a
//! client may allocate whatever they say.

use std::collections::BTreeSet;

use bytes::{Buf, Bytes};

/// Returns the topics of all subscriptions, or none if one of them cannot be read.
pub(super) fn topics(subscriptions: impl Iterator<Item = Bytes>) -> Option<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for subscription in subscriptions {
        read(subscription, &mut all)?;
    }
    Some(all)
}

/// `version: int16, topics: [string], …`
fn read(mut bytes: Bytes, topics: &mut BTreeSet<String>) -> Option<()> {
    bytes.try_get_i16().ok().filter(|version| *version >= 0)?;
    let count = bytes.try_get_i32().ok()?;
    for _ in 0..count {
        let length = usize::try_from(bytes.try_get_i16().ok()?).ok()?;
        if bytes.remaining() < length {
            return None;
        }
        topics.insert(String::from_utf8(bytes.split_to(length).to_vec()).ok()?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(bytes: &'static [u8]) -> Option<BTreeSet<String>> {
        topics([Bytes::from_static(bytes)].into_iter())
    }

    #[test]
    fn topics_are_read_and_what_follows_is_left() {
        let bytes = b"\0\x01\0\0\0\x02\0\x01a\0\x02bc\xff\xff\xff\xff and more";
        assert_eq!(read_one(bytes), Some(BTreeSet::from(["a".to_owned(), "bc".to_owned()])));
        assert_eq!(read_one(b"\0\0\0\0\0\0\xff\xff\xff\xff"), Some(BTreeSet::new()));
    }

    #[test]
    fn bytes_that_are_no_subscription_say_nothing() {
        assert_eq!(read_one(b""), None);
        assert_eq!(read_one(b"\0\0\x7f\xff\xff\xff\0\x01a"), None);
        assert_eq!(read_one(b"\0\0\0\0\0\x01\x7f\xffa"), None);
        assert_eq!(read_one(b"\0\0\0\0\0\x01\0\x01\xff"), None);
        assert_eq!(read_one(b"\xff\xff\0\0\0\0"), None);
    }
}
