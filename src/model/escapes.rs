//! Escapes in delimiters and templates as they are given on the command line.

/// Undoes `\n`, `\r`, `\t`, `\0`, `\\` and `\xHH`; any other escape is an error.
pub fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            let mut utf8 = [0; 4];
            bytes.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
            continue;
        }
        bytes.push(match chars.next() {
            Some('n') => b'\n',
            Some('r') => b'\r',
            Some('t') => b'\t',
            Some('0') => 0,
            Some('\\') => b'\\',
            Some('x') => {
                let digits: String = chars.by_ref().take(2).collect();
                Some(&digits)
                    .filter(|digits| digits.len() == 2 && !digits.starts_with('+'))
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok())
                    .ok_or_else(|| format!("`\\x{digits}` needs two hexadecimal digits"))?
            }
            Some(other) => return Err(format!("`\\{other}` is no escape")),
            None => return Err("a lone `\\` at the end; write `\\\\`".to_owned()),
        });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone() {
        for (text, bytes) in [
            (":", &b":"[..]),
            (r"\t", b"\t"),
            (r"\x1e\0", b"\x1e\0"),
            (r"\\|\r\n", b"\\|\r\n"),
            ("→", "→".as_bytes()),
            ("", b""),
        ] {
            assert_eq!(unescape(text).unwrap(), bytes);
        }
    }

    #[test]
    fn unknown_escapes_are_errors() {
        for wrong in [r"\", r"\q", r"\x1", r"\xzz", r"\x+1"] {
            assert!(unescape(wrong).is_err(), "{wrong}");
        }
    }
}
