//! Whether a command printed what the page shows.

/// Compares what is shown with what was printed. Times, addresses and ids differ from run to run,
/// and so does the space between columns that hold them.
pub(super) fn is_printed(shown: &[String], printed: &str) -> bool {
    let shown: Vec<String> = lines(shown.iter().map(String::as_str));
    let printed: Vec<String> = lines(printed.lines());
    matches(&shown, &printed)
}

/// Makes lines comparable and leaves out empty ones.
fn lines<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    lines.map(comparable).filter(|line| !line.is_empty()).collect()
}

/// Compares line by line; a line `…` stands for any number of them.
fn matches(shown: &[String], printed: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((first, rest)) if first == "…" => (0..=printed.len())
            .filter_map(|skipped| printed.get(skipped..))
            .any(|others| matches(rest, others)),
        Some((first, rest)) => printed
            .split_first()
            .is_some_and(|(line, others)| is_like(first, line) && matches(rest, others)),
    }
}

/// Compares two lines; `…` stands for any text.
fn is_like(shown: &str, printed: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(mut rest) = parts.next().and_then(|first| printed.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Replaces what differs from run to run, and every space by one.
fn comparable(line: &str) -> String {
    line.split_whitespace().map(comparable_word).collect::<Vec<_>>().join(" ")
}

fn comparable_word(word: &str) -> String {
    let core = word.trim_matches(|character: char| "\"'`,;()[]{}".contains(character));
    let digits: String = core
        .chars()
        .map(|character| if character.is_ascii_digit() { '0' } else { character })
        .collect();
    let replacement = if digits.starts_with("0000-00-00") || digits.starts_with("00:00:00") {
        "<time>"
    } else if core.starts_with("127.0.0.1:") || core.starts_with("localhost:") {
        "<address>"
    } else if is_id(core) {
        "<id>"
    } else {
        return word.to_owned();
    };
    word.replace(core, replacement)
}

/// Tells whether a word is a ULID, or a UUID as Kafka writes cluster and topic ids.
fn is_id(word: &str) -> bool {
    let is_ulid = word.len() == 26
        && word
            .chars()
            .all(|character| character.is_ascii_digit() || character.is_ascii_uppercase());
    let is_kafka_id = word.len() == 22
        && word
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "-_".contains(character))
        && word.contains(|character: char| character.is_ascii_digit())
        && word.contains(|character: char| character.is_ascii_uppercase());
    is_ulid || is_kafka_id
}

#[test]
fn wildcards_and_what_differs_between_runs() {
    let is = |shown: &[&str], printed: &str| {
        let shown: Vec<String> = shown.iter().map(|&line| line.to_owned()).collect();
        is_printed(&shown, printed)
    };
    assert!(is(&["NAME   LAG", "a   1"], "NAME LAG\na 1\n"));
    assert!(!is(&["a 1"], "a 2\n"));
    assert!(!is(&["a 1"], "a 1\nb 2\n"));
    assert!(is(&["a 1", "…"], "a 1\nb 2\nc 3\n"));
    assert!(is(&["…", "c 3"], "a 1\nb 2\nc 3\n"));
    assert!(is(&["a … in … s"], "a 17 in 3.5 s\n"));
    assert!(!is(&["a … in … s"], "a 17 in 3.5 m\n"));
    assert!(is(
        &["at 2026-01-01T00:00:00.000Z, 127.0.0.1:9092"],
        "at 2027-11-12T01:02:03Z, 127.0.0.1:20001"
    ));
    assert!(is(&["id 5L6g3nShT-eMCtK--X86sw"], "id 0bHPd1dyR9qPXJ7FMIjLwA"));
}
