//! What the formats show.

use super::*;
use crate::model::header::Headers;
use crate::model::timestamp::{Timestamp, TimestampType};

/// `a=1`, `a=` (empty), `b` null.
const HEADERS: [u8; 11] = [2, b'a', 2, b'1', 2, b'a', 0, 2, b'b', 1, 0];

fn record<'a>(key: Option<&'a [u8]>, value: Option<&'a [u8]>) -> RecordView<'a> {
    RecordView {
        offset: 42,
        timestamp: Some(Timestamp(1_700_000_000_120)),
        timestamp_type: TimestampType::CreateTime,
        key,
        value,
        headers: Headers::new(3, &HEADERS),
    }
}

fn show(layout: &Layout, screen: Screen, record: &RecordView<'_>) -> String {
    let mut format = RecordFormat::new(layout, screen).unwrap();
    let mut out = Vec::new();
    format.write_heading(&mut out);
    format.write(&TopicName::from("orders"), 3, record, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn raw(fields: Fields) -> Layout {
    Layout::Raw { fields, separator: b"\t".to_vec(), delimiter: b"\n".to_vec(), null: Vec::new() }
}

const PIPE: Screen = Screen { is_terminal: false, has_color: false, width: None };
const TERMINAL: Screen = Screen { is_terminal: true, has_color: false, width: Some(90) };

#[test]
fn raw_is_the_value_and_its_delimiter() {
    let fields = Fields::default();
    assert_eq!(show(&raw(fields), PIPE, &record(Some(b"k"), Some(b"v\x1b"))), "v\x1b\n");
    assert_eq!(show(&raw(fields), TERMINAL, &record(Some(b"k"), Some(b"v\x1b\n"))), "v\\x1b\n\n");
    assert_eq!(show(&raw(fields), PIPE, &record(None, None)), "\n");
    let all = Fields { timestamp: true, headers: true, key: true };
    assert_eq!(
        show(&raw(all), PIPE, &record(Some(b"k"), Some(b"v"))),
        "2023-11-14T22:13:20.120Z\ta=1,a=,b=NULL\tk\tv\n"
    );
}

#[test]
fn a_template_shows_what_kcat_shows() {
    let template = Layout::Template {
        template: r"%t %p %o <%k> <%s> %h %T %S %K %% \x41\n".to_owned(),
        null: b"NULL".to_vec(),
    };
    assert_eq!(
        show(&template, PIPE, &record(Some(b"k1"), None)),
        "orders 3 42 <k1> <NULL> a=1,a=,b=NULL 1700000000120 -1 2 % A\n"
    );
    let binary = Layout::Template { template: "%R".to_owned(), null: Vec::new() };
    assert_eq!(show(&binary, PIPE, &record(None, Some(b"v1"))), "\0\0\0\x02");
    assert_eq!(show(&binary, TERMINAL, &record(None, Some(b"v1"))), "\\x00\\x00\\x00\\x02");
}

#[test]
fn the_envelope_is_safe_on_a_terminal_and_exact_on_a_pipe() {
    let record = record(Some(b"k"), Some("{\"a\":\"\u{202e}\"}".as_bytes()));
    assert!(show(&Layout::Jsonl, PIPE, &record).contains("\u{202e}"));
    assert!(show(&Layout::Jsonl, TERMINAL, &record).contains(r#"{"a":"\u202e"}"#));
}

#[test]
fn pretty_shows_everything_with_json_indented() {
    assert_eq!(
        show(&Layout::Pretty, TERMINAL, &record(Some(b"k\n"), Some(b"{\"a\":[1]}"))),
        "orders[3]@42 2023-11-14T22:13:20.120Z\nkey k\\n\na: 1\na: \nb: (null)\n\
         {\n  \"a\": [\n    1\n  ]\n}\n\n"
    );
    assert!(show(&Layout::Pretty, TERMINAL, &record(None, Some(b"\xff{"))).ends_with("\\xff{\n\n"));
    assert!(show(&Layout::Pretty, PIPE, &record(None, None)).contains("key (null)\n"));
    let colored = Screen { has_color: true, ..TERMINAL };
    let text = show(&Layout::Pretty, colored, &record(None, Some(b"{\"a\":\"b\"}")));
    assert!(text.contains("\x1b[34m\"a\"\x1b[0m: \x1b[32m\"b\"\x1b[0m"), "{text:?}");
}

#[test]
fn a_table_has_one_line_a_record_and_cuts_on_a_terminal_only() {
    let value = "x".repeat(60);
    let long = record(Some(b"a-key-that-is-rather-long"), Some(value.as_bytes()));
    let piped = show(&Layout::Table { with_headers: false }, PIPE, &long);
    assert_eq!(
        piped,
        format!(
            "PARTITION      OFFSET  TIMESTAMP                 KEY                   VALUE\n        \
             3          42  2023-11-14T22:13:20.120Z  a-key-that-is-rather-long  {value}\n"
        )
    );
    let headers = show(&Layout::Table { with_headers: true }, PIPE, &record(None, Some(b"a\nb")));
    assert!(headers.contains("(null)                a=1,a=,b=NULL"), "{headers}");
    assert!(headers.ends_with("a\\nb\n"), "{headers}");
}

#[test]
fn a_table_fits_the_terminal_and_gives_the_time_up_last() {
    let value = "x".repeat(60);
    let record = record(Some(b"a-key-that-is-rather-long"), Some(value.as_bytes()));
    let on = |width, with_headers| {
        let screen = Screen { width: Some(width), ..TERMINAL };
        let shown = show(&Layout::Table { with_headers }, screen, &record);
        assert!(shown.lines().all(|line| line.chars().count() <= width.into()), "{shown}");
        shown.lines().last().unwrap().trim_start().to_owned()
    };
    let time = "2023-11-14T22:13:20.120Z";
    assert_eq!(
        on(100, false),
        format!("3          42  {time}  a-key-that…ther-long  {}…", "x".repeat(28))
    );
    assert_eq!(on(90, false), format!("3          42  {time}  a-key-…-long  {}…", "x".repeat(26)));
    assert_eq!(on(80, false), format!("3          42  a-key-that…ther-long  {}…", "x".repeat(34)));
    assert_eq!(
        on(80, true),
        format!("3          42  a-key-…-long  a=1,a=,b=NULL     {}…", "x".repeat(24))
    );
    assert_eq!(on(45, false), "3          42  a-key-…-long  xxxxxxx…");
}
