//! "Did you mean": the known word that is closest to an unknown one.

/// How many single-letter slips make a word another word: a third of its letters, at least one.
const SLIPS: usize = 3;

/// Returns the candidate that `word` was probably meant to be.
pub fn closest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let folded = word.to_lowercase().replace('-', "_");
    candidates
        .into_iter()
        .map(|candidate| {
            let other = candidate.to_lowercase().replace('-', "_");
            (strsim::damerau_levenshtein(&folded, &other), candidate)
        })
        .filter(|(distance, candidate)| {
            let letters = word.chars().count().min(candidate.chars().count());
            *distance <= (letters / SLIPS).max(1) && *distance < letters
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let keys = ["partitions", "replication", "retention", "dlq"];
        assert_eq!(closest("partition", keys), Some("partitions"));
        assert_eq!(closest("retnetion", keys), Some("retention"));
        assert_eq!(closest("DLQ", keys), Some("dlq"));
        assert_eq!(closest("dql", keys), Some("dlq"));
        assert_eq!(closest("colour", keys), None);
        assert_eq!(closest("x", ["y"]), None);
    }
}
