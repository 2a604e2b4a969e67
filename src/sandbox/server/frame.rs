//! Reads and writes frames: a length and what it counts.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::{ProduceRequest, ResponseHeader};
use kafka_protocol::protocol::{Encodable, HeaderVersion, Request};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{timeout, timeout_at};

use crate::clock::Deadline;
use crate::sandbox::budget::{Budget, Room, SMALL};

/// The bytes of a length field.
const LENGTH: usize = 4;
/// The least that a request holds: API key, version, correlation id.
const LEAST: usize = 8;
/// The largest request with records; clients send batches of one or a few megabytes.
const LARGEST_PRODUCE: usize = 32 << 20;
/// The largest of all others. Small, because what is decoded takes many times the room.
const LARGEST: usize = 2 << 20;
/// How long a client may take to send the body of a request, and how long it may pause meanwhile:
/// what it has sent takes memory that others wait for.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(10);
/// The longest message of a SASL mechanism.
const LONGEST_TOKEN: usize = 64 << 10;

/// A request as it came.
pub(super) struct Frame {
    /// Which call it is.
    pub(super) key: i16,
    /// In which version.
    pub(super) version: i16,
    /// The header and the body.
    pub(super) bytes: Bytes,
    /// Its part of the memory, until it is answered.
    _room: Room,
}

/// Reads the next request; nothing when the client has closed the connection between two.
pub(super) async fn read(
    stream: &mut (impl AsyncRead + Unpin),
    budget: &Budget,
) -> Result<Option<Frame>, String> {
    let Some(length) = read_length(stream).await? else { return Ok(None) };
    let mut head = [0; LEAST];
    let size = check_length(length)?;
    stream.read_exact(&mut head).await.map_err(|error| cut_off(&error))?;
    let [key_high, key_low, version_high, version_low, ..] = head;
    let key = i16::from_be_bytes([key_high, key_low]);
    let version = i16::from_be_bytes([version_high, version_low]);
    check_size(key, size)?;
    let mut bytes = BytesMut::with_capacity(size.min(SMALL));
    bytes.put_slice(&head);
    let (mut room, mut patience) = (Room::default(), PATIENCE);
    // It takes its part of the memory as it arrives, not as it was announced.
    while bytes.len() < size {
        let next = size.min(bytes.len().saturating_mul(2).max(SMALL));
        budget.grow(&mut room, next).await;
        bytes.reserve(next - bytes.len());
        let deadline = Deadline::after(patience);
        read_until(stream, &mut bytes, next, deadline).await?;
        // The client is not to blame for the time in which there was no room.
        patience = deadline.left();
    }
    Ok(Some(Frame { key, version, bytes: bytes.freeze(), _room: room }))
}

/// Reads a message of a SASL mechanism: a length and what it counts, without any header. Nothing
/// when the client has closed the connection before it.
pub(super) async fn read_token(
    stream: &mut (impl AsyncRead + Unpin),
) -> Result<Option<BytesMut>, String> {
    let Some(length) = read_length(stream).await? else { return Ok(None) };
    let length = i32::from_be_bytes(length);
    let size = usize::try_from(length).ok().filter(|size| *size <= LONGEST_TOKEN);
    let size = size.ok_or_else(|| format!("a message of SASL of {length} bytes"))?;
    let mut bytes = BytesMut::new();
    read_until(stream, &mut bytes, size, Deadline::after(PATIENCE)).await?;
    Ok(Some(bytes))
}

/// Reads a length; nothing when the connection was closed before it.
async fn read_length(
    stream: &mut (impl AsyncRead + Unpin),
) -> Result<Option<[u8; LENGTH]>, String> {
    let mut length = [0; LENGTH];
    match stream.read(&mut length).await {
        Ok(0) => return Ok(None),
        Ok(count) => {
            let rest = length.get_mut(count..).unwrap_or_default();
            stream.read_exact(rest).await.map_err(|error| cut_off(&error))?;
        }
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return Ok(None),
        Err(error) => return Err(cut_off(&error)),
    }
    Ok(Some(length))
}

/// Reads on until there are so many bytes.
async fn read_until(
    stream: &mut (impl AsyncRead + Unpin),
    bytes: &mut BytesMut,
    size: usize,
    deadline: Deadline,
) -> Result<(), String> {
    let body = async {
        while bytes.len() < size {
            let missing = size - bytes.len();
            let mut missing = (&mut *bytes).limit(missing);
            let read = timeout(PAUSE, stream.read_buf(&mut missing)).await;
            if read.map_err(|_| given_up())?.map_err(|error| cut_off(&error))? == 0 {
                return Err("the connection ended in the middle of a request".to_owned());
            }
        }
        Ok(())
    };
    timeout_at(deadline.at(), body).await.unwrap_or_else(|_| Err(given_up()))
}

fn given_up() -> String {
    "the client does not finish its request".to_owned()
}

