//! Builds record batches for tests, field by field and with every liberty that a writer has.

use std::io::Write;

use super::write::{put_sized, put_varint};
use crate::model::record::RecordView;

/// A record to be encoded; its offset and timestamp are relative to the batch's.
#[derive(Debug, Clone, Default)]
pub(crate) struct SampleRecord {
    pub(crate) offset_delta: i64,
    pub(crate) timestamp_delta: i64,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

/// A batch to be encoded.
#[derive(Debug, Clone)]
pub(crate) struct SampleBatch {
    pub(crate) base_offset: i64,
    pub(crate) attributes: i16,
    pub(crate) last_offset_delta: i32,
    pub(crate) base_timestamp: i64,
    pub(crate) max_timestamp: i64,
    pub(crate) producer_id: i64,
    pub(crate) producer_epoch: i16,
    pub(crate) base_sequence: i32,
    pub(crate) records: Vec<SampleRecord>,
}

/// How a sample batch is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    SnappyRaw,
    SnappyXerial,
    Lz4,
    Lz4Linked,
    Zstd,
}

impl Compression {
    pub(crate) const ALL: [Self; 7] = [
        Self::None,
        Self::Gzip,
        Self::SnappyRaw,
        Self::SnappyXerial,
        Self::Lz4,
        Self::Lz4Linked,
        Self::Zstd,
    ];

    fn number(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Gzip => 1,
            Self::SnappyRaw | Self::SnappyXerial => 2,
            Self::Lz4 | Self::Lz4Linked => 3,
            Self::Zstd => 4,
        }
    }

    pub(crate) fn compress(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::None => bytes.to_vec(),
            Self::Gzip => {
                let mut encoder =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap()
            }
            Self::SnappyRaw => snap::raw::Encoder::new().compress_vec(bytes).unwrap(),
            Self::SnappyXerial => {
                let mut framed = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01".to_vec();
                for block in bytes.chunks(32 * 1024) {
                    let block = snap::raw::Encoder::new().compress_vec(block).unwrap();
                    framed.extend(u32::try_from(block.len()).unwrap().to_be_bytes());
                    framed.extend(block);
                }
                framed
            }
            Self::Lz4 | Self::Lz4Linked => {
                let info = if self == Self::Lz4 {
                    // As Java writes it: independent blocks of 64 KiB.
                    lz4_flex::frame::FrameInfo::new()
                        .block_mode(lz4_flex::frame::BlockMode::Independent)
                        .block_size(lz4_flex::frame::BlockSize::Max64KB)
                } else {
                    lz4_flex::frame::FrameInfo::new()
                        .block_mode(lz4_flex::frame::BlockMode::Linked)
                        .block_size(lz4_flex::frame::BlockSize::Max64KB)
                        .block_checksums(true)
                        .content_checksum(true)
                };
                let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap()
            }
            Self::Zstd => zstd::stream::encode_all(bytes, 1).unwrap(),
        }
    }
}

impl SampleBatch {
    /// Makes an ordinary batch of records with consecutive offsets.
    pub(crate) fn of(base_offset: i64, values: &[&str]) -> Self {
        let records = values
            .iter()
            .zip(0..)
            .map(|(value, offset_delta)| SampleRecord {
                offset_delta,
                value: Some(value.as_bytes().to_vec()),
                ..SampleRecord::default()
            })
            .collect::<Vec<_>>();
        Self {
            base_offset,
            attributes: 0,
            last_offset_delta: i32::try_from(values.len()).unwrap() - 1,
            base_timestamp: 1_700_000_000_000,
            max_timestamp: 1_700_000_000_000,
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: -1,
            records,
        }
    }

    /// Makes the marker that ends a transaction.
    pub(crate) fn marker(offset: i64, producer_id: i64, commits: bool) -> Self {
        let mut batch = Self::of(offset, &["\0\0\0\0\0\0"]).transactional(producer_id);
        batch.attributes |= 0x20;
        batch.records[0].key = Some(vec![0, 0, 0, u8::from(commits)]);
        batch
    }

    /// Puts the batch into a transaction.
    pub(crate) fn transactional(mut self, producer_id: i64) -> Self {
        self.attributes |= 0x10;
        self.producer_id = producer_id;
        self
    }

    /// Encodes the batch with a right length and checksum.
    pub(crate) fn encode(&self, compression: Compression) -> Vec<u8> {
        let mut records = Vec::new();
        for record in &self.records {
            record.encode(&mut records);
        }
        let count = i32::try_from(self.records.len()).unwrap();
        self.encode_raw(count, compression.number(), &compression.compress(&records))
    }

    /// Encodes the header around any bytes.
    pub(crate) fn encode_raw(&self, count: i32, codec: i16, body: &[u8]) -> Vec<u8> {
        let mut checked = Vec::new();
        checked.extend((self.attributes | codec).to_be_bytes());
        checked.extend(self.last_offset_delta.to_be_bytes());
        checked.extend(self.base_timestamp.to_be_bytes());
        checked.extend(self.max_timestamp.to_be_bytes());
        checked.extend(self.producer_id.to_be_bytes());
        checked.extend(self.producer_epoch.to_be_bytes());
        checked.extend(self.base_sequence.to_be_bytes());
        checked.extend(count.to_be_bytes());
        checked.extend(body);
        let mut batch = Vec::new();
        batch.extend(self.base_offset.to_be_bytes());
        batch.extend(u32::try_from(checked.len() + 9).unwrap().to_be_bytes());
        batch.extend(0_i32.to_be_bytes());
        batch.push(2);
        batch.extend(crc32c::crc32c(&checked).to_be_bytes());
        batch.extend(checked);
        batch
    }
}

impl SampleRecord {
    fn encode(&self, output: &mut Vec<u8>) {
        let mut body = vec![0];
        put_varint(&mut body, self.timestamp_delta);
        put_varint(&mut body, self.offset_delta);
        put_sized(&mut body, self.key.as_deref());
        put_sized(&mut body, self.value.as_deref());
        put_varint(&mut body, i64::try_from(self.headers.len()).unwrap());
        for (name, value) in &self.headers {
            put_sized(&mut body, Some(name));
            put_sized(&mut body, value.as_deref());
        }
        put_varint(output, i64::try_from(body.len()).unwrap());
        output.extend(body);
    }

    /// Tells whether a record that was read is this one.
    pub(crate) fn is(&self, batch: &SampleBatch, view: &RecordView<'_>) -> bool {
        let headers =
            |(name, value): (&[u8], Option<&[u8]>)| (name.to_vec(), value.map(<[u8]>::to_vec));
        view.offset == batch.base_offset + self.offset_delta
            && view.timestamp.map_or(-1, |t| t.0) == batch.base_timestamp + self.timestamp_delta
            && view.key == self.key.as_deref()
            && view.value == self.value.as_deref()
            && view.headers.iter().map(headers).collect::<Vec<_>>() == self.headers
    }
}
