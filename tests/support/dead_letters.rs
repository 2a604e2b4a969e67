//! A flow with dead letters, what became of them, and that it is exact.

use std::collections::BTreeMap;

use flowctl::clock::Deadline;
use flowctl::ledger::{Ledger, Outcome};
use flowctl::model::header::Header;
use flowctl::model::name::TopicName;
use flowctl::model::record::{OutgoingRecord, Record};

use crate::broker::{Broker, block_on};
use crate::home::{Home, PATIENCE, text};
use crate::records::record;
use crate::running::{Running, flowctl};

/// A flow's main topic and its DLQ, and the dead letters that are written into it.
pub(crate) struct Flow<'a> {
    pub(crate) broker: &'a Broker,
    pub(crate) main: String,
    pub(crate) dlq: String,
    pub(crate) home: Home,
}

impl<'a> Flow<'a> {
    /// Makes both topics with so many partitions.
    pub(crate) fn on(broker: &'a Broker, name: &str, partitions: i32) -> Self {
        let main = broker.new_topic(name, partitions);
        let dlq = broker.new_topic(&format!("{name}-dlq"), partitions);
        Self { broker, main, dlq, home: Home::new() }
    }

    /// Runs `dlq` with the DLQ and these words, and returns the exit code, stdout and stderr.
    pub(crate) fn dlq(&self, command: &str, words: &[&str]) -> (i32, String, String) {
        let mut flowctl = self.broker.flowctl(&self.home);
        let ended = flowctl.args(["dlq", command, &self.dlq]).args(words).output().unwrap();
        let code = ended.status.code().unwrap();
        (code, text(&ended.stdout), text(&ended.stderr))
    }

    /// Redrives, which must go through.
    pub(crate) fn redrive(&self, words: &[&str]) -> String {
        let (code, _, told) = self.dlq("redrive", &[words, &["--yes"]].concat());
        assert_eq!(code, 0, "{told}");
        told
    }

    /// Starts a redrive of all and leaves it running.
    pub(crate) fn start_redrive(&self) -> Running {
        let mut command = flowctl(&self.home);
        command.args(["dlq", "redrive", &self.dlq, "--yes"]);
        Running::start(command.env("FLOWCTL_BROKERS", self.broker.brokers()))
    }

    /// Returns the backlog as whoever watches lag sees it; `None` when nobody has shown it.
    pub(crate) fn backlog(&self) -> Option<i64> {
        let group = format!("flowctl.dlq.{}", self.dlq);
        let mut lag = self.broker.flowctl(&self.home);
        let ended = lag.args(["lag", &group, "-o", "json"]).output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&ended.stdout).ok()?;
        report["items"][0]["lag"].as_i64()
    }

    /// Makes a dead letter of the flow's own convention.
    pub(crate) fn dead_letter(&self, partition: i32, number: i64, code: &str) -> OutgoingRecord {
        let value = format!(r#"{{"number": {number}, "error": {{"code": "{code}"}}}}"#);
        let mut record = record(&self.dlq, partition, &format!("key-{number}"), &value);
        record.headers = origin(&self.main, partition, number);
        record
    }

    /// Fills the DLQ with so many dead letters a partition; every other one has the code `EVEN`.
    pub(crate) fn fill(&self, partitions: i32, each: i64) {
        let codes = ["EVEN", "ODD"].into_iter().cycle();
        let numbered =
            |partition| (0..each).zip(codes.clone()).map(move |(n, c)| (partition, n, c));
        let letters = (0..partitions).flat_map(numbered);
        self.broker.write(
            letters.map(|(partition, number, code)| self.dead_letter(partition, number, code)),
        );
    }

    /// Counts records by their origin, as they are in the main topic for a `read_committed` reader.
    pub(crate) fn arrived(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for record in self.broker.read(&self.main) {
            *counts.entry(redrive_id(&record)).or_default() += 1;
        }
        counts
    }

    /// Checks that each of so many dead letters has arrived once, in the order of its partition,
    /// and that the ledger says so of each, with the place where it is, and of nothing else.
    pub(crate) fn each_arrived_once(&self, expected: usize) {
        let mut arrived: BTreeMap<String, (i32, i64)> = BTreeMap::new();
        let mut last: BTreeMap<i32, i64> = BTreeMap::new();
        for record in self.broker.read(&self.main) {
            let id = redrive_id(&record);
            let offset: i64 = id.rsplit('/').next().unwrap().parse().unwrap();
            let partition = record.topic_partition.partition;
            let before = last.insert(partition, offset);
            assert!(before < Some(offset), "{id} is out of order");
            let twice = arrived.insert(id, (partition, record.offset));
            assert_eq!(twice, None, "sent more than once: {}", redrive_id(&record));
        }
        assert_eq!(arrived.len(), expected);
        assert_eq!(self.remembered(), arrived, "the ledger says something else");
    }

    /// Returns what the ledger says was sent to the main topic, and where to.
    fn remembered(&self) -> BTreeMap<String, (i32, i64)> {
        block_on(async {
            let deadline = Deadline::after(PATIENCE);
            let cluster = self.broker.connect(deadline).await;
            let dlq = TopicName::from(self.dlq.as_str());
            let described = cluster.topics(std::slice::from_ref(&dlq), deadline).await.unwrap();
            let described = described.into_values().next().unwrap().unwrap();
            let topic = TopicName::from("_flowctl.ledger");
            let ledger = Ledger::find(&cluster, &topic, &dlq, deadline).await.unwrap().unwrap();
            let id = described.id.as_deref();
            let memory = ledger.read(&cluster, id, None, deadline).await.unwrap().memory;
            let to_main = Outcome::Redriven { to: self.main.as_str().into() };
            let spans = memory.spans().into_iter().flat_map(|(partition, (first, last))| {
                (first..=last).map(move |offset| (partition, offset))
            });
            let sent = spans.filter_map(|(partition, offset)| {
                let done = memory.find(partition, offset)?;
                let place = done.target.filter(|_| *done.outcome == to_main)?;
                Some((format!("{dlq}/{partition}/{offset}"), place))
            });
            sent.collect()
        })
    }
}

/// Makes the headers of the flow's own convention.
pub(crate) fn origin(topic: &str, partition: i32, offset: i64) -> Vec<Header> {
    vec![
        Header::new("originalTopic", topic.to_owned()),
        Header::new("originalPartition", partition.to_string()),
        Header::new("originalOffset", offset.to_string()),
    ]
}

/// Returns which dead letter a record was made of.
fn redrive_id(record: &Record) -> String {
    let header = record.headers.iter().find(|h| h.name == "flowctl-redrive-id").unwrap();
    text(header.value.as_ref().unwrap())
}
