//! A broker for one test alone, which fails where the test wants it to.

use std::ops::Deref;

use crate::broker::Broker;
use crate::sandbox::Sandbox;

/// A sandbox, and what tests do with a broker.
pub(crate) struct Sandboxed {
    broker: Broker,
    sandbox: Sandbox,
}

impl Sandboxed {
    /// Starts one.
    pub(crate) fn start() -> Self {
        let sandbox = Sandbox::start();
        Self { broker: Broker::new(sandbox.address(), None), sandbox }
    }

    /// Takes other rules of `--fault`.
    pub(crate) fn set_faults(&self, rules: &[&str]) {
        self.sandbox.set_faults(rules);
    }

    /// Waits until a rule has struck.
    pub(crate) fn struck(&self) {
        self.sandbox.struck();
    }
}

impl Deref for Sandboxed {
    type Target = Broker;

    fn deref(&self) -> &Broker {
        &self.broker
    }
}
