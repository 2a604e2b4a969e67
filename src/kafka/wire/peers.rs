//! What a connection does about peers that behave badly: a fake one in this process, for tests.

use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, BytesMut};
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::{
    ApiVersionsRequest, ApiVersionsResponse, ListGroupsRequest, ListGroupsResponse,
};
use kafka_protocol::protocol::{Encodable, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::connection::Connection;
use super::dial::Dialer;
use super::fake::settings;
use crate::clock::Deadline;
use crate::kafka::connection::Address;
use crate::kafka::{Error, ErrorCode};

/// A request as the fake peer reads it.
struct Seen {
    key: i16,
    version: i16,
    correlation_id: i32,
}

/// The fake peer's end of a connection.
struct Peer(TcpStream);

impl Peer {
    /// Reads one request.
    async fn read(&mut self) -> Seen {
        let length = self.0.read_i32().await.unwrap();
        let mut frame = vec![0; usize::try_from(length).unwrap()];
        self.0.read_exact(&mut frame).await.unwrap();
        Seen {
            key: i16::from_be_bytes([frame[0], frame[1]]),
            version: i16::from_be_bytes([frame[2], frame[3]]),
            correlation_id: i32::from_be_bytes([frame[4], frame[5], frame[6], frame[7]]),
        }
    }

    /// Answers a request, with response header version 0.
    async fn answer(&mut self, correlation_id: i32, body: &impl Encodable, version: i16) {
        let mut frame = BytesMut::new();
        frame.put_i32(correlation_id);
        body.encode(&mut frame, version).unwrap();
        self.0.write_i32(i32::try_from(frame.len()).unwrap()).await.unwrap();
        self.0.write_all(&frame).await.unwrap();
    }

    /// Answers `ApiVersions` as a broker that lists groups in version 0 to 2.
    async fn greet(&mut self) {
        let seen = self.read().await;
        assert_eq!(seen.key, ApiVersionsRequest::KEY);
        self.answer(seen.correlation_id, &versions(), seen.version).await;
    }
}

fn versions() -> ApiVersionsResponse {
    let api = |key, max| ApiVersion::default().with_api_key(key).with_max_version(max);
    ApiVersionsResponse::default()
        .with_api_keys(vec![api(ApiVersionsRequest::KEY, 2), api(ListGroupsRequest::KEY, 2)])
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

/// Connects to a peer that behaves as the script says.
async fn connect<F: Future<Output = ()> + Send + 'static>(
    script: impl FnOnce(Peer) -> F + Send + 'static,
    deadline: Deadline,
) -> Result<Connection, Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address =
        Address { host: "127.0.0.1".to_owned(), port: listener.local_addr().unwrap().port() };
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        script(Peer(stream)).await;
    });
    Connection::open(&Arc::new(Dialer::new(settings(address.clone()))), &address, deadline).await
}

/// Sends some bytes as the first answer, and returns what the connection says of it.
async fn first_answer(bytes: &'static [u8]) -> Error {
    let script = move |mut peer: Peer| async move {
        peer.read().await;
        peer.0.write_all(bytes).await.unwrap();
        // The peer keeps the connection open, as a confused one may.
        tokio::time::sleep(Duration::from_secs(60)).await;
    };
    connect(script, soon()).await.unwrap_err()
}

async fn list_groups(connection: &Connection, deadline: Deadline) -> Result<usize, Error> {
    let request = |_| ListGroupsRequest::default();
    Ok(connection.call(request, deadline).await?.groups.len())
}

