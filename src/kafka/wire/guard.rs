//! Looks at a message before it is decoded for good, because the decoders allocate what a length
//! says: four bytes of garbage would ask for hundreds of gigabytes, and end the process.
//!
//! The message is decoded once through a [`Guard`] that lowers what cannot be a length. A list of
//! `n` items takes at least `n` bytes, so a number above what is left of the frame is no length of
//! a list in a message that can be decoded; but it may be a timeout. So the guard shows one more
//! than what is left in its place: as a timeout it does no harm (what this pass decodes is thrown
//! away), as a length it makes decoding fail at the end of the frame, with little allocated. What
//! passes is decoded again, as it is.

use std::ops::Range;

use bytes::{Buf, Bytes, TryGetError};
use kafka_protocol::protocol::Decodable;
use kafka_protocol::protocol::buf::ByteBuf;

/// Decodes a message whose lengths may lie.
pub(crate) fn decode<R: Decodable>(body: &Bytes, version: i16) -> Result<R, String> {
    let (message, rest) = decode_start(body, version)?;
    if rest.is_empty() { Ok(message) } else { Err(format!("{} bytes are left over", rest.len())) }
}

/// Decodes a message whose lengths may lie, and returns it with what stands behind it.
pub(crate) fn decode_start<R: Decodable>(body: &Bytes, version: i16) -> Result<(R, Bytes), String> {
    let mut guarded = Guard { rest: body.clone() };
    R::decode(&mut guarded, version).map_err(|error| error.to_string())?;
    let mut rest = body.clone();
    let message = R::decode(&mut rest, version).map_err(|error| error.to_string())?;
    Ok((message, rest))
}

/// The bytes of a message, with numbers that are too large for a length lowered.
struct Guard {
    rest: Bytes,
}

/// How many bytes a varint of 32 bits takes at most.
const LONGEST_VARINT: usize = 5;

impl Guard {
    /// Tells whether a varint begins here that is larger than what is left: a length that lies.
    fn lies(&self) -> bool {
        let mut value = 0_u64;
        for (byte, place) in self.rest.iter().take(LONGEST_VARINT).zip(0_u32..) {
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                break;
            }
        }
        // Lengths of lists and texts are written one larger, so that 0 can say null.
        value > u64::try_from(self.rest.len()).unwrap_or(u64::MAX).saturating_add(1)
    }
}

impl Buf for Guard {
    fn remaining(&self) -> usize {
        self.rest.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.rest.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.rest.advance(count);
    }

    fn try_get_u8(&mut self) -> Result<u8, TryGetError> {
        // Only varints and booleans are read byte by byte, and a boolean has no continuation bit.
        if self.rest.first().is_some_and(|byte| byte & 0x80 != 0) && self.lies() {
            return Err(TryGetError { requested: usize::MAX, available: self.rest.len() });
        }
        self.rest.try_get_u8()
    }

    fn try_get_i32(&mut self) -> Result<i32, TryGetError> {
        let number = self.rest.try_get_i32()?;
        let left = i32::try_from(self.rest.len()).unwrap_or(i32::MAX);
        Ok(number.min(left.saturating_add(1)))
    }
}

impl ByteBuf for Guard {
    fn peek_bytes(&mut self, range: Range<usize>) -> Bytes {
        self.rest.slice(range)
    }

    fn get_bytes(&mut self, size: usize) -> Bytes {
        self.rest.split_to(size)
    }
}

#[cfg(test)]
mod tests {
    use bytes::{BufMut, BytesMut};
    use kafka_protocol::messages::{DeleteTopicsRequest, JoinGroupRequest, MetadataRequest};
    use kafka_protocol::protocol::{Encodable, StrBytes};
    use proptest::prelude::*;

    use super::*;

    fn encoded(request: &impl Encodable, version: i16) -> Bytes {
        let mut bytes = BytesMut::new();
        request.encode(&mut bytes, version).expect("encodes");
        bytes.freeze()
    }

    #[test]
    fn a_list_longer_than_its_frame_is_refused_before_it_is_allocated() {
        let mut bytes = BytesMut::new();
        bytes.put_i32(i32::MAX);
        assert!(decode::<MetadataRequest>(&bytes.freeze(), 1).is_err());
        let compact = Bytes::from_static(&[0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0]);
        assert!(decode::<MetadataRequest>(&compact, 12).is_err());
    }

    #[test]
    fn a_timeout_may_be_larger_than_its_frame() {
        for version in 0..=9 {
            let request = JoinGroupRequest::default()
                .with_group_id(StrBytes::from_static_str("group").into())
                .with_protocol_type(StrBytes::from_static_str("consumer"))
                .with_session_timeout_ms(1_800_000)
                .with_rebalance_timeout_ms(if version == 0 { -1 } else { i32::MAX });
            let read: JoinGroupRequest = decode(&encoded(&request, version), version).unwrap();
            assert_eq!(read, request, "version {version}");
        }
        let request = DeleteTopicsRequest::default().with_timeout_ms(i32::MAX);
        assert_eq!(decode(&encoded(&request, 5), 5), Ok(request));
    }

    #[test]
    fn left_over_bytes_are_an_error() {
        let mut bytes = BytesMut::from(encoded(&DeleteTopicsRequest::default(), 5).as_ref());
        bytes.put_u8(0);
        let error = decode::<DeleteTopicsRequest>(&bytes.freeze(), 5).unwrap_err();
        assert_eq!(error, "1 bytes are left over");
    }

    proptest! {
        #[test]
        fn garbage_never_ends_the_process(bytes in prop::collection::vec(any::<u8>(), 0..200), version in 0_i16..=9) {
            let bytes = Bytes::from(bytes);
            drop(decode::<JoinGroupRequest>(&bytes, version));
            drop(decode::<MetadataRequest>(&bytes, version));
        }
    }
}
