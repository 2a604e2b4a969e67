//! One source file as the walls see it: its code without comments, strings and unit tests.

use std::path::Path;

/// A source file.
#[derive(Debug)]
pub(crate) struct Source {
    /// The path below `src`, such as `kafka/rd/mod.rs`.
    pub(crate) path: String,
    /// The file as it is.
    pub(crate) text: String,
    /// The tokens of its code: words, and punctuation one character at a time, with their lines.
    /// A string is one token `"`, whatever it holds.
    pub(crate) tokens: Vec<Token>,
}

/// A word or a punctuation character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) text: String,
    /// The line, from 1.
    pub(crate) line: usize,
}

impl Source {
    /// Reads a source.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let tokens = without_tests(&tokens(text));
        Self { path: path.to_owned(), text: text.to_owned(), tokens }
    }

    /// Returns the room, which is the top-level module: `kafka` of `kafka/rd/mod.rs`.
    pub(crate) fn room(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// Returns the modules that lead to this file: `kafka`, `rd` of `kafka/rd/mod.rs`.
    pub(crate) fn module(&self) -> Vec<&str> {
        let path = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        path.split('/').filter(|name| !["mod", "lib", "main"].contains(name)).collect()
    }

    /// Returns the places where this run of tokens stands in the code: `["Approval", "::",
    /// "given"]`.
    pub(crate) fn places_of(&self, pattern: &[&str]) -> Vec<usize> {
        let wanted: Vec<String> = pattern.iter().flat_map(|part| split(part)).collect();
        self.tokens
            .windows(wanted.len())
            .filter(|window| window.iter().map(|token| &token.text).eq(&wanted))
            .filter_map(|window| window.first().map(|token| token.line))
            .collect()
    }
}

/// Splits `::` and `!` off, as the tokens are.
fn split(part: &str) -> Vec<String> {
    tokens(part).into_iter().map(|token| token.text).collect()
}

/// Reads every `.rs` file below a folder, sorted by path.
pub(crate) fn read(folder: &Path) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in std::fs::read_dir(&current).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                sources.push(Source::new(&name, &std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

/// Reads a text into tokens: comments go, a string or character becomes `"`.
fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = string(rest).or_else(|| character(rest)) {
            found.push(Token { text: "\"".to_owned(), line });
            length
        } else if first.is_alphanumeric() || first == '_' {
            let is_word = |character: char| character.is_alphanumeric() || character == '_';
            let length = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
            found.push(Token { text: rest[..length].to_owned(), line });
            length
        } else {
            if !first.is_whitespace() {
                found.push(Token { text: first.to_string(), line });
            }
            first.len_utf8()
        };
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    found
}

/// Returns the length of the block comment that the text begins with; they nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// Returns the length of the string that the text begins with, raw or not, with its prefix.
fn string(text: &str) -> Option<usize> {
    let prefix = text.find(|character| !['b', 'c', 'r'].contains(&character))?;
    let hashes = text[prefix..].find(|character| character != '#')?;
    let open = prefix + hashes;
    if !text[open..].starts_with('"') || prefix > 2 {
        return None;
    }
    if text[..prefix].contains('r') {
        let close = format!("\"{}", "#".repeat(hashes));
        let body = open + 1;
        return Some(text[body..].find(&close).map_or(text.len(), |end| body + end + close.len()));
    }
    if hashes > 0 {
        return None;
    }
    let mut escaped = false;
    for (at, character) in text[open + 1..].char_indices() {
        match character {
            '"' if !escaped => return Some(open + 1 + at + 1),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    Some(text.len())
}

/// Returns the length of the character literal that the text begins with; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let body = text.strip_prefix('\'')?;
    let first = body.chars().next()?;
    let end = if first == '\\' {
        // The escaped character itself may be the quote.
        let escaped = 1 + body[1..].chars().next()?.len_utf8();
        escaped + body[escaped..].find('\'')?
    } else {
        first.len_utf8()
    };
    body[end..].starts_with('\'').then_some(end + 2)
}

/// Leaves out every item under `#[cfg(test)]`: what tests name breaks no wall.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let attribute = split("#[cfg(test)]");
    let mut kept = Vec::new();
    let mut rest = tokens;
    while let Some((first, after)) = rest.split_first() {
        let begins = rest.iter().map(|token| &token.text).take(attribute.len()).eq(&attribute);
        if begins {
            rest = &rest[attribute.len() + item_length(&rest[attribute.len()..])..];
        } else {
            kept.push(first.clone());
            rest = after;
        }
    }
    kept
}

/// Returns how many tokens the item has: to its `;`, or to the end of its braces.
fn item_length(tokens: &[Token]) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            ";" if depth == 0 => return at + 1,
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

#[test]
fn comments_strings_and_characters_are_not_code() {
    let text = r####"
        //! rdkafka in a comment
        /* rdkafka /* nested */ rdkafka */
        fn f<'a>(x: &'a str) { g("rdkafka \" rdkafka", r#"rdkafka " rdkafka"#, b'"', '\'', '\u{41}'); end }
    "####;
    let source = Source::new("a.rs", text);
    assert!(source.places_of(&["rdkafka"]).is_empty());
    assert_eq!(source.places_of(&["end"]), [4]);
}

#[test]
fn unit_tests_are_not_code() {
    let text =
        "#[cfg(test)]\nmod tests { fn f() { a(); } }\nfn g() { b(); }\n#[cfg(test)]\nuse c;\nd!();";
    let source = Source::new("a.rs", text);
    assert!(source.places_of(&["a"]).is_empty() && source.places_of(&["c"]).is_empty());
    assert_eq!((source.places_of(&["b"]), source.places_of(&["d", "!"])), (vec![3], vec![6]));
}

#[test]
fn a_file_knows_its_room_and_module() {
    let source = Source::new("kafka/rd/mod.rs", "");
    assert_eq!((source.room(), source.module()), ("kafka", vec!["kafka", "rd"]));
    assert_eq!(Source::new("clock.rs", "").room(), "clock");
}
