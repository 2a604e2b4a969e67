//! What Kafka does not take.

use super::produce;
use crate::home::{Home, text, unique};
use crate::support::{kafka, secure_kafka};

#[test]
fn the_topic_decides_how_large_a_record_may_be() {
    let topic = kafka().new_topic("produce-large", 1);
    let home = Home::new();
    let mut command = kafka().flowctl(&home);
    command.args(["produce", &topic]).write_stdin("x".repeat(1_030_000));
    command.assert().success();
    kafka().set_config(&topic, "max.message.bytes=5000");
    // In bulk they would be one batch, which would be refused as a whole.
    let lines = |number: usize| "y".repeat(if number == 500 { 6_000 } else { 100 }) + "\n";
    let mut command = kafka().flowctl(&home);
    command.args(["produce", &topic]).write_stdin((1..=1_000).map(lines).collect::<String>());
    let said = text(&command.assert().code(3).get_output().stderr);
    assert!(
        said.contains("error: line 500 was not delivered\n  cause: MESSAGE_TOO_LARGE"),
        "{said}"
    );
    assert!(said.contains("produced 999 records"), "{said}");
}

#[test]
fn a_refused_password_or_a_missing_right_ends_with_6() {
    let secure = secure_kafka();
    let topic = secure.new_topic("produce-denied", 1);
    produce(secure, &topic, &[], "by the super user\n");
    let home = Home::new();
    let refused = |properties: &str, flags: &[&str]| {
        let mut command = home.flowctl();
        command.args(["produce", &topic, "-b", secure.brokers(), "-F", properties]).args(flags);
        text(&command.write_stdin("a\n").assert().code(6).get_output().stderr)
    };
    let admin = secure.variable("FLOWCTL_DEV_ADMIN_PROPERTIES");
    let said = refused(admin, &["-X", "sasl.username=admin", "-X", "sasl.password=hush"]);
    assert!(said.contains("SCRAM-SHA-512 failed") && !said.contains("hush"), "{said}");
    let nobody = secure.variable("FLOWCTL_DEV_NOBODY_PROPERTIES");
    let said = refused(nobody, &[]);
    assert!(said.contains(&format!("DESCRIBE on topic `{topic}` was refused")), "{said}");
    secure.grant("nobody", "Describe", &topic);
    let said = refused(nobody, &[]);
    assert!(said.contains("was refused") && said.contains("WRITE"), "{said}");
}

#[test]
fn the_ledger_and_kafkas_own_topics_take_no_records() {
    let topic = kafka().new_topic("produce-own", 1);
    // Kafka makes the topic of its offsets with the first group.
    kafka().commit(&topic, &unique("produce-own"), 0);
    let home = Home::new();
    let refused = |words: &[&str], input: &str, code| {
        let mut command = kafka().flowctl(&home);
        let failed = command.args(words).write_stdin(input.to_owned()).assert();
        text(&failed.code(code).get_output().stderr)
    };
    for (own, whose) in [("_flowctl.ledger", "flowctl's"), ("__consumer_offsets", "Kafka's")] {
        let target = format!("topic/{own}");
        let said = refused(&["produce", &target], "a\n", 64);
        assert!(said.contains(whose) && said.contains("it takes no records"), "{said}");
        let said = refused(&["replay", &topic, "--to", &target, "--yes"], "", 64);
        assert!(said.contains(whose) && said.contains("it takes no records"), "{said}");
        let line = format!("{{\"topic\":\"{own}\",\"value\":1}}\n");
        let said = refused(&["produce", "--input", "jsonl"], &line, 65);
        assert!(said.contains(whose) && said.contains("it takes no records"), "{said}");
    }
}
