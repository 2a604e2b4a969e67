//! A password stands in no output, whatever goes wrong with it.

use std::time::Duration;

use crate::commands::{ASKING, ENVIRONMENT, home};
use crate::home::text;
use crate::peer::nobody;

/// What must not be seen.
const SECRET: &str = "hunter2-is-secret";

/// Settings that hold the secret, right and wrong.
const ARGUMENTS: &[&[&str]] = &[
    &[
        "security.protocol=SASL_PLAINTEXT",
        "sasl.mechanism=PLAIN",
        "sasl.username=u",
        "sasl.password={}",
    ],
    &["security.protocol=SASL_SSL", "sasl.mechanism=NOPE", "sasl.username=u", "sasl.password={}"],
    &["security.protocol=SASL_SSL", "sasl.mechanism=SCRAM-SHA-512", "sasl.password={}"],
    &["sasl.pasword={}"],
    &["={}"],
    &["sasl.jaas.config={}"],
    &[
        "sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required password=\"{}\"",
    ],
    &["security.protocol=SSL", "ssl.key.password={}", "ssl.key.location=/no/such/file"],
    &["security.protocol=SSL", "ssl.keystore.password={}", "ssl.keystore.location=/no/such.jks"],
];

fn assert_hidden(home: &crate::home::Home, arguments: &[String]) {
    for line in ASKING {
        let mut command = home.flowctl();
        command.env(ENVIRONMENT.0, ENVIRONMENT.1);
        command.args(*line).args(["-b", &nobody(), "--timeout", "200ms", "-vv"]).args(arguments);
        let output = command.timeout(Duration::from_secs(20)).output().unwrap();
        for stream in [text(&output.stdout), text(&output.stderr)] {
            assert!(!stream.contains(SECRET), "{line:?} {arguments:?} shows it:\n{stream}");
        }
        assert_ne!(output.status.code(), Some(0), "{line:?} {arguments:?}");
    }
}

#[test]
fn given_as_an_argument() {
    for settings in ARGUMENTS {
        let arguments: Vec<String> = settings
            .iter()
            .flat_map(|setting| ["-X".to_owned(), setting.replace("{}", SECRET)])
            .collect();
        assert_hidden(&home(), &arguments);
    }
}

#[test]
fn given_without_a_name() {
    assert_hidden(&home(), &["-X".to_owned(), SECRET.to_owned()]);
}

#[test]
fn given_before_a_host() {
    let home = home();
    for brokers in
        [format!("u:{SECRET}@h:9092"), format!("a:1,u:x,{SECRET}@h"), format!("{SECRET}@")]
    {
        let mut command = home.flowctl();
        let output = command.args(["lag", "group/g", "-vv", "-b", &brokers]).output().unwrap();
        let said = text(&output.stderr);
        assert!(said.contains("HOST:PORT") && !said.contains(SECRET), "{brokers}: {said}");
    }
}

#[test]
fn given_in_a_file_without_a_name() {
    let home = home();
    for line in [SECRET.to_owned(), format!("{SECRET} x")] {
        let file = home.write("client.properties", &format!("linger.ms=5\n{line}\n"));
        let mut command = home.flowctl();
        command.args(["lag", "group/g", "-b", &nobody(), "--timeout", "200ms", "-F"]).arg(file);
        let said = text(&command.output().unwrap().stderr);
        assert!(said.contains(":2: the line is ignored") && !said.contains(SECRET), "{said}");
    }
}

#[test]
fn given_in_a_file() {
    for settings in ARGUMENTS {
        let home = home();
        let file = home.write("client.properties", &settings.join("\n").replace("{}", SECRET));
        assert_hidden(&home, &["-F".to_owned(), file.display().to_string()]);
    }
}
