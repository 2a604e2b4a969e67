//! What commands read besides the cluster: files and standard input. A FIFO or a terminal can keep
//! them waiting without end, so they wait on a thread of its own, and a signal leaves it there.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::interrupt::Interrupt;

/// Runs work that reads and changes nothing; the first signal ends the waiting for it.
pub(super) async fn beside<T: Send + 'static>(
    interrupt: &Interrupt,
    work: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<T> {
    Ok(interrupt.cut(tokio::task::spawn_blocking(work)).await??)
}

/// Opens a file; `-` is standard input.
pub(super) fn open(file: &Path) -> io::Result<Box<dyn Read + Send>> {
    if file.as_os_str() == "-" {
        return Ok(stdin());
    }
    let opened = File::open(file)?;
    // Opening a folder succeeds, only reading it fails.
    if opened.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Ok(Box::new(opened))
}

/// Gives standard input out.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads it")]
pub(super) fn stdin() -> Box<dyn Read + Send> {
    Box::new(io::stdin())
}
