//! Numbers of things in English.

use std::fmt::Display;

/// Counts things: `1 record`, `2 records`.
pub fn count<N: Copy + Display + PartialEq + From<u8>>(number: N, thing: &str) -> String {
    let plural = if number == N::from(1) { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// Says of how many things something was: `1 record was`, `2 records were`.
pub fn count_that_was<N: Copy + Display + PartialEq + From<u8>>(number: N, thing: &str) -> String {
    let verb = if number == N::from(1) { "was" } else { "were" };
    format!("{} {verb}", count(number, thing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_nothing_else_is() {
        assert_eq!([count(0_u64, "record"), count(1, "record")], ["0 records", "1 record"]);
        assert_eq!(count_that_was(1_i64, "offset"), "1 offset was");
        assert_eq!(count_that_was(2_usize, "offset"), "2 offsets were");
    }
}
