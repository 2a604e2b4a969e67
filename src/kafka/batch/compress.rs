//! Compresses the records of a batch as Kafka's clients do, for batches that are written anew.

use std::io::{self, Write};

use flate2::write::GzEncoder;
use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};

use super::snappy;
use crate::model::codec::Codec;

impl Codec {
    /// Compresses `input` at the codec's default level.
    pub(crate) fn compress(self, input: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::None => Ok(input.to_vec()),
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
                encoder.write_all(input)?;
                encoder.finish()
            }
            Self::Snappy => snappy::compress(input).map_err(io::Error::other),
            Self::Lz4 => {
                // Java reads no other frames than these.
                let info = FrameInfo::new()
                    .block_mode(BlockMode::Independent)
                    .block_size(BlockSize::Max64KB);
                let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
                encoder.write_all(input)?;
                encoder.finish().map_err(io::Error::other)
            }
            Self::Zstd => zstd::bulk::compress(input, zstd::DEFAULT_COMPRESSION_LEVEL),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Scratch;
    use super::*;

    #[test]
    fn what_is_compressed_can_be_read_again() {
        let mut scratch = Scratch::default();
        let repeated = "flow".repeat(50_000);
        for input in [b"".as_slice(), b"a", repeated.as_bytes()] {
            for codec in Codec::ALL {
                let compressed = codec.compress(input).unwrap();
                let read = scratch.decompress_up_to(input.len(), codec, &compressed).unwrap();
                assert!(read == input, "{codec:?}");
            }
        }
    }
}
