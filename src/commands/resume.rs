//! The command line that goes on where this one ended.

use crate::config::GlobalArgs;
use crate::kafka::Properties;

/// A command line under construction, quoted for a shell.
#[derive(Debug)]
pub struct CommandLine {
    text: String,
}

impl CommandLine {
    /// Begins with the command and the flags that say which cluster is meant. Secrets are masked.
    pub fn new(command: &str, global: &GlobalArgs) -> Self {
        let mut line = Self { text: format!("flowctl {command}") };
        if let Some(brokers) = &global.brokers {
            line.flag("-b", brokers);
        }
        if let Some(file) = &global.properties {
            line.flag("-F", &file.to_string_lossy());
        }
        let mut properties = Properties::new();
        for argument in &global.property {
            // What is wrong with one has ended the command before.
            drop(properties.set_argument(argument, "-X"));
        }
        for (key, value) in properties.shown() {
            line.flag("-X", &format!("{key}={value}"));
        }
        line
    }

    /// Adds a word.
    pub fn word(&mut self, word: &str) {
        self.text.push(' ');
        self.text.push_str(&quote(word));
    }

    /// Adds a flag and its value.
    pub fn flag(&mut self, flag: &str, value: &str) {
        self.word(flag);
        self.word(value);
    }

    /// Returns the line.
    pub fn into_text(self) -> String {
        self.text
    }
}

/// Quotes a word where a shell would read it otherwise.
fn quote(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_split_or_expand_them() {
        for (word, quoted) in [
            ("a-b_c.d/e:f=g,h@i%j+k", "a-b_c.d/e:f=g,h@i%j+k"),
            ("*=-1h", "'*=-1h'"),
            ("it's", "'it'\\''s'"),
            ("", "''"),
            ("a b", "'a b'"),
        ] {
            assert_eq!(quote(word), quoted);
        }
    }
}
