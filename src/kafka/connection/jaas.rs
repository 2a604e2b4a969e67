//! `sasl.jaas.config`, the way in which Java clients are given a user and a password.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

use super::Secret;

/// What a JAAS text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Jaas {
    pub(super) module: Module,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
}

/// The login modules that go with the mechanisms flowctl speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Module {
    Plain,
    Scram,
}

impl Module {
    /// Returns the name of the class without its package.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "PlainLoginModule",
            Self::Scram => "ScramLoginModule",
        }
    }
}

/// Reads one entry: `module required|requisite|sufficient|optional name="value" …;`. Errors never
/// show the text, which has the password.
pub(super) fn parse(text: &str) -> Result<Jaas, String> {
    let mut tokens = tokens(text)?.into_iter();
    let module = match tokens.next() {
        Some(Token::Word(class)) => module(&class)?,
        Some(Token::Sign(_)) | None => return Err("the login module is missing".to_owned()),
    };
    match tokens.next() {
        Some(Token::Word(flag)) if is_flag(&flag) => {}
        Some(_) | None => {
            return Err(format!("`required` must follow after {}", module.name()));
        }
    }
    let mut options = BTreeMap::new();
    loop {
        match tokens.next() {
            Some(Token::Sign(';')) => break,
            Some(Token::Word(name)) => match (tokens.next(), tokens.next()) {
                (Some(Token::Sign('=')), Some(Token::Word(value))) => {
                    options.insert(name, value);
                }
                _ => return Err(format!("`{name}` needs `=` and a value")),
            },
            Some(Token::Sign(sign)) => return Err(format!("`{sign}` is not expected")),
            None => return Err("`;` is missing at the end".to_owned()),
        }
    }
    if tokens.next().is_some() {
        return Err("there is more than one login module".to_owned());
    }
    if options.get("tokenauth").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Err("delegation tokens (`tokenauth`) are not supported".to_owned());
    }
    Ok(Jaas {
        module,
        username: options.remove("username"),
        password: options.remove("password").map(Secret::new),
    })
}

/// Names the module of a class.
fn module(class: &str) -> Result<Module, String> {
    match class.rsplit('.').next() {
        Some("PlainLoginModule") => Ok(Module::Plain),
        Some("ScramLoginModule") => Ok(Module::Scram),
        Some(other) => {
            Err(format!("`{other}` is not supported; PlainLoginModule and ScramLoginModule are"))
        }
        None => Err("the login module is missing".to_owned()),
    }
}

/// Tells whether the word is a control flag of JAAS.
fn is_flag(word: &str) -> bool {
    ["required", "requisite", "sufficient", "optional"]
        .iter()
        .any(|flag| flag.eq_ignore_ascii_case(word))
}

/// A piece of the text.
enum Token {
    /// A bare or quoted word.
    Word(String),
    /// `=` or `;`.
    Sign(char),
}

/// Splits the text as Java's `StreamTokenizer` does.
fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '=' | ';' => tokens.push(Token::Sign(c)),
            '"' | '\'' => tokens.push(Token::Word(quoted(&mut chars, c)?)),
            c if c.is_whitespace() => {}
            c => {
                let mut word = String::from(c);
                while let Some(c) =
                    chars.next_if(|c| !c.is_whitespace() && !matches!(c, '=' | ';' | '"' | '\''))
                {
                    word.push(c);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Ok(tokens)
}

/// Reads up to the closing quote; a backslash escapes.
fn quoted(chars: &mut Peekable<Chars<'_>>, quote: char) -> Result<String, String> {
    let mut word = String::new();
    while let Some(c) = chars.next() {
        if c == quote {
            return Ok(word);
        }
        let c = if c == '\\' {
            match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some(other) => other,
                None => break,
            }
        } else {
            c
        };
        word.push(c);
    }
    Err(format!("a closing `{quote}` is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(text: &str) -> (Module, String, String) {
        let jaas = parse(text).unwrap();
        (jaas.module, jaas.username.unwrap(), jaas.password.unwrap().reveal().to_owned())
    }

    #[test]
    fn plain_and_scram_are_read() {
        assert_eq!(
            user(
                "org.apache.kafka.common.security.plain.PlainLoginModule required \
                 username=\"alice\" password=\"a \\\"b\\\\;=\";"
            ),
            (Module::Plain, "alice".to_owned(), "a \"b\\;=".to_owned())
        );
        assert_eq!(
            user(
                "org.apache.kafka.common.security.scram.ScramLoginModule Required\n  username = bob\n password='x';"
            ),
            (Module::Scram, "bob".to_owned(), "x".to_owned())
        );
    }

    #[test]
    fn what_is_wrong_is_named_without_the_password() {
        for (text, why) in [
            ("", "login module is missing"),
            ("a.PlainLoginModule username=\"u\";", "`required`"),
            ("a.PlainLoginModule required password=\"hush\"", "`;` is missing"),
            ("a.PlainLoginModule required password=\"hush;", "closing `\"`"),
            ("a.PlainLoginModule required password;", "needs `=`"),
            ("a.Krb5LoginModule required;", "`Krb5LoginModule` is not supported"),
            ("a.ScramLoginModule required tokenauth=\"true\";", "delegation tokens"),
            ("a.ScramLoginModule required; b.X required;", "more than one"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
            assert!(!error.contains("hush"), "{error}");
        }
    }
}
