//! JSON documents: every one has a version and a kind.

use serde::Serialize;

use crate::error::Report;

/// The version of all documents; changes within it only add.
pub const API_VERSION: &str = "flowctl/v1";

/// What every document of `-o json` has; the command's own fields stand beside the items.
#[derive(Debug, Serialize)]
struct Document<'a, Fields: Serialize, Item: Serialize> {
    #[serde(rename = "apiVersion")]
    api_version: &'static str,
    kind: &'a str,
    #[serde(flatten)]
    fields: Fields,
    items: &'a [Item],
    errors: &'a [Report],
}

/// Renders a document, indented, with a line end. `errors` says what is missing from the items and
/// why; when it is not empty the document is partial.
pub fn document<Fields: Serialize, Item: Serialize>(
    kind: &str,
    fields: Fields,
    items: &[Item],
    errors: &[Report],
) -> String {
    let document = Document { api_version: API_VERSION, kind, fields, items, errors };
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_names_version_and_kind_and_keeps_its_fields() {
        let text = document("Thing", serde_json::json!({ "cluster": "c" }), &[1, 2], &[]);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            value,
            serde_json::json!({
                "apiVersion": "flowctl/v1", "kind": "Thing", "cluster": "c",
                "items": [1, 2], "errors": []
            })
        );
    }
}
