//! Phrases that several views and commands have in common.

use crate::error::Problem;
use crate::interrupt::Signal;

/// Says that a signal came before anything was changed.
pub fn nothing_done(signal: Signal) -> Problem {
    Problem::new(signal.exit(), format!("ended by {}: nothing was done", signal.name()))
}

/// Names the place where something will be done, as a question ends.
pub fn place(environment: Option<&str>, cluster_id: Option<&str>) -> String {
    let cluster = cluster_id.unwrap_or("of unknown id");
    match environment {
        Some(environment) => format!("{environment} (cluster {cluster})"),
        None => format!("cluster {cluster}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_as_well_as_it_is_known() {
        assert_eq!(place(Some("stg"), Some("x1")), "stg (cluster x1)");
        assert_eq!(place(None, Some("x1")), "cluster x1");
        assert_eq!(place(None, None), "cluster of unknown id");
    }
}
