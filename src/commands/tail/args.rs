//! The flags of `flowctl tail`.

use std::collections::BTreeMap;

use crate::commands::Context;
use crate::commands::range::RangeArgs;
use crate::commands::resume::CommandLine;
use crate::config::{GlobalArgs, RecordTopologyArgs};
use crate::error::Problem;
use crate::model::escapes::unescape;
use crate::model::name::{GroupId, TopicName};
use crate::model::offset::IsolationLevel;
use crate::model::position::Position;
use crate::model::target::Target;
use crate::output::record::{Fields, Layout};
use crate::output::style::ErrorFormat;
use crate::tail::{Outcome, Request, Start};

/// As many as `tail` of the shell shows.
const NEWEST: usize = 10;

/// What stands behind a record when nobody says so, as it is typed.
const LINE_END: &str = "\\n";

/// Show the records of a flow or topic
///
/// Examples:
///
///   flowctl tail user-activity-logs                         # the newest 10, then what comes
///
///   flowctl tail user-activity-logs -n 3 -e -o pretty       # the newest 3
///
///   flowctl tail user-activity-logs --from start -e > values.txt
///
///   flowctl tail user-activity-logs --since 1h --until 10m -o jsonl | jq .value
///
///   flowctl tail user-activity-logs -p 0 --from 1200 -c 1 -f '%o %k %h\n'
///
/// Positions (--from, --until): start, end, committed, an offset N, +N after the start, -N before
/// the end, a time such as 2026-11-21T04:00 (UTC), -1h30m before now; 3=POSITION for one partition.
/// The end is that of the moment when the command starts, `committed` where the --group stands.
///
/// Templates (-f): %t topic, %p partition, %o offset, %k key, %s value, %h headers, %T timestamp,
/// %K and %S lengths (-1: null), %R length of the value as 4 bytes, %%, \n \t \xHH.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
#[command(mut_arg("until", |until| until.visible_alias("to")))]
pub struct Args {
    /// Flow or topic (`flow/NAME`, `topic/NAME` force one)
    #[arg(
        value_name = "FLOW|TOPIC",
        value_parser = Target::parse,
        required_unless_present = "topic",
        conflicts_with = "topic"
    )]
    pub name: Option<Target>,

    /// Topic, as in kcat
    #[arg(short, long, value_name = "TOPIC")]
    pub topic: Option<String>,

    /// Read only these partitions: 0,2 (can be repeated)
    #[arg(short, long, value_name = "N", value_delimiter = ',')]
    pub partition: Vec<i32>,

    /// Where to begin and to stop.
    #[command(flatten)]
    pub range: RangeArgs,

    /// Begin at the newest N records of all partitions together; default 10 without --from, --since
    #[arg(short = 'n', long, value_name = "N", conflicts_with_all = ["from", "since"])]
    pub newest: Option<usize>,

    /// Exit at the end instead of waiting for what comes
    #[arg(short = 'e', long)]
    pub exit: bool,

    /// Exit after N records
    #[arg(short = 'c', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,

    /// Show only records with this key
    #[arg(short = 'k', long, value_name = "KEY")]
    pub key: Option<String>,

    /// Output format
    #[arg(short, long, value_name = "FORMAT", default_value = "raw")]
    pub output: Format,

    /// The same as -o jsonl
    #[arg(short = 'J', conflicts_with_all = ["output", "format"])]
    pub jsonl: bool,

    /// Show each record by a template, as in kcat
    #[arg(short = 'f', long, value_name = "TEMPLATE", conflicts_with = "output")]
    pub format: Option<String>,

    /// Show the key before the value (raw)
    #[arg(long)]
    pub keys: bool,

    /// Show the headers before the value (raw, table)
    #[arg(long)]
    pub headers: bool,

    /// Show the timestamp before the value (raw)
    #[arg(long)]
    pub timestamps: bool,

    /// Show the key, and this between key and value (raw)
    #[arg(short = 'K', long, value_name = "DELIMITER")]
    pub key_delimiter: Option<String>,

    /// What stands behind each record (raw)
    #[arg(short = 'D', long, value_name = "DELIMITER", default_value = LINE_END)]
    pub delimiter: String,

    /// Show NULL for a null key or value (raw, template)
    #[arg(short = 'Z', long)]
    pub null: bool,

    /// What is seen of transactions
    #[arg(long, value_name = "LEVEL", default_value = "read_committed")]
    pub isolation: Isolation,

    /// Group whose committed offsets are meant; default: the flow's only consumer
    #[arg(long, value_name = "GROUP")]
    pub group: Option<String>,

    /// Where the topology is.
    #[command(flatten)]
    pub topology: RecordTopologyArgs,
}

