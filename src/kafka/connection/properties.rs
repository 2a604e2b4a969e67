//! Properties as they are written: `.properties` files and `-X key=value`; what they mean is
//! decided in `settings`.

use std::collections::BTreeMap;
use std::fmt;

use super::Secret;
use super::known;
use crate::kafka::Error;

/// Properties of a client, each with the place that it came from. Later ones win.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Properties {
    entries: BTreeMap<String, Property>,
}

/// A value and where it was set.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Property {
    pub(super) value: String,
    /// Such as `client.properties:3` or `-X`.
    pub(super) origin: String,
}

impl fmt::Debug for Property {
    /// Never shows the value: any of them may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[hidden] ({})", self.origin)
    }
}

impl Properties {
    /// Starts without any.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a `.properties` file in Java's format, which librdkafka's files are a part of: comments
    /// (`#`, `!`), `=`, `:` or blanks after the key, `\` at the end of a line to go on, and Java's
    /// escapes. `name` is the file's name for messages.
    pub fn parse(text: &str, name: &str) -> Result<Self, Error> {
        let mut properties = Self::new();
        for (number, line) in logical_lines(text) {
            let origin = format!("{name}:{number}");
            let (key, value) = split(&line);
            let wrong = |why| Error::Settings(format!("{origin}: {why}"));
            let key = unescape(key).map_err(wrong)?;
            let value = unescape(value).map_err(wrong)?;
            if key.is_empty() {
                return Err(wrong("the name of the property is missing".to_owned()));
            }
            properties.set(&key, value, origin);
        }
        Ok(properties)
    }

    /// Adds `key=value` as given with `-X`.
    pub fn set_argument(&mut self, argument: &str, origin: &str) -> Result<(), Error> {
        match argument.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                self.set(key.trim(), value.to_owned(), origin);
                Ok(())
            }
            // The argument is not shown: it may be a password in the wrong place.
            Some(_) | None => Err(Error::Settings(format!("{origin} needs KEY=VALUE"))),
        }
    }

    /// Sets one property; `origin` names the place for messages.
    pub fn set(&mut self, key: &str, value: impl Into<String>, origin: impl Into<String>) {
        let key = known::canonical(key);
        // A user and a JAAS text say the same thing: what comes later replaces the other.
        if key == "sasl.jaas.config" {
            self.entries.remove("sasl.username");
            self.entries.remove("sasl.password");
        }
        self.entries
            .insert(key.to_owned(), Property { value: value.into(), origin: origin.into() });
    }

    /// Puts `other` over these.
    pub fn extend(&mut self, other: Self) {
        // A JAAS text first, so that the user of the same layer stays.
        let (jaas, rest): (Vec<_>, Vec<_>) =
            other.entries.into_iter().partition(|(key, _)| key == "sasl.jaas.config");
        for (key, Property { value, origin }) in jaas.into_iter().chain(rest) {
            self.set(&key, value, origin);
        }
    }

    /// Returns all names and values, such as for `context show`; secrets stay hidden.
    pub fn shown(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(key, property)| {
            // A misspelt password is still a password: what nobody knows is not shown either.
            let is_shown = !known::is_secret(key) && known::use_of(key) != known::Use::Unknown;
            let value = if is_shown { property.value.as_str() } else { "[hidden]" };
            (key.as_str(), value)
        })
    }

    pub(super) fn get(&self, key: &str) -> Option<&Property> {
        self.entries.get(key)
    }

    /// Returns the value, where empty is the same as absent.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key).map(|property| property.value.trim()).filter(|value| !value.is_empty())
    }

    /// Returns the value as it is.
    pub(super) fn secret(&self, key: &str) -> Option<Secret> {
        self.get(key).map(|property| Secret::new(property.value.clone()))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Property)> {
        self.entries.iter().map(|(key, property)| (key.as_str(), property))
    }
}

/// Joins lines that end with an odd number of backslashes with the next; comments and blank lines
/// are left out. Each comes with the number of its first line.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start_matches([' ', '\t', '\x0c']);
        if open.is_none() && (line.is_empty() || line.starts_with(['#', '!'])) {
            continue;
        }
        let (number, mut logical) = open.take().unwrap_or((index + 1, String::new()));
        let backslashes = line.len() - line.trim_end_matches('\\').len();
        if backslashes % 2 == 1 {
            logical.push_str(line.strip_suffix('\\').unwrap_or(line));
            open = Some((number, logical));
        } else {
            logical.push_str(line);
            lines.push((number, logical));
        }
    }
    lines.extend(open);
    lines
}

