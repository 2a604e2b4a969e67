//! JSON text indented as it stands: numbers, member order and duplicates stay, unlike through a
//! tree.

use serde::de::IgnoredAny;

use super::pretty::Paint;

/// Deeper JSON is shown as it stands: indented it would grow with the square of its depth.
const DEEPEST: usize = 64;

/// Appends JSON, indented by two spaces; returns false and appends nothing when the text is no JSON
/// object or array, or is nested too deep.
pub(super) fn write_indented(text: &str, paint: Paint, out: &mut Vec<u8>) -> bool {
    if !text.trim_start().starts_with(['{', '['])
        || serde_json::from_str::<IgnoredAny>(text).is_err()
    {
        return false;
    }
    let start = out.len();
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let token = token(rest);
        let after = rest.get(token.len()..).unwrap_or_default();
        let next = after.trim_start_matches(is_white).chars().next();
        match first {
            '{' | '[' => {
                out.extend_from_slice(token.as_bytes());
                depth += 1;
                if depth > DEEPEST {
                    out.truncate(start);
                    return false;
                }
                if !matches!(next, Some('}' | ']')) {
                    new_line(depth, out);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                if !matches!(out.last(), Some(b'{' | b'[')) {
                    new_line(depth, out);
                }
                out.extend_from_slice(token.as_bytes());
            }
            ',' => {
                out.push(b',');
                new_line(depth, out);
            }
            ':' => out.extend_from_slice(b": "),
            '"' if next == Some(':') => paint.member(token, out),
            '"' => paint.text(token, out),
            c if is_white(c) => {}
            _ => out.extend_from_slice(token.as_bytes()),
        }
        rest = after;
    }
    true
}

fn is_white(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Returns the first token of valid JSON: a mark, a string, white space, or a number or word.
fn token(text: &str) -> &str {
    let bytes = text.as_bytes();
    let length = match bytes.first() {
        Some(b'{' | b'}' | b'[' | b']' | b',' | b':') => 1,
        Some(b'"') => {
            let mut is_escaped = false;
            let inside = bytes.iter().skip(1).position(|byte| {
                let ends = *byte == b'"' && !is_escaped;
                is_escaped = *byte == b'\\' && !is_escaped;
                ends
            });
            inside.map_or(text.len(), |length| length + 2)
        }
        Some(b' ' | b'\t' | b'\n' | b'\r') => text.len() - text.trim_start_matches(is_white).len(),
        Some(_) | None => text
            .find(|c: char| is_white(c) || matches!(c, ',' | '}' | ']' | ':'))
            .unwrap_or(text.len()),
    };
    text.get(..length.max(1)).unwrap_or(text)
}

fn new_line(depth: usize, out: &mut Vec<u8>) {
    out.push(b'\n');
    out.resize(out.len() + 2 * depth, b' ');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn indented(text: &str) -> Option<String> {
        let mut out = Vec::new();
        write_indented(text, Paint::new(false), &mut out).then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn text_is_indented_and_nothing_else_changes() {
        assert_eq!(
            indented(r#" {"b":1.50,"a":[true,{"x\"\\":"}"}],"a":{ },"c":[ ]} "#).unwrap(),
            r#"{
  "b": 1.50,
  "a": [
    true,
    {
      "x\"\\": "}"
    }
  ],
  "a": {},
  "c": []
}"#
        );
    }

    #[test]
    fn what_is_no_container_or_too_deep_is_left() {
        assert_eq!(indented("7"), None);
        assert_eq!(indented("{"), None);
        assert_eq!(indented("hello"), None);
        assert_eq!(indented(&format!("{}{}", "[".repeat(65), "]".repeat(65))), None);
        assert!(indented(&format!("{}{}", "[".repeat(64), "]".repeat(64))).is_some());
    }

    proptest! {
        #[test]
        fn the_value_stays_the_same(text in "[\\[\\]{}:,\" 0a\\\\]{0,12}") {
            if let Some(pretty) = indented(&text) {
                let before: serde_json::Value = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&pretty).unwrap(), before);
            }
        }
    }
}
