//! Text that others wrote, made safe for a terminal: what would move the cursor, hide or reorder
//! text is shown as an escape. On a pipe bytes stay bytes, so callers ask for this on a terminal
//! only.

/// What becomes of line ends and tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// They stay: a value may have several lines.
    Keep,
    /// They are escaped: the text must stay on its line.
    Escape,
}

/// Tells whether a character can do more to a terminal than to appear on it.
fn is_unsafe(c: char) -> bool {
    match c {
        // C0 with escape, DEL, and C1 with its one-byte CSI.
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        // Marks, embeddings, overrides and isolates of the bidirectional algorithm ("Trojan
        // Source").
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            true
        }
        // Invisible: soft hyphen, zero width, fillers, variation by tags; and Unicode's own line
        // ends.
        '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2064}' => {
            true
        }
        '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' => true,
        '\u{e0000}'..='\u{e007f}' => true,
        _ => false,
    }
}

/// Appends bytes as safe text: `\x1b`, `\u{202e}`, and `\xff` for what is not UTF-8.
pub fn write(bytes: &[u8], lines: Lines, out: &mut Vec<u8>) {
    for chunk in bytes.utf8_chunks() {
        write_text(chunk.valid(), lines, out);
        for byte in chunk.invalid() {
            out.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
        }
    }
}

fn write_text(text: &str, lines: Lines, out: &mut Vec<u8>) {
    let is_kept = |c: char| match lines {
        Lines::Keep => matches!(c, '\n' | '\t'),
        Lines::Escape => false,
    };
    let mut rest = text;
    while let Some((at, found)) = rest.char_indices().find(|(_, c)| is_unsafe(*c) && !is_kept(*c)) {
        let (plain, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.extend_from_slice(plain.as_bytes());
        let escape = match found {
            '\n' => "\\n".to_owned(),
            '\r' => "\\r".to_owned(),
            '\t' => "\\t".to_owned(),
            c if c.is_ascii() => format!("\\x{:02x}", u32::from(c)),
            c => format!("\\u{{{:x}}}", u32::from(c)),
        };
        out.extend_from_slice(escape.as_bytes());
        rest = after.strip_prefix(found).unwrap_or("");
    }
    out.extend_from_slice(rest.as_bytes());
}

/// Returns text that is safe and on one line.
pub fn line(bytes: &[u8]) -> String {
    let mut safe = Vec::with_capacity(bytes.len());
    write(bytes, Lines::Escape, &mut safe);
    String::from_utf8_lossy(&safe).into_owned()
}

/// Appends JSON in which every unsafe character is a `\u` escape of JSON: the same value, other
/// bytes. Only strings can have such characters, but for the white space between; a carriage return
/// there becomes a blank.
pub fn write_json(json: &str, out: &mut Vec<u8>) {
    let mut rest = json;
    let is_white = |c: char| matches!(c, '\n' | '\t');
    while let Some((at, found)) = rest.char_indices().find(|(_, c)| is_unsafe(*c) && !is_white(*c))
    {
        let (plain, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.extend_from_slice(plain.as_bytes());
        if found == '\r' {
            out.push(b' ');
        } else {
            for unit in found.encode_utf16(&mut [0; 2]) {
                out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
            }
        }
        rest = after.strip_prefix(found).unwrap_or("");
    }
    out.extend_from_slice(rest.as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        for (bytes, expected) in [
            (&b"plain \xc3\xa4 text"[..], "plain ä text"),
            (b"\x1b[2J", "\\x1b[2J"),
            (b"a\r\nb\tc", "a\\r\\nb\\tc"),
            (b"\xc2\x9b31m", "\\u{9b}31m"),
            ("a\u{202e}b".as_bytes(), "a\\u{202e}b"),
            (b"\xff\x00", "\\xff\\x00"),
            (b"", ""),
        ] {
            assert_eq!(line(bytes), expected);
        }
    }

    #[test]
    fn a_value_keeps_its_lines_but_no_carriage_return() {
        let mut out = Vec::new();
        write(b"{\n\t1\r\n}", Lines::Keep, &mut out);
        assert_eq!(out, b"{\n\t1\\r\n}");
    }

    #[test]
    fn no_line_of_json_is_overwritten() {
        let mut safe = Vec::new();
        write_json("{\"a\":\r\n\t\"\u{9b}2J\"}", &mut safe);
        assert_eq!(String::from_utf8(safe).unwrap(), "{\"a\": \n\t\"\\u009b2J\"}");
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert!(!line(&bytes).chars().any(is_unsafe));
        }

        #[test]
        fn json_stays_the_same_value(text in "(\\PC|[\\x00-\\x1f\\x7f-\\xa0\u{202e}\u{e0001}]){0,20}") {
            let json = serde_json::to_string(&text).unwrap();
            let mut safe = Vec::new();
            write_json(&json, &mut safe);
            let safe = String::from_utf8(safe).unwrap();
            prop_assert!(!safe.chars().any(is_unsafe));
            prop_assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
        }
    }
}
