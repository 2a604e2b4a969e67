//! Records that went with their topic, in the reports of those who wrote them.

use serde_json::{Value, json};

use crate::model::lost::Lost;
use crate::model::topic::Gone;

/// Renders them.
pub(super) fn items<'a>(all: impl IntoIterator<Item = &'a Lost>) -> Value {
    let item = |lost: &Lost| {
        let Lost { topic, gone, records, uncertain } = lost;
        let what = match gone {
            Gone::Deleted => "deleted",
            Gone::CreatedAgain => "created_again",
        };
        json!({
            "topic": topic,
            "topic_was": what,
            "records": records,
            "uncertain_records": uncertain,
        })
    };
    all.into_iter().map(item).collect()
}
