//! Records there and back where the client's certificate says who it is: by both clients, the one
//! that writes and the one that reads.

use crate::home::{Home, text};
use crate::support::secure_kafka;

#[test]
fn a_certificate_is_enough_to_write_and_to_read() {
    let secure = secure_kafka();
    let topic = secure.new_topic("mutual-tls", 1);
    secure.grant("alice", "All", &topic);

    let home = Home::new();
    let flowctl = |arguments: &[&str]| {
        let mut command = home.flowctl();
        command.env("FLOWCTL_BROKERS", secure.variable("FLOWCTL_DEV_MTLS_BROKERS"));
        command.args(["-X", "security.protocol=SSL"]);
        for (property, variable) in [
            ("ssl.ca.location", "FLOWCTL_DEV_CA"),
            ("ssl.certificate.location", "FLOWCTL_DEV_MTLS_CERTIFICATE"),
            ("ssl.key.location", "FLOWCTL_DEV_MTLS_KEY"),
        ] {
            command.args(["-X", &format!("{property}={}", secure.variable(variable))]);
        }
        command.args(arguments);
        command
    };
    flowctl(&["produce", &topic]).write_stdin("one\ntwo\n").assert().success();
    let read = flowctl(&["tail", &topic, "--from", "start", "-e"]).assert().success();
    assert_eq!(text(&read.get_output().stdout), "one\ntwo\n");
}
