//! What the user allows beforehand, and what each class of change needs.

use std::collections::BTreeSet;
use std::fmt;

use crate::model::name::TopicName;
use crate::topology::resolved::{Protect, Role};

use super::blast_radius::BlastRadius;
use super::classify::Class;
use super::decide::Verdict;
use super::difference::{Difference, Obstacle, ObstacleKind};

/// One `--allow`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Allowance {
    /// `disruptive`: disruptive changes of everything whose protection is not strict.
    Disruptive,
    /// `disruptive:NAME`: disruptive changes of this topic.
    DisruptiveTo(TopicName),
    /// `destructive:NAME`: destructive changes of this topic.
    DestructiveTo(TopicName),
}

impl Allowance {
    /// Returns the topic that it names.
    pub fn topic(&self) -> Option<&TopicName> {
        match self {
            Self::Disruptive => None,
            Self::DisruptiveTo(topic) | Self::DestructiveTo(topic) => Some(topic),
        }
    }

    /// Reads the value of `--allow`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let topic = |name: &str| {
            let name = name.strip_prefix("topic/").unwrap_or(name);
            if name.is_empty() {
                return Err(format!("`{text}` names no topic after the colon"));
            }
            Ok(TopicName::from(name))
        };
        match text.split_once(':') {
            None if text == "disruptive" => Ok(Self::Disruptive),
            None if text == "destructive" => {
                Err("destructive changes are allowed topic by topic: \
                                                  write destructive:TOPIC"
                    .to_owned())
            }
            Some(("disruptive", name)) => topic(name).map(Self::DisruptiveTo),
            Some(("destructive", name)) => topic(name).map(Self::DestructiveTo),
            None | Some(_) => Err(format!(
                "`{text}` is nothing to allow: write disruptive, disruptive:TOPIC or \
                 destructive:TOPIC"
            )),
        }
    }
}

impl fmt::Display for Allowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disruptive => f.write_str("disruptive"),
            Self::DisruptiveTo(topic) => write!(f, "disruptive:{topic}"),
            Self::DestructiveTo(topic) => write!(f, "destructive:{topic}"),
        }
    }
}

/// What the user allows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permissions {
    /// Every `--allow`.
    pub allowances: BTreeSet<Allowance>,
    /// `--force-nonempty`: a strictly protected DLQ may lose dead letters.
    pub force_nonempty: bool,
}

impl Permissions {
    /// Gives the allowances that allow nothing of a plan: probably a slip in a name.
    pub fn unused<'a>(
        &'a self,
        differences: &'a [Difference],
    ) -> impl Iterator<Item = &'a Allowance> {
        let is_used = |allowance: &Allowance| {
            let (class, topic) = match allowance {
                Allowance::Disruptive => (Class::Disruptive, None),
                Allowance::DisruptiveTo(topic) => (Class::Disruptive, Some(topic)),
                Allowance::DestructiveTo(topic) => (Class::Destructive, Some(topic)),
            };
            differences.iter().any(|difference| {
                difference.class == class && topic.is_none_or(|topic| difference.topic == *topic)
            })
        };
        self.allowances.iter().filter(move |allowance| !is_used(allowance))
    }

    /// Decides whether a difference may be acted on.
    pub(super) fn judge(&self, difference: &Difference, radius: Option<&BlastRadius>) -> Verdict {
        if let Some(obstacle) = &difference.obstacle {
            return Verdict::Blocked(obstacle.clone());
        }
        match (difference.class, difference.protect) {
            (Class::Additive, _) => Verdict::Go,
            (Class::Change, Protect::None | Protect::Standard) => Verdict::Go,
            (Class::Change, Protect::Strict) => Verdict::Confirm,
            (Class::Disruptive, Protect::None) => Verdict::Go,
            (Class::Disruptive, Protect::Standard) => self.disruptive(difference, true),
            (Class::Disruptive, Protect::Strict) => self.disruptive(difference, false),
            (Class::Destructive, Protect::None) => Verdict::Confirm,
            (Class::Destructive, Protect::Standard) => self.destructive(difference),
            (Class::Destructive, Protect::Strict) => self.destructive_strict(difference, radius),
            // Every impossible difference has its obstacle; one without is not carried out either.
            (Class::Impossible, _) => Verdict::Blocked(Obstacle::impossible("impossible", &[])),
        }
    }

    fn disruptive(&self, difference: &Difference, is_enough_in_general: bool) -> Verdict {
        let by_name = Allowance::DisruptiveTo(difference.topic.clone());
        let is_allowed = self.allowances.contains(&by_name)
            || (is_enough_in_general && self.allowances.contains(&Allowance::Disruptive));
        if is_allowed {
            return Verdict::Confirm;
        }
        let flag = if is_enough_in_general {
            "--allow disruptive".to_owned()
        } else {
            format!("--allow disruptive:{}", difference.topic)
        };
        protected("it can break those who read or write the topic", &flag)
    }

    fn destructive(&self, difference: &Difference) -> Verdict {
        if self.allowances.contains(&Allowance::DestructiveTo(difference.topic.clone())) {
            return Verdict::Confirm;
        }
        protected("records can be lost", &format!("--allow destructive:{}", difference.topic))
    }

    fn destructive_strict(&self, difference: &Difference, radius: Option<&BlastRadius>) -> Verdict {
        match self.destructive(difference) {
            blocked @ Verdict::Blocked(_) => return blocked,
            Verdict::Go | Verdict::Confirm | Verdict::ConfirmByName => {}
        }
        // A DLQ whose records nobody could count may have some.
        let is_empty = radius.is_some_and(|radius| radius.records == Ok(0));
        if difference.role == Role::Dlq && !is_empty && !self.force_nonempty {
            return protected("the DLQ is not empty", "--force-nonempty");
        }
        Verdict::ConfirmByName
    }
}

