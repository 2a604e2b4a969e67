//! Dead letters: DLQs in rows, single ones with all they tell, redrives as plans and reports.

pub mod letter;
pub mod overview;
pub mod redrive;

use serde_json::{Value, json};

use crate::dlq::{DeadLetter, Fate, Flaw, Origin};
use crate::model::name::TopicName;
use crate::model::timestamp::Timestamp;

/// Says that a topic is perhaps not what it was taken for.
pub fn unlike_a_dlq(topic: &TopicName) -> String {
    format!(
        "no record of `{topic}` looks like a dead letter: none that was read has the headers of a \
         known convention, and no topology says that it is a DLQ"
    )
}

/// Shows bytes in JSON, as the record envelope does: text where they are text, base64 where not.
fn bytes(bytes: Option<&[u8]>) -> (Value, &'static str) {
    use base64::Engine;
    match bytes.map(|bytes| (bytes, std::str::from_utf8(bytes))) {
        None => (Value::Null, "null"),
        Some((_, Ok(text))) => (Value::from(text), "utf8"),
        Some((bytes, Err(_))) => {
            (Value::from(base64::engine::general_purpose::STANDARD.encode(bytes)), "base64")
        }
    }
}

/// Shows an origin in JSON.
fn origin(origin: &Origin) -> Value {
    let Origin { topic, is_topic_assumed, partition, offset, timestamp, group, flaws } = origin;
    json!({
        "topic": topic,
        "topic_from": match (topic, is_topic_assumed) {
            (None, _) => Value::Null,
            (Some(_), true) => Value::from("topology"),
            (Some(_), false) => Value::from("record"),
        },
        "partition": partition,
        "offset": offset,
        "timestamp": timestamp.map(Timestamp::rfc3339),
        "group": group,
        "flaws": flaws.iter().map(Flaw::to_string).collect::<Vec<_>>(),
    })
}

/// Shows the error code, which every listing has.
fn code(dead_letter: &DeadLetter) -> Option<&str> {
    dead_letter.failure.as_ref()?.code.as_deref()
}

/// Returns the word for what became of a dead letter.
fn fate_word(fate: &Fate) -> &'static str {
    match fate {
        Fate::Redriven { .. } => "redriven",
        Fate::Duplicate => "duplicate",
        Fate::Refused(_) => "refused",
        Fate::Failed(_) => "failed",
    }
}
