//! From flags to a source of records: files are opened and templates compiled before anything is
//! sent.

use std::io::Read;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::super::{Context, reading};
use super::args::Args;
use crate::error::Problem;
use crate::model::name::TopicName;
use crate::produce::delimiter::Delimiter;
use crate::produce::generate::Generator;
use crate::produce::input::{Format, InputOptions};
use crate::produce::place::{InputPlaceNames, MOST_SOURCES};
use crate::produce::shape::{PartitionChoice, Shape, parse_header};
use crate::produce::source::Source;
use crate::produce::template::{self, Template, TemplateText, USER_ACTIVITY};

/// A source, ready to be read.
pub(super) struct Planned {
    pub(super) source: Source,
    pub(super) names: InputPlaceNames,
    /// Whether somebody types the records.
    pub(super) is_typed: bool,
}

/// Prepares the source.
pub(super) async fn plan(
    args: &Args,
    topic: Option<TopicName>,
    files: Vec<PathBuf>,
    context: &mut Context,
) -> anyhow::Result<Planned> {
    let shape = Shape {
        topic,
        partition: args.partition.unwrap_or(PartitionChoice::ByKey),
        key: None,
        headers: Vec::new(),
        timestamp: args.timestamp,
        empty_as_null: args.empty_as_null,
    };
    if args.makes_events() {
        return generate(args, shape, &files, context).await;
    }
    if args.seed.is_some() {
        return Err(Problem::usage("--seed needs --count, --rate or --template").into());
    }
    let headers = args.headers.iter().map(|text| parse_header(text));
    let shape = Shape {
        key: args.key.as_ref().map(|key| Bytes::copy_from_slice(key.as_bytes())),
        headers: headers.collect::<Result<_, _>>().map_err(Problem::usage)?,
        ..shape
    };
    read(args, shape, files, context).await
}

/// Prepares to make test events.
async fn generate(
    args: &Args,
    shape: Shape,
    files: &[PathBuf],
    context: &Context,
) -> anyhow::Result<Planned> {
    if let Some(file) = files.first() {
        let file = file.display();
        return Err(Problem::usage(format!(
            "`{file}` would not be read: --count, --rate and --template make test events"
        ))
        .into());
    }
    if shape.partition == PartitionChoice::Same {
        return Err(Problem::usage("--partition same needs --input jsonl").into());
    }
    let template = args.template.clone().unwrap_or_else(|| USER_ACTIVITY.to_owned());
    let read = move || template_text(&template);
    let mut text = reading::beside(&context.interrupt, read).await??;
    if let Some(key) = &args.key {
        text.key = Some(key.clone());
    }
    for header in &args.headers {
        text.headers.push(match header.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (header.clone(), None),
        });
    }
    let template =
        Template::compile(&text, args.seed).map_err(|error| Problem::invalid(error.to_string()))?;
    let generator = Generator::new(template, shape, context.clock, args.count, args.rate);
    Ok(Planned {
        source: Source::generate(generator),
        names: InputPlaceNames { sources: Vec::new(), unit: "record" },
        is_typed: false,
    })
}

/// Finds the template: a built-in one, the text itself, or a file.
fn template_text(template: &str) -> Result<TemplateText, Problem> {
    if let Some(text) = template::built_in(template) {
        return Ok(text);
    }
    let value = if template.contains("{{") || template.contains("{%") {
        template.to_owned()
    } else {
        std::fs::read_to_string(template).map_err(|cause| {
            Problem::usage(format!("cannot read template `{template}`: {cause}"))
                .hint("a template is a file, text with {{ }}, or `user-activity`")
        })?
    };
    Ok(TemplateText { value, key: None, headers: Vec::new() })
}

/// Prepares to read files, or standard input.
async fn read(
    args: &Args,
    shape: Shape,
    files: Vec<PathBuf>,
    context: &mut Context,
) -> anyhow::Result<Planned> {
    let format = args.input.map_or(Format::Lines, Format::from);
    if args.key_from.is_some() && format != Format::Json {
        return Err(Problem::usage("--key-from needs --input json").into());
    }
    if shape.partition == PartitionChoice::Same && format != Format::Envelope {
        return Err(Problem::usage("--partition same needs --input jsonl").into());
    }
    if files.len() > usize::from(MOST_SOURCES) {
        return Err(Problem::usage(format!("more than {MOST_SOURCES} files")).into());
    }
    let options = InputOptions {
        format,
        record_delimiter: args.record_delimiter.clone().unwrap_or_else(Delimiter::newline),
        key_delimiter: args.key_delimiter.clone(),
        key_from: args.key_from.clone(),
    };
    let is_typed = files.is_empty() && context.output.stdin_is_terminal();
    if is_typed {
        context.output.note("reading records from the terminal; Ctrl-D ends");
    }
    let names = InputPlaceNames {
        sources: match files.as_slice() {
            // One file needs no name in front of its line.
            [] | [_] => Vec::new(),
            files => files.iter().map(|file| file.display().to_string()).collect(),
        },
        unit: if options.record_delimiter.is_newline() { "line" } else { "record" },
    };
    let readers = reading::beside(&context.interrupt, move || open(&files)).await??;
    Ok(Planned { source: Source::read(readers, options, shape)?, names, is_typed })
}

/// Opens files, or else standard input.
fn open(files: &[PathBuf]) -> Result<Vec<Box<dyn Read + Send>>, Problem> {
    if files.is_empty() {
        return Ok(vec![reading::stdin()]);
    }
    let open = |file: &Path| {
        reading::open(file)
            .map_err(|cause| Problem::usage(format!("cannot read `{}`: {cause}", file.display())))
    };
    files.iter().map(|file| open(file)).collect()
}
