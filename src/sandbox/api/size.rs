//! How large an answer may become. Kafka answers what is named a thousand times a thousand times:
//! a small request could have an answer of gigabytes.

use kafka_protocol::ResponseError;
use kafka_protocol::protocol::Encodable;

/// The most that one answer takes when it is sent: more than one that tells all there is.
const MOST: usize = 64 << 20;

/// An answer would be too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLarge;

impl TooLarge {
    /// By which everything that was asked is refused.
    pub(super) const ERROR: ResponseError = ResponseError::PolicyViolation;
}

/// What an answer may still take.
pub(super) struct Left(usize);

impl Left {
    /// Begins an answer.
    pub(super) fn new() -> Self {
        Self(MOST)
    }

    /// Adds so many bytes.
    pub(super) fn take(&mut self, bytes: usize) -> Result<(), TooLarge> {
        self.0 = self.0.checked_sub(bytes).ok_or(TooLarge)?;
        Ok(())
    }
}

/// Gathers the items of an answer in a version.
pub(super) fn gather<T: Encodable>(
    version: i16,
    items: impl Iterator<Item = T>,
) -> Result<Vec<T>, TooLarge> {
    let mut left = Left::new();
    let mut gathered = Vec::new();
    for item in items {
        // What cannot be encoded fails with the whole answer.
        left.take(item.compute_size(version).unwrap_or_default())?;
        gathered.push(item);
    }
    Ok(gathered)
}
