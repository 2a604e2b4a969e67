//! Where records come from: files and standard input, read by a thread, or a template.

use std::io::{self, Read};

use tokio::sync::mpsc;

use super::generate::Generator;
use super::input::{self, InputError, InputOptions};
use super::place::InputPlace;
use super::shape::Shape;
use super::split::Splitter;
use super::template::TemplateError;
use crate::model::record::OutgoingRecord;

/// A source of records.
#[derive(Debug)]
pub enum Source {
    /// The input, read by a thread.
    Input(mpsc::Receiver<Chunk>),
    /// A template.
    Generated(Box<Generator>),
}

/// What a source gives next.
#[derive(Debug)]
pub enum Chunk {
    /// Records with their places.
    Records(Vec<(InputPlace, OutgoingRecord)>),
    /// There is nothing more.
    End,
    /// The source failed; the records before came already.
    Failed(SourceError),
}

/// Why a source gives no more.
#[derive(Debug)]
pub enum SourceError {
    /// A record of the input is not what it should be.
    Invalid {
        /// Where it stands.
        place: InputPlace,
        /// What is wrong.
        error: InputError,
    },
    /// A file cannot be read.
    Unreadable {
        /// Which one.
        source: u16,
        /// Why.
        error: io::Error,
    },
    /// The thread that reads the input has panicked: nobody knows what else it would have read.
    Lost,
    /// The template failed.
    Template(TemplateError),
}

impl Source {
    /// Starts to read `inputs`, one after the other.
    pub fn read(
        inputs: Vec<Box<dyn Read + Send>>,
        options: InputOptions,
        shape: Shape,
    ) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel(WAITING_CHUNKS);
        // Not of the runtime's pool, which would wait at the end for a read that never returns.
        std::thread::Builder::new().name("input".to_owned()).spawn(move || {
            // Nobody receives any more when the command is over.
            let last = read_all(inputs, &options, &shape, &sender);
            drop(sender.blocking_send(last));
        })?;
        Ok(Self::Input(receiver))
    }

    /// Makes records of a template.
    pub fn generate(generator: Generator) -> Self {
        Self::Generated(Box::new(generator))
    }

    /// Waits for the next records. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Chunk {
        match self {
            // The thread's last word is that it is at the end, or why not.
            Self::Input(receiver) => {
                receiver.recv().await.unwrap_or(Chunk::Failed(SourceError::Lost))
            }
            Self::Generated(generator) => generator.next().await,
        }
    }
}

/// How many chunks wait to be sent: the thread is ahead by a little, and memory is bounded.
const WAITING_CHUNKS: usize = 4;

/// Reads and sends everything; returns what is to be sent last.
fn read_all(
    inputs: Vec<Box<dyn Read + Send>>,
    options: &InputOptions,
    shape: &Shape,
    sender: &mpsc::Sender<Chunk>,
) -> Chunk {
    for (source, reader) in (0_u16..).zip(inputs) {
        let mut splitter = Splitter::new(reader, options.record_delimiter.clone());
        loop {
            let mut records = Vec::new();
            let mut invalid = None;
            let read = splitter.read(|number, bytes| {
                if invalid.is_some() {
                    return;
                }
                let place = InputPlace { source, number };
                match input::parse(options, &bytes)
                    .and_then(|record| record.map(|record| shape.apply(record)).transpose())
                {
                    Ok(Some(record)) => records.push((place, record)),
                    Ok(None) => {}
                    Err(error) => invalid = Some(SourceError::Invalid { place, error }),
                }
            });
            if !records.is_empty() && sender.blocking_send(Chunk::Records(records)).is_err() {
                return Chunk::End;
            }
            if let Some(invalid) = invalid {
                return Chunk::Failed(invalid);
            }
            match read {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return Chunk::Failed(SourceError::Unreadable { source, error }),
            }
        }
    }
    Chunk::End
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::model::timestamp::Timestamp;
    use crate::produce::input::Format;
    use crate::produce::rate::Rate;
    use crate::produce::template::{Template, TemplateText};

    async fn all(mut source: Source) -> (Vec<String>, Chunk) {
        let mut values = Vec::new();
        loop {
            match source.next().await {
                Chunk::Records(records) => {
                    for (place, record) in records {
                        let value = String::from_utf8(record.value.unwrap().to_vec()).unwrap();
                        values.push(format!("{}:{}={value}", place.source, place.number));
                    }
                }
                last @ (Chunk::End | Chunk::Failed(_)) => return (values, last),
            }
        }
    }

    fn input(format: Format, texts: &[&'static str]) -> Source {
        let inputs = texts
            .iter()
            .map(|text| -> Box<dyn Read + Send> { Box::new(text.as_bytes()) })
            .collect();
        Source::read(inputs, InputOptions::for_test(format), Shape::for_test()).unwrap()
    }

    #[tokio::test]
    async fn files_are_read_one_after_the_other() {
        let (values, last) = all(input(Format::Lines, &["a\nb\n", "", "c"])).await;
        assert_eq!(values, ["0:1=a", "0:2=b", "2:1=c"]);
        assert!(matches!(last, Chunk::End));
    }

    #[tokio::test]
    async fn records_before_an_invalid_one_come_first() {
        let (values, last) = all(input(Format::Json, &["1\n\n2\n{\n3\n"])).await;
        assert_eq!(values, ["0:1=1", "0:3=2"]);
        let Chunk::Failed(SourceError::Invalid { place, .. }) = last else { panic!("{last:?}") };
        assert_eq!(place, InputPlace { source: 0, number: 4 });
    }

    #[tokio::test]
    async fn an_input_whose_reader_panics_is_not_at_its_end() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                panic!("told to");
            }
        }
        let inputs: Vec<Box<dyn Read + Send>> = vec![Box::new("a\n".as_bytes()), Box::new(Broken)];
        let (values, last) =
            all(Source::read(inputs, InputOptions::for_test(Format::Lines), Shape::for_test())
                .unwrap())
            .await;
        assert_eq!(values, ["0:1=a"]);
        assert!(matches!(last, Chunk::Failed(SourceError::Lost)), "{last:?}");
    }

    fn generator(count: u64, rate: Option<&str>) -> Source {
        let text = TemplateText { value: "{{ seq }}".to_owned(), key: None, headers: Vec::new() };
        let template = Template::compile(&text, Some(1)).unwrap();
        let rate = rate.map(|rate| Rate::parse(rate).unwrap());
        let clock = Clock::Fixed(Timestamp(0));
        Source::generate(Generator::new(template, Shape::for_test(), clock, Some(count), rate))
    }

    #[tokio::test]
    async fn as_many_records_are_made_as_asked_for() {
        let (values, last) = all(generator(1000, None)).await;
        assert_eq!((values.len(), values[999].as_str()), (1000, "0:1000=1000"));
        assert!(matches!(last, Chunk::End));
    }

    #[tokio::test]
    async fn a_rate_changes_nothing_but_the_time() {
        let (values, last) = all(generator(30, Some("10000/s"))).await;
        assert_eq!((values.len(), values[29].as_str()), (30, "0:30=30"));
        assert!(matches!(last, Chunk::End));
    }
}