fn cut_off(error: &std::io::Error) -> String {
    format!("the connection ended in the middle of a request: {error}")
}

/// Checks that a length is possible, and names clients that speak something else.
fn check_length(length: [u8; LENGTH]) -> Result<usize, String> {
    match &length {
        b"GET " | b"POST" | b"HEAD" | b"PUT " | b"OPTI" => {
            return Err("the client speaks HTTP, not Kafka's protocol".to_owned());
        }
        [0x16, 0x03, ..] => {
            return Err("the client speaks TLS; the sandbox listens without".to_owned());
        }
        _ => {}
    }
    let length = i32::from_be_bytes(length);
    usize::try_from(length)
        .ok()
        .filter(|length| (LEAST..=LARGEST_PRODUCE).contains(length))
        .ok_or_else(|| format!("a request of {length} bytes"))
}

/// Checks the size against what the call may take.
fn check_size(key: i16, size: usize) -> Result<(), String> {
    let largest = if key == ProduceRequest::KEY { LARGEST_PRODUCE } else { LARGEST };
    if size <= largest {
        return Ok(());
    }
    Err(format!("a request of {size} bytes with API key {key}, where {largest} are the most"))
}

/// Writes an answer as a frame with its length.
pub(super) fn encode<R: Encodable + HeaderVersion>(
    response: &R,
    version: i16,
    correlation_id: i32,
) -> Result<BytesMut, String> {
    let header = ResponseHeader::default().with_correlation_id(correlation_id);
    let size = response.compute_size(version).map_err(|error| error.to_string())?;
    let mut frame = BytesMut::with_capacity(LENGTH + LEAST + size);
    frame.put_i32(0);
    header.encode(&mut frame, R::header_version(version)).map_err(|error| error.to_string())?;
    response.encode(&mut frame, version).map_err(|error| error.to_string())?;
    let length = i32::try_from(frame.len() - LENGTH).map_err(|error| error.to_string())?;
    if let Some(field) = frame.first_chunk_mut::<LENGTH>() {
        *field = length.to_be_bytes();
    }
    Ok(frame)
}

/// Writes a message of a SASL mechanism with its length.
pub(super) fn encode_token(token: &[u8]) -> Result<BytesMut, String> {
    let length = i32::try_from(token.len()).map_err(|error| error.to_string())?;
    let mut frame = BytesMut::with_capacity(LENGTH + token.len());
    frame.put_i32(length);
    frame.put_slice(token);
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refused(mut bytes: &[u8]) -> String {
        match read(&mut bytes, &Budget::new(LARGEST_PRODUCE)).await {
            Err(reason) => reason,
            Ok(_) => panic!("accepted"),
        }
    }

    #[tokio::test]
    async fn what_is_no_request_is_named() {
        assert!(refused(b"GET / HTTP/1.1\r\n").await.contains("HTTP"));
        assert!(refused(&[0x16, 3, 1, 0, 0, 0]).await.contains("TLS"));
        assert!(refused(&[0xff; 12]).await.contains("-1 bytes"));
        assert!(refused(&[0, 0, 0, 7]).await.contains("7 bytes"));
        assert!(refused(&[0x7f, 0, 0, 0]).await.contains("bytes"));
    }

    #[tokio::test]
    async fn only_produce_may_be_large() {
        let mut bytes = i32::try_from(LARGEST + 1).unwrap().to_be_bytes().to_vec();
        bytes.extend([0, 3, 0, 0, 0, 0, 0, 0]);
        assert!(refused(&bytes).await.contains("API key 3"));
        bytes[5] = 0;
        assert!(refused(&bytes).await.contains("in the middle"), "it waits for the rest");
    }

    #[tokio::test]
    async fn a_token_is_a_length_and_bytes() {
        let read = async |mut bytes: &[u8]| read_token(&mut bytes).await;
        assert_eq!(read(&[]).await.unwrap(), None);
        assert_eq!(read(&[0, 0, 0, 0]).await.unwrap().unwrap(), "");
        let sent = encode_token(b"abc").unwrap();
        assert_eq!(read(&sent).await.unwrap().unwrap(), "abc");
        assert!(read(&sent[..5]).await.unwrap_err().contains("in the middle"));
        for length in [i32::MIN, -1, i32::try_from(LONGEST_TOKEN + 1).unwrap(), i32::MAX] {
            let refused = read(&length.to_be_bytes()).await.unwrap_err();
            assert!(refused.contains(&format!("{length} bytes")), "{refused}");
        }
    }

    #[tokio::test]
    async fn a_connection_ends_between_two_requests_or_in_the_middle_of_one() {
        let mut nothing: &[u8] = &[];
        assert!(matches!(read(&mut nothing, &Budget::new(LARGEST_PRODUCE)).await, Ok(None)));
        assert!(refused(&[0, 0]).await.contains("in the middle"));
        assert!(refused(&[0, 0, 0, 20, 0, 3, 0, 0]).await.contains("in the middle"));
    }
}