/// How records are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// The values, one after the other
    Raw,
    /// The record envelope, one line of JSON a record: `produce --input jsonl` reads it
    Jsonl,
    /// For people: everything, JSON indented
    Pretty,
    /// For people: one line a record
    Table,
}

/// What is seen of transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Isolation {
    /// Only committed records
    ReadCommitted,
    /// Records of open and aborted transactions too
    ReadUncommitted,
}

impl Args {
    /// Tells how errors are shown.
    pub fn error_format(&self) -> ErrorFormat {
        if self.jsonl || self.output == Format::Jsonl {
            ErrorFormat::Json
        } else {
            ErrorFormat::Text
        }
    }

    /// Puts together how records are shown.
    pub(super) fn layout(&self) -> Result<Layout, String> {
        let null = if self.null { b"NULL".to_vec() } else { Vec::new() };
        if let Some(template) = &self.format {
            return Ok(Layout::Template { template: template.clone(), null });
        }
        Ok(match self.output {
            _ if self.jsonl => Layout::Jsonl,
            Format::Jsonl => Layout::Jsonl,
            Format::Pretty => Layout::Pretty,
            Format::Table => Layout::Table { with_headers: self.headers },
            Format::Raw => Layout::Raw {
                fields: Fields {
                    timestamp: self.timestamps,
                    headers: self.headers,
                    key: self.keys || self.key_delimiter.is_some(),
                },
                separator: unescape(self.key_delimiter.as_deref().unwrap_or("\\t"))?,
                delimiter: unescape(&self.delimiter)?,
                null,
            },
        })
    }

    /// Puts together what is read, but for its partitions.
    pub(super) fn request(
        &self,
        topic: TopicName,
        group: Option<GroupId>,
        context: &Context,
    ) -> anyhow::Result<Request> {
        let range =
            self.range.parse(context.clock.now()).map_err(|e| Problem::usage(e.to_string()))?;
        let start = if range.from.is_empty() {
            Start::Newest(self.newest.unwrap_or(NEWEST))
        } else {
            Start::At(range.from)
        };
        Ok(Request {
            topic,
            partitions: (!self.partition.is_empty()).then(|| self.partition.clone()),
            start,
            until: range.until,
            exit_at_end: self.exit,
            limit: self.count,
            key: self.key.clone().map(String::into_bytes),
            isolation: match self.isolation {
                Isolation::ReadCommitted => IsolationLevel::ReadCommitted,
                Isolation::ReadUncommitted => IsolationLevel::ReadUncommitted,
            },
            group,
        })
    }

    /// Returns the command that goes on where this one ended: the same flags, other positions.
    /// Bounds are the offsets that they were when reading began; once all are reached, it goes on
    /// behind them.
    pub(super) fn resume(
        &self,
        topic: &TopicName,
        stops: &BTreeMap<i32, i64>,
        outcome: &Outcome,
        global: &GlobalArgs,
    ) -> Option<String> {
        let Self {
            name: _,
            topic: _,
            partition,
            range: RangeArgs { from: _, until: _, since: _ },
            newest: _,
            exit: _,
            count,
            key,
            output,
            jsonl,
            format,
            keys,
            headers,
            timestamps,
            key_delimiter,
            delimiter,
            null,
            isolation,
            group,
            topology,
        } = self;
        if outcome.next.is_empty() {
            return None;
        }
        let is_reached = |(partition, stop): (&i32, &i64)| {
            outcome.next.get(partition).is_none_or(|next| next >= stop)
        };
        let is_behind_bounds = !stops.is_empty() && stops.iter().all(is_reached);
        let mut line = CommandLine::new("tail", global);
        line.word(format_args!("topic/{topic}"));
        line.flags("--partition", partition);
        for (partition, next) in &outcome.next {
            let stop = stops.get(partition).filter(|_| !is_behind_bounds).copied();
            line.part(*partition, Position::Offset(*next), stop.map(Position::Offset));
        }
        line.switch("--exit", is_behind_bounds);
        // When as many as wanted have come, the line is for as many more.
        line.flags(
            "--count",
            count.map(|count| match count.saturating_sub(outcome.records) {
                0 => count,
                left => left,
            }),
        );
        line.flags("--key", key);
        line.choice("--output", output, &Format::Raw);
        line.switch("-J", *jsonl);
        line.flags("--format", format);
        line.switch("--keys", *keys);
        line.switch("--headers", *headers);
        line.switch("--timestamps", *timestamps);
        line.flags("--key-delimiter", key_delimiter);
        line.flags("--delimiter", Some(delimiter).filter(|delimiter| *delimiter != LINE_END));
        line.switch("--null", *null);
        line.choice("--isolation", isolation, &Isolation::ReadCommitted);
        line.flags("--group", group);
        line.topology(&topology.clone().into());
        Some(line.into_text())
    }
}
