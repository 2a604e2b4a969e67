//! `SaslHandshake` and `SaslAuthenticate` (KIP-43, KIP-152).

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{
    SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest, SaslHandshakeResponse,
};
use kafka_protocol::protocol::{StrBytes, VersionRange};

use super::{Call, Caller, text, versions};
use crate::sandbox::access::{Tokens, mechanisms};
use crate::sandbox::broker::new_id;

impl Call for SaslHandshakeRequest {
    const OFFERED: VersionRange = versions(0, 1);

    async fn answer(self, caller: &mut Caller) -> SaslHandshakeResponse {
        let tokens = if caller.version == 0 { Tokens::Bare } else { Tokens::Wrapped };
        match caller.session.choose(&self.mechanism, tokens) {
            Ok(()) => offered(),
            Err(ResponseError::UnsupportedSaslMechanism) => {
                offered().with_error_code(ResponseError::UnsupportedSaslMechanism.code())
            }
            Err(error) => self.refuse(error),
        }
    }

    fn refuse(self, error: ResponseError) -> SaslHandshakeResponse {
        SaslHandshakeResponse::default().with_error_code(error.code())
    }
}

fn offered() -> SaslHandshakeResponse {
    let mechanisms = mechanisms().map(StrBytes::from_static_str).collect();
    SaslHandshakeResponse::default().with_mechanisms(mechanisms)
}

impl Call for SaslAuthenticateRequest {
    const OFFERED: VersionRange = versions(0, 2);

    async fn answer(self, caller: &mut Caller) -> SaslAuthenticateResponse {
        match authenticate(caller, &self.auth_bytes) {
            Ok(answer) => SaslAuthenticateResponse::default().with_auth_bytes(answer.into()),
            Err((error, message)) => self.refuse(error).with_error_message(Some(text(&message))),
        }
    }

    fn refuse(self, error: ResponseError) -> SaslAuthenticateResponse {
        SaslAuthenticateResponse::default().with_error_code(error.code())
    }
}

/// Answers a message of the mechanism that came bare; nothing where it is refused, for which there
/// are no words.
pub(in crate::sandbox) fn answer_token(caller: &mut Caller, token: &[u8]) -> Option<Vec<u8>> {
    authenticate(caller, token).ok()
}

fn authenticate(caller: &mut Caller, message: &[u8]) -> Result<Vec<u8>, (ResponseError, String)> {
    let nonce = new_id().simple().to_string();
    caller.session.authenticate(message, &nonce)
}
