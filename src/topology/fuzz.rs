//! Whatever stands in the file, it is read or refused: no panic, no endless loop.

use proptest::prelude::*;

use super::{SetOption, Variables, parse};

const SAMPLE: &str = include_str!("../../topology.yaml");

/// Reads a text, resolves it for all its environments, and lays out what was found.
fn read(text: &str, sets: &[SetOption]) {
    match parse(text, "fuzz.yaml") {
        Ok(topology) => {
            for environment in topology.environments() {
                let lookup = |name: &str| Some(name.to_lowercase());
                match topology.resolve(Some(environment), sets, Variables::Lookup(&lookup)) {
                    Ok(resolved) => drop(resolved.warnings.to_string()),
                    Err(found) => drop(found.to_string()),
                }
            }
        }
        Err(found) => {
            assert!(found.has_errors(), "refused without a reason");
            drop(found.to_string());
        }
    }
}

/// Pieces that YAML or a topology gives a meaning to.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => proptest::sample::select(vec![
            ":", ": ", "- ", "\n", "\n  ", "\n    ", "{", "}", "[", "]", ", ", "#", "'", "\"", "|\n",
            ">-\n", "&a ", "*a", "!!str ", "<<: ", "? ", "---\n", "...\n", "%YAML 1.2\n", "\t", "~",
            "${A}", "${", "{flow}", "\u{feff}", "\u{0}", "é", "👍",
        ])
        .prop_map(str::to_owned),
        2 => proptest::sample::select(vec![
            "apiVersion", "flowctl/v1", "project", "flows", "consumers", "dlq", "retry", "tiers",
            "environments", "overrides", "clamp", "require", "classes", "extends", "naming", "rules",
            "match", "cluster", "properties", "external", "partitions", "retention", "configs", "-1",
            "7d", "99999999999999999999", ">=3", "main", "none", "auto", "true",
        ])
        .prop_map(str::to_owned),
        1 => "\\PC{0,8}",
    ]
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(?s).{0,200}") {
        read(&text, &[]);
    }

    #[test]
    fn any_heap_of_pieces_is_read_or_refused(pieces in prop::collection::vec(piece(), 0..60)) {
        read(&pieces.concat(), &[]);
    }

    #[test]
    fn the_sample_with_a_part_replaced_is_read_or_refused(
        start in 0..SAMPLE.len(),
        length in 0_usize..40,
        pieces in prop::collection::vec(piece(), 0..4),
    ) {
        let end = (start + length).min(SAMPLE.len());
        if let (Some(before), Some(after)) = (SAMPLE.get(..start), SAMPLE.get(end..)) {
            read(&format!("{before}{}{after}", pieces.concat()), &[]);
        }
    }

    #[test]
    fn any_override_is_taken_or_refused(path in "(flows|classes)?[a-z.-]{0,30}", value in "\\PC{0,10}") {
        let known = path.replacen("flows", "flows.user-activity-logs", 1);
        let sets = [path, known].map(|path| SetOption { path, value: value.clone() });
        read(SAMPLE, &sets);
    }
}
