//! `SaslHandshake` and `SaslAuthenticate` (KIP-43, KIP-152).

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{
    SaslAuthenticateRequest, SaslAuthenticateResponse, SaslHandshakeRequest, SaslHandshakeResponse,
};
use kafka_protocol::protocol::{StrBytes, VersionRange};

use super::{Call, Caller, text, versions};
use crate::sandbox::access::mechanisms;
use crate::sandbox::broker::new_id;

impl Call for SaslHandshakeRequest {
    // After version 0 a client sends messages without headers, which no client of today needs.
    const OFFERED: VersionRange = versions(1, 1);

    async fn answer(self, caller: &mut Caller) -> SaslHandshakeResponse {
        match caller.session.choose(&self.mechanism) {
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
        let nonce = new_id().simple().to_string();
        match caller.session.authenticate(&self.auth_bytes, &nonce) {
            Ok(answer) => SaslAuthenticateResponse::default().with_auth_bytes(answer.into()),
            Err((error, message)) => self.refuse(error).with_error_message(Some(text(&message))),
        }
    }

    fn refuse(self, error: ResponseError) -> SaslAuthenticateResponse {
        SaslAuthenticateResponse::default().with_error_code(error.code())
    }
}