/// Splits at the first `=`, `:` or blank that is not escaped; blanks around it do not count.
fn split(line: &str) -> (&str, &str) {
    let blank = |c: char| matches!(c, ' ' | '\t' | '\x0c');
    let mut is_escaped = false;
    for (at, c) in line.char_indices() {
        if !is_escaped && (blank(c) || matches!(c, '=' | ':')) {
            let (key, rest) = line.split_at(at);
            let rest = rest.trim_start_matches(blank);
            let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest);
            return (key, rest.trim_start_matches(blank));
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    (line, "")
}

/// Undoes Java's escapes: `\t`, `\n`, `\r`, `\f`, `\u1234`, and any other character for itself.
fn unescape(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut units = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            flush(&mut units, &mut out)?;
            out.push(c);
            continue;
        }
        let escaped = chars.next();
        if escaped == Some('u') {
            let digits: String = chars.by_ref().take(4).collect();
            // Java writes characters beyond U+FFFF as two of these.
            units.push(
                u16::from_str_radix(&digits, 16)
                    .ok()
                    .filter(|_| digits.len() == 4)
                    .ok_or("`\\u` needs four hexadecimal digits")?,
            );
            continue;
        }
        flush(&mut units, &mut out)?;
        match escaped {
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('f') => out.push('\x0c'),
            Some(other) => out.push(other),
            None => {}
        }
    }
    flush(&mut units, &mut out)?;
    Ok(out)
}

/// Turns collected UTF-16 units into text.
fn flush(units: &mut Vec<u16>, out: &mut String) -> Result<(), String> {
    if !units.is_empty() {
        let text = String::from_utf16(units).map_err(|_| "`\\u` escapes are not UTF-16")?;
        out.push_str(&text);
        units.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Vec<(String, String)> {
        Properties::parse(text, "f")
            .unwrap()
            .entries
            .into_iter()
            .map(|(key, property)| (key, property.value))
            .collect()
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn javas_format_is_read() {
        assert_eq!(
            parsed(
                "# comment\n! comment\n\n  a = 1 \nb:2\nc 3\nd\ne=x\\\n   y\\\\\nf\\=\\ g=\\u0041\\t\\\"\nh=a=b:c\n"
            ),
            [
                pair("a", "1 "),
                pair("b", "2"),
                pair("c", "3"),
                pair("d", ""),
                pair("e", "xy\\"),
                pair("f= g", "A\t\""),
                pair("h", "a=b:c"),
            ]
        );
        assert_eq!(parsed("a=1\r\na=2\r\n"), [pair("a", "2")]);
        assert_eq!(parsed("a=\\ud83d\\ude00"), [pair("a", "😀")]);
    }

    #[test]
    fn a_comment_is_no_comment_in_a_continued_line() {
        assert_eq!(parsed("a=1\\\n#2\n"), [pair("a", "1#2")]);
        assert_eq!(parsed("#c\\\na=1\n"), [pair("a", "1")]);
    }

    #[test]
    fn errors_name_the_line() {
        let error = Properties::parse("a=1\nb=\\u12", "x.properties").unwrap_err().to_string();
        assert_eq!(error, "x.properties:2: `\\u` needs four hexadecimal digits");
        let error = Properties::parse("=1", "x").unwrap_err().to_string();
        assert!(error.starts_with("x:1: "), "{error}");
    }

    #[test]
    fn arguments_need_a_key_and_errors_do_not_show_them() {
        let mut properties = Properties::new();
        properties.set_argument("linger.ms=5=6", "-X").unwrap();
        assert_eq!(properties.text("linger.ms"), Some("5=6"));
        for wrong in ["secret", "=secret"] {
            let error = properties.set_argument(wrong, "-X").unwrap_err().to_string();
            assert_eq!(error, "-X needs KEY=VALUE");
        }
    }

    #[test]
    fn a_later_layer_wins_in_either_wording() {
        let mut properties =
            Properties::parse("sasl.username=a\nsasl.mechanisms=PLAIN", "f").unwrap();
        properties.extend(
            Properties::parse("sasl.jaas.config=x\nsasl.mechanism=SCRAM-SHA-256", "g").unwrap(),
        );
        assert_eq!(properties.text("sasl.username"), None);
        assert_eq!(properties.text("sasl.mechanism"), Some("SCRAM-SHA-256"));
        let mut over = Properties::new();
        over.set("sasl.password", "p", "-X");
        properties.extend(over);
        assert_eq!(properties.text("sasl.password"), Some("p"));
        assert_eq!(properties.text("sasl.jaas.config"), Some("x"));
    }

    #[test]
    fn secrets_are_hidden() {
        let mut properties = Properties::new();
        properties.set("sasl.password", "hush", "-X");
        properties.set("sasl.jaas.config", "hush", "-X");
        properties.set("sasl.password", "hush", "-X");
        properties.set("ssl.key.pem", "hush", "-X");
        properties.set("some.unknown.secret", "hush", "-X");
        properties.set("linger.ms", "5", "-X");
        assert!(!format!("{properties:?}").contains("hush"));
        let shown: Vec<_> = properties.shown().collect();
        assert!(shown.contains(&("linger.ms", "5")));
        assert!(shown.iter().all(|(_, value)| *value != "hush"));
    }

    proptest! {
        #[test]
        fn what_java_escapes_comes_back(key in "[a-z.]{1,9}", value in "\\PC{0,20}") {
            let escaped: String = value
                .chars()
                .flat_map(|c| match c {
                    ' ' | '=' | ':' | '#' | '!' | '\\' => vec!['\\', c],
                    _ => vec![c],
                })
                .collect();
            prop_assert_eq!(parsed(&format!("{key}={escaped}")), [pair(known::canonical(&key), &value)]);
        }

        #[test]
        fn nothing_panics(text in "[\\PC\\n\\\\u]{0,60}") {
            drop(Properties::parse(&text, "f"));
        }
    }
}
