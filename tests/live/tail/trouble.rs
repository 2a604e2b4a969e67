//! Brokers that go away while a topic is read: what goes on waits for them, what has an end does
//! not wait for ever.

use crate::support::OwnKafka;
use crate::tailing::Tail;

fn produce(own: &OwnKafka, topic: &str, input: impl Into<Vec<u8>>) {
    own.kafka.kcat().args(["-P", "-t", topic]).write_stdin(input).assert().success();
}

#[test]
fn a_tail_that_goes_on_outlives_a_broker_that_is_away_for_longer_than_the_timeout() {
    let own = OwnKafka::up("tail-restart");
    let topic = own.kafka.new_topic("tail-restart", 1);
    produce(&own, &topic, "before\n");
    let mut running = Tail::start(&own.kafka, &topic, &["--timeout", "1s"]);
    assert_eq!(running.line(), "before");
    own.kafka.tool("kill").arg("1").assert().success();
    let warning = running.said();
    assert!(warning.starts_with(&format!("warning: {topic}: ")), "{warning}");
    assert!(warning.ends_with("; trying on until a broker answers"), "{warning}");
    own.kafka.tool("start").arg("1").assert().success();
    produce(&own, &topic, "after\n");
    assert_eq!(running.line(), "after");
    running.signal("INT");
    assert_eq!(running.wait().0, Some(0));
}

#[test]
fn a_tail_that_has_an_end_fails_when_no_broker_answers_within_the_timeout() {
    let own = OwnKafka::up("tail-away");
    let topic = own.kafka.new_topic("tail-away", 1);
    // More than the reader takes in advance and the pipe holds.
    let line = "x".repeat(99_999) + "\n";
    produce(&own, &topic, line.repeat(600));
    let flags = ["--from", "start", "-e", "--timeout", "1s"];
    let mut running = Tail::start(&own.kafka, &topic, &flags);
    assert_eq!(running.line(), line.trim_end());
    own.kafka.tool("kill").arg("1").assert().success();
    while !running.line().is_empty() {}
    let (code, said) = running.wait();
    assert_eq!(code, Some(5), "{said}");
    assert!(said.starts_with("error: "), "{said}");
}
