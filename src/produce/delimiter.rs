//! Delimiters as they are given on the command line: `:`, `\t`, `\x1e`, `\n\n`.

use memchr::memmem::Finder;

use crate::model::escapes::unescape;

/// Some bytes that stand between records, or between key and value.
#[derive(Debug, Clone)]
pub struct Delimiter {
    finder: Finder<'static>,
}

impl Delimiter {
    /// The end of a line.
    pub fn newline() -> Self {
        Self { finder: Finder::new(b"\n").into_owned() }
    }

    /// Reads a delimiter with the escapes `\n`, `\r`, `\t`, `\0`, `\\` and `\xHH`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bytes = unescape(text)?;
        if bytes.is_empty() {
            return Err("a delimiter cannot be empty".to_owned());
        }
        Ok(Self { finder: Finder::new(&bytes).into_owned() })
    }

    /// Returns the bytes.
    pub fn bytes(&self) -> &[u8] {
        self.finder.needle()
    }

    /// Returns where the delimiter stands first.
    pub fn find(&self, text: &[u8]) -> Option<usize> {
        self.finder.find(text)
    }

    /// Tells whether records are lines.
    pub fn is_newline(&self) -> bool {
        self.bytes() == b"\n"
    }
}

impl PartialEq for Delimiter {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Delimiter {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_is_unescaped_and_never_empty() {
        assert_eq!(Delimiter::parse(r"\x1e\0").unwrap().bytes(), b"\x1e\0");
        assert!(Delimiter::parse(r"\n").unwrap().is_newline());
        for wrong in ["", r"\q"] {
            assert!(Delimiter::parse(wrong).is_err(), "{wrong}");
        }
    }
}
