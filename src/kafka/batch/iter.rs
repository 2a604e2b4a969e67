//! Walks over the batches of a fetched partition.

use super::codec::MAX_DECOMPRESSED;
use super::header::{CHECKED_START, HEADER_SIZE, LENGTH_END};
use super::{BatchError, BatchHeader, Records, Scratch, take};

/// A batch that is there as a whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch<'a> {
    /// The header.
    pub(crate) header: BatchHeader,
    /// The part that the checksum covers.
    checked: &'a [u8],
    /// The records, compressed or not.
    body: &'a [u8],
}

impl<'a> Batch<'a> {
    /// Checks the checksum and returns the records, decompressed into `scratch` where needed.
    pub(crate) fn records<'s>(&self, scratch: &'s mut Scratch) -> Result<Records<'s>, BatchError>
    where
        'a: 's,
    {
        self.records_up_to(MAX_DECOMPRESSED, scratch)
    }

    /// Like [`Self::records`], but refuses what decompresses to more than `limit` bytes.
    pub(crate) fn records_up_to<'s>(
        &self,
        limit: usize,
        scratch: &'s mut Scratch,
    ) -> Result<Records<'s>, BatchError>
    where
        'a: 's,
    {
        self.check()?;
        // A batch that compaction emptied has no bytes for a codec to make sense of.
        if self.body.is_empty() {
            return Ok(Records::new(self.header, &[]));
        }
        let codec = self.header.codec()?;
        Ok(Records::new(self.header, scratch.decompress_up_to(limit, codec, self.body)?))
    }

    /// Returns how many bytes the batch takes.
    pub(crate) fn size(&self) -> usize {
        HEADER_SIZE + self.body.len()
    }

    /// Returns what stands behind the header: the records, compressed or not.
    pub(crate) fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Tells whether this is the marker that ends an aborted transaction.
    ///
    /// A marker is one record whose key is a version and a type (0 abort, 1 commit), both `i16`.
    /// A marker that compaction left without its record says nothing: not an abort.
    pub(crate) fn is_abort_marker(&self, scratch: &mut Scratch) -> Result<bool, BatchError> {
        if !self.header.is_control() {
            return Ok(false);
        }
        let Some(record) = self.records(scratch)?.next().transpose()? else { return Ok(false) };
        let mut key = record.key.unwrap_or_default();
        let (Some(_version), Some(kind)) = (take::<2>(&mut key), take::<2>(&mut key)) else {
            return Err(BatchError::Malformed("a transaction marker has no type"));
        };
        Ok(i16::from_be_bytes(kind) == 0)
    }

    /// Compares the checksum with the bytes; in hardware this costs nothing next to a copy.
    fn check(&self) -> Result<(), BatchError> {
        let (stated, computed) = (self.header.checksum, crc32c::crc32c(self.checked));
        if stated == computed { Ok(()) } else { Err(BatchError::Checksum { stated, computed }) }
    }
}

/// Iterates over whole batches; ends before the first one that is cut off, and behind an error.
#[derive(Debug, Clone)]
pub(crate) struct Batches<'a> {
    rest: &'a [u8],
}

impl<'a> Batches<'a> {
    /// Starts at the first batch of `bytes`.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Takes the next batch: `None` when what is left is empty or cut off.
    fn take_batch(&mut self) -> Option<Result<Batch<'a>, BatchError>> {
        let mut head = self.rest;
        let _base_offset = take::<8>(&mut head)?;
        let length = i32::from_be_bytes(take(&mut head)?);
        let _leader_epoch_or_checksum = take::<4>(&mut head)?;
        // Magic stands at the same place in all three formats.
        match i8::from_be_bytes(take(&mut head)?) {
            2 => {}
            old @ (0 | 1) => return Some(Err(BatchError::OldFormat(old))),
            unknown => return Some(Err(BatchError::UnknownFormat(unknown))),
        }
        let Some(size) = usize::try_from(length).ok().map(|length| length + LENGTH_END) else {
            return Some(Err(BatchError::TooShort));
        };
        if size < HEADER_SIZE {
            return Some(Err(BatchError::TooShort));
        }
        let (batch, after) = self.rest.split_at_checked(size)?;
        self.rest = after;
        let header = BatchHeader::read(batch.first_chunk()?)?;
        let (checked, body) = (batch.get(CHECKED_START..)?, batch.get(HEADER_SIZE..)?);
        Some(header.check().map(|header| Batch { header, checked, body }))
    }
}

impl<'a> Iterator for Batches<'a> {
    type Item = Result<Batch<'a>, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.take_batch();
        if !matches!(item, Some(Ok(_))) {
            self.rest = &[];
        }
        item
    }
}

/// What a look at the batch headers tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Whole {
    /// How many bytes the whole batches take; what follows is cut off.
    pub(crate) size: usize,
    /// Where to go on reading; `None` without a whole batch.
    pub(crate) next_offset: Option<i64>,
}

/// Looks at the headers only: 61 bytes a batch, so that the next request can leave early. What
/// stands before something unreadable counts; it is an error when nothing does.
pub(crate) fn whole_batches(bytes: &[u8]) -> Result<Whole, BatchError> {
    let mut batches = Batches::new(bytes);
    let mut whole = Whole { size: 0, next_offset: None };
    while let Some(batch) = batches.next() {
        match batch {
            Ok(batch) => {
                whole.next_offset = Some(batch.header.next_offset());
                whole.size = bytes.len() - batches.rest.len();
            }
            Err(error) if whole.size == 0 => return Err(error),
            Err(_) => break,
        }
    }
    Ok(whole)
}
