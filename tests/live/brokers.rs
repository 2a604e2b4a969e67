//! The ground the other tests stand on: the brokers answer, and they are the ones we asked for.

use crate::home::{Home, PATIENCE, text};
use crate::support::{kafka, secure_kafka, three_brokers};

#[test]
fn kcat_and_the_tools_of_kafka_see_the_same_topic() {
    let topic = kafka().new_topic("brokers", 3);
    let kcat = kafka().kcat().args(["-L", "-t", &topic]).assert().success();
    assert!(text(&kcat.get_output().stdout).contains(&format!("\"{topic}\" with 3 partitions")));
}

#[test]
fn the_secure_broker_takes_nobody_without_a_password() {
    let topic = secure_kafka().new_topic("brokers-secure", 1);
    let known = secure_kafka().kcat().args(["-L", "-t", &topic]).assert().success();
    assert!(text(&known.get_output().stdout).contains("with 1 partitions"));

    let mut stranger = assert_cmd::Command::new("kcat");
    stranger.args(["-b", secure_kafka().brokers(), "-X", "socket.timeout.ms=3000", "-m", "3"]);
    stranger.arg("-L").timeout(PATIENCE).assert().failure();
}

#[test]
fn a_killed_broker_comes_back() {
    let three = three_brokers();
    let topic = three.kafka.new_topic("brokers-three", 1);
    three.kill(2);
    three.start(2);
    let tool = three.kafka.tool("topics").args(["--describe", "--topic", &topic]).assert();
    assert!(text(&tool.success().get_output().stdout).contains("ReplicationFactor: 1"));
}

#[test]
fn the_binary_knows_nothing_but_its_home() {
    let home = Home::new();
    home.write("topology.yaml", "");
    let listed = kafka().flowctl(&home).arg("--version").assert().success();
    assert!(text(&listed.get_output().stdout).starts_with("flowctl "));
    assert!(home.path().join("topology.yaml").exists());
}
