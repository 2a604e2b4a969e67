//! One rule: which requests it is about, how often it strikes, what it does.

use std::time::Duration;

use kafka_protocol::ResponseError;

use super::About;

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// How it is written.
    pub(in crate::sandbox) text: String,
    /// Kafka's name of the call; nothing for any.
    pub(super) api: Option<String>,
    /// A topic that it has to name.
    pub(super) topic: Option<String>,
    /// A group or transactional id that it has to name.
    pub(super) group: Option<String>,
    /// The client that has to ask.
    pub(super) client: Option<String>,
    /// It strikes the N-th request that it is about, the 2N-th, and so on.
    pub(super) every: u64,
    /// How often it strikes at most.
    pub(super) times: Option<u64>,
    /// How likely it strikes.
    pub(super) chance: Option<f64>,
    /// Where its dice begin.
    pub(super) seed: u64,
    /// What happens.
    pub(in crate::sandbox) effect: Effect,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Effect {
    /// It is answered with an error, and nothing is done.
    Error(ResponseError),
    /// It is done, and answered with an error.
    ErrorAfter(ResponseError),
    /// The connection is closed, and nothing is done.
    Drop,
    /// It is done, and the connection closed without an answer.
    DropAfter,
    /// It is done later.
    Delay(Duration),
    /// It is done, and answered later.
    DelayAfter(Duration),
    /// It is done, and the answer asks the client to wait.
    Throttle(Duration),
}

impl Fault {
    /// Tells whether the rule is about a request.
    pub(super) fn is_about(&self, about: About<'_>) -> bool {
        let named = |wanted: &Option<String>, names: &[String]| {
            wanted.as_ref().is_none_or(|wanted| names.contains(wanted))
        };
        self.api.as_deref().is_none_or(|api| api == about.api)
            && named(&self.topic, about.topics)
            && named(&self.group, about.groups)
            && self.client.as_deref().is_none_or(|client| client == about.client)
            // A rule for all calls goes on to those that it can do something to.
            && (about.can_throttle || !matches!(self.effect, Effect::Throttle(_)))
    }
}
