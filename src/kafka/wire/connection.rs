//! A connection to one broker: opened, authenticated, with versions agreed; then calls.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use kafka_protocol::messages::ApiVersionsRequest;
use kafka_protocol::protocol::{Message, Request, StrBytes};

use super::cluster::lock;
use super::dial::Dialer;
use super::line::{Line, Pending};
use super::sasl;
use super::versions::{Versions, request_name};
use crate::clock::Deadline;
use crate::kafka::connection::Address;
use crate::kafka::{Backoff, Error, ErrorCode};

/// The largest answer that is taken where the call says nothing else: the metadata or the configs
/// of some hundred thousand partitions fit.
const LARGEST_ANSWER: usize = 256 << 20;
/// The largest answer while the connection is set up and the peer may yet turn out to be anything.
const LARGEST_GREETING: usize = 1 << 20;
/// The share of a session's lifetime after which the client authenticates again, in per cent, as in
/// Kafka's Java client (KIP-368).
const RENEW_AFTER: u32 = 85;

/// A connection to one broker. Clones share it; when the last one goes, it is closed.
///
/// Calls may run side by side: they are pipelined. A broker works on one request of a connection at
/// a time, so a long-polling Fetch wants a connection of its own.
#[derive(Clone)]
pub(crate) struct Connection(Arc<Shared>);

struct Shared {
    dialer: Arc<Dialer>,
    address: Address,
    peer: std::net::SocketAddr,
    line: Line,
    versions: OnceLock<Versions>,
    /// When to authenticate again. Held while a request is put on the line, because a broker takes
    /// nothing else while a client authenticates.
    renewal: tokio::sync::Mutex<Option<Deadline>>,
}

impl Connection {
    /// Opens a connection, agrees on versions and authenticates.
    pub(super) async fn open(
        dialer: &Arc<Dialer>,
        address: &Address,
        deadline: Deadline,
    ) -> Result<Self, Error> {
        let connection = Self::greet(dialer, address, deadline).await?;
        if connection.0.dialer.settings.sasl.is_some() {
            *connection.0.renewal.lock().await = connection.authenticate(deadline).await?;
        }
        Ok(connection)
    }

    /// Opens a connection and agrees on versions.
    async fn greet(
        dialer: &Arc<Dialer>,
        address: &Address,
        deadline: Deadline,
    ) -> Result<Self, Error> {
        let stream = dialer.dial(address, deadline).await?;
        let client_id = StrBytes::from_string(dialer.settings.client_id.clone());
        let connection = Self(Arc::new(Shared {
            dialer: Arc::clone(dialer),
            address: address.clone(),
            peer: stream.peer,
            line: Line::new(stream, address.clone(), client_id, dialer.showed()),
            versions: OnceLock::new(),
            renewal: tokio::sync::Mutex::default(),
        }));
        let versions = connection.ask_versions(deadline).await?;
        connection.0.versions.get_or_init(|| versions);
        Ok(connection)
    }

    /// Asks the broker which versions it speaks.
    async fn ask_versions(&self, deadline: Deadline) -> Result<Versions, Error> {
        let mut version = ApiVersionsRequest::VERSIONS.max;
        let mut backoff = Backoff::new();
        loop {
            let mut request = ApiVersionsRequest::default();
            if version >= 3 {
                request = request
                    .with_client_software_name(StrBytes::from_static_str("flowctl"))
                    .with_client_software_version(StrBytes::from_static_str(env!(
                        "CARGO_PKG_VERSION"
                    )));
            }
            let line = &self.0.line;
            let mut pending = line.send(&request, version, LARGEST_GREETING, deadline).await?;
            let response = pending.receive_versions(deadline).await?;
            let versions = Versions::new(&response);
            match ErrorCode(response.error_code) {
                ErrorCode::NONE => return Ok(versions),
                // A broker that does not know the version says so in the oldest layout, which every
                // client can read (KIP-511), and most name the versions they do know.
                ErrorCode::UNSUPPORTED_VERSION if version > 0 => {
                    let known = versions.choose::<ApiVersionsRequest>().unwrap_or(0);
                    version = known.min(version - 1);
                }
                code if code.remedy().is_some() && backoff.wait(deadline).await => {}
                code => return Err(Error::Broker { code, message: None }),
            }
        }
    }

    /// Authenticates; returns when to do so again.
    async fn authenticate(&self, deadline: Deadline) -> Result<Option<Deadline>, Error> {
        let Some(settings) = &self.0.dialer.settings.sasl else { return Ok(None) };
        let lifetime = sasl::authenticate(self, settings, deadline).await?;
        // A broker refuses a second authentication within one second.
        let renew = |lifetime: Duration| (lifetime * RENEW_AFTER / 100).max(Duration::from_secs(1));
        Ok(lifetime.map(|lifetime| Deadline::after(renew(lifetime))))
    }

