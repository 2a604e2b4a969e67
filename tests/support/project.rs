//! A project whose topology is planned and applied.

use std::path::PathBuf;

use assert_cmd::Command;
use serde_json::Value;

use crate::broker::Broker;
use crate::home::{Home, text, unique};

/// A project of one flow `orders` in a namespace that no other test has.
pub(crate) struct Project<'a> {
    broker: &'a Broker,
    pub(crate) home: Home,
    namespace: String,
}

impl<'a> Project<'a> {
    /// Declares `orders` with these settings, in the environments `dev` and `prod`.
    pub(crate) fn new(broker: &'a Broker, settings: &str) -> Self {
        let project = Self { broker, home: Home::new(), namespace: unique("plan") };
        project.declare(settings);
        project
    }

    /// Declares `orders` with other settings.
    pub(crate) fn declare(&self, settings: &str) -> PathBuf {
        let names = format!("namespace: \"{0}.\", ledger: {0}.ledger", self.namespace);
        let file = format!(
            "apiVersion: flowctl/v1\nproject: shop\nenvironments:\n  dev: {{ {names} }}\n  prod: {{ \
             {names}, protected: true, cluster: {{ id: some-other-cluster }} }}\n  guarded: {{ \
             {names}, protected: true }}\nflows:\n  orders: {{ consumers: {{}}, {settings} }}\n"
        );
        self.home.write("topology.yaml", &file)
    }

    /// Returns the main topic.
    pub(crate) fn topic(&self) -> String {
        format!("{}.orders", self.namespace)
    }

    /// Prepares a command.
    pub(crate) fn flowctl(&self, arguments: &[&str]) -> Command {
        let mut command = self.broker.flowctl(&self.home);
        command.args(arguments);
        command
    }

    /// Runs in `dev` and returns stdout.
    pub(crate) fn run(&self, arguments: &[&str], exit: i32) -> String {
        let ended = self.flowctl(arguments).args(["-e", "dev"]).assert().code(exit);
        text(&ended.get_output().stdout)
    }

    /// The same, with `-o json`.
    pub(crate) fn json(&self, arguments: &[&str], exit: i32) -> Value {
        let arguments = [arguments, &["-o", "json"]].concat();
        serde_json::from_str(&self.run(&arguments, exit)).unwrap()
    }
}
