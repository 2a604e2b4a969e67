//! From an address to a stream of bytes: name lookup, TCP, TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::tls_error::Showed;
use super::{tls, tls_error};
use crate::clock::Deadline;
use crate::kafka::Error;
use crate::kafka::connection::{Address, ConnectionSettings};

/// How long an address may be silent before the next address of the same name is tried beside it
/// (the delay that RFC 8305 recommends).
const HEAD_START: Duration = Duration::from_millis(250);

/// Opens streams by the settings.
#[derive(Debug)]
pub(super) struct Dialer {
    /// The settings.
    pub(super) settings: ConnectionSettings,
    /// Made when the first TLS connection is: reading the system's certificates takes 10 to 20 ms.
    tls: OnceLock<Result<Arc<ClientConfig>, Error>>,
}

/// An open stream, with TLS if that is wanted.
pub(super) struct Stream {
    /// What the peer sends.
    pub(super) reader: Box<dyn AsyncRead + Send + Unpin>,
    /// What is sent to the peer.
    pub(super) writer: Box<dyn AsyncWrite + Send + Unpin>,
    /// The peer that was reached.
    pub(super) peer: SocketAddr,
}

impl Dialer {
    /// Keeps the settings; nothing is opened yet.
    pub(super) fn new(settings: ConnectionSettings) -> Self {
        Self { settings, tls: OnceLock::new() }
    }

    /// Tells what brokers get to see of the client.
    pub(super) fn showed(&self) -> Showed {
        match &self.settings.tls {
            Some(tls) if tls.identity.is_some() => Showed::Certificate,
            Some(_) | None => Showed::Nothing,
        }
    }

    /// Opens a stream to one address.
    pub(super) async fn dial(
        &self,
        address: &Address,
        deadline: Deadline,
    ) -> Result<Stream, Error> {
        let unreachable =
            |cause: String| Error::Unreachable { addresses: vec![address.to_string()], cause };
        let opening = async {
            let tcp = connect(address).await.map_err(|e| unreachable(describe(&e)))?;
            let peer = tcp.peer_addr().map_err(|e| unreachable(describe(&e)))?;
            // Requests are small and each is waited for.
            tcp.set_nodelay(true).map_err(|e| unreachable(describe(&e)))?;
            match &self.settings.tls {
                None => {
                    let (reader, writer) = tcp.into_split();
                    Ok(Stream { reader: Box::new(reader), writer: Box::new(writer), peer })
                }
                Some(settings) => {
                    let config = self.tls.get_or_init(|| tls::client_config(settings)).clone()?;
                    encrypt(config, address, tcp, peer, self.showed()).await
                }
            }
        };
        match tokio::time::timeout_at(deadline.at(), opening).await {
            Ok(result) => result,
            Err(_) => Err(unreachable("no answer in time".to_owned())),
        }
    }
}

/// Shakes hands by TLS.
async fn encrypt(
    config: Arc<ClientConfig>,
    address: &Address,
    tcp: TcpStream,
    peer: SocketAddr,
    showed: Showed,
) -> Result<Stream, Error> {
    let name = ServerName::try_from(address.host.clone()).map_err(|_| Error::Tls {
        address: address.to_string(),
        cause: format!("`{}` cannot be the name in a certificate", address.host),
        hint: None,
    })?;
    let stream = TlsConnector::from(config)
        .connect(name, tcp)
        .await
        .map_err(|e| tls_error::of_handshake(address, &e, showed))?;
    let (reader, writer) = tokio::io::split(stream);
    Ok(Stream { reader: Box::new(reader), writer: Box::new(writer), peer })
}

/// Connects to the first of the name's addresses that answers: the next one is tried when one fails
/// or has been silent for [`HEAD_START`]. `localhost` is `::1` and `127.0.0.1`, and a broker often
/// listens on one of them.
async fn connect(address: &Address) -> io::Result<TcpStream> {
    let mut rest =
        tokio::net::lookup_host((address.host.as_str(), address.port)).await?.collect::<Vec<_>>();
    rest.reverse();
    let mut attempts = FuturesUnordered::new();
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    loop {
        if let Some(next) = rest.pop() {
            attempts.push(TcpStream::connect(next));
        }
        let wait = if rest.is_empty() { Duration::MAX } else { HEAD_START };
        match tokio::time::timeout(wait, attempts.next()).await {
            Ok(Some(Ok(stream))) => return Ok(stream),
            Ok(Some(Err(error))) => failure = error,
            Ok(None) => return Err(failure),
            Err(_) => {}
        }
    }
}

/// Describes a failure without the system's error number.
pub(super) fn describe(error: &io::Error) -> String {
    let known = [
        (io::ErrorKind::ConnectionRefused, "connection refused"),
        (io::ErrorKind::UnexpectedEof, "the peer closed it"),
        (io::ErrorKind::ConnectionReset, "the peer reset it"),
    ];
    if let Some((_, text)) = known.iter().find(|(kind, _)| *kind == error.kind()) {
        return (*text).to_owned();
    }
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
