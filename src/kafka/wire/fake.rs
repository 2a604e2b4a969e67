//! A broker in this process, for tests: it answers as a script says and writes down what it is
//! asked. That real brokers behave so is shown by the tests against them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::metadata_response::{MetadataResponseBroker, MetadataResponseTopic};
use kafka_protocol::messages::{
    ApiVersionsRequest, ApiVersionsResponse, BrokerId, MetadataRequest, MetadataResponse,
    RequestHeader, ResponseHeader,
};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, Message, Request, StrBytes};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::cluster::Cluster;
use super::versions::request_name;
use crate::clock::Deadline;
use crate::kafka::connection::{Address, ConnectionSettings};

/// A fake broker; its id is 1.
pub(super) struct FakeBroker {
    address: Address,
    asked: Arc<Mutex<Vec<String>>>,
}

/// A request that the script answers.
pub(super) struct Seen {
    /// Which request it is.
    pub(super) key: i16,
    version: i16,
    frame: Bytes,
    /// Where the broker listens.
    port: u16,
}

/// What the broker does about a request.
pub(super) enum Reply {
    /// Sends these bytes.
    Answer(BytesMut),
    /// Closes the connection.
    Close,
}

type Script = Arc<Mutex<dyn FnMut(Seen) -> Reply + Send>>;

impl FakeBroker {
    /// Starts it, on a thread of its own so that it answers whatever the test does meanwhile.
    pub(super) fn start(script: impl FnMut(Seen) -> Reply + Send + 'static) -> Self {
        let script: Script = Arc::new(Mutex::new(script));
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let written = Arc::clone(&asked);
        let (bound, port) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let port = listener.local_addr().unwrap().port();
                bound.send(port).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    let (script, written) = (Arc::clone(&script), Arc::clone(&written));
                    tokio::spawn(converse(stream, port, script, written));
                }
            });
        });
        let address = Address { host: "127.0.0.1".to_owned(), port: port.recv().unwrap() };
        Self { address, asked }
    }

    /// Connects to it.
    pub(super) async fn connect(&self) -> Cluster {
        let settings = settings(self.address.clone());
        Cluster::connect(&settings, Deadline::after(Duration::from_secs(20))).await.unwrap()
    }

    /// Returns the names of the requests so far.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Returns the settings that lead to a peer.
pub(super) fn settings(address: Address) -> ConnectionSettings {
    ConnectionSettings {
        bootstrap: vec![address],
        client_id: "test".to_owned(),
        tls: None,
        sasl: None,
        producer_properties: BTreeMap::new(),
    }
}

/// Answers the requests of one connection.
async fn converse(
    mut stream: TcpStream,
    port: u16,
    script: Script,
    asked: Arc<Mutex<Vec<String>>>,
) {
    while let Ok(length) = stream.read_i32().await {
        let mut frame = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut frame).await.unwrap();
        let key = i16::from_be_bytes([frame[0], frame[1]]);
        let version = i16::from_be_bytes([frame[2], frame[3]]);
        asked.lock().unwrap().push(request_name(key));
        let seen = Seen { key, version, frame: frame.into(), port };
        let reply = (script.lock().unwrap())(seen);
        match reply {
            Reply::Answer(answer) => stream.write_all(&answer).await.unwrap(),
            Reply::Close => return,
        }
    }
}

impl Seen {
    /// Reads the request and answers it.
    pub(super) fn answer<R: Request>(mut self, make: impl FnOnce(R) -> R::Response) -> Reply {
        assert_eq!(self.key, R::KEY);
        let header = RequestHeader::decode(&mut self.frame, R::header_version(self.version));
        let answer = make(R::decode(&mut self.frame, self.version).unwrap());
        let mut frame = BytesMut::new();
        ResponseHeader::default()
            .with_correlation_id(header.unwrap().correlation_id)
            .encode(&mut frame, R::Response::header_version(self.version))
            .unwrap();
        answer.encode(&mut frame, self.version).unwrap();
        let mut whole = BytesMut::new();
        whole.put_i32(i32::try_from(frame.len()).unwrap());
        whole.extend(frame);
        Reply::Answer(whole)
    }

    /// Answers with the versions of these requests and of `ApiVersions` and `Metadata`.
    pub(super) fn answer_versions(self, others: &[ApiVersion]) -> Reply {
        let own = [api::<ApiVersionsRequest>(), api::<MetadataRequest>()];
        let apis = own.into_iter().chain(others.iter().cloned()).collect();
        self.answer(|_: ApiVersionsRequest| ApiVersionsResponse::default().with_api_keys(apis))
    }

    /// Answers with the broker itself, which is the controller too, and these topics.
    pub(super) fn answer_metadata(self, topics: Vec<MetadataResponseTopic>) -> Reply {
        let broker = MetadataResponseBroker::default()
            .with_node_id(BrokerId(1))
            .with_host(StrBytes::from_static_str("127.0.0.1"))
            .with_port(i32::from(self.port));
        let response = MetadataResponse::default()
            .with_brokers(vec![broker])
            .with_controller_id(BrokerId(1))
            .with_topics(topics);
        self.answer(|_: MetadataRequest| response)
    }
}

/// Says that the broker speaks all versions of a request that the client can write.
pub(super) fn api<R: Request>() -> ApiVersion {
    let newest = R::VERSIONS.max.min(<R::Response as Message>::VERSIONS.max);
    ApiVersion::default().with_api_key(R::KEY).with_max_version(newest)
}
