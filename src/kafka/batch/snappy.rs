//! Snappy as Kafka's clients write it: framed by xerial's snappy-java, or one raw block.
//!
//! Neither is Google's own framing. Java frames; librdkafka and others write both, so the first
//! bytes decide, as in librdkafka.

use super::take;

/// How xerial's framing begins; two version numbers of four bytes follow.
const MAGIC: &[u8] = b"\x82SNAPPY\0";
/// The size of magic and versions.
const FRAME_HEADER: usize = 16;
/// No snappy data grows more than this: a tag of three bytes copies at most 64. What claims to is
/// refused before memory is taken for it.
const MAX_RATIO: usize = 22;

/// The versions behind [`MAGIC`] as snappy-java writes them.
const VERSIONS: &[u8] = b"\0\0\0\x01\0\0\0\x01";
/// How much snappy-java compresses at a time.
const BLOCK_SIZE: usize = 32 * 1024;

/// Compresses `input` in xerial's framing, the only one that every client reads.
pub(super) fn compress(input: &[u8]) -> Result<Vec<u8>, snap::Error> {
    let mut encoder = snap::raw::Encoder::new();
    let mut output = [MAGIC, VERSIONS].concat();
    for block in input.chunks(BLOCK_SIZE) {
        let compressed = encoder.compress_vec(block)?;
        // A block is never much larger than what it was made from.
        let size = u32::try_from(compressed.len()).unwrap_or(u32::MAX);
        output.extend(size.to_be_bytes());
        output.extend(compressed);
    }
    Ok(output)
}

/// Decompresses `input` behind `output`, which may grow to `limit` bytes.
pub(super) fn decompress(
    decoder: &mut snap::raw::Decoder,
    input: &[u8],
    output: &mut Vec<u8>,
    limit: usize,
) -> Result<(), Failure> {
    if !input.starts_with(MAGIC) {
        return block(decoder, input, output, limit);
    }
    let mut rest = input;
    while !rest.is_empty() {
        // Streams may be concatenated: a header can stand wherever a block can.
        if rest.starts_with(MAGIC) {
            rest = rest.get(FRAME_HEADER..).ok_or_else(cut_off)?;
            continue;
        }
        let size = u32::from_be_bytes(take(&mut rest).ok_or_else(cut_off)?);
        let size = usize::try_from(size).map_err(|_| cut_off())?;
        let (compressed, after) = rest.split_at_checked(size).ok_or_else(cut_off)?;
        block(decoder, compressed, output, limit)?;
        rest = after;
    }
    Ok(())
}

/// Why snappy data cannot be decompressed.
#[derive(Debug)]
pub(super) enum Failure {
    /// It is more than the limit.
    TooLarge,
    /// It is broken.
    Broken(String),
}

/// The data ends where more was announced.
fn cut_off() -> Failure {
    Failure::Broken("the framing is cut off".to_owned())
}

/// Decompresses one raw block behind `output`.
fn block(
    decoder: &mut snap::raw::Decoder,
    input: &[u8],
    output: &mut Vec<u8>,
    limit: usize,
) -> Result<(), Failure> {
    let broken = |error: snap::Error| Failure::Broken(error.to_string());
    let size = snap::raw::decompress_len(input).map_err(broken)?;
    if size > input.len().saturating_mul(MAX_RATIO) {
        return Err(Failure::Broken("the stated size is impossible".to_owned()));
    }
    let start = output.len();
    let end = start.saturating_add(size);
    if end > limit {
        return Err(Failure::TooLarge);
    }
    output.resize(end, 0);
    let Some(free) = output.get_mut(start..) else { return Err(Failure::TooLarge) };
    decoder.decompress(input, free).map_err(broken)?;
    Ok(())
}
