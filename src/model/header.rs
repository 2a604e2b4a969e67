//! Record headers: ordered, repeatable, values may be null, names are bytes.

use bytes::Bytes;

/// One header of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The name; UTF-8 by the protocol, but nobody checks it.
    pub name: Bytes,
    /// The value; `None` is Kafka's null, which is not the same as empty.
    pub value: Option<Bytes>,
}

impl Header {
    /// Makes a header with a text name and a value.
    pub fn new(name: &str, value: impl Into<Bytes>) -> Self {
        Self { name: Bytes::copy_from_slice(name.as_bytes()), value: Some(value.into()) }
    }
}

/// The headers of a record as they stand in the fetched bytes: nothing is copied or allocated.
///
/// Iteration decodes the header block of the record format v2 (a count, then a name and a value,
/// each with a zigzag varint length; length −1 is null). Made by the record-batch iterator only,
/// which has checked the block, so iteration ends at the first byte that does not fit.
#[derive(Debug, Clone, Copy, Default)]
pub struct Headers<'a> {
    count: usize,
    block: &'a [u8],
}

impl<'a> Headers<'a> {
    /// Wraps `count` headers encoded in `block`.
    pub fn new(count: usize, block: &'a [u8]) -> Self {
        Self { count, block }
    }

    /// Returns how many headers there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns the headers as they are encoded, from which the same ones can be made again.
    pub fn block(&self) -> &'a [u8] {
        self.block
    }

    /// Returns name and value of each header, in order.
    #[expect(clippy::iter_without_into_iter, reason = "one way to iterate is enough")]
    pub fn iter(&self) -> HeaderIter<'a> {
        HeaderIter { left: self.count, rest: self.block }
    }
}

/// Iterates over [`Headers`].
#[derive(Debug, Clone)]
pub struct HeaderIter<'a> {
    left: usize,
    rest: &'a [u8],
}

impl<'a> Iterator for HeaderIter<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let name = take_sized(&mut self.rest)??;
        let value = take_sized(&mut self.rest)?;
        Some((name, value))
    }
}

/// Takes a varint length and that many bytes: `None` when they do not fit, `Some(None)` for null.
#[inline]
pub fn take_sized<'a>(rest: &mut &'a [u8]) -> Option<Option<&'a [u8]>> {
    let length = take_varint(rest)?;
    if length == -1 {
        return Some(None);
    }
    let (bytes, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = after;
    Some(Some(bytes))
}

/// Takes a zigzag varint of at most 64 bits; `None` when the bytes end or the number is too long.
#[inline]
pub fn take_varint(rest: &mut &[u8]) -> Option<i64> {
    // Lengths and deltas below 64 take one byte: the common case first.
    if let Some((&first, after)) = rest.split_first()
        && first < 0x80
    {
        *rest = after;
        return Some(unzigzag(u64::from(first)));
    }
    let mut value = 0_u64;
    let mut bytes = *rest;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = bytes.split_first()?;
        bytes = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            *rest = bytes;
            return Some(unzigzag(value));
        }
    }
    None
}

/// Undoes the zigzag encoding: 0, 1, 2, 3 … stand for 0, −1, 1, −2 …
fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_are_zigzag() {
        for (bytes, value) in [
            (&[0x00][..], 0),
            (&[0x01], -1),
            (&[0x02], 1),
            (&[0x7f], -64),
            (&[0x80, 0x01], 64),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], i64::MIN),
        ] {
            let mut rest = bytes;
            assert_eq!(take_varint(&mut rest), Some(value));
            assert!(rest.is_empty());
        }
        assert_eq!(take_varint(&mut &[0x80][..]), None);
    }

    #[test]
    fn null_and_empty_values_differ_and_duplicates_stay() {
        let block = [2, b'a', 1, 2, b'a', 0, 0, 2, b'x'];
        let headers = Headers::new(3, &block);
        let all: Vec<_> = headers.iter().collect();
        assert_eq!(all, [(&b"a"[..], None), (b"a", Some(&b""[..])), (b"", Some(b"x"))]);
    }

    #[test]
    fn a_short_block_ends_early() {
        assert_eq!(Headers::new(2, &[2, b'a', 1, 4, b'b']).iter().count(), 1);
    }
}
