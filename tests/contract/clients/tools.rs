//! Kafka's own tools, and with them its Java clients. Each start costs a second of a processor, so
//! there are few, and each is asked for much.

use std::process::Command;

use super::{attempt, run};
use crate::broker::{Broker, unique};
use crate::home::Home;
use crate::instance::dev;
use crate::records::settle;
use crate::topics::create;

crate::behaviours! {
    tools_look_after_topics,
    tools_carry_records_and_look_after_groups,
}

mod secure {
    use super::*;

    crate::secure_behaviours! { tools_log_in_and_look_after_acls }

    fn tools_log_in_and_look_after_acls(broker: &Broker) {
        let (topic, home) = (unique("tools"), Home::new());
        let mut client = broker.connect_as_first();
        create(&mut client, &topic, 1);
        settle(&mut client, &topic);
        let run_as = |user: &str, mechanism: &str, arguments: &[&str], input: &str| {
            let module = if mechanism == "PLAIN" { "plain.Plain" } else { "scram.Scram" };
            let config = format!(
                "security.protocol=SASL_PLAINTEXT\nsasl.mechanism={mechanism}\n\
                 sasl.jaas.config=org.apache.kafka.common.security.{module}LoginModule required \
                 username=\"{user}\" password=\"{user}-secret\";\n"
            );
            let config = home.write(&format!("{user}-{mechanism}"), &config);
            attempt(tool(broker, arguments).env("FLOWCTL_DEV_COMMAND_CONFIG", config), input)
        };
        let allow = ["acls", "--add", "--allow-principal", "User:alice", "--producer"];
        let allow = [&allow[..], &["--topic", &topic]].concat();
        let (code, printed, complaint) = run_as("admin", "PLAIN", &allow, "");
        assert_eq!(code, Some(0), "{complaint}");
        assert!(printed.contains("operation=WRITE, permissionType=ALLOW"), "{printed}");
        for (user, mechanism, complains) in
            [("alice", "SCRAM-SHA-512", false), ("nobody", "SCRAM-SHA-256", true)]
        {
            let send = ["console-producer", "--topic", &topic];
            let (_, _, complaint) = run_as(user, mechanism, &send, "a record\n");
            let is_refused = complaint.contains("TopicAuthorizationException");
            assert_eq!(is_refused, complains, "{user}: {complaint}");
        }
        let end = crate::records::find(&mut client, &topic, -1).offset;
        assert_eq!(end, 1, "only one of them may write");
    }
}

fn tool(broker: &Broker, arguments: &[&str]) -> Command {
    let mut command = Command::new(dev("kafka"));
    command.args(arguments).env("FLOWCTL_BROKERS", broker.address());
    command.env_remove("FLOWCTL_DEV_COMMAND_CONFIG");
    command
}

fn tools_look_after_topics(broker: &Broker) {
    let topic = unique("tools");
    let run = |arguments: &str| {
        let arguments: Vec<_> = arguments.split(' ').collect();
        run(&mut tool(broker, &arguments), "")
    };
    run(&format!("topics --create --topic {topic} --partitions 1 --config retention.ms=1000"));
    run(&format!("topics --alter --topic {topic} --partitions 3"));
    let entity = format!("--entity-type topics --entity-name {topic}");
    run(&format!("configs --alter {entity} --add-config max.message.bytes=2000"));
    let configs = run(&format!("configs --describe {entity}"));
    for config in ["retention.ms=1000", "max.message.bytes=2000"] {
        assert!(configs.contains(&format!("{{DYNAMIC_TOPIC_CONFIG:{config}")), "{configs}");
    }
    let described = run(&format!("topics --describe --topic {topic}"));
    assert!(described.contains("PartitionCount: 3\tReplicationFactor: 1"), "{described}");
    assert_eq!(described.matches("Leader: 1\tReplicas: 1\tIsr: 1").count(), 3, "{described}");
    run(&format!("topics --delete --topic {topic}"));
    assert!(!run("topics --list").lines().any(|listed| listed == topic));
}

fn tools_carry_records_and_look_after_groups(broker: &Broker) {
    let (topic, group) = (unique("tools"), unique("tools-group"));
    let mut client = broker.connect();
    create(&mut client, &topic, 1);
    settle(&mut client, &topic);
    let run_with = |arguments: &str, input: &str| {
        let arguments: Vec<_> = arguments.split(' ').collect();
        run(&mut tool(broker, &arguments), input)
    };
    let run = |arguments: &str| run_with(arguments, "");
    let lines = (0..100).map(|number| format!("line {number}\n")).collect::<Vec<_>>().concat();
    run_with(&format!("console-producer --topic {topic} --compression-codec lz4"), &lines);
    let sent = run(&format!(
        "perf-producer --topic {topic} --num-records 1000 --record-size 100 --throughput -1 \
         --transaction-duration-ms 100"
    ));
    assert!(sent.contains("1000 records sent"), "{sent}");
    let read = run(&format!(
        "console-consumer --topic {topic} --group {group} --from-beginning --max-messages 100 \
         --isolation-level read_committed"
    ));
    assert_eq!(read, lines);
    let read = run(&format!("perf-consumer --topic {topic} --messages 1100 --timeout 30000"));
    let read = read.lines().last().unwrap();
    assert_eq!(read.split(", ").nth(4), Some("1100"), "{read}");
    let described = run(&format!("groups --describe --group {group}"));
    let row: Vec<_> = described.lines().last().unwrap().split_whitespace().collect();
    // Its transactions have markers, which have offsets too.
    let end = crate::records::find(&mut client, &topic, -1).offset;
    assert!(end > 1_100, "{end}");
    let (lag, end) = ((end - 100).to_string(), end.to_string());
    assert_eq!(row[..6], [group.as_str(), &topic, "0", "100", &end, &lag], "{described}");
    run(&format!("groups --reset-offsets --group {group} --topic {topic} --to-offset 7 --execute"));
    let reset = run(&format!("groups --describe --group {group} --offsets"));
    let row: Vec<_> = reset.lines().last().unwrap().split_whitespace().collect();
    assert_eq!(row[3], "7", "{reset}");
    run(&format!("groups --delete --group {group}"));
    assert!(!run("groups --list").lines().any(|listed| listed == group));
}
