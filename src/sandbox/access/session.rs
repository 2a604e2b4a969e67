//! How a client logs in, as a pure state machine: which calls are taken when, and what each
//! answers.

use std::sync::Arc;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{ApiVersionsRequest, SaslAuthenticateRequest, SaslHandshakeRequest};
use kafka_protocol::protocol::Request;

use super::scram::{Challenge, Hash};
use super::users::Users;

/// A way to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mechanism {
    Plain,
    Scram(Hash),
}

/// All of them with their names.
const MECHANISMS: [(&str, Mechanism); 3] = [
    ("SCRAM-SHA-512", Mechanism::Scram(Hash::Sha512)),
    ("SCRAM-SHA-256", Mechanism::Scram(Hash::Sha256)),
    ("PLAIN", Mechanism::Plain),
];

/// Returns the names of the mechanisms that are offered.
pub(in crate::sandbox) fn mechanisms() -> impl Iterator<Item = &'static str> {
    MECHANISMS.iter().map(|(name, _)| *name)
}

/// Who a connection belongs to.
#[derive(Debug)]
pub(in crate::sandbox) struct Session {
    users: Arc<Users>,
    state: State,
    tokens: Tokens,
}

/// How the messages of a mechanism come, which the version of `SaslHandshake` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Tokens {
    /// Bare, each with its length: version 0 (KIP-43).
    Bare,
    /// In requests of their own, `SaslAuthenticate`: from version 1 on (KIP-152).
    Wrapped,
}

#[derive(Debug)]
enum State {
    /// Nothing was said yet.
    New,
    /// It has asked what the broker can do.
    Greeted,
    /// It has named its mechanism.
    Chosen(Mechanism),
    /// It has to prove that it knows its password.
    Challenged(Challenge),
    /// It is this user.
    User(Arc<str>),
    /// It was refused: the answer that says so is the last one.
    Refused,
}

impl Session {
    /// A connection of which nothing is known.
    pub(in crate::sandbox) fn new(users: Arc<Users>) -> Self {
        Self { users, state: State::New, tokens: Tokens::Wrapped }
    }

    /// Returns the user; nobody where nobody has to log in.
    pub(in crate::sandbox) fn user(&self) -> Option<&Arc<str>> {
        match &self.state {
            State::User(user) => Some(user),
            State::New
            | State::Greeted
            | State::Chosen(_)
            | State::Challenged(_)
            | State::Refused => None,
        }
    }

    /// Tells whether it may do everything.
    pub(in crate::sandbox) fn is_super(&self) -> bool {
        self.user().is_some_and(|user| self.users.is_super(user))
    }

    /// Tells whether the connection has to end.
    pub(in crate::sandbox) fn is_refused(&self) -> bool {
        matches!(self.state, State::Refused)
    }

    /// Tells whether what comes next is no request but a bare message of the mechanism.
    pub(in crate::sandbox) fn expects_token(&self) -> bool {
        let is_logging_in = matches!(self.state, State::Chosen(_) | State::Challenged(_));
        self.tokens == Tokens::Bare && is_logging_in
    }

    /// Tells whether a call is taken now. What is not ends the connection.
    pub(in crate::sandbox) fn takes(&self, key: i16) -> bool {
        if self.users.are_none() {
            return true;
        }
        match self.state {
            State::New => [ApiVersionsRequest::KEY, SaslHandshakeRequest::KEY].contains(&key),
            State::Greeted => key == SaslHandshakeRequest::KEY,
            State::Chosen(_) | State::Challenged(_) => key == SaslAuthenticateRequest::KEY,
            State::User(_) => true,
            State::Refused => false,
        }
    }

    /// Takes note that the client has learned what the broker can do: it asks only once.
    pub(in crate::sandbox) fn greet(&mut self) {
        if matches!(self.state, State::New) {
            self.state = State::Greeted;
        }
    }

    /// Takes the mechanism that the client wants, and how its messages will come.
    pub(in crate::sandbox) fn choose(
        &mut self,
        name: &str,
        tokens: Tokens,
    ) -> Result<(), ResponseError> {
        if self.users.are_none() || matches!(self.state, State::User(_)) {
            return Err(ResponseError::IllegalSaslState);
        }
        let found = MECHANISMS.iter().find(|(other, _)| *other == name);
        self.state = found.map_or(State::Refused, |(_, mechanism)| State::Chosen(*mechanism));
        self.tokens = tokens;
        found.map(|_| ()).ok_or(ResponseError::UnsupportedSaslMechanism)
    }

    /// Takes a message of the mechanism and answers it, or refuses with Kafka's words; `nonce` is
    /// new.
    pub(in crate::sandbox) fn authenticate(
        &mut self,
        message: &[u8],
        nonce: &str,
    ) -> Result<Vec<u8>, (ResponseError, String)> {
        let failed = |text: String| (ResponseError::SaslAuthenticationFailed, text);
        match std::mem::replace(&mut self.state, State::Refused) {
            State::Chosen(Mechanism::Plain) => {
                let user = plain(&self.users, message).map_err(failed)?;
                self.state = State::User(user);
                Ok(Vec::new())
            }
            State::Chosen(Mechanism::Scram(hash)) => {
                let (challenge, answer) = Challenge::begin(hash, &self.users, message, nonce)
                    .map_err(|_| failed(bad_credentials(Mechanism::Scram(hash))))?;
                self.state = State::Challenged(challenge);
                Ok(answer)
            }
            State::Challenged(challenge) => {
                let mechanism = Mechanism::Scram(challenge.hash());
                let (user, answer) =
                    challenge.finish(message).map_err(|_| failed(bad_credentials(mechanism)))?;
                self.state = State::User(user);
                Ok(answer)
            }
            before @ (State::New | State::Greeted | State::User(_) | State::Refused) => {
                self.state = before;
                let message = "SaslAuthenticate request received after successful authentication";
                Err((ResponseError::IllegalSaslState, message.to_owned()))
            }
        }
    }
}

