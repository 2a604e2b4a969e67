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
    an_old_client_logs_in_by_bare_messages,
    an_old_client_that_is_refused_is_told_nothing,
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
    shake_hands_in(1, client, mechanism)
}

fn shake_hands_in(version: i16, client: &mut Client, mechanism: &str) -> SaslHandshakeResponse {
    let mechanism = StrBytes::from_string(mechanism.to_owned());
    client.ask_in(version, &SaslHandshakeRequest::default().with_mechanism(mechanism))
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
    let mut answer = SaslAuthenticateResponse::default();
    exchange(mechanism, who, |message| {
        answer = say(client, message);
        (answer.error_code == 0).then(|| answer.auth_bytes.clone())
    });
    answer
}

/// Says what a mechanism has to say, until it is done or there is no answer.
fn exchange(mechanism: &str, who: Credentials, mut say: impl FnMut(&[u8]) -> Option<Bytes>) {
    let config = SASLConfig::builder().with_defaults().with_callback(who).unwrap();
    let mechanism = Mechname::parse(mechanism.as_bytes()).unwrap();
    let mut session = SASLClient::new(config).start_suggested_iter([mechanism]).unwrap();
    let mut heard: Option<Bytes> = None;
    loop {
        let mut message = Vec::new();
        let state = session.step(heard.as_deref(), &mut message).unwrap();
        if state.has_sent_message() {
            heard = say(&message);
            if heard.is_none() {
                return;
            }
        }
        if state.is_finished() {
            return;
        }
    }
}

/// Has the conversation as before KIP-152: after version 0 of the handshake, messages come bare.
/// Returns whether each was answered.
fn converse_bare(client: &mut Client, mechanism: &str, who: Credentials) -> bool {
    assert_eq!(shake_hands_in(0, client, mechanism).error_code, 0);
    let mut is_answered = true;
    exchange(mechanism, who, |message| {
        client.send_token(message);
        let answer = client.receive_frame();
        is_answered = answer.is_some();
        answer
    });
    is_answered
}

fn a_user_logs_in_by_each_mechanism(broker: &Broker) {
    for mechanism in MECHANISMS {
        let mut client = broker.connect();
        let answer = converse(&mut client, mechanism, Credentials("alice", "alice-secret"));
        assert_eq!((answer.error_code, answer.session_lifetime_ms), (0, 0), "{mechanism}");
        client.ask_in(12, &MetadataRequest::default().with_topics(Some(vec![])));
    }
}

fn an_old_client_logs_in_by_bare_messages(broker: &Broker) {
    for mechanism in MECHANISMS {
        let mut client = broker.connect();
        assert_eq!(client.offered::<SaslHandshakeRequest>().unwrap().min, 0);
        assert!(converse_bare(&mut client, mechanism, Credentials("alice", "alice-secret")));
        client.ask_in(12, &MetadataRequest::default().with_topics(Some(vec![])));
        assert_eq!(say(&mut client, b"\0alice\0alice-secret").error_code, 34, "it is done");
    }
    let mut client = broker.connect();
    shake_hands_in(0, &mut client, "PLAIN");
    client.send_token(b"\0alice\0alice-secret");
    assert_eq!(client.receive_frame().unwrap(), "", "there is nothing to say");
}

fn an_old_client_that_is_refused_is_told_nothing(broker: &Broker) {
    for mechanism in MECHANISMS {
        for (user, password) in [("alice", "wrong"), ("somebody", "alice-secret")] {
            let mut client = broker.connect();
            let is_answered = converse_bare(&mut client, mechanism, Credentials(user, password));
            assert!(!is_answered, "{mechanism}");
        }
    }
    for token in [&b""[..], b"alice"] {
        let mut client = broker.connect();
        shake_hands_in(0, &mut client, "PLAIN");
        client.send_token(token);
        assert!(client.receive_frame().is_none(), "{token:?}");
    }
    let mut client = broker.connect();
    shake_hands_in(0, &mut client, "PLAIN");
    client.send(2, &SaslAuthenticateRequest::default());
    assert!(client.receive_frame().is_none(), "a request is no message of PLAIN");
    let mut client = broker.connect();
    let answer = shake_hands_in(0, &mut client, "GSSAPI");
    assert_eq!((answer.error_code, answer.mechanisms.len()), (33, 3));
    assert!(client.receive_frame().is_none(), "it is closed");
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
