//! Logging in by SASL.

use bytes::Bytes;
use kafka_protocol::messages::{
    ApiVersionsRequest, MetadataRequest, SaslAuthenticateRequest, SaslAuthenticateResponse,
    SaslHandshakeRequest, SaslHandshakeResponse,
};
use kafka_protocol::protocol::StrBytes;
use rsasl::callback::{Context, Request, SessionCallback, SessionData};
use rsasl::config::SASLConfig;
use rsasl::prelude::{Mechname, SASLClient, SessionError};
use rsasl::property::{AuthId, Password};

use crate::broker::Broker;
use crate::client::Client;

crate::secure_behaviours! {
    a_user_logs_in_by_each_mechanism,
    a_wrong_password_is_refused_and_ends_the_connection,
    an_unknown_mechanism_is_answered_with_those_that_are_offered,
    nothing_else_is_answered_before,
    messages_that_are_none_are_refused,
    who_is_logged_in_says_no_more_about_it,
}

mod open {
    use super::*;

    crate::behaviours! { without_users_there_is_no_sasl }

    fn without_users_there_is_no_sasl(broker: &Broker) {
        let mut client = broker.connect();
        let answer = shake_hands(&mut client, "PLAIN");
        assert_eq!((answer.error_code, answer.mechanisms.len()), (34, 0));
        let answer = say(&mut client, b"\0admin\0admin-secret");
        assert_eq!(answer.error_code, 34);
        client.ask_in(12, &MetadataRequest::default().with_topics(Some(vec![])));
    }
}

const MECHANISMS: [&str; 3] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

/// Logs in by PLAIN with the password that the user has.
pub(crate) fn log_in(client: &mut Client, user: &str) {
    assert_eq!(shake_hands(client, "PLAIN").error_code, 0);
    let answer = say(client, format!("\0{user}\0{user}-secret").as_bytes());
    assert_eq!(answer.error_code, 0, "{answer:?}");
}

pub(crate) fn shake_hands(client: &mut Client, mechanism: &str) -> SaslHandshakeResponse {
    let mechanism = StrBytes::from_string(mechanism.to_owned());
    client.ask_in(1, &SaslHandshakeRequest::default().with_mechanism(mechanism))
}

fn say(client: &mut Client, message: &[u8]) -> SaslAuthenticateResponse {
    let message = Bytes::copy_from_slice(message);
    client.ask_in(2, &SaslAuthenticateRequest::default().with_auth_bytes(message))
}

struct Credentials(&'static str, &'static str);

impl SessionCallback for Credentials {
    fn callback(
        &self,
        _: &SessionData,
        _: &Context<'_>,
        request: &mut Request<'_>,
    ) -> Result<(), SessionError> {
        request.satisfy::<AuthId>(self.0)?.satisfy::<Password>(self.1.as_bytes())?;
        Ok(())
    }
}

/// Has the whole conversation of a mechanism; returns the last answer. The client's side checks the
/// server's proof.
fn converse(client: &mut Client, mechanism: &str, who: Credentials) -> SaslAuthenticateResponse {
    assert_eq!(shake_hands(client, mechanism).error_code, 0);
    let config = SASLConfig::builder().with_defaults().with_callback(who).unwrap();
    let mechanism = Mechname::parse(mechanism.as_bytes()).unwrap();
    let mut session = SASLClient::new(config).start_suggested_iter([mechanism]).unwrap();
    let mut answer: Option<SaslAuthenticateResponse> = None;
    loop {
        let mut message = Vec::new();
        let heard = answer.as_ref().map(|answer| answer.auth_bytes.as_ref());
        let state = session.step(heard, &mut message).unwrap();
        if state.has_sent_message() {
            let heard = say(client, &message);
            if heard.error_code != 0 {
                return heard;
            }
            answer = Some(heard);
        }
        if state.is_finished() {
            return answer.unwrap();
        }
    }
}

fn a_user_logs_in_by_each_mechanism(broker: &Broker) {
    for mechanism in MECHANISMS {
        let mut client = broker.connect();
        let answer = converse(&mut client, mechanism, Credentials("alice", "alice-secret"));
        assert_eq!((answer.error_code, answer.session_lifetime_ms), (0, 0), "{mechanism}");
        client.ask_in(12, &MetadataRequest::default().with_topics(Some(vec![])));
    }
}

fn a_wrong_password_is_refused_and_ends_the_connection(broker: &Broker) {
    for mechanism in MECHANISMS {
        for (user, password) in [("alice", "wrong"), ("somebody", "alice-secret")] {
            let mut client = broker.connect();
            let answer = converse(&mut client, mechanism, Credentials(user, password));
            assert_eq!(answer.error_code, 58, "{mechanism}");
            let expected = match mechanism {
                "PLAIN" => "Authentication failed: Invalid username or password".to_owned(),
                _ => format!(
                    "Authentication failed during authentication due to invalid credentials with \
                     SASL mechanism {mechanism}"
                ),
            };
            assert_eq!(answer.error_message.unwrap().to_string(), expected);
            assert!(client.receive_frame().is_none(), "it is closed");
        }
    }
}

fn an_unknown_mechanism_is_answered_with_those_that_are_offered(broker: &Broker) {
    let mut client = broker.connect();
    let answer = shake_hands(&mut client, "GSSAPI");
    assert_eq!(answer.error_code, 33);
    let mut offered: Vec<_> = answer.mechanisms.iter().map(ToString::to_string).collect();
    offered.sort_unstable();
    assert_eq!(offered, MECHANISMS);
    assert!(client.receive_frame().is_none(), "it is closed");
}

fn nothing_else_is_answered_before(broker: &Broker) {
    let metadata = MetadataRequest::default().with_topics(Some(vec![]));
    let mut client = broker.connect();
    client.send(12, &metadata);
    assert!(client.receive_frame().is_none());
    let mut client = Client::raw(broker.address());
    client.send(2, &SaslAuthenticateRequest::default());
    assert!(client.receive_frame().is_none());
    let mut client = broker.connect();
    client.send(2, &ApiVersionsRequest::default());
    assert!(client.receive_frame().is_none(), "it has said so once");
}

fn messages_that_are_none_are_refused(broker: &Broker) {
    let plain: [&[u8]; 5] =
        [b"", b"alice", b"\0alice\0", b"\0\0alice-secret", b"\0alice\0alice-secret\0"];
    let scram: [&[u8]; 5] =
        [b"n", b"n,,", b"n,,n=alice", b"y,,n=alice,r=nonce", b"n,a=admin,n=alice,r=nonce"];
    let plain = plain.map(|message| ("PLAIN", message));
    let scram = scram.map(|message| ("SCRAM-SHA-256", message));
    for (mechanism, message) in plain.into_iter().chain(scram) {
        let mut client = broker.connect();
        assert_eq!(shake_hands(&mut client, mechanism).error_code, 0);
        let answer = say(&mut client, message);
        assert_eq!(answer.error_code, 58, "{mechanism} {message:?}");
        assert!(client.receive_frame().is_none(), "it is closed");
    }
    let mut client = broker.connect();
    shake_hands(&mut client, "PLAIN");
    let answer = say(&mut client, b"admin\0alice\0alice-secret");
    assert_eq!(answer.error_code, 58);
    assert!(answer.error_message.unwrap().ends_with("is different from username"));
}

fn who_is_logged_in_says_no_more_about_it(broker: &Broker) {
    let mut client = broker.connect();
    log_in(&mut client, "alice");
    assert_eq!(say(&mut client, b"\0alice\0alice-secret").error_code, 34);
    client.ask_in(12, &MetadataRequest::default().with_topics(Some(vec![])));
}
