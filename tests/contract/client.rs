//! A client that says exactly what a test tells it to, and nothing else.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::{ApiVersionsRequest, RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{
    Decodable, Encodable, HeaderVersion, Request, StrBytes, VersionRange,
};

/// How long an answer may take: longer than any timeout that a test gives a broker.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection.
pub(crate) struct Client {
    stream: TcpStream,
    next_id: i32,
    versions: BTreeMap<i16, VersionRange>,
    name: &'static str,
}

impl Client {
    /// Connects and learns the versions.
    pub(crate) fn connect(address: &str) -> Self {
        let mut client = Self::raw(address);
        let answer = client.ask_in(
            3,
            &ApiVersionsRequest::default()
                .with_client_software_name(StrBytes::from_static_str("contract"))
                .with_client_software_version(StrBytes::from_static_str("1")),
        );
        assert_eq!(answer.error_code, 0);
        let range = |min, max| VersionRange { min, max };
        client.versions = answer
            .api_keys
            .iter()
            .map(|api| (api.api_key, range(api.min_version, api.max_version)))
            .collect();
        client
    }

    /// Connects and says nothing.
    pub(crate) fn raw(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, next_id: 1, versions: BTreeMap::new(), name: "contract" }
    }

    /// Returns the versions of a request that the broker offers.
    pub(crate) fn offered<R: Request>(&self) -> Option<VersionRange> {
        self.versions.get(&R::KEY).copied()
    }

    /// Returns the keys of all calls that the broker offers, in order.
    pub(crate) fn offered_keys(&self) -> Vec<i16> {
        self.versions.keys().copied().collect()
    }

    /// Uses another name from now on.
    pub(crate) fn call_itself(&mut self, name: &'static str) {
        self.name = name;
    }

    /// Asks in a version.
    pub(crate) fn ask_in<R: Request>(&mut self, version: i16, request: &R) -> R::Response {
        self.send(version, request);
        self.receive::<R>(version)
    }

    /// Sends a request and does not wait for the answer.
    pub(crate) fn send<R: Request>(&mut self, version: i16, request: &R) {
        let frame = frame(self.name, self.next_id, version, request);
        self.next_id += 1;
        self.send_bytes(&frame);
    }

    /// Waits until an answer begins to arrive, and leaves it unread.
    pub(crate) fn wait_for_answer(&self) {
        assert_eq!(self.stream.peek(&mut [0]).unwrap(), 1);
    }

    /// Waits for the answer to the oldest request that has none yet.
    pub(crate) fn receive<R: Request>(&mut self, version: i16) -> R::Response {
        let mut frame = self.receive_frame().expect("the broker closed the connection");
        ResponseHeader::decode(&mut frame, R::Response::header_version(version)).unwrap();
        let response = R::Response::decode(&mut frame, version).unwrap();
        assert!(frame.is_empty(), "{} bytes are left over", frame.len());
        response
    }

    /// Sends bytes as they are.
    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Sends bytes with their length, and nothing else.
    pub(crate) fn send_token(&mut self, token: &[u8]) {
        self.send_bytes(&u32::try_from(token.len()).unwrap().to_be_bytes());
        self.send_bytes(token);
    }

    /// Waits for a frame; nothing when the broker closes the connection.
    pub(crate) fn receive_frame(&mut self) -> Option<Bytes> {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).ok()?;
        let mut frame = vec![0; usize::try_from(i32::from_be_bytes(length)).unwrap()];
        self.stream.read_exact(&mut frame).ok()?;
        Some(frame.into())
    }
}

/// Writes a request of a client as it is sent: a length, a header, a body.
pub(crate) fn frame<R: Request>(
    client: &'static str,
    id: i32,
    version: i16,
    request: &R,
) -> BytesMut {
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_correlation_id(id)
        .with_client_id(Some(StrBytes::from_static_str(client)));
    let mut frame = BytesMut::new();
    header.encode(&mut frame, R::header_version(version)).unwrap();
    request.encode(&mut frame, version).unwrap();
    let mut whole = BytesMut::new();
    whole.put_i32(i32::try_from(frame.len()).unwrap());
    whole.put_slice(&frame);
    whole
}