/// Says that it did not work, and not why.
fn bad_credentials(mechanism: Mechanism) -> String {
    let name =
        MECHANISMS.iter().find(|(_, other)| *other == mechanism).map_or("", |(name, _)| name);
    format!(
        "Authentication failed during authentication due to invalid credentials with SASL mechanism {name}"
    )
}

/// Logs in by PLAIN (RFC 4616): as whom to act, the name, the password, with zero bytes between.
fn plain(users: &Users, message: &[u8]) -> Result<Arc<str>, String> {
    let broken = || bad_credentials(Mechanism::Plain);
    let message = std::str::from_utf8(message).map_err(|_| broken())?;
    let parts: Vec<&str> = message.split('\0').collect();
    let [identity, name, password] = parts.as_slice() else { return Err(broken()) };
    if name.is_empty() || password.is_empty() {
        return Err(broken());
    }
    let user = users
        .log_in(name, password)
        .ok_or("Authentication failed: Invalid username or password")?;
    if !identity.is_empty() && identity != name {
        let message = "Authentication failed: Client requested an authorization id that is different from username";
        return Err(message.to_owned());
    }
    Ok(user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::access::User;

    const METADATA: i16 = 3;

    fn session() -> Session {
        let users = vec![User::parse("admin:a").unwrap(), User::parse("alice:secret").unwrap()];
        Session::new(Arc::new(Users::new(users)))
    }

    fn log_in(message: &[u8]) -> Result<Session, (ResponseError, String)> {
        let mut session = session();
        session.choose("PLAIN", Tokens::Wrapped).unwrap();
        session.authenticate(message, "").map(|_| session)
    }

    #[test]
    fn nothing_is_taken_before_the_client_has_logged_in() {
        let mut session = session();
        let takes = |session: &Session| {
            [
                ApiVersionsRequest::KEY,
                SaslHandshakeRequest::KEY,
                SaslAuthenticateRequest::KEY,
                METADATA,
            ]
            .map(|key| session.takes(key))
        };
        assert_eq!(takes(&session), [true, true, false, false]);
        session.greet();
        assert_eq!(takes(&session), [false, true, false, false]);
        session.choose("PLAIN", Tokens::Wrapped).unwrap();
        assert_eq!(takes(&session), [false, false, true, false]);
        session.authenticate(b"\0alice\0secret", "").unwrap();
        assert_eq!(takes(&session), [true; 4]);
        assert_eq!(session.user().map(|user| &**user), Some("alice"));
    }

    #[test]
    fn tokens_come_bare_only_while_a_client_of_version_0_logs_in() {
        let mut session = session();
        assert!(!session.expects_token());
        session.choose("PLAIN", Tokens::Bare).unwrap();
        assert!(session.expects_token());
        session.authenticate(b"\0alice\0secret", "").unwrap();
        assert!(!session.expects_token(), "it is logged in");
        let mut session = self::session();
        session.choose("PLAIN", Tokens::Wrapped).unwrap();
        assert!(!session.expects_token());
    }

    #[test]
    fn a_wrong_password_is_the_end() {
        let (error, message) = log_in(b"\0alice\0wrong").unwrap_err();
        assert_eq!(error, ResponseError::SaslAuthenticationFailed);
        assert_eq!(message, "Authentication failed: Invalid username or password");
        let mut session = session();
        session.choose("PLAIN", Tokens::Wrapped).unwrap();
        session.authenticate(b"\0alice\0wrong", "").unwrap_err();
        assert!(session.is_refused() && session.user().is_none());
        assert!(!session.takes(SaslAuthenticateRequest::KEY));
    }

    #[test]
    fn plain_is_three_texts() {
        for message in [
            &b""[..],
            b"alice",
            b"\0alice",
            b"\0alice\0secret\0",
            b"\0\0secret",
            b"\0alice\0",
            b"\xff",
        ] {
            assert!(log_in(message).unwrap_err().1.ends_with("PLAIN"), "{message:?}");
        }
        assert!(log_in(b"alice\0alice\0secret").is_ok());
        assert!(log_in(b"admin\0alice\0secret").unwrap_err().1.contains("authorization id"));
    }

    #[test]
    fn an_unknown_mechanism_is_the_end() {
        let mut session = session();
        let refused = session.choose("GSSAPI", Tokens::Wrapped);
        assert_eq!(refused, Err(ResponseError::UnsupportedSaslMechanism));
        assert!(session.is_refused());
    }

    #[test]
    fn who_is_logged_in_does_not_do_it_again() {
        let mut session = log_in(b"\0alice\0secret").unwrap();
        assert_eq!(session.choose("PLAIN", Tokens::Wrapped), Err(ResponseError::IllegalSaslState));
        let (error, _) = session.authenticate(b"", "").unwrap_err();
        assert_eq!(error, ResponseError::IllegalSaslState);
        assert!(session.user().is_some(), "nothing has changed");
    }

    #[test]
    fn without_users_everybody_is_welcome() {
        let mut session = Session::new(Arc::default());
        assert!(session.takes(METADATA));
        assert_eq!(session.choose("PLAIN", Tokens::Wrapped), Err(ResponseError::IllegalSaslState));
        assert!(!session.is_refused());
    }
}
