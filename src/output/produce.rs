//! What `flowctl produce` says: the summary, the report as JSON, failures, records that would be
//! sent.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::json::{self, Source};
use crate::error::Report;
use crate::model::count::count;
use crate::produce::place::InputPlaceNames;
use crate::produce::report::{Failure, Written};

/// Says what was written: `produced 1000 records to orders (3 partitions) in 0.8 s`.
pub fn summary(written: &Written, unsent: u64, elapsed: Duration) -> String {
    let topic = match written.topics.as_slice() {
        [] => "no topic".to_owned(),
        [topic] => topic.name.to_string(),
        topics => format!("{} topics", topics.len()),
    };
    let mut text = format!("produced {} to {topic}", count(written.delivered, "record"));
    if written.delivered > 0 {
        let _ = write!(text, " ({})", count(written.partition_count(), "partition"));
    }
    let _ = write!(text, " in {:.1} s", elapsed.as_secs_f64());
    if written.failed > 0 {
        let _ = write!(text, "; {} failed", written.failed);
    }
    if unsent > 0 {
        let _ = write!(text, "; {unsent} read and not sent");
    }
    text
}

/// Says what would be written.
pub fn dry_run_summary(records: u64) -> String {
    format!("would produce {}; nothing was sent", count(records, "record"))
}

/// Puts the place before the error of a record.
pub fn failure(failure: &Failure, names: &InputPlaceNames) -> Report {
    let Failure { place, report } = failure;
    let Report { code, message, causes, hints, exit_code } = report.clone();
    Report {
        code,
        message: format!("{} was not delivered", names.name(*place)),
        causes: [message].into_iter().chain(causes).collect(),
        hints,
        exit_code,
    }
}

#[derive(Debug, Serialize)]
struct Fields {
    records: u64,
    failed: u64,
    unsent: u64,
    duration_ms: u64,
    last_sent: Option<String>,
    first_undelivered: Option<String>,
}

#[derive(Debug, Serialize)]
struct Item<'a> {
    topic: &'a str,
    partition: i32,
    records: u64,
    first_offset: Option<i64>,
    last_offset: Option<i64>,
}

/// Renders the report: one item a partition.
pub fn json(
    source: &Source,
    written: &Written,
    unsent: u64,
    elapsed: Duration,
    names: &InputPlaceNames,
) -> json::Rendered {
    let items: Vec<Item<'_>> = written
        .topics
        .iter()
        .flat_map(|topic| {
            topic.partitions.iter().map(|(partition, counts)| Item {
                topic: topic.name.as_str(),
                partition: *partition,
                records: counts.records,
                first_offset: counts.first_offset,
                last_offset: counts.last_offset,
            })
        })
        .collect();
    let errors: Vec<Report> = written.failures.iter().map(|f| failure(f, names)).collect();
    let fields = Fields {
        records: written.delivered,
        failed: written.failed,
        unsent,
        duration_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        last_sent: written.last_sent.map(|place| names.name(place).to_string()),
        first_undelivered: written.first_undelivered.map(|place| names.name(place).to_string()),
    };
    json::document("ProduceReport", source, fields, &items, &errors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::timestamp::Timestamp;
    use crate::produce::place::{InputPlace, Tag};

    fn written() -> Written {
        let mut written = Written::default();
        written.add_topic("orders".into());
        for (partition, offset) in [(0, Some(5)), (0, Some(6)), (2, None)] {
            let place = InputPlace { source: 0, number: 1 };
            let tag = Tag { place, topic: 0, has_key: true };
            written.deliver(tag, partition, offset);
        }
        written
    }

    fn failed() -> Written {
        let mut written = written();
        let report = || Report {
            code: "MESSAGE_TOO_LARGE".to_owned(),
            message: "MESSAGE_TOO_LARGE: Message size too large".to_owned(),
            causes: Vec::new(),
            hints: Vec::new(),
            exit_code: 1,
        };
        written.fail(InputPlace { source: 0, number: 4 }, report);
        written
    }

    fn names() -> InputPlaceNames {
        InputPlaceNames { sources: Vec::new(), unit: "line" }
    }

    #[test]
    fn the_summary_is_one_line() {
        let elapsed = Duration::from_millis(840);
        assert_eq!(
            summary(&written(), 0, elapsed),
            "produced 3 records to orders (2 partitions) in 0.8 s"
        );
        assert_eq!(
            summary(&failed(), 2, elapsed),
            "produced 3 records to orders (2 partitions) in 0.8 s; 1 failed; 2 read and not sent"
        );
        let mut none = Written::default();
        none.add_topic("orders".into());
        assert_eq!(summary(&none, 0, elapsed), "produced 0 records to orders in 0.8 s");
    }

    #[test]
    fn the_document_counts_by_partition_and_names_failures() {
        let source = Source { cluster_id: Some("c".to_owned()), as_of: Timestamp(0) };
        let text = json(&source, &failed(), 0, Duration::from_millis(840), &names());
        let value: serde_json::Value = serde_json::from_str(&text.unwrap()).unwrap();
        assert_eq!(value["kind"], "ProduceReport");
        assert_eq!((&value["records"], &value["failed"]), (&3.into(), &1.into()));
        assert_eq!(
            value["items"][0],
            serde_json::json!({
                "topic": "orders", "partition": 0, "records": 2, "first_offset": 5, "last_offset": 6
            })
        );
        assert_eq!(
            value["items"][1],
            serde_json::json!({
                "topic": "orders", "partition": 2, "records": 1,
                "first_offset": null, "last_offset": null
            })
        );
        assert_eq!(value["first_undelivered"], "line 4");
        assert_eq!(value["errors"][0]["message"], "line 4 was not delivered");
        assert_eq!(value["errors"][0]["code"], "MESSAGE_TOO_LARGE");
    }
}
