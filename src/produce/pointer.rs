//! A JSON pointer (RFC 6901) that finds a record's key in its value.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use serde_json::value::RawValue;

/// A place in a JSON value, such as `/userId` or `/items/0/id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    steps: Vec<String>,
}

impl Pointer {
    /// Reads a pointer.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some(path) = text.strip_prefix('/') else {
            return Err(format!("`{text}` is no JSON pointer, it begins with `/`: `/{text}`"));
        };
        let steps = path.split('/').map(|step| step.replace("~1", "/").replace("~0", "~"));
        Ok(Self { steps: steps.collect() })
    }

    /// Returns the key that the pointer finds: a string's text, a number or boolean as it is
    /// written, `None` for null.
    pub fn key(&self, json: &RawValue) -> Result<Option<Bytes>, String> {
        let found =
            self.find(json).ok_or_else(|| format!("no key: the value has nothing at `{self}`"))?;
        let text = found.get();
        match text.as_bytes().first() {
            Some(b'"') => serde_json::from_str::<String>(text)
                .map(|text| Some(Bytes::from(text)))
                .map_err(|error| format!("the key at `{self}`: {error}")),
            Some(b'{' | b'[') => {
                Err(format!("the value has no string, number or boolean at `{self}`"))
            }
            Some(b'n') => Ok(None),
            Some(_) | None => Ok(Some(Bytes::copy_from_slice(text.as_bytes()))),
        }
    }

    /// Follows the steps; numbers keep the digits that they were written with.
    fn find<'a>(&self, json: &'a RawValue) -> Option<&'a RawValue> {
        let mut at = json;
        for step in &self.steps {
            at = if at.get().starts_with('[') {
                let index: usize = step.parse().ok()?;
                let items: Vec<&RawValue> = serde_json::from_str(at.get()).ok()?;
                items.get(index).copied()?
            } else {
                let members: BTreeMap<String, &RawValue> = serde_json::from_str(at.get()).ok()?;
                members.get(step).copied()?
            };
        }
        Some(at)
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            write!(f, "/{}", step.replace('~', "~0").replace('/', "~1"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(pointer: &str, json: &str) -> Result<Option<Bytes>, String> {
        Pointer::parse(pointer).unwrap().key(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn keys_are_found_as_they_are_written() {
        let json = r#"{"s":"a\u00e9","n":1.50,"b":true,"z":null,"l":[{"x/y":7}],"o":{}}"#;
        for (pointer, found) in [("/s", "aé"), ("/n", "1.50"), ("/b", "true"), ("/l/0/x~1y", "7")]
        {
            assert_eq!(key(pointer, json), Ok(Some(Bytes::from(found))));
        }
        assert_eq!(key("/z", json), Ok(None));
        assert!(key("/o", json).unwrap_err().contains("no string, number or boolean at `/o`"));
        for missing in ["/q", "/l/1", "/s/x", "/l/x"] {
            assert!(key(missing, json).unwrap_err().contains(&format!("nothing at `{missing}`")));
        }
    }

    #[test]
    fn a_pointer_begins_with_a_slash() {
        assert!(Pointer::parse("userId").unwrap_err().contains("`/userId`"));
        assert_eq!(Pointer::parse("/a~1b").unwrap().to_string(), "/a~1b");
    }
}
