//! What is found in values, and what is left of them.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// What is left of a value; the value itself when nothing is removed.
fn without(value: &str) -> String {
    match split(value.as_bytes()) {
        Some((before, after)) => String::from_utf8([before, after].concat()).unwrap(),
        None => value.to_owned(),
    }
}

#[test]
fn the_member_goes_and_all_else_stays() {
    for (value, left) in [
        (r#"{"a":1,"error":{"code":"X"}}"#, r#"{"a":1}"#),
        (r#"{"a": 1.0, "error": {"code": "X"}}"#, r#"{"a": 1.0}"#),
        (r#"{"error":{},"a":1}"#, r#"{"a":1}"#),
        (r#"{"error": {} , "a":1}"#, r#"{"a":1}"#),
        (r#"{"a":1,"error":{},"b":2}"#, r#"{"a":1,"b":2}"#),
        (r#"{"a":1 , "error" : {} , "b":2}"#, r#"{"a":1  , "b":2}"#),
        (r#"{"error":{}}"#, "{}"),
        (" {\n  \"a\": 1e2,\n  \"error\": {}\n}\n", " {\n  \"a\": 1e2\n}\n"),
        ("{\n  \"error\": {},\n  \"a\": 1\n}", "{\n  \"a\": 1\n}"),
        (r#"{"a":1,"a":2,"\u0065rror":{"x":"}"},"a":3}"#, r#"{"a":1,"a":2,"a":3}"#),
    ] {
        assert_eq!(without(value), left);
    }
}

#[test]
fn look_alikes_stay() {
    for value in [
        r#"{"a":{"error":{}}}"#,
        r#"{"a":[{"error":{}}],"b":"\"error\":{}"}"#,
        r#"{"a\"error":{},"errors":{},"Error":{}," error":{}}"#,
        r#"{"error":"boom"}"#,
        r#"{"error":null,"a":1}"#,
        r#"{"error":[{"code":1}]}"#,
        r#"[{"error":{}}]"#,
        r#""error""#,
        r#"{"error":{}} {"#,
        r#"{"a":1,"error":{}"#,
        r#"{"a":1,"error":{},}"#,
        "",
        "\u{feff}{\"error\":{}}",
        "error",
    ] {
        assert_eq!(without(value), value);
    }
}

#[test]
fn of_several_the_last_object_goes() {
    assert_eq!(
        without(r#"{"error":{"a":1},"error":{"b":2},"error":"text"}"#),
        r#"{"error":{"a":1},"error":"text"}"#
    );
}

#[test]
fn deep_nesting_is_no_problem() {
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(
        without(&format!(r#"{{"a":{deep},"error":{{"b":{deep}}}}}"#)),
        format!(r#"{{"a":{deep}}}"#)
    );
}

/// Any JSON value, its strings full of what could confuse a scanner.
fn json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[a-c\"\\\\{}:,\\[\\] \u{e9}\u{1f600}]{0,8}",
        Just("error".to_owned()),
        Just("\"error\":{}".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9_f64..1e9).prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((text.clone(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn space() -> impl Strategy<Value = String> {
    "[ \t\n\r]{0,2}"
}

proptest! {
    /// The bytes of an object without its error member come back, wherever a writer put the
    /// member, as long as it put a comma and the member in and nothing else.
    #[test]
    fn an_inserted_member_is_removed_byte_for_byte(
        members in prop::collection::vec((json(), json(), space(), space()), 0..5),
        place in 0_usize..6,
        error in prop::collection::vec(("[a-d]{1,3}", json()), 0..3),
        gap in space(),
    ) {
        let mut parts: Vec<String> = members
            .into_iter()
            .map(|(key, value, before, after)| {
                let key = Value::from(key.to_string()).to_string();
                format!("{key}{before}:{after}{value}")
            })
            .collect();
        // A member that happens to be called `error` would be a second one.
        parts.retain(|part| !part.starts_with("\"error\""));
        let original = format!("{{{}}}", parts.join(","));
        let error = Value::Object(error.into_iter().collect());
        let place = place.min(parts.len());
        parts.insert(place, format!("\"error\"{gap}:{gap}{error}"));
        let dead = format!("{{{}}}", parts.join(","));
        prop_assert_eq!(without(&dead), original);
    }

    /// Whatever the value is, what is left means the same to serde_json but for the member.
    #[test]
    fn it_agrees_with_serde_json(value in json(), pretty in any::<bool>(), error in json()) {
        let mut value = value;
        if let Some(object) = value.as_object_mut() {
            object.insert("error".to_owned(), error);
        }
        let text = if pretty {
            serde_json::to_string_pretty(&value).unwrap()
        } else {
            value.to_string()
        };
        // Read back, because serde_json does not read each float as it wrote it.
        let mut value: Value = serde_json::from_str(&text).unwrap();
        let left: Value = serde_json::from_str(&without(&text)).unwrap();
        match value.as_object_mut() {
            Some(object) if object["error"].is_object() => {
                object.remove("error");
            }
            Some(_) | None => {}
        }
        prop_assert_eq!(left, value);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        prop_assert!(split(&bytes).is_none_or(|(a, b)| a.len() + b.len() < bytes.len()));
    }
}
