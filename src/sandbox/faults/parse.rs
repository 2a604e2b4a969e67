//! Rules as people write them: `Produce topic=orders every=3 error=NOT_LEADER_OR_FOLLOWER`.

use std::str::FromStr;
use std::time::Duration;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::ApiKey;

use super::rule::{Effect, Fault};
use crate::kafka::ErrorCode;
use crate::model::duration::parse_duration;

/// Why a text is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// Nothing there.
    #[error("a rule begins with a call of Kafka's protocol, such as Produce, or *")]
    Empty,
    /// No call has this name.
    #[error(
        "`{0}` is no call of Kafka's protocol; they are Produce, Fetch, EndTxn and so on, or *"
    )]
    Api(String),
    /// No error has this name.
    #[error(
        "`{0}` is no error of Kafka's; they are NOT_LEADER_OR_FOLLOWER, REQUEST_TIMED_OUT and so on"
    )]
    Error(String),
    /// A word that means nothing here.
    #[error(
        "`{0}` is no part of a rule: conditions are topic=, group=, client=, every=, times=, chance=, \
         seed=; what happens is error=, error-after=, drop, drop-after, delay=, delay-after= or throttle="
    )]
    Word(String),
    /// A value that does not fit its name.
    #[error("`{0}`: {1}")]
    Value(String, String),
    /// Two of what there may be one of.
    #[error("`{0}` comes after another one of its kind")]
    Twice(String),
    /// Dice that nobody throws.
    #[error("`seed=` says how dice are thrown, and without `chance=` there are none")]
    Seed,
    /// Nothing happens.
    #[error(
        "the rule does not say what happens: error=, error-after=, drop, drop-after, delay=, \
         delay-after= or throttle="
    )]
    Harmless,
}

impl Fault {
    /// Reads a rule: the call, then words in any order.
    pub fn parse(text: &str) -> Result<Self, FaultError> {
        let mut words = text.split_whitespace();
        let api = words.next().ok_or(FaultError::Empty)?;
        let api = if api == "*" { None } else { Some(api_named(api)?) };
        let mut read = Read::default();
        for word in words {
            read.word(word)?;
        }
        if read.seed.is_some() && read.chance.is_none() {
            return Err(FaultError::Seed);
        }
        Ok(Self {
            text: text.to_owned(),
            api,
            topic: read.topic,
            group: read.group,
            client: read.client,
            every: read.every.unwrap_or(1),
            times: read.times,
            chance: read.chance,
            seed: read.seed.unwrap_or_default(),
            effect: read.effect.ok_or(FaultError::Harmless)?,
        })
    }

    /// Reads rules, one a line; empty lines and those that begin with `#` say nothing. An error
    /// comes with its line, counted from 1.
    pub fn parse_lines(text: &str) -> Result<Vec<Self>, (usize, FaultError)> {
        text.lines()
            .zip(1..)
            .map(|(line, number)| (line.trim(), number))
            .filter(|(line, _)| !line.is_empty() && !line.starts_with('#'))
            .map(|(line, number)| Self::parse(line).map_err(|error| (number, error)))
            .collect()
    }
}

/// What has been read of a rule.
#[derive(Default)]
struct Read {
    topic: Option<String>,
    group: Option<String>,
    client: Option<String>,
    every: Option<u64>,
    times: Option<u64>,
    chance: Option<f64>,
    seed: Option<u64>,
    effect: Option<Effect>,
}

impl Read {
    fn word(&mut self, word: &str) -> Result<(), FaultError> {
        let unknown = || FaultError::Word(word.to_owned());
        let Some((name, value)) = word.split_once('=') else {
            let effect = match word {
                "drop" => Effect::Drop,
                "drop-after" => Effect::DropAfter,
                _ => return Err(unknown()),
            };
            return put(&mut self.effect, effect, word);
        };
        let text = || value.to_owned();
        match name {
            "topic" => put(&mut self.topic, text(), word),
            "group" => put(&mut self.group, text(), word),
            "client" => put(&mut self.client, text(), word),
            "every" => put(&mut self.every, above_zero(number(word, value)?, word)?, word),
            "times" => put(&mut self.times, number(word, value)?, word),
            "seed" => put(&mut self.seed, number(word, value)?, word),
            "chance" => {
                let chance: f64 = number(word, value)?;
                if !(0.0..=1.0).contains(&chance) {
                    return Err(FaultError::Value(word.to_owned(), "it is from 0 to 1".to_owned()));
                }
                put(&mut self.chance, chance, word)
            }
            "error" => put(&mut self.effect, Effect::Error(error_named(value)?), word),
            "error-after" => put(&mut self.effect, Effect::ErrorAfter(error_named(value)?), word),
            "delay" => put(&mut self.effect, Effect::Delay(duration(word, value)?), word),
            "delay-after" => {
                put(&mut self.effect, Effect::DelayAfter(duration(word, value)?), word)
            }
            "throttle" => put(&mut self.effect, Effect::Throttle(duration(word, value)?), word),
            _ => Err(unknown()),
        }
    }
}

