//! Templates: test events made of text with made-up data in it.

use bytes::Bytes;
use minijinja::{Environment, UndefinedBehavior, Value, context};

use super::fake_data::FakeData;
use super::input::InputRecord;
use crate::model::header::Header;
use crate::model::timestamp::Timestamp;

/// What a template is made of, in minijinja's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateText {
    /// The value.
    pub value: String,
    /// The key; `None` is null. It may use `value`, the rendered value (parsed where it is JSON).
    pub key: Option<String>,
    /// Header names and values; a value of `None` is null. They may use `value` too.
    pub headers: Vec<(String, Option<String>)>,
}

/// The name of the built-in template.
pub const USER_ACTIVITY: &str = "user-activity";

/// Returns a built-in template.
pub fn built_in(name: &str) -> Option<TemplateText> {
    (name == USER_ACTIVITY).then(|| TemplateText {
        value: include_str!("user_activity.json.j2").to_owned(),
        key: Some("{{ value.userId }}".to_owned()),
        headers: vec![
            ("source".to_owned(), Some("web-app".to_owned())),
            ("timestamp".to_owned(), Some("{{ value.timestamp }}".to_owned())),
        ],
    })
}

/// A template, compiled.
#[derive(Debug)]
pub struct Template {
    environment: Environment<'static>,
    data: FakeData,
    key: bool,
    headers: Vec<HeaderPart>,
    uses_value: bool,
    has_made_up_time: bool,
}

/// A header of every record.
#[derive(Debug)]
struct HeaderPart {
    name: Bytes,
    /// The name of its template inside the environment, and what messages call it; `None` is null.
    value: Option<(String, String)>,
}

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the template of the {part}{}: {message}", line.map(|l| format!(", line {l}")).unwrap_or_default())]
pub struct TemplateError {
    /// `value`, `key` or ``header `x` ``.
    pub part: String,
    /// The line in it.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

/// The name of the value's template inside the environment.
const VALUE: &str = "value";
/// The same for the key.
const KEY: &str = "key";

/// With a seed the time in the records is made up too, or they would differ in every run: it starts
/// at 2026-01-01T00:00:00Z …
const MADE_UP_START: i64 = 1_767_225_600_000;
/// … and goes on by a second from record to record.
const MADE_UP_STEP: i64 = 1000;

impl Template {
    /// Compiles a template. With a seed all records are the same in every run; without one they are
    /// random.
    pub fn compile(text: &TemplateText, seed: Option<u64>) -> Result<Self, TemplateError> {
        let TemplateText { value, key, headers } = text;
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let data = FakeData::new(seed.unwrap_or_else(rand::random));
        data.install(&mut environment);
        let mut uses_value = false;
        let mut add = |name: String, part: &str, text: &str| {
            let failed = |error: &minijinja::Error| template_error(part, error);
            environment
                .add_template_owned(name.clone(), text.to_owned())
                .map_err(|e| failed(&e))?;
            let template = environment.get_template(&name).map_err(|e| failed(&e))?;
            uses_value |= template.undeclared_variables(false).contains(VALUE);
            Ok(())
        };
        add(VALUE.to_owned(), VALUE, value)?;
        if let Some(key) = key {
            add(KEY.to_owned(), KEY, key)?;
        }
        let mut parts = Vec::with_capacity(headers.len());
        for (index, (name, value)) in headers.iter().enumerate() {
            let mut part = HeaderPart { name: Bytes::from(name.clone()), value: None };
            if let Some(value) = value {
                let (template, shown) = (format!("header {index}"), format!("header `{name}`"));
                add(template.clone(), &shown, value)?;
                part.value = Some((template, shown));
            }
            parts.push(part);
        }
        Ok(Self {
            environment,
            data,
            key: key.is_some(),
            headers: parts,
            uses_value,
            has_made_up_time: seed.is_some(),
        })
    }

