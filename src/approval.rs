//! Proof that somebody agreed: functions that change a cluster take one.

/// Made by the confirmation code alone, after an answer at a prompt or a flag that stands for it.
///
/// It is consumed by what it allows, so that one yes is good for one deed.
#[derive(Debug)]
pub struct Approval {
    given_by: ApprovedBy,
}

/// How the approval was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovedBy {
    /// By `--yes`.
    Flag,
    /// By an answer at the prompt.
    Prompt,
    /// The command itself is the wish: it changes nothing that was there (`produce`).
    Command,
}

impl Approval {
    /// Only `output::prompt` (an answer or `--yes`) and commands that are their own approval call
    /// this; the architecture test holds the list of places.
    pub fn given(given_by: ApprovedBy) -> Self {
        Self { given_by }
    }

    /// Stands for somebody's yes in a unit test.
    #[cfg(test)]
    pub(crate) fn for_test() -> Self {
        Self::given(ApprovedBy::Flag)
    }

    /// Returns how it was given.
    pub fn given_by(&self) -> ApprovedBy {
        self.given_by
    }
}
