//! The flags of `flowctl produce`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::config::RecordTopologyArgs;
use crate::error::Problem;
use crate::model::codec::Codec;
use crate::model::target::Target;
use crate::model::timestamp::Timestamp;
use crate::output::Format as OutputFormat;
use crate::produce::delimiter::Delimiter;
use crate::produce::fake_data::FUNCTIONS;
use crate::produce::input::Format;
use crate::produce::pointer::Pointer;
use crate::produce::rate::Rate;
use crate::produce::shape::PartitionChoice;

/// Write records to a flow or topic
///
/// Examples:
///
///   flowctl produce orders < orders.txt                   # a line is a value
///
///   flowctl produce orders -K : orders.txt                # a line is key:value
///
///   flowctl produce orders --input json --key-from /orderId orders.jsonl
///
///   flowctl tail orders -e -o jsonl | flowctl produce orders-copy --input jsonl
///
///   flowctl produce user-activity-logs --count 1000       # made-up test events
///
///   flowctl produce orders --rate 50/s --template order.json.j2 -k '{{ value.id }}'
///
/// Input: `lines` sends the bytes of each line, an empty one as an empty value. `json` checks that
/// each line is one JSON value and sends it as it is. `jsonl` reads the envelope that tail -o jsonl
/// writes and keeps its key, value, headers and timestamp byte for byte; without a topic on the
/// command line each record goes to the topic that it names. Blank lines are no records of the
/// latter two.
///
/// Exit code 3 when some records were not delivered, 65 when the input is invalid: each is named
/// with its line. The producer is idempotent with acks=all, and partitions keys as Java's does.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, after_long_help = templates())]
pub struct Args {
    /// Flow or topic (`flow/NAME`, `topic/NAME` force one), then files to read instead of stdin
    #[arg(value_name = "FLOW|TOPIC] [FILE")]
    pub names: Vec<String>,

    /// Topic to write to; all names are files then
    #[arg(short, long, value_name = "TOPIC")]
    pub topic: Option<String>,

    /// Partition to write to; `same`: the one in the envelope; default: by key
    #[arg(short, long, value_name = "N|same", value_parser = parse_partition)]
    pub partition: Option<PartitionChoice>,

    /// Key of every record
    #[arg(short, long, conflicts_with_all = ["key_delimiter", "key_from"])]
    pub key: Option<String>,

    /// Delimiter between key and value; \t, \n, \0, \xHH are escapes
    #[arg(short = 'K', long, value_name = "DELIMITER", value_parser = Delimiter::parse)]
    #[arg(conflicts_with = "key_from")]
    pub key_delimiter: Option<Delimiter>,

    /// Delimiter between records; default: end of line
    #[arg(short = 'D', long = "delimiter", value_name = "DELIMITER")]
    #[arg(value_parser = Delimiter::parse)]
    pub record_delimiter: Option<Delimiter>,

    /// JSON pointer to the key in the value, such as /userId; needs --input json
    #[arg(long, value_name = "POINTER", value_parser = Pointer::parse)]
    pub key_from: Option<Pointer>,

    /// Header NAME=VALUE; NAME alone has a null value (can be repeated)
    #[arg(short = 'H', long = "header", value_name = "NAME=VALUE")]
    pub headers: Vec<String>,

    /// Send empty keys and values as null: tombstones
    #[arg(short = 'Z', long)]
    pub empty_as_null: bool,

    /// Timestamp of every record: RFC 3339, or milliseconds since 1970
    #[arg(long, value_name = "TIME", value_parser = parse_timestamp)]
    pub timestamp: Option<Timestamp>,

    /// Compression of batches
    #[arg(short = 'z', long, value_name = "CODEC", value_parser = codecs())]
    pub compression: Option<Codec>,

    /// What the input is
    #[arg(long, value_name = "FORMAT")]
    pub input: Option<InputFormat>,

    /// Make N test events instead of reading input
    #[arg(long, value_name = "N", conflicts_with_all = INPUT_FLAGS)]
    pub count: Option<u64>,

    /// Make so many test events a second (or 30/m, 5/h), without end unless --count says it
    #[arg(long, value_name = "N", value_parser = Rate::parse, conflicts_with_all = INPUT_FLAGS)]
    pub rate: Option<Rate>,

    /// Template of test events: a file, text with `{{ }}`, or user-activity, which is the default
    #[arg(long, value_name = "TEMPLATE", conflicts_with_all = INPUT_FLAGS)]
    pub template: Option<String>,