#[tokio::test]
async fn peers_that_are_not_kafka_are_named() {
    let error = first_answer(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert!(error.to_string().contains("speaks HTTP"), "{error}");
    let alert = first_answer(b"\x15\x03\x03\x00\x02\x02\x50").await;
    assert!(matches!(alert, Error::Tls { .. }), "{alert}");
    assert!(alert.to_string().contains("the listener speaks TLS"), "{alert}");
}

#[tokio::test]
async fn frames_are_refused_before_anything_is_allocated_for_them() {
    let script = |mut peer: Peer| async move {
        let seen = peer.read().await;
        peer.0.write_i32(i32::MAX).await.unwrap();
        peer.0.write_i32(seen.correlation_id).await.unwrap();
        peer.0.read_u8().await.ok();
    };
    let error = connect(script, soon()).await.unwrap_err();
    assert!(error.to_string().contains("2147483647 bytes, where 1048576 are"), "{error}");
    let error = first_answer(b"\xff\xff\xff\xff\x00\x00\x00\x00").await;
    assert!(error.to_string().contains("-1 bytes"), "{error}");
    let error = first_answer(b"\x00\x00\x00\x0a\xff\xff\xff\xff\x00\x00").await;
    assert!(error.to_string().contains("correlation id -1"), "{error}");
    assert!(matches!(error, Error::Protocol { .. }));
}

#[tokio::test]
async fn garbage_in_a_frame_is_an_error() {
    let script = |mut peer: Peer| async move {
        let seen = peer.read().await;
        let mut frame = BytesMut::new();
        frame.put_i32(8);
        frame.put_i32(seen.correlation_id);
        // No error, six APIs, and then nothing.
        frame.put_slice(&[0, 0, 7, 1]);
        peer.0.write_all(&frame).await.unwrap();
        peer.0.read_u8().await.ok();
    };
    let error = connect(script, soon()).await.unwrap_err();
    assert!(matches!(error, Error::Protocol { .. }), "{error}");
    assert!(error.to_string().contains("cannot decode ApiVersions"), "{error}");
}

#[tokio::test]
async fn an_old_broker_answers_in_the_oldest_layout() {
    let script = |mut peer: Peer| async move {
        let seen = peer.read().await;
        assert!(seen.version > 2);
        let refusal = versions().with_error_code(35);
        peer.answer(seen.correlation_id, &refusal, 0).await;
        let seen = peer.read().await;
        assert_eq!(seen.version, 2, "the newest that the broker named");
        peer.answer(seen.correlation_id, &versions(), 2).await;
        peer.0.read_u8().await.ok();
    };
    let connection = connect(script, soon()).await.unwrap();
    assert_eq!(connection.version::<ListGroupsRequest>(), Ok(2));
    let unknown = connection.version::<kafka_protocol::messages::FetchRequest>().unwrap_err();
    assert_eq!(unknown.code(), Some(ErrorCode(35)));
    assert!(unknown.to_string().contains("no version of Fetch"), "{unknown}");
}

#[tokio::test]
async fn answers_find_their_calls_in_any_order() {
    let script = |mut peer: Peer| async move {
        peer.greet().await;
        let (first, second) = (peer.read().await, peer.read().await);
        let group = kafka_protocol::messages::list_groups_response::ListedGroup::default();
        let one = ListGroupsResponse::default().with_groups(vec![group]);
        peer.answer(second.correlation_id, &one, 2).await;
        peer.answer(first.correlation_id, &ListGroupsResponse::default(), 2).await;
        peer.0.read_u8().await.ok();
    };
    let connection = connect(script, soon()).await.unwrap();
    let both = tokio::join!(list_groups(&connection, soon()), list_groups(&connection, soon()));
    assert_eq!(both, (Ok(0), Ok(1)));
}

#[tokio::test]
async fn a_silent_peer_costs_the_connection_at_the_deadline() {
    let script = |mut peer: Peer| async move {
        peer.greet().await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    };
    let connection = connect(script, soon()).await.unwrap();
    let error = list_groups(&connection, Deadline::after(Duration::from_millis(50))).await;
    let error = error.unwrap_err();
    assert!(error.to_string().starts_with("no answer to ListGroups from 127.0.0.1:"), "{error}");
    assert!(error.to_string().ends_with("within 50 ms"), "{error}");
    assert!(connection.is_closed());
    assert_eq!(list_groups(&connection, soon()).await, Err(error));
}

#[tokio::test]
async fn a_call_that_is_given_up_leaves_the_connection_usable() {
    let script = |mut peer: Peer| async move {
        peer.greet().await;
        for _ in 0..2 {
            let seen = peer.read().await;
            tokio::time::sleep(Duration::from_millis(50)).await;
            peer.answer(seen.correlation_id, &ListGroupsResponse::default(), 2).await;
        }
        peer.0.read_u8().await.ok();
    };
    let connection = connect(script, soon()).await.unwrap();
    let given_up = list_groups(&connection, soon());
    assert!(tokio::time::timeout(Duration::from_millis(5), given_up).await.is_err());
    assert_eq!(list_groups(&connection, soon()).await, Ok(0));
}

#[tokio::test]
async fn a_closed_connection_is_lost_for_all_who_wait() {
    let script = |mut peer: Peer| async move {
        peer.greet().await;
        let seen = peer.read().await;
        peer.answer(seen.correlation_id, &ListGroupsResponse::default(), 2).await;
        peer.read().await;
        peer.read().await;
    };
    let connection = connect(script, soon()).await.unwrap();
    assert_eq!(list_groups(&connection, soon()).await, Ok(0));
    let both = tokio::join!(list_groups(&connection, soon()), list_groups(&connection, soon()));
    for lost in [both.0, both.1] {
        assert!(matches!(lost, Err(Error::Disconnected { .. })), "{lost:?}");
    }
}
