//! Text as a JSON string, eight bytes at a time.

/// Appends a text as a JSON string with its quotes. Only what JSON requires is escaped.
pub fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = first_special(rest) {
        let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        out.extend_from_slice(plain);
        let Some((&byte, after)) = special.split_first() else { break };
        write_escaped(byte, out);
        rest = after;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Returns where the first byte stands that cannot be in a JSON string as it is.
fn first_special(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        if has_special(u64::from_le_bytes(*word)) {
            return word.iter().position(|byte| is_special(*byte)).map(|index| at + index);
        }
        at += word.len();
    }
    rest.iter().position(|byte| is_special(*byte)).map(|index| at + index)
}

fn is_special(byte: u8) -> bool {
    matches!(byte, 0..=0x1f | b'"' | b'\\')
}

/// Tells whether one of eight bytes is special; the bit tricks are those of "Bit Twiddling Hacks"
/// (a byte is zero, a byte is less than n). It may say yes too often only behind a true yes.
fn has_special(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let has_zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let control = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
    let quote = has_zero(word ^ (ONES * u64::from(b'"')));
    let backslash = has_zero(word ^ (ONES * u64::from(b'\\')));
    control | quote | backslash != 0
}

fn write_escaped(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' => b'"',
        b'\\' => b'\\',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        other => {
            out.extend_from_slice(b"\\u00");
            out.extend([other >> 4, other & 0xf].map(hex_digit));
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

fn hex_digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_what_serde_json_writes(text in "(\\PC|[\\x00-\\x22\\x5c\\x7f-\\xa0]){0,60}") {
            let mut out = Vec::new();
            write_text(&text, &mut out);
            prop_assert_eq!(out, serde_json::to_vec(&text).unwrap());
        }
    }

    #[test]
    fn every_byte_is_found_at_every_place() {
        for byte in 0..=0x7f_u8 {
            for at in 0..20 {
                let mut text = "abcdefghijklmnopqrst".as_bytes().to_vec();
                text[at] = byte;
                let expected = is_special(byte).then_some(at);
                assert_eq!(first_special(&text), expected, "byte {byte} at {at}");
            }
        }
    }
}