/// Puts a value where none is yet.
fn put<T>(place: &mut Option<T>, value: T, word: &str) -> Result<(), FaultError> {
    if place.replace(value).is_some() { Err(FaultError::Twice(word.to_owned())) } else { Ok(()) }
}

fn number<N: FromStr<Err: ToString>>(word: &str, value: &str) -> Result<N, FaultError> {
    value.parse().map_err(|error: N::Err| FaultError::Value(word.to_owned(), error.to_string()))
}

fn above_zero(number: u64, word: &str) -> Result<u64, FaultError> {
    let problem = || FaultError::Value(word.to_owned(), "it is at least 1".to_owned());
    Some(number).filter(|number| *number > 0).ok_or_else(problem)
}

fn duration(word: &str, value: &str) -> Result<Duration, FaultError> {
    parse_duration(value).map_err(|error| FaultError::Value(word.to_owned(), error.to_string()))
}

/// Finds a call by Kafka's name, in any case.
fn api_named(text: &str) -> Result<String, FaultError> {
    ApiKey::iter()
        .map(|api| format!("{api:?}"))
        .find(|name| name.eq_ignore_ascii_case(text))
        .ok_or_else(|| FaultError::Api(text.to_owned()))
}

/// Finds an error by Kafka's name, in any case.
fn error_named(text: &str) -> Result<ResponseError, FaultError> {
    (-1..=i16::from(u8::MAX))
        .filter(|code| ErrorCode(*code).name().eq_ignore_ascii_case(text))
        .find_map(ResponseError::try_from_code)
        .ok_or_else(|| FaultError::Error(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_says_whom_how_often_and_what() {
        let rule =
            Fault::parse("produce topic=orders client=c every=3 error=not_leader_or_follower")
                .unwrap();
        assert_eq!(rule.api.as_deref(), Some("Produce"));
        assert_eq!((rule.topic.as_deref(), rule.client.as_deref()), (Some("orders"), Some("c")));
        assert_eq!(rule.every, 3);
        assert_eq!(rule.effect, Effect::Error(ResponseError::NotLeaderOrFollower));
        let rule = Fault::parse("* delay=200ms times=2").unwrap();
        assert_eq!((rule.api, rule.times), (None, Some(2)));
        assert_eq!(rule.effect, Effect::Delay(Duration::from_millis(200)));
        let rule = Fault::parse("EndTxn delay-after=1h").unwrap();
        assert_eq!(rule.effect, Effect::DelayAfter(Duration::from_secs(3600)));
    }

    #[test]
    fn what_is_no_rule_is_named() {
        for (text, part) in [
            ("", "begins with a call"),
            ("Prduce drop", "`Prduce` is no call"),
            ("Produce error=NOPE", "`NOPE` is no error"),
            ("Produce slow", "`slow` is no part"),
            ("Produce topic=a", "does not say what happens"),
            ("Produce drop delay=1s", "`delay=1s` comes after"),
            ("Produce every=0 drop", "at least 1"),
            ("Produce chance=2 drop", "from 0 to 1"),
            ("Produce seed=1 drop", "without `chance=`"),
            ("Produce times=x drop", "`times=x`: invalid digit"),
            ("Produce delay=x", "`delay=x`: "),
        ] {
            let error = Fault::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn a_file_has_a_rule_a_line() {
        let rules = Fault::parse_lines("# none yet\n\n  Fetch drop\n").unwrap();
        assert_eq!(rules.len(), 1);
        let (line, _) = Fault::parse_lines("Fetch drop\nNope drop").unwrap_err();
        assert_eq!(line, 2);
    }
}
