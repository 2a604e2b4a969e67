//! Decompresses batches into one buffer that is used again and again.

use std::fmt;
use std::io::{self, Read};

use flate2::bufread::MultiGzDecoder;
use lz4_flex::frame::FrameDecoder;
use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};

use super::{BatchError, snappy};
use crate::model::codec::Codec;

/// No batch may decompress to more than this. Brokers bound only the compressed size
/// (`message.max.bytes`, 1 MiB by default), so a few kilobytes of zeros could fill the memory. With
/// default settings a batch over this limit shrank 1 000 to 1, which no data does that somebody
/// wants to read; brokers that take 100 MiB batches still fit with 10 to 1.
pub(super) const MAX_DECOMPRESSED: usize = 1024 * 1024 * 1024;

/// What the buffer may keep from one batch to the next. Ordinary batches are far smaller; after a
/// giant one the memory is given back.
const MAX_KEPT: usize = 16 * 1024 * 1024;

/// How much the buffer grows at a time: a common size of a batch, small beside [`MAX_KEPT`].
const GROWTH: usize = 64 * 1024;

/// Memory for decompression, kept from batch to batch so that reading allocates nothing.
///
/// Make one and hand it to every call; it holds nothing that outlives the call.
#[derive(Default)]
pub struct Scratch {
    buffer: Vec<u8>,
    snappy: snap::raw::Decoder,
    zstd: Option<Decoder<'static>>,
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").field("capacity", &self.buffer.capacity()).finish_non_exhaustive()
    }
}

impl Scratch {
    /// Decompresses `input` to at most `limit` bytes; what is not compressed is returned as it is.
    pub(super) fn decompress_up_to<'s>(
        &'s mut self,
        limit: usize,
        codec: Codec,
        input: &'s [u8],
    ) -> Result<&'s [u8], BatchError> {
        if self.buffer.capacity() > MAX_KEPT {
            self.buffer = Vec::new();
        }
        self.buffer.clear();
        let broken = |cause: String| BatchError::Compression { codec: codec.name(), cause };
        match codec {
            Codec::None => return Ok(input),
            Codec::Gzip => read_all(MultiGzDecoder::new(input), &mut self.buffer, limit)
                .map_err(|error| broken(error.to_string()))?,
            Codec::Lz4 => read_all(FrameDecoder::new(input), &mut self.buffer, limit)
                .map_err(|error| broken(error.to_string()))?,
            Codec::Zstd => self.zstd(input, limit).map_err(|error| broken(error.to_string()))?,
            Codec::Snappy => {
                snappy::decompress(&mut self.snappy, input, &mut self.buffer, limit).map_err(
                    |failure| match failure {
                        snappy::Failure::TooLarge => BatchError::TooLarge { limit },
                        snappy::Failure::Broken(cause) => broken(cause),
                    },
                )?;
            }
        }
        if self.buffer.len() > limit {
            return Err(BatchError::TooLarge { limit });
        }
        Ok(&self.buffer)
    }

    /// Decompresses one or several zstd frames, until the input or just past `limit`.
    fn zstd(&mut self, input: &[u8], limit: usize) -> io::Result<()> {
        let decoder = match &mut self.zstd {
            Some(decoder) => {
                decoder.reinit()?;
                decoder
            }
            none => none.insert(Decoder::new()?),
        };
        let mut input = InBuffer::around(input);
        loop {
            if self.buffer.len() == self.buffer.capacity() {
                // Doubling by `reserve` keeps the copies few.
                self.buffer.reserve(GROWTH);
            }
            let filled = self.buffer.len();
            let read = input.pos();
            let wanted =
                decoder.run(&mut input, &mut OutBuffer::around_pos(&mut self.buffer, filled))?;
            let all_read = input.pos() == input.src.len();
            if self.buffer.len() > limit || (wanted == 0 && all_read) {
                return Ok(());
            }
            if input.pos() == read && self.buffer.len() == filled {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the data is cut off"));
            }
        }
    }
}

/// Reads a decoder to its end, or one byte past `limit`.
fn read_all(decoder: impl Read, output: &mut Vec<u8>, limit: usize) -> io::Result<()> {
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(bound).read_to_end(output).map(|_| ())
}
