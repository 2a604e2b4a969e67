//! Why a text is no rule: what is wrong, where, and the way out.

use kafka_protocol::ResponseError;

use super::parse::{CONDITIONS, EFFECTS, code_names};
use crate::model::similar::closest;
use crate::sandbox::api::{Offered, offered};

/// Why a text is no rule, or one that could never strike.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{wrong}")]
pub struct FaultError {
    /// Where it stands: the column, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub(super) wrong: Wrong,
}

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Wrong {
    /// Nothing there.
    #[error("a rule begins with a call of Kafka's protocol, such as Produce, or *")]
    Empty,
    /// No call has this name.
    #[error("`{0}` is no call of Kafka's protocol")]
    Call(String),
    /// A call that clients of the sandbox never make.
    #[error("{0} is not offered by the sandbox")]
    NotOffered(String),
    /// A condition that no request of the call can meet.
    #[error("`{word}` never holds: {call} names no {what}")]
    NamesNone {
        /// The condition as it is written.
        word: String,
        /// The call.
        call: String,
        /// What it is asked for.
        what: Named,
    },
    /// The client cannot be told to wait.
    #[error("`{word}` does nothing: the answer of {call} has no place for it")]
    NotThrottled {
        /// The effect as it is written.
        word: String,
        /// The call.
        call: String,
    },
    /// No error has this name.
    #[error("`{0}` is no error of Kafka's")]
    Error(String),
    /// A word that means nothing here.
    #[error("`{0}` is no part of a rule")]
    Word(String),
    /// A value that does not fit its name.
    #[error("`{0}`: {1}")]
    Value(String, String),
    /// Two of what there may be one of.
    #[error("`{0}` comes after another one of its kind")]
    Twice(String),
    /// Another thing that happens.
    #[error("`{0}` is one effect too many: a rule has one")]
    Effects(String),
    /// Dice that nobody throws.
    #[error("`{0}` says how dice are thrown, and without `chance=` there are none")]
    Seed(String),
    /// Nothing happens.
    #[error("the rule does not say what happens")]
    Harmless,
}

/// What requests name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// Topics.
    Topic,
    /// Groups and transactional ids.
    Group,
}

impl Named {
    /// Tells whether a call has requests that name it.
    pub(super) fn is_named_by(self, call: &Offered) -> bool {
        match self {
            Self::Topic => call.names_topics,
            Self::Group => call.names_groups,
        }
    }
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Topic => "topic",
            Self::Group => "group or transactional id",
        })
    }
}

impl FaultError {
    /// Returns the way out, if it can be told.
    pub fn hint(&self) -> Option<String> {
        match &self.wrong {
            Wrong::Call(name) | Wrong::NotOffered(name) => Some(meant(name, &calls(|_| true))),
            Wrong::NamesNone { what, .. } => {
                let naming = calls(|call| what.is_named_by(call));
                Some(format!("those that do are {}", naming.join(", ")))
            }
            Wrong::NotThrottled { .. } => Some("delay= lets the client wait too".to_owned()),
            Wrong::Error(name) => {
                let names: Vec<_> = code_names().map(|(name, _)| name).collect();
                let nearest = closest(name, names.iter().map(String::as_str));
                Some(nearest.map_or_else(some_errors, did_you_mean))
            }
            Wrong::Word(word) => Some(with_value(word).unwrap_or_else(|| {
                let name = word.split_once('=').map_or(word.as_str(), |(name, _)| name);
                let known = CONDITIONS.iter().chain(&EFFECTS);
                let nearest = closest(name, known.map(|word| word.trim_end_matches('=')));
                nearest.map_or_else(words, did_you_mean)
            })),
            Wrong::Harmless => Some(format!("it says so by {}", one_of(&EFFECTS))),
            Wrong::Effects(_) => {
                Some("another rule can have it; of those that strike, the first decides".to_owned())
            }
            Wrong::Empty | Wrong::Value(..) | Wrong::Twice(_) | Wrong::Seed(_) => None,
        }
    }
}

/// Returns the names of the offered calls of a kind.
fn calls(is_wanted: impl Fn(&Offered) -> bool) -> Vec<String> {
    let mut names: Vec<_> = offered().into_iter().filter(is_wanted).map(|call| call.name).collect();
    names.sort_unstable();
    names
}

/// Says which of the names was probably meant, or all of them.
fn meant(name: &str, known: &[String]) -> String {
    let nearest = closest(name, known.iter().map(String::as_str));
    nearest.map_or_else(|| format!("offered are {}, and * is any", known.join(", ")), did_you_mean)
}

/// Shows how a word is written whose value does not stand with it.
fn with_value(word: &str) -> Option<String> {
    let example = match word {
        "topic" => "orders",
        "group" | "client" => "billing",
        "every" | "times" | "seed" => "3",
        "chance" => "0.1",
        "error" | "error-after" => "NOT_LEADER_OR_FOLLOWER",
        "delay" | "delay-after" | "throttle" => "1s",
        _ => return None,
    };
    Some(format!("it is written {word}={example}, without spaces"))
}

fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
}

fn some_errors() -> String {
    let some = [ResponseError::NotLeaderOrFollower, ResponseError::RequestTimedOut];
    let name = |error: ResponseError| crate::kafka::ErrorCode(error.code()).name();
    format!("they are {} and so on", some.map(name).join(", "))
}

fn words() -> String {
    format!("conditions are {}; what happens is {}", CONDITIONS.join(", "), one_of(&EFFECTS))
}

/// Lists words of which one is taken.
fn one_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [others @ .., last] => format!("{} or {last}", others.join(", ")),
    }
}
