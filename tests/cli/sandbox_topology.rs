//! `flowctl sandbox -e ENV`: the topics of an environment, whatever its own cluster needs.

use crate::commands::home;
use crate::home::{Home, text};

#[test]
fn the_command_finds_the_topology_applied() {
    let plan = format!("{} plan --detailed-exitcode", env!("CARGO_BIN_EXE_flowctl"));
    let arguments = ["sandbox", "-e", "dev", "--", "sh", "-c", &plan];
    let output = home().flowctl().args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("No changes."), "{}", text(&output.stdout));
}

#[test]
fn an_environment_of_another_cluster_is_used_as_it_is() {
    let home = Home::new();
    let topology = "apiVersion: flowctl/v1\nproject: shop\nenvironments:\n  prod:\n    cluster:\n      \
        brokers: prod.example:9092\n      id: prod-1\n      properties: { security.protocol: SASL_SSL }\n\
        flows:\n  orders: { partitions: 1, replication: 3, configs: { min.insync.replicas: '2' } }\n  \
        payments: { external: bank.payments, partitions: 2, consumers: { ledger: {} } }\n  \
        refunds: { external: bank.payments, partitions: 2 }\n";
    home.write("topology.yaml", topology);
    let flowctl = env!("CARGO_BIN_EXE_flowctl");
    let script = format!(
        "{flowctl} plan --detailed-exitcode && {flowctl} produce payments --count 3 && \
         ! {flowctl} plan -b 127.0.0.1:1 --timeout 1s"
    );
    let output = home.flowctl().args(["sandbox", "-e", "prod", "--", "sh", "-c", &script]).output();
    let output = output.unwrap();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(text(&output.stdout).starts_with("No changes."), "{}", text(&output.stdout));
    assert_eq!(told.matches("do not count here").count(), 1, "{told}");
    assert_eq!(told.matches("created beside them: 1 external topic").count(), 1, "{told}");
    assert!(!told.contains("wins over the topology's brokers"), "{told}");
}

#[test]
fn variables_of_the_real_cluster_need_no_values() {
    let home = home();
    let flowctl = env!("CARGO_BIN_EXE_flowctl");
    // The environment is known to it by FLOWCTL_ENV.
    let script = format!(
        "{flowctl} validate && {flowctl} plan --detailed-exitcode && \
         {flowctl} produce user-activity-logs --count 3 && ! {flowctl} plan -b 127.0.0.1:1"
    );
    let output = home.flowctl().args(["sandbox", "-e", "prod", "--", "sh", "-c", &script]).output();
    let output = output.unwrap();
    let (told, said) = (text(&output.stderr), text(&output.stdout));
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(said.contains("\nNo changes."), "{said}");
    // Only the last one is for another cluster.
    assert_eq!(told.matches("the variable `KAFKA_BROKERS` is not set").count(), 1, "{told}");
}

#[test]
fn a_topology_that_cannot_be_applied_says_so_even_when_quiet() {
    let home = Home::new();
    let topology = "apiVersion: flowctl/v1\nproject: shop\nflows:\n  orders:\n    partitions: 1\n    \
                    configs: { retention.ms: '-7' }\n";
    home.write("topology.yaml", topology);
    let arguments = ["sandbox", "-q", "-f", "topology.yaml", "--", "echo", "run"];
    let output = home.flowctl().args(arguments).output().unwrap();
    let told = text(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{told}");
    assert!(told.contains("the command was not run"), "{told}");
}