fn protected(reason: &str, flag: &str) -> Verdict {
    Verdict::Blocked(Obstacle {
        kind: ObstacleKind::Protected,
        reason: reason.to_owned(),
        hints: vec![format!("allow it with {flag}")],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::blast_radius::unanswered;
    use crate::plan::testing::set_retention;

    fn allowed(texts: &[&str]) -> Permissions {
        Permissions {
            allowances: texts.iter().map(|text| Allowance::parse(text).unwrap()).collect(),
            force_nonempty: false,
        }
    }

    fn verdict(class: Class, protect: Protect, allow: &[&str]) -> &'static str {
        let difference = Difference { protect, class, ..set_retention("orders", "1") };
        match allowed(allow).judge(&difference, None) {
            Verdict::Go => "go",
            Verdict::Confirm => "confirm",
            Verdict::ConfirmByName => "by name",
            Verdict::Blocked(_) => "blocked",
        }
    }

    #[test]
    fn every_cell_of_the_table_holds() {
        use Class::{Additive, Change, Destructive, Disruptive, Impossible};
        for (class, none, standard, strict) in [
            (Additive, "go", "go", "go"),
            (Change, "go", "go", "confirm"),
            (Disruptive, "go", "blocked", "blocked"),
            (Destructive, "confirm", "blocked", "blocked"),
            (Impossible, "blocked", "blocked", "blocked"),
        ] {
            assert_eq!(verdict(class, Protect::None, &[]), none, "{class:?}, none");
            assert_eq!(verdict(class, Protect::Standard, &[]), standard, "{class:?}, standard");
            assert_eq!(verdict(class, Protect::Strict, &[]), strict, "{class:?}, strict");
        }
    }

    #[test]
    fn a_flag_allows_what_it_says_and_no_more() {
        use Class::{Destructive, Disruptive};
        let general = ["disruptive"];
        assert_eq!(verdict(Disruptive, Protect::Standard, &general), "confirm");
        assert_eq!(verdict(Disruptive, Protect::Strict, &general), "blocked");
        assert_eq!(verdict(Destructive, Protect::Standard, &general), "blocked");
        let named = ["disruptive:orders"];
        assert_eq!(verdict(Disruptive, Protect::Strict, &named), "confirm");
        assert_eq!(verdict(Destructive, Protect::Standard, &named), "blocked");
        assert_eq!(verdict(Disruptive, Protect::Standard, &["disruptive:other"]), "blocked");
        let destructive = ["destructive:topic/orders"];
        assert_eq!(verdict(Destructive, Protect::Standard, &destructive), "confirm");
        assert_eq!(verdict(Destructive, Protect::Strict, &destructive), "by name");
        assert_eq!(verdict(Disruptive, Protect::Standard, &destructive), "blocked");
    }

    #[test]
    fn a_strict_dlq_keeps_its_dead_letters() {
        let difference = Difference {
            role: Role::Dlq,
            protect: Protect::Strict,
            class: Class::Destructive,
            ..set_retention("orders", "1")
        };
        let radius = |records| BlastRadius { records, deletable: None, groups: Ok(Vec::new()) };
        let mut permissions = allowed(&["destructive:orders"]);
        assert_eq!(permissions.judge(&difference, Some(&radius(Ok(0)))), Verdict::ConfirmByName);
        for records in [Ok(3), Err(unanswered())] {
            let verdict = permissions.judge(&difference, Some(&radius(records.clone())));
            assert!(matches!(verdict, Verdict::Blocked(_)), "{records:?}");
        }
        permissions.force_nonempty = true;
        assert_eq!(permissions.judge(&difference, Some(&radius(Ok(3)))), Verdict::ConfirmByName);
    }

    #[test]
    fn destruction_is_never_allowed_in_general() {
        assert!(Allowance::parse("destructive").unwrap_err().contains("destructive:TOPIC"));
        assert!(Allowance::parse("destructive:").is_err());
        assert!(Allowance::parse("everything").is_err());
    }
}