    /// Sends a request made for the version that both sides speak, and waits for the answer.
    pub(crate) async fn call<R: Request>(
        &self,
        request: impl FnOnce(i16) -> R,
        deadline: Deadline,
    ) -> Result<R::Response, Error> {
        let mut pending = self.start(request, LARGEST_ANSWER, deadline).await?;
        self.finish(&mut pending, deadline).await
    }

    /// Sends a request and returns at once; the answer, of at most `largest` bytes, is received
    /// with [`Connection::finish`]. Several may be under way; a broker answers them in order.
    pub(crate) async fn start<R: Request>(
        &self,
        request: impl FnOnce(i16) -> R,
        largest: usize,
        deadline: Deadline,
    ) -> Result<Pending<R>, Error> {
        let version = self.version::<R>()?;
        let mut renewal = lock(&self.0.renewal, deadline).await?;
        if renewal.is_some_and(Deadline::has_passed) {
            *renewal = self.authenticate(deadline).await.inspect_err(|e| self.0.line.close(e))?;
        }
        self.0.line.send(&request(version), version, largest, deadline).await
    }

    /// Waits for the answer. Dropping the future loses nothing: it can be called again with the
    /// same `pending`. When the deadline passes, the connection is closed.
    pub(crate) async fn finish<R: Request>(
        &self,
        pending: &mut Pending<R>,
        deadline: Deadline,
    ) -> Result<R::Response, Error> {
        match pending.receive(deadline).await {
            Err(error @ Error::Disconnected { .. }) if self.may_want_sasl() => {
                Err(self.missing_sasl(deadline).await.unwrap_or(error))
            }
            result => result,
        }
    }

    /// Sends a request that belongs to setting the connection up, past the renewal.
    pub(super) async fn exchange<R: Request>(
        &self,
        request: impl FnOnce(i16) -> R,
        deadline: Deadline,
    ) -> Result<R::Response, Error> {
        let version = self.version::<R>()?;
        let line = &self.0.line;
        line.send(&request(version), version, LARGEST_GREETING, deadline)
            .await?
            .receive(deadline)
            .await
    }

    /// Returns the version in which a request is sent: the newest that both sides speak.
    pub(crate) fn version<R: Request>(&self) -> Result<i16, Error> {
        self.0.versions.get().and_then(Versions::choose::<R>).ok_or_else(|| Error::Broker {
            code: ErrorCode::UNSUPPORTED_VERSION,
            message: Some(format!(
                "{} has no version of {} that this client speaks",
                self.0.address,
                request_name(R::KEY)
            )),
        })
    }

    /// Tells whether the broker knows a request in a version that this client speaks.
    pub(super) fn knows<R: Request>(&self) -> bool {
        self.version::<R>().is_ok()
    }

    /// Tells whether the connection is closed; it will not open again.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.line.is_closed()
    }

    /// Returns the address that the connection was opened to.
    pub(crate) fn address(&self) -> &Address {
        &self.0.address
    }

    /// Tells whether the connection leads to the broker that advertises `host` and `port`.
    pub(super) fn leads_to(&self, host: &str, port: u16) -> bool {
        let peer = self.0.peer;
        let same_host = self.0.address.host == host
            || host.parse().is_ok_and(|ip: std::net::IpAddr| ip == peer.ip())
            || (host == "localhost" && peer.ip().is_loopback());
        same_host && (self.0.address.port, peer.port()) == (port, port)
    }

    /// Tells whether a lost connection may be a listener that wants SASL: those answer
    /// `ApiVersions` and then close without a word.
    fn may_want_sasl(&self) -> bool {
        self.0.dialer.settings.sasl.is_none() && self.0.line.answers() <= 1
    }

    /// Finds out whether the listener wants SASL, by asking it on another connection.
    async fn missing_sasl(&self, deadline: Deadline) -> Option<Error> {
        let other = Self::greet(&self.0.dialer, &self.0.address, deadline).await.ok()?;
        let offered = sasl::offered(&other, deadline).await.ok()?;
        (!offered.is_empty()).then(|| Error::Authentication {
            address: self.0.address.to_string(),
            mechanism: "no credentials".to_owned(),
            cause: format!("the listener requires SASL and offers {}", offered.join(", ")),
            hint: Some(format!(
                "use -X security.protocol={} -X sasl.mechanism={} -X sasl.username=USER and \
                 -X sasl.password=PASSWORD",
                if self.0.dialer.settings.tls.is_some() { "SASL_SSL" } else { "SASL_PLAINTEXT" },
                offered.join(" or ")
            )),
        })
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Connection").field(&self.0.address).finish()
    }
}
