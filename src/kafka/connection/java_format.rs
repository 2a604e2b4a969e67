//! The format of Java's `.properties` files: comments (`#`, `!`), `=`, `:` or blanks after the key,
//! `\` at the end of a line to go on, and Java's escapes.

/// A key and its value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) key: String,
    pub(super) value: String,
    /// Whether there is more than blanks between them: without it the key may be any text.
    pub(super) is_assigned: bool,
}

/// Reads the keys and values of a text, each with the number of its first line; the error says what
/// is wrong with it.
pub(super) fn read(text: &str) -> Vec<(usize, Result<Pair, String>)> {
    logical_lines(text).into_iter().map(|(number, line)| (number, pair(&line))).collect()
}

/// Reads the key and the value of a line.
fn pair(line: &str) -> Result<Pair, String> {
    let (key, value, is_assigned) = split(line);
    let (key, value) = (unescape(key)?, unescape(value)?);
    if key.is_empty() {
        return Err("the name of the property is missing".to_owned());
    }
    Ok(Pair { key, value, is_assigned })
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

/// Splits at the first `=`, `:` or blank that is not escaped; blanks around it do not count. Tells,
/// too, whether there is more than blanks between key and value.
fn split(line: &str) -> (&str, &str, bool) {
    let blank = |c: char| matches!(c, ' ' | '\t' | '\x0c');
    let mut is_escaped = false;
    for (at, c) in line.char_indices() {
        if !is_escaped && (blank(c) || matches!(c, '=' | ':')) {
            let (key, rest) = line.split_at(at);
            let rest = rest.trim_start_matches(blank);
            let value = rest.strip_prefix(['=', ':']);
            return (key, value.unwrap_or(rest).trim_start_matches(blank), value.is_some());
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    (line, "", false)
}

/// Writes `key=value` as a line of a `.properties` file, so that it is read as the same.
pub fn property_line(argument: &str) -> String {
    let (key, value) = argument.split_once('=').unwrap_or((argument, ""));
    let escaped = |text: &str| {
        text.chars().fold(String::new(), |mut out, c| {
            match c {
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\\' | '=' | ':' | '#' | '!' | ' ' | '\t' | '\x0c' => out.extend(['\\', c]),
                c => out.push(c),
            }
            out
        })
    };
    format!("{}={}\n", escaped(key.trim()), escaped(value))
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
        let pairs = read(text).into_iter().map(|(_, pair)| pair.unwrap());
        pairs.map(|Pair { key, value, .. }| (key, value)).collect()
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
        assert_eq!(parsed("a=1\r\na=2\r\n"), [pair("a", "1"), pair("a", "2")]);
        assert_eq!(parsed("a=\\ud83d\\ude00"), [pair("a", "😀")]);
    }

    #[test]
    fn a_comment_is_no_comment_in_a_continued_line() {
        assert_eq!(parsed("a=1\\\n#2\n"), [pair("a", "1#2")]);
        assert_eq!(parsed("#c\\\na=1\n"), [pair("a", "1")]);
    }

    #[test]
    fn errors_name_the_line() {
        let why = "`\\u` needs four hexadecimal digits".to_owned();
        assert_eq!(read("a=1\nb=\\u12").pop(), Some((2, Err(why))));
        assert!(matches!(read("=1")[..], [(1, Err(_))]));
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
            prop_assert_eq!(parsed(&format!("{key}={escaped}")), [pair(&key, &value)]);
        }

        #[test]
        fn nothing_panics(text in "[\\PC\\n\\\\u]{0,60}") {
            drop(read(&text));
        }
    }
}
