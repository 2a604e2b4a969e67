//! The real binary in a hermetic environment: its own home, and no variable but `HOME`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;

/// How long any one program of a test may take: far more than it needs, yet short of the patience
/// of whoever waits for the whole run.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// A folder that is the home and the working directory of the programs of one test; it goes with
/// it.
#[derive(Debug)]
pub(crate) struct Home {
    path: PathBuf,
}

impl Home {
    /// Makes an empty one.
    pub(crate) fn new() -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(unique("home"));
        std::fs::create_dir_all(&path).unwrap();
        Self { path }
    }

    /// Returns the folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file into it and returns its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.path.join(name);
        std::fs::write(&file, text).unwrap();
        file
    }

    /// Prepares the real binary: here, and without any environment variable but `HOME`.
    pub(crate) fn flowctl(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowctl"));
        command.env_clear().env("HOME", &self.path).current_dir(&self.path).timeout(PATIENCE);
        command
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // A failed test keeps its folder, to look into.
        if !std::thread::panicking() {
            drop(std::fs::remove_dir_all(&self.path));
        }
    }
}

/// Makes a name that no other test has, nor an earlier run: tests share brokers.
pub(crate) fn unique(name: &str) -> String {
    format!("{name}-{}", ulid::Ulid::new().to_string().to_lowercase())
}

/// Returns the text of a program's output.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
