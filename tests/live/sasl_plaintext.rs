//! Records there and back where a password says who it is and nothing is encrypted: by both
//! clients, the one that writes and the one that reads.

use crate::home::{Home, text};
use crate::support::secure_kafka;

#[test]
fn every_mechanism_works_without_tls() {
    let secure = secure_kafka();
    for mechanism in ["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] {
        let topic = secure.new_topic("sasl-plaintext", 1);
        let home = Home::new();
        let flowctl = |password: &str, arguments: &[&str]| {
            let mut command = home.flowctl();
            command.env("FLOWCTL_BROKERS", secure.variable("FLOWCTL_DEV_CLEAR_BROKERS"));
            for property in [
                "security.protocol=SASL_PLAINTEXT",
                &format!("sasl.mechanism={mechanism}"),
                "sasl.username=admin",
                &format!("sasl.password={password}"),
            ] {
                command.args(["-X", property]);
            }
            command.args(arguments);
            command
        };
        let password = secure.variable("FLOWCTL_DEV_ADMIN_PASSWORD");
        let produce = ["produce", &topic];
        flowctl(password, &produce).write_stdin("one\ntwo\n").assert().success();
        let tail = ["tail", &topic, "--from", "start", "-e"];
        let read = flowctl(password, &tail).assert().success();
        assert_eq!(text(&read.get_output().stdout), "one\ntwo\n", "{mechanism}");
        for line in [&produce[..], &tail] {
            let refused = flowctl("wrong", line).write_stdin("one\n").assert().code(6).stdout("");
            let said = text(&refused.get_output().stderr);
            assert!(said.contains(&format!("{mechanism} failed")), "{said}");
        }
    }
}