    /// Makes record number `sequence` (from 1); templates know it as `seq`.
    pub fn render(&self, sequence: u64, now: Timestamp) -> Result<InputRecord, TemplateError> {
        self.data.set_now(if self.has_made_up_time { made_up_time(sequence) } else { now });
        let value = self.part(VALUE, VALUE, &context! { seq => sequence })?;
        let known = if self.uses_value {
            let parsed = serde_json::from_str::<serde_json::Value>(&value)
                .map_or_else(|_| Value::from(value.as_str()), Value::from_serialize);
            context! { seq => sequence, value => parsed }
        } else {
            context! { seq => sequence }
        };
        let key = if self.key { Some(Bytes::from(self.part(KEY, KEY, &known)?)) } else { None };
        let mut headers = Vec::with_capacity(self.headers.len());
        for HeaderPart { name, value } in &self.headers {
            let value = match value {
                Some((template, shown)) => Some(Bytes::from(self.part(template, shown, &known)?)),
                None => None,
            };
            headers.push(Header { name: name.clone(), value });
        }
        Ok(InputRecord { key, value: Some(Bytes::from(value)), headers, ..InputRecord::default() })
    }

    fn part(&self, name: &str, part: &str, known: &Value) -> Result<String, TemplateError> {
        self.environment
            .get_template(name)
            .and_then(|template| template.render(known))
            .map_err(|error| template_error(part, &error))
    }
}

/// Returns the time of a record that does not depend on the clock.
fn made_up_time(sequence: u64) -> Timestamp {
    let steps = i64::try_from(sequence).unwrap_or(i64::MAX).saturating_sub(1);
    Timestamp(MADE_UP_START.saturating_add(steps.saturating_mul(MADE_UP_STEP)))
}

/// Puts minijinja's error into words.
fn template_error(part: &str, error: &minijinja::Error) -> TemplateError {
    let message = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    TemplateError { part: part.to_owned(), line: error.line(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> TemplateText {
        TemplateText { value: value.to_owned(), key: None, headers: Vec::new() }
    }

    fn records(seed: Option<u64>) -> Vec<InputRecord> {
        let template = Template::compile(&built_in(USER_ACTIVITY).unwrap(), seed).unwrap();
        (1..=50).map(|sequence| template.render(sequence, Timestamp(0)).unwrap()).collect()
    }

    #[test]
    fn the_built_in_event_has_the_agreed_shape() {
        for record in records(None) {
            let value: serde_json::Value = serde_json::from_slice(&record.value.unwrap()).unwrap();
            let members: Vec<&String> = value.as_object().unwrap().keys().collect();
            assert_eq!(
                members,
                ["activityType", "eventId", "metadata", "timestamp", "userId", "version"]
            );
            let metadata: Vec<&String> = value["metadata"].as_object().unwrap().keys().collect();
            assert_eq!(metadata, ["ipAddress", "sessionId", "userAgent"]);
            assert_eq!(value["version"], "1.0");
            assert_eq!(record.key.unwrap(), value["userId"].as_str().unwrap());
            let names: Vec<_> = record.headers.iter().map(|h| h.name.clone()).collect();
            assert_eq!(names, ["source", "timestamp"]);
            assert_eq!(
                record.headers[1].value.as_ref().unwrap(),
                value["timestamp"].as_str().unwrap()
            );
        }
    }

    #[test]
    fn a_seed_repeats_everything() {
        assert_eq!(records(Some(7)), records(Some(7)));
        assert_ne!(records(Some(7)), records(Some(8)));
        assert_ne!(records(None), records(None));
    }

    #[test]
    fn key_and_headers_see_the_value_and_the_number() {
        let text = TemplateText {
            key: Some("{{ value.id }}-{{ seq }}".to_owned()),
            headers: vec![
                ("n".to_owned(), None),
                ("v".to_owned(), Some("{{ value.id }}".to_owned())),
            ],
            ..text(r#"{"id":{{ seq * 10 }}}"#)
        };
        let record = Template::compile(&text, None).unwrap().render(3, Timestamp(0)).unwrap();
        assert_eq!(record.key.unwrap(), "30-3");
        assert_eq!(record.headers[0].value, None);
        assert_eq!(record.headers[1].value.as_ref().unwrap(), "30");
    }

    #[test]
    fn errors_name_part_and_line() {
        let error = Template::compile(&text("{\n{{ int(1 }}"), None).unwrap_err().to_string();
        assert!(error.starts_with("the template of the value, line 2: syntax error: "), "{error}");
        let template = Template::compile(&text("{{ nope }}"), None).unwrap();
        let error = template.render(1, Timestamp(0)).unwrap_err().to_string();
        assert!(error.contains("line 1: undefined value"), "{error}");
    }
}
