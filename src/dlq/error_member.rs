//! Finds and removes the `error` member of a JSON object by its bytes.
//!
//! The value is never parsed and written again: whitespace, the order of members, the spelling of
//! numbers and repeated members stay as they are, byte for byte.

#[cfg(test)]
mod tests;

use std::ops::Range;

use serde::de::IgnoredAny;

/// A member of the outermost object.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Member {
    /// The key with its quotes.
    key: Range<usize>,
    value: Range<usize>,
    /// The comma before it.
    comma_before: Option<usize>,
    /// Where the next member's key starts.
    next_key: Option<usize>,
}

/// Returns the error object of a dead letter's value; `None` when the value is not a JSON object
/// or has no member `error` that is an object.
pub(super) fn find(value: &[u8]) -> Option<&[u8]> {
    value.get(locate(value)?.value)
}

/// Returns the two parts of the value around the `error` member and its comma; `None` when there is
/// nothing to remove.
pub(super) fn split(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let member = locate(value)?;
    let cut = match (member.comma_before, member.next_key) {
        // `…,"error":{…}`: from the comma before it, so that the next one's stays where it is.
        (Some(comma), _) => comma..member.value.end,
        // It comes first: up to the next member, whose place it leaves.
        (None, Some(next)) => member.key.start..next,
        (None, None) => member.key.start..member.value.end,
    };
    Some((value.get(..cut.start)?, value.get(cut.end..)?))
}

/// Finds the last member `error` that is an object: the one that every parser takes, and that a
/// writer which appends has written.
fn locate(value: &[u8]) -> Option<Member> {
    // Only what is JSON as a whole is cut; the scanner below relies on it.
    serde_json::from_slice::<IgnoredAny>(value).ok()?;
    let mut scanner = Scanner { bytes: value, at: 0 };
    scanner.skip_space();
    if scanner.next()? != b'{' {
        return None;
    }
    let mut found: Option<Member> = None;
    let mut comma_before = None;
    let mut is_previous_found = false;
    loop {
        scanner.skip_space();
        if scanner.peek()? == b'}' {
            return found;
        }
        let key = scanner.string()?;
        if is_previous_found && let Some(member) = &mut found {
            member.next_key = Some(key.start);
        }
        scanner.skip_space();
        if scanner.next()? != b':' {
            return None;
        }
        scanner.skip_space();
        let is_object = scanner.peek()? == b'{';
        let member_value = scanner.value()?;
        is_previous_found = is_object && is_error(value.get(key.clone())?);
        if is_previous_found {
            found = Some(Member { key, value: member_value, comma_before, next_key: None });
        }
        scanner.skip_space();
        match scanner.next()? {
            b',' => comma_before = Some(scanner.at - 1),
            _ => return found,
        }
    }
}

/// Tells whether a key, with its quotes, is `error`, however it is escaped.
fn is_error(key: &[u8]) -> bool {
    key == br#""error""#
        || (key.contains(&b'\\')
            && serde_json::from_slice::<String>(key).is_ok_and(|key| key == "error"))
}

/// Walks over text that is known to be JSON.
struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Walks over a string and returns it with its quotes.
    fn string(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        if self.next()? != b'"' {
            return None;
        }
        loop {
            match self.next()? {
                b'"' => return Some(start..self.at),
                b'\\' => self.at += 1,
                _ => {}
            }
        }
    }

    /// Walks over a value and returns it. Brackets are counted, not matched: it is known to be
    /// JSON.
    fn value(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                    if depth == 0 {
                        return Some(start..self.at);
                    }
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return Some(start..self.at);
                    }
                }
                // A number, true, false or null ends where something else starts.
                b',' | b'}' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => {
                    return Some(start..self.at);
                }
                _ => {}
            }
            self.at += 1;
        }
    }
}
