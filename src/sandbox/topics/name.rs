//! Names of topics as Kafka allows them.

/// The longest name: it becomes the name of a folder on brokers with disks.
const LONGEST: usize = 249;

/// Tells whether a topic may have this name.
pub(in crate::sandbox) fn is_legal(name: &str) -> bool {
    check(name).is_ok()
}

/// Says what is wrong with a name.
pub(super) fn check(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("Topic name is invalid: the empty string is not allowed".to_owned());
    }
    if name == "." || name == ".." {
        return Err("Topic name is invalid: '.' or '..' is not allowed".to_owned());
    }
    if name.len() > LONGEST {
        return Err(format!(
            "Topic name is invalid: the length of '{name}' is longer than the max allowed length \
             {LONGEST}"
        ));
    }
    let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if !name.chars().all(is_legal) {
        return Err(format!(
            "Topic name is invalid: '{name}' contains one or more characters other than ASCII \
             alphanumerics, '.', '_' and '-'"
        ));
    }
    Ok(())
}

/// Returns what the metrics of a topic are called: those of names that differ in dots and
/// underscores only would be the same.
pub(super) fn of_metrics(name: &str) -> String {
    name.replace('.', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_kafka_allows_them() {
        for name in ["a", "user-activity_logs.v1", "...", &"x".repeat(249)] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
        for name in ["", ".", "..", "a b", "ä", "a/b", &"x".repeat(250)] {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
