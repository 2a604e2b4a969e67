//! `dlq ls`: one row a DLQ.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::dlq::Overview;
use crate::error::Report;
use crate::model::timestamp::Timestamp;
use crate::output::Screen;
use crate::output::json::{self, Source};
use crate::output::sanitize;
use crate::output::table::{self, Column};

/// Lays out the rows.
pub fn text(overviews: &[Overview], now: Timestamp, screen: Screen) -> String {
    let columns = [
        Column::name("DLQ"),
        Column::number("RECORDS").detail(),
        Column::number("PENDING"),
        Column::number("REDRIVEN").detail(),
        Column::number("DUPLICATES").extra(),
        Column::number("OLDEST").detail(),
        Column::name("TOP ERROR").detail(),
    ];
    let rows: Vec<_> = overviews
        .iter()
        .map(|overview| {
            vec![
                overview.dlq.to_string(),
                overview.records.to_string(),
                overview.pending.to_string(),
                overview.redriven.to_string(),
                overview.duplicates.to_string(),
                overview.oldest_pending.map_or_else(|| "-".to_owned(), |time| age(time, now)),
                overview.top_error().map_or_else(
                    || "-".to_owned(),
                    |(code, count)| format!("{} ({count})", sanitize::line(code.as_bytes())),
                ),
            ]
        })
        .collect();
    table::layout(&columns, &rows, screen)
}

/// Renders one document.
pub fn json(source: &Source, overviews: &[Overview], errors: &[Report]) -> json::Rendered {
    let items: Vec<Value> = overviews.iter().map(|overview| item(overview, source.as_of)).collect();
    json::document("DlqList", source, json!({}), &items, errors)
}

/// Renders one object a line.
pub fn jsonl(overviews: &[Overview], now: Timestamp) -> String {
    let mut text = String::new();
    for overview in overviews {
        let _ = writeln!(text, "{}", item(overview, now));
    }
    text
}

fn item(overview: &Overview, now: Timestamp) -> Value {
    let Overview {
        dlq,
        main,
        records,
        pending,
        redriven,
        duplicates,
        hidden,
        oldest_pending,
        errors,
    } = overview;
    let age_ms = oldest_pending.map(|time| now.0.saturating_sub(time.0).max(0));
    json!({
        "topic": dlq,
        "main_topic": main,
        "records": records,
        "pending": pending,
        "redriven": redriven,
        "duplicates": duplicates,
        "hidden_offsets": hidden,
        "oldest_pending": oldest_pending.map(Timestamp::rfc3339),
        "oldest_pending_age_ms": age_ms,
        "top_error": overview.top_error().map(|(code, _)| code),
        "pending_errors": errors
            .iter()
            .map(|(code, count)| json!({ "code": code, "count": count }))
            .collect::<Vec<_>>(),
    })
}

/// Shows how long ago something was, in its largest unit.
fn age(time: Timestamp, now: Timestamp) -> String {
    let seconds = now.0.saturating_sub(time.0).max(0) / 1_000;
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_is_a_dash() {
        let overview = Overview::new("orders-dlq".into(), None);
        assert_eq!(
            text(&[overview], Timestamp(0), Screen::default()),
            "DLQ         RECORDS  PENDING  REDRIVEN  DUPLICATES  OLDEST  TOP ERROR\n\
             orders-dlq        0        0         0           0       -  -\n"
        );
    }

    #[test]
    fn ages_have_one_unit() {
        let age = |seconds: i64| age(Timestamp(0), Timestamp(seconds * 1_000));
        assert_eq!(
            [age(-5), age(119), age(120), age(7_300), age(90_000), age(172_800)],
            ["0s", "119s", "2m", "2h", "25h", "2d"]
        );
    }
}
