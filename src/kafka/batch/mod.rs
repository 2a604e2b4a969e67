//! Record batches (format v2) as brokers send and keep them: headers, checksums, codecs, records.
//!
//! Nothing here is trusted: a producer writes these bytes and the broker hardly looks at them.
//! Every length is checked against what is there, nothing is allocated because a number says so,
//! and what does not fit is a [`BatchError`], never a panic. Records borrow from the received
//! bytes, or from a [`Scratch`] when the batch is compressed. The layout is that of
//! <https://kafka.apache.org/documentation/#recordbatch>.

mod aborted;
mod codec;
mod compress;
mod error;
mod header;
mod iter;
mod records;
#[cfg(test)]
pub(crate) mod sample;
mod snappy;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use aborted::{AbortedTransaction, AbortedTransactions};
pub use codec::Scratch;
pub(crate) use error::BatchError;
pub(crate) use header::BatchHeader;
pub(crate) use iter::{Batch, Batches, whole_batches};
pub(crate) use records::Records;
pub(crate) use write::put_record;

/// Takes the next `N` bytes; `None` when there are fewer.
fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (bytes, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*bytes)
}