    /// Make the same test events in every run
    #[arg(long, value_name = "N", conflicts_with_all = INPUT_FLAGS)]
    pub seed: Option<u64>,

    /// Send nothing; print the records as envelopes
    #[arg(long)]
    pub dry_run: bool,

    /// Output format of the summary
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: OutputFormat,

    /// Where the topology is.
    #[command(flatten)]
    pub topology: RecordTopologyArgs,
}

/// Explains templates, at the end of the help.
fn templates() -> String {
    format!(
        "Templates (minijinja, with made-up data): {{{{ seq }}}} is the record's number; in the key and \
         in headers {{{{ value.x }}}} is what the value has. With --seed all records are the same in \
         every run, their times too. Functions: {}",
        FUNCTIONS.join(", ")
    )
}

/// Flags that make no sense without input.
const INPUT_FLAGS: [&str; 4] = ["key_delimiter", "record_delimiter", "key_from", "input"];

/// What the input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum InputFormat {
    /// Bytes
    Lines,
    /// One JSON value each
    Json,
    /// Record envelopes, as tail -o jsonl writes them
    Jsonl,
}

impl From<InputFormat> for Format {
    fn from(format: InputFormat) -> Self {
        match format {
            InputFormat::Lines => Self::Lines,
            InputFormat::Json => Self::Json,
            InputFormat::Jsonl => Self::Envelope,
        }
    }
}

/// Reads a codec by Kafka's name.
fn codecs() -> impl TypedValueParser<Value = Codec> {
    let names = PossibleValuesParser::new(Codec::ALL.map(Codec::name));
    names.try_map(|name| Codec::named(&name).ok_or("it is no codec"))
}

impl Args {
    /// Tells the target from the files.
    pub(super) fn target_and_files(&self) -> Result<(Option<Target>, Vec<PathBuf>), Problem> {
        let files = |names: &[String]| names.iter().map(PathBuf::from).collect();
        if let Some(topic) = &self.topic {
            return Ok((Some(Target::Topic(topic.as_str().into())), files(&self.names)));
        }
        match self.names.split_first() {
            Some((name, rest)) => {
                let target = Target::parse(name).map_err(Problem::usage)?;
                Ok((Some(target), files(rest)))
            }
            None if self.input == Some(InputFormat::Jsonl) => Ok((None, Vec::new())),
            None => Err(Problem::usage("no topic is given")
                .hint("flowctl produce FLOW|TOPIC; only --input jsonl brings its own topics")),
        }
    }

    /// Tells whether test events are made instead of reading input.
    pub(super) fn makes_events(&self) -> bool {
        self.count.is_some() || self.rate.is_some() || self.template.is_some()
    }
}

fn parse_partition(text: &str) -> Result<PartitionChoice, String> {
    match (text, text.parse()) {
        ("same", _) => Ok(PartitionChoice::Same),
        (_, Ok(number)) if number >= 0 => Ok(PartitionChoice::Number(number)),
        (_, Ok(_) | Err(_)) => Err("must be a partition's number, or `same`".to_owned()),
    }
}

fn parse_timestamp(text: &str) -> Result<Timestamp, String> {
    let milliseconds = match (text.parse::<i64>(), text.parse::<jiff::Timestamp>()) {
        (Ok(milliseconds), _) => milliseconds,
        (Err(_), Ok(time)) => time.as_millisecond(),
        (Err(_), Err(_)) => {
            return Err(
                "write for example 2026-11-21T04:00:00Z, or milliseconds since 1970".to_owned()
            );
        }
    };
    if milliseconds <= 0 {
        return Err("a time after 1970-01-01T00:00:00Z is needed".to_owned());
    }
    Ok(Timestamp(milliseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_and_times_are_read() {
        assert_eq!(parse_partition("3"), Ok(PartitionChoice::Number(3)));
        assert_eq!(parse_partition("same"), Ok(PartitionChoice::Same));
        assert!(parse_partition("-1").is_err() && parse_partition("x").is_err());
        assert_eq!(parse_timestamp("1700000000120"), Ok(Timestamp(1_700_000_000_120)));
        assert_eq!(parse_timestamp("2023-11-14T22:13:20.120Z"), Ok(Timestamp(1_700_000_000_120)));
        assert!(parse_timestamp("0").is_err() && parse_timestamp("yesterday").is_err());
    }
}
