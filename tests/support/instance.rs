//! An instance of Kafka as `dev/kafka up` finds or starts it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::running::Running;

/// How long the start of an instance may take, also when another one starts before it.
const STARTING: Duration = Duration::from_secs(600);

/// Finds the running instance or starts it, after a line of bash; returns what `dev/kafka env`
/// says.
pub(crate) fn up(line: &str, flags: &str) -> BTreeMap<String, String> {
    let kafka = dev("kafka");
    let script = format!(
        "set -e; {line}\nstarted=\"$('{}' up {flags})\"; eval \"$started\"; env -0",
        kafka.display()
    );
    let mut command = Command::new("bash");
    command.args(["-c", &script]).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = Running::start_within(&mut command, STARTING).wait_with_output();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "dev/kafka up {flags} failed:\n{complaint}");
    String::from_utf8_lossy(&output.stdout)
        .split('\0')
        .filter_map(|variable| variable.split_once('='))
        .filter(|(name, _)| name.starts_with("FLOWCTL_"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Returns one of the project's own scripts.
pub(crate) fn dev(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("dev").join(name)
}
