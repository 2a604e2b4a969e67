//! JSON documents: all of them have the same head, and their own fields beside the items.

use serde::Serialize;

use crate::error::Report;
use crate::model::timestamp::Timestamp;

/// The version of all documents; changes within it only add.
pub const API_VERSION: &str = "flowctl/v1";

/// Of which cluster a document speaks, and as of when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The cluster's id; `None` when it is unknown, or when no cluster was asked.
    pub cluster_id: Option<String>,
    /// When its numbers were read, or what it reports was over.
    pub as_of: Timestamp,
}

#[derive(Debug, Serialize)]
struct Document<'a, Fields: Serialize, Item: Serialize> {
    #[serde(rename = "apiVersion")]
    api_version: &'static str,
    kind: &'static str,
    cluster_id: Option<&'a str>,
    as_of: String,
    #[serde(flatten)]
    fields: Fields,
    items: &'a [Item],
    errors: &'a [Report],
}

/// A rendered document. A value that JSON has no form for is an error, never an empty document.
pub type Rendered = serde_json::Result<String>;

/// Renders a document, indented, with a line end. `docs/automation.md` describes every `kind`.
/// `errors` says what is missing from the items and why; when it is not empty the document is
/// partial.
pub fn document<Fields: Serialize, Item: Serialize>(
    kind: &'static str,
    source: &Source,
    fields: Fields,
    items: &[Item],
    errors: &[Report],
) -> Rendered {
    let Source { cluster_id, as_of } = source;
    let (cluster_id, as_of) = (cluster_id.as_deref(), as_of.rfc3339());
    let document =
        Document { api_version: API_VERSION, kind, cluster_id, as_of, fields, items, errors };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_the_same_whatever_the_fields_and_unknown_is_null() {
        let source = Source { cluster_id: None, as_of: Timestamp(1_500) };
        let text =
            document("Thing", &source, serde_json::json!({ "topic": "orders" }), &[1, 2], &[])
                .unwrap();
        assert_eq!(
            text,
            "{\n  \"apiVersion\": \"flowctl/v1\",\n  \"kind\": \"Thing\",\n  \"cluster_id\": null,\n  \
             \"as_of\": \"1970-01-01T00:00:01.500Z\",\n  \"topic\": \"orders\",\n  \
             \"items\": [\n    1,\n    2\n  ],\n  \"errors\": []\n}\n"
        );
    }
}
