//! Frames: a length, a correlation id, a body. What a peer sends is checked before it is decoded,
//! because the decoders allocate whatever a length field asks for.

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::{RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, Request, StrBytes};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::guard;

/// The bytes of a length field; it counts what follows it.
const LENGTH: usize = 4;
/// The bytes of a correlation id, the least that a frame holds.
const CORRELATION_ID: usize = 4;

/// Why no frame could be read.
#[derive(Debug)]
pub(super) enum FrameError {
    /// The connection failed or ended.
    Io(std::io::Error),
    /// What came is a TLS alert: the listener wants TLS.
    Tls,
    /// What came is no frame of Kafka that anybody waits for.
    Illegal(String),
}

impl From<std::io::Error> for FrameError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// Writes a request as a frame with its length.
pub(super) fn encode<R: Request>(
    request: &R,
    version: i16,
    correlation_id: i32,
    client_id: &StrBytes,
) -> Result<Bytes, String> {
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_correlation_id(correlation_id)
        .with_client_id(Some(client_id.clone()));
    let mut frame = BytesMut::new();
    frame.put_i32(0);
    header.encode(&mut frame, R::header_version(version)).map_err(|e| e.to_string())?;
    request.encode(&mut frame, version).map_err(|e| e.to_string())?;
    let length = i32::try_from(frame.len() - LENGTH).map_err(|e| e.to_string())?;
    if let Some(field) = frame.first_chunk_mut::<LENGTH>() {
        *field = length.to_be_bytes();
    }
    Ok(frame.freeze())
}

/// Reads the next frame, from its correlation id on. `largest` says how long the answer with an id
/// may be, or nothing when nobody waits for it.
pub(super) async fn read(
    stream: &mut (impl AsyncRead + Unpin),
    largest: impl Fn(i32) -> Option<usize>,
) -> Result<(i32, Bytes), FrameError> {
    let (mut length, mut correlation_id) = ([0; LENGTH], [0; CORRELATION_ID]);
    stream.read_exact(&mut length).await?;
    check_peer(length)?;
    stream.read_exact(&mut correlation_id).await?;
    let correlation_id = i32::from_be_bytes(correlation_id);
    let length = check_length(i32::from_be_bytes(length), correlation_id, largest)
        .map_err(FrameError::Illegal)?;
    let mut frame = BytesMut::with_capacity(length);
    frame.put_i32(correlation_id);
    while frame.len() < length {
        let missing = length - frame.len();
        if stream.read_buf(&mut (&mut frame).limit(missing)).await? == 0 {
            return Err(FrameError::Io(std::io::ErrorKind::UnexpectedEof.into()));
        }
    }
    Ok((correlation_id, frame.freeze()))
}

/// Recognises a peer that is not a Kafka broker by the first bytes that it sends. As a length each
/// of these would be more than 300 MB.
fn check_peer(start: [u8; LENGTH]) -> Result<(), FrameError> {
    let peer = match &start {
        b"HTTP" | b"<htm" | b"<!DO" => "HTTP",
        b"SSH-" => "SSH",
        b"220 " => "SMTP or FTP",
        b"-ERR" => "Redis",
        // A TLS record: an alert of any version from SSL 3 on.
        [0x15, 0x03, ..] => return Err(FrameError::Tls),
        _ => return Ok(()),
    };
    Err(FrameError::Illegal(format!("the peer speaks {peer}, not Kafka's protocol")))
}

/// Checks the length of a frame before anything is allocated for it.
fn check_length(
    length: i32,
    correlation_id: i32,
    largest: impl Fn(i32) -> Option<usize>,
) -> Result<usize, String> {
    let length = usize::try_from(length)
        .ok()
        .filter(|length| *length >= CORRELATION_ID)
        .ok_or_else(|| format!("a frame of {length} bytes, which no Kafka broker sends"))?;
    let largest = largest(correlation_id).ok_or_else(|| {
        format!("an answer with correlation id {correlation_id}, which nobody waits for")
    })?;
    if length > largest {
        return Err(format!("an answer of {length} bytes, where {largest} are the most"));
    }
    Ok(length)
}

/// Decodes an answer; `frame` starts with the correlation id.
pub(super) fn decode<R: Request>(mut frame: Bytes, version: i16) -> Result<R::Response, String> {
    ResponseHeader::decode(&mut frame, R::Response::header_version(version))
        .map_err(|e| e.to_string())?;
    guard::decode(&frame, version)
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::{ApiVersionsRequest, ApiVersionsResponse};

    use super::*;

    fn only_seven(id: i32) -> Option<usize> {
        (id == 7).then_some(100)
    }

    #[test]
    fn sizes_and_correlation_ids_are_checked_before_anything_is_allocated() {
        assert_eq!(check_length(100, 7, only_seven), Ok(100));
        assert_eq!(check_length(4, 7, only_seven), Ok(4));
        let refused = |length, id| check_length(length, id, only_seven).expect_err("refused");
        assert!(refused(101, 7).contains("101 bytes, where 100 are the most"));
        assert!(refused(-1, 7).contains("-1 bytes"));
        assert!(refused(3, 7).contains("3 bytes"));
        assert!(refused(50, 8).contains("correlation id 8"));
    }

    #[test]
    fn peers_that_are_not_kafka_are_named() {
        for (start, name) in [(b"HTTP", "speaks HTTP"), (b"SSH-", "speaks SSH")] {
            let Err(FrameError::Illegal(cause)) = check_peer(*start) else { panic!("accepted") };
            assert!(cause.contains(name), "{cause}");
        }
        assert!(matches!(check_peer([0x15, 3, 3, 0]), Err(FrameError::Tls)));
        assert!(check_peer([0, 0, 1, 0]).is_ok());
    }

    #[test]
    fn a_request_starts_with_its_length() {
        let client = StrBytes::from_static_str("flowctl");
        let frame = encode(&ApiVersionsRequest::default(), 0, 5, &client).expect("encodes");
        let (length, rest) = frame.split_first_chunk::<4>().expect("a length");
        assert_eq!(usize::try_from(i32::from_be_bytes(*length)), Ok(rest.len()));
        assert_eq!(rest, b"\x00\x12\x00\x00\x00\x00\x00\x05\x00\x07flowctl");
    }

    #[test]
    fn a_list_longer_than_its_answer_is_an_error_and_not_the_end() {
        let garbage = [&[0, 0, 0, 1, 0, 0][..], &[0xff; 94]].concat();
        assert!(decode::<ApiVersionsRequest>(Bytes::from(garbage), 3).is_err());
    }

    #[test]
    fn left_over_bytes_are_an_error() {
        let mut frame = BytesMut::new();
        frame.put_i32(1);
        ApiVersionsResponse::default().encode(&mut frame, 0).expect("encodes");
        assert!(decode::<ApiVersionsRequest>(frame.clone().freeze(), 0).is_ok());
        frame.put_u8(0);
        let error = decode::<ApiVersionsRequest>(frame.freeze(), 0).expect_err("too long");
        assert_eq!(error, "1 bytes are left over");
    }
}
