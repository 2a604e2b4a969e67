//! Splits a stream into records without copying them one by one.

use std::io::{self, Read};

use bytes::{Bytes, BytesMut};

use super::delimiter::Delimiter;

/// How much is read at once: large enough that a read costs little per record.
const READ_SIZE: usize = 256 * 1024;

/// A record larger than this is taken for a wrong delimiter: no broker accepts it.
const LARGEST_RECORD: usize = 256 * 1024 * 1024;

/// Reads records that a delimiter separates. What stands after the last one is a record too, unless
/// it is nothing.
#[derive(Debug)]
pub struct Splitter<R> {
    reader: R,
    delimiter: Delimiter,
    buffer: BytesMut,
    /// How much of the buffer was searched without success.
    searched: usize,
    number: u64,
    has_ended: bool,
}

impl<R: Read> Splitter<R> {
    /// Starts to split.
    pub fn new(reader: R, delimiter: Delimiter) -> Self {
        Self {
            reader,
            delimiter,
            buffer: BytesMut::new(),
            searched: 0,
            number: 0,
            has_ended: false,
        }
    }

    /// Reads once, which may block, and gives the records that are complete then, with their
    /// numbers from 1. Returns `false` at the end of the stream.
    pub fn read(&mut self, mut each: impl FnMut(u64, Bytes)) -> io::Result<bool> {
        if self.has_ended {
            return Ok(false);
        }
        let filled = self.buffer.len();
        self.buffer.resize(filled + READ_SIZE, 0);
        let read = match self.buffer.get_mut(filled..).map(|free| self.reader.read(free)) {
            Some(Ok(read)) => read,
            Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {
                self.buffer.truncate(filled);
                return Ok(true);
            }
            Some(Err(error)) => return Err(error),
            None => 0,
        };
        self.buffer.truncate(filled + read);
        while let Some(at) = self.find() {
            let record = self.buffer.split_to(at);
            drop(self.buffer.split_to(self.delimiter.bytes().len()));
            self.searched = 0;
            self.number += 1;
            each(self.number, record.freeze());
        }
        if read == 0 {
            self.has_ended = true;
            if !self.buffer.is_empty() {
                self.number += 1;
                each(self.number, self.buffer.split().freeze());
            }
        } else if self.buffer.len() > LARGEST_RECORD {
            return Err(io::Error::other(format!(
                "no record delimiter within {} MiB after record {}",
                LARGEST_RECORD / 1024 / 1024,
                self.number
            )));
        }
        Ok(true)
    }

    /// Finds the next delimiter in what was not searched yet.
    fn find(&mut self) -> Option<usize> {
        // The delimiter may have begun in what was searched.
        let from = self.searched.saturating_sub(self.delimiter.bytes().len() - 1);
        let found = self.buffer.get(from..).and_then(|rest| self.delimiter.find(rest));
        if found.is_none() {
            self.searched = self.buffer.len();
        }
        found.map(|at| from + at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads at most `step` bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(out.len()).min(self.0.len());
            let (now, later) = self.0.split_at(count);
            out[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    fn split(text: &[u8], delimiter: &str, step: usize) -> Vec<Vec<u8>> {
        let mut splitter = Splitter::new(Slow(text, step), Delimiter::parse(delimiter).unwrap());
        let mut records = Vec::new();
        while splitter
            .read(|number, record| {
                records.push(record.to_vec());
                assert_eq!(number, u64::try_from(records.len()).unwrap());
            })
            .unwrap()
        {}
        records
    }

    #[test]
    fn the_last_record_needs_no_delimiter() {
        assert_eq!(split(b"a\n\nb", r"\n", 9), [&b"a"[..], b"", b"b"]);
        assert_eq!(split(b"a\nb\n", r"\n", 9), [b"a", b"b"]);
        assert!(split(b"", r"\n", 9).is_empty());
        assert_eq!(split(b"a||b|c", "||", 1), [&b"a"[..], b"b|c"]);
    }

    proptest! {
        #[test]
        fn joined_records_are_split_again(
            records in prop::collection::vec(prop::collection::vec(0_u8..4, 0..5), 0..9),
            step in 1_usize..7,
        ) {
            let mut text = Vec::new();
            for record in &records {
                text.extend_from_slice(record);
                text.extend_from_slice(b"\xfe\x01");
            }
            prop_assert_eq!(split(&text, r"\xfe\x01", step), records);
        }
    }
}
