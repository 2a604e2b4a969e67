//! kcat: librdkafka 2.0, as Debian has it.

use std::process::Command;

use super::run;
use crate::broker::{Broker, unique};
use crate::client::Client;
use crate::records::settle;
use crate::topics::create;

crate::behaviours! {
    kcat_shows_what_is_there,
    kcat_reads_what_it_has_written,
    kcat_goes_on_where_its_group_was,
    kcat_sees_what_is_committed,
}

mod secure {
    use super::*;

    crate::secure_behaviours! { kcat_logs_in }

    /// This librdkafka knows a broker that does SASL by its offering version 0 of the handshake.
    fn kcat_logs_in(broker: &Broker) {
        shows_the_broker(broker, "PLAIN");
    }

    /// By SCRAM this librdkafka does not get past Kafka 4 (librdkafka#4895).
    #[test]
    fn kcat_logs_in_by_scram() {
        for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
            shows_the_broker(&Broker::secure_sandbox(), mechanism);
        }
    }

    fn shows_the_broker(broker: &Broker, mechanism: &str) {
        let arguments = [
            "-L",
            "-X",
            "security.protocol=SASL_PLAINTEXT",
            "-X",
            &format!("sasl.mechanism={mechanism}"),
            "-X",
            "sasl.username=alice",
            "-X",
            "sasl.password=alice-secret",
        ];
        let shown = run(&mut kcat(broker, &arguments), "");
        assert!(shown.contains(" 1 brokers:"), "{mechanism}: {shown}");
    }
}

fn kcat(broker: &Broker, arguments: &[&str]) -> Command {
    let mut command = Command::new("kcat");
    command.args(["-b", broker.address(), "-q"]).args(arguments);
    command
}

fn topic(broker: &Broker, partitions: i32) -> String {
    let (topic, mut client): (_, Client) = (unique("kcat"), broker.connect());
    create(&mut client, &topic, partitions);
    settle(&mut client, &topic);
    topic
}

fn kcat_shows_what_is_there(broker: &Broker) {
    let topic = topic(broker, 2);
    let shown = run(&mut kcat(broker, &["-L", "-t", &topic]), "");
    assert!(shown.contains(&format!("topic \"{topic}\" with 2 partitions:")), "{shown}");
    run(&mut kcat(broker, &["-P", "-t", &topic, "-p", "1"]), "a\nb\n");
    let wanted = format!("{topic}:1:-1");
    let found = run(&mut kcat(broker, &["-Q", "-t", &wanted]), "");
    assert!(found.contains("[1] offset 2"), "{found}");
}

fn kcat_reads_what_it_has_written(broker: &Broker) {
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let topic = topic(broker, 1);
        let lines = |line: fn(u32) -> String| (0..100).map(line).collect::<Vec<_>>().concat();
        let input = lines(|number| format!("key {number}:value {number}\n"));
        run(&mut kcat(broker, &["-P", "-t", &topic, "-K:", "-H", "a=b", "-z", codec]), &input);
        let arguments = ["-C", "-t", &topic, "-e", "-f", "%o %k:%s %h\n"];
        let expected = lines(|number| format!("{number} key {number}:value {number} a=b\n"));
        assert_eq!(run(&mut kcat(broker, &arguments), ""), expected, "{codec}");
    }
}

fn kcat_goes_on_where_its_group_was(broker: &Broker) {
    let (topic, group) = (topic(broker, 2), unique("kcat-group"));
    let read = || {
        let arguments =
            ["-X", "auto.offset.reset=earliest", "-e", "-f", "%s ", "-G", &group, &topic];
        run(&mut kcat(broker, &arguments), "")
    };
    run(&mut kcat(broker, &["-P", "-t", &topic, "-p", "0"]), "a\nb\n");
    assert_eq!(read(), "a b ");
    run(&mut kcat(broker, &["-P", "-t", &topic, "-p", "1"]), "c\n");
    assert_eq!(read(), "c ");
}

fn kcat_sees_what_is_committed(broker: &Broker) {
    let (topic, id) = (topic(broker, 1), format!("transactional.id={}", unique("kcat")));
    run(&mut kcat(broker, &["-P", "-t", &topic, "-X", &id]), "a\nb\n");
    let arguments =
        ["-C", "-t", &topic, "-e", "-X", "isolation.level=read_committed", "-f", "%o:%s "];
    assert_eq!(run(&mut kcat(broker, &arguments), ""), "0:a 1:b ");
}
