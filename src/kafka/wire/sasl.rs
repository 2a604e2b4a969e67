//! SASL: PLAIN and SCRAM over `SaslHandshake` and `SaslAuthenticate` (KIP-43, KIP-152, KIP-368).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::messages::{SaslAuthenticateRequest, SaslHandshakeRequest};
use kafka_protocol::protocol::StrBytes;
use rsasl::callback::{Context, Request, SessionCallback, SessionData};
use rsasl::config::SASLConfig;
use rsasl::prelude::{Mechname, SASLClient, Session, SessionError};
use rsasl::property::{AuthId, Password};

use super::connection::Connection;
use crate::clock::Deadline;
use crate::kafka::Error;
use crate::kafka::connection::{SaslSettings, Secret};

/// `UNSUPPORTED_SASL_MECHANISM`.
const UNSUPPORTED_MECHANISM: i16 = 33;
/// `ILLEGAL_SASL_STATE`: what a listener without SASL answers to a handshake.
const ILLEGAL_STATE: i16 = 34;

/// Authenticates, or does so again; returns how long the session lasts, if the broker limits it.
pub(super) async fn authenticate(
    connection: &Connection,
    settings: &SaslSettings,
    deadline: Deadline,
) -> Result<Option<Duration>, Error> {
    let refused = |cause: String, hint: Option<String>| Error::Authentication {
        address: connection.address().to_string(),
        mechanism: settings.mechanism.name().to_owned(),
        cause,
        hint,
    };
    shake_hands(connection, settings.mechanism.name(), deadline).await?.map_err(|offered| {
        if offered.is_empty() {
            let hint = "use -X security.protocol=PLAINTEXT, or SSL with TLS";
            refused("this listener does not use SASL".to_owned(), Some(hint.to_owned()))
        } else {
            let hint = format!("use -X sasl.mechanism={}", offered.join(" or "));
            refused(format!("the broker offers only {}", offered.join(", ")), Some(hint))
        }
    })?;
    let mut session = start(settings).map_err(|cause| refused(cause, None))?;
    let mut challenge: Option<Bytes> = None;
    let mut lifetime_ms = 0;
    loop {
        let mut message = Vec::new();
        let state = session
            .step(challenge.as_deref(), &mut message)
            .map_err(|e| refused(format!("the exchange broke off: {e}"), None))?;
        if state.has_sent_message() {
            let request = SaslAuthenticateRequest::default().with_auth_bytes(message.into());
            let response = connection.exchange(|_| request, deadline).await?;
            if response.error_code != 0 {
                let cause = response.error_message.map(|text| text.to_string());
                let cause = cause
                    .filter(|text| !text.is_empty())
                    .unwrap_or_else(|| super::code_name(response.error_code));
                let hint = "check the user name and the password".to_owned();
                return Err(refused(cause, Some(hint)));
            }
            lifetime_ms = response.session_lifetime_ms;
            challenge = Some(response.auth_bytes);
        }
        if state.is_finished() {
            let lifetime = u64::try_from(lifetime_ms).unwrap_or(0);
            return Ok((lifetime > 0).then(|| Duration::from_millis(lifetime)));
        }
    }
}

/// Names a mechanism to the broker. The inner error is the list of those it offers, empty on a
/// listener without SASL.
async fn shake_hands(
    connection: &Connection,
    mechanism: &str,
    deadline: Deadline,
) -> Result<Result<(), Vec<String>>, Error> {
    let mechanism = StrBytes::from_string(mechanism.to_owned());
    let request = SaslHandshakeRequest::default().with_mechanism(mechanism);
    let response = connection.exchange(|_| request, deadline).await?;
    match response.error_code {
        0 => Ok(Ok(())),
        UNSUPPORTED_MECHANISM | ILLEGAL_STATE => {
            Ok(Err(response.mechanisms.iter().map(ToString::to_string).collect()))
        }
        code => Err(Error::Broker { code: crate::kafka::ErrorCode(code), message: None }),
    }
}

/// Asks a listener which mechanisms it wants: none where it has no SASL. It does so by naming one
/// that nobody has.
pub(super) async fn offered(
    connection: &Connection,
    deadline: Deadline,
) -> Result<Vec<String>, Error> {
    Ok(shake_hands(connection, "NONE", deadline).await?.err().unwrap_or_default())
}

/// Starts the client's side of the exchange.
fn start(settings: &SaslSettings) -> Result<Session, String> {
    let credentials =
        Credentials { username: settings.username.clone(), password: settings.password.clone() };
    // `with_credentials` of the crate would leave SCRAM-SHA-512 out.
    let config: Arc<SASLConfig> = SASLConfig::builder()
        .with_defaults()
        .with_callback(credentials)
        .map_err(|e| e.to_string())?;
    let mechanism =
        Mechname::parse(settings.mechanism.name().as_bytes()).map_err(|e| e.to_string())?;
    SASLClient::new(config).start_suggested_iter([mechanism]).map_err(|e| e.to_string())
}

/// Gives the credentials to the mechanism.
struct Credentials {
    username: String,
    password: Secret,
}

impl SessionCallback for Credentials {
    fn callback(
        &self,
        _: &SessionData,
        _: &Context<'_>,
        request: &mut Request<'_>,
    ) -> Result<(), SessionError> {
        request
            .satisfy::<AuthId>(&self.username)?
            .satisfy::<Password>(self.password.reveal().as_bytes())?;
        Ok(())
    }
}
