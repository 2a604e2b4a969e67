//! What a tail shows: records on stdout, everything said about them on stderr.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::record::RecordFormat;
use super::{Output, StreamError};
use crate::interrupt::{Interrupted, Signal};
use crate::model::count::count;
use crate::model::name::TopicName;
use crate::model::position::Moved;
use crate::tail::{Ended, Event, Outcome, Request, Start};

/// How much is gathered before it is written: large enough that a write costs little per record.
const BLOCK: usize = 256 * 1024;

/// Shows what is told while a topic is read.
#[derive(Debug)]
pub struct TailView<'o> {
    output: &'o mut Output,
    format: RecordFormat,
    topic: TopicName,
    banner: String,
    buffer: Vec<u8>,
    /// The records in the buffer.
    gathered: Vec<Gathered>,
    /// What is said at the end in any case: nobody has read all of stdout.
    unread: Option<Unread>,
}

/// A record in the buffer.
#[derive(Debug, Clone, Copy)]
struct Gathered {
    /// Where it ends in the buffer.
    end: usize,
    partition: i32,
    offset: i64,
}

/// The records that a reader who stopped reading has not got.
#[derive(Debug, Default)]
struct Unread {
    records: u64,
    /// The first one of each partition.
    first: BTreeMap<i32, i64>,
}

impl<'o> TailView<'o> {
    /// Prepares the view of a request.
    pub fn new(output: &'o mut Output, format: RecordFormat, request: &Request) -> Self {
        output.widen();
        Self {
            output,
            format,
            topic: request.topic.clone(),
            banner: banner(request),
            buffer: Vec::with_capacity(BLOCK + BLOCK / 4),
            gathered: Vec::new(),
            unread: None,
        }
    }

    /// Shows an event. Records are gathered until there are many or a pause comes. A signal breaks
    /// it off where stdout takes no more.
    pub fn show(&mut self, event: Event<'_>) -> Result<ControlFlow<Signal>, StreamError> {
        match self.try_show(event) {
            Ok(()) => Ok(ControlFlow::Continue(())),
            Err(StreamError::Interrupted(Interrupted(signal))) => Ok(ControlFlow::Break(signal)),
            Err(error @ (StreamError::ClosedReader | StreamError::Failed(_))) => Err(error),
        }
    }

    fn try_show(&mut self, event: Event<'_>) -> Result<(), StreamError> {
        match event {
            Event::Record { partition, record } => {
                self.format.write(&self.topic, partition, record, &mut self.buffer);
                let end = self.buffer.len();
                self.gathered.push(Gathered { end, partition, offset: record.offset });
                if end >= BLOCK { self.write() } else { Ok(()) }
            }
            Event::Pause if self.buffer.is_empty() => {
                if self.output.reader_has_gone() { Err(StreamError::ClosedReader) } else { Ok(()) }
            }
            Event::Pause => self.write(),
            Event::Started { partitions } => {
                if self.output.stderr_is_terminal() {
                    let partitions = count(partitions, "partition");
                    let text = format!("{}: {partitions}, {}", self.topic, self.banner);
                    self.output.note(&text);
                }
                self.format.write_heading(&mut self.buffer);
                Ok(())
            }
            Event::Moved { partition, moved } => self.warn(&match moved {
                Moved::ToStart { asked } => format!(
                    "{}[{partition}] no longer has offset {asked}: its log start offset stands for it",
                    self.topic
                ),
                Moved::ToEnd { asked } => format!(
                    "{}[{partition}] has no offset {asked} yet: its end stands for it",
                    self.topic
                ),
            }),
            Event::Gap { partition, wanted, next } if next > wanted => self.warn(&format!(
                "{}[{partition}]: offsets {wanted} to {} were deleted before they were read",
                self.topic,
                next - 1
            )),
            Event::Gap { partition, wanted, next } => self.warn(&format!(
                "{}[{partition}] ends at {next}, before offset {wanted} that was to be read: records \
                 were lost when its leader changed; reading goes on at {next}",
                self.topic
            )),
            Event::Trouble(reason) => {
                self.warn(&format!("{}: {reason}; trying on until a broker answers", self.topic))
            }
            Event::NewPartitions(partitions) => {
                self.write()?;
                let names: Vec<_> = partitions.iter().map(ToString::to_string).collect();
                self.output.note(&format!(
                    "{} has new partitions, which are read from their start: {}",
                    self.topic,
                    names.join(", ")
                ));
                Ok(())
            }
        }
    }

    /// Sends the rest, and returns the outcome as the reader of stdout has it: what he did not get
    /// is still to be read.
    pub fn close(&mut self, outcome: Outcome) -> Result<Outcome, StreamError> {
        let mut seen = outcome;
        match self.write() {
            Ok(()) => {}
            Err(StreamError::Interrupted(Interrupted(signal))) => {
                seen.ended = Ended::Interrupted(signal);
            }
            Err(error @ (StreamError::ClosedReader | StreamError::Failed(_))) => return Err(error),
        }
        if let Some(Unread { records, first }) = &self.unread {
            seen.records = seen.records.saturating_sub(*records);
            for (partition, offset) in first {
                // Where nobody can say how to go on, there is no entry.
                seen.next.entry(*partition).and_modify(|next| *next = *offset);
            }
        }
        Ok(seen)
    }

    /// Says how many records there were and how to go on.
    pub fn finish(self, outcome: &Outcome, resume: Option<&str>) {
        if self.unread.is_some() || self.output.stderr_is_terminal() {
            self.output.note(&count(outcome.records, "record"));
            if let Some(resume) = resume {
                self.output.note(&format!("to go on from here: {resume}"));
            }
        }
    }

    fn warn(&mut self, text: &str) -> Result<(), StreamError> {
        self.write()?;
        self.output.warn(text);
        Ok(())
    }

    /// Sends what is gathered. Where a signal cuts that, notes what was not sent.
    fn write(&mut self) -> Result<(), StreamError> {
        let length = self.buffer.len();
        let sent = self.output.send(&mut self.buffer);
        if let Err(StreamError::Interrupted(_)) = sent {
            let sent = length - self.buffer.len();
            let unread = self.unread.get_or_insert_default();
            for record in self.gathered.iter().filter(|record| record.end > sent) {
                unread.records += 1;
                unread.first.entry(record.partition).or_insert(record.offset);
            }
        }
        self.buffer.clear();
        self.gathered.clear();
        sent
    }
}

/// Says from where to where, and what is seen.
fn banner(request: &Request) -> String {
    let from = match &request.start {
        Start::Newest(count) => format!("the newest {count}"),
        Start::At(_) => "from the given positions".to_owned(),
    };
    let to = match (request.exit_at_end, request.limit) {
        _ if !request.until.is_empty() => "to the given positions".to_owned(),
        (true, _) => "to the end as of now".to_owned(),
        (false, Some(limit)) => format!("then what comes, up to {limit} in all"),
        (false, None) => "then what comes (Ctrl-C ends)".to_owned(),
    };
    format!("{from}, {to}, {}", request.isolation.name())
}
