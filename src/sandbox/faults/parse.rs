//! Rules as people write them: `Produce topic=orders every=3 error=NOT_LEADER_OR_FOLLOWER`.

mod value;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::ApiKey;

use super::error::{FaultError, Named, Wrong};
use super::rule::{Effect, Fault};
use crate::kafka::ErrorCode;
use crate::sandbox::api::{Offered, offered};
use value::{PROBABILITY, WHOLE, above_zero, duration, number, text, unfit};

/// The words that say which requests a rule strikes.
pub(super) const CONDITIONS: [&str; 7] =
    ["topic=", "group=", "client=", "every=", "times=", "chance=", "seed="];
/// The words that say what happens to them.
pub(super) const EFFECTS: [&str; 7] =
    ["error=", "error-after=", "drop", "drop-after", "delay=", "delay-after=", "throttle="];

impl Fault {
    /// Reads a rule: the call, then words in any order. One that could never strike is none.
    pub fn parse(text: &str) -> Result<Self, FaultError> {
        let mut words = words(text);
        let Some((column, api)) = words.next() else {
            return Err(FaultError { column: 1, wrong: Wrong::Empty });
        };
        let at = |column| move |wrong| FaultError { column, wrong };
        let call = if api == "*" { None } else { Some(call_named(api).map_err(at(column))?) };
        let mut read = Read::default();
        for (column, word) in words {
            read.word(word).map_err(at(column))?;
            if let Some(call) = &call {
                check(word, call).map_err(at(column))?;
            }
            if word.starts_with("seed=") {
                read.seeded = Some((column, word));
            }
        }
        if let (Some((column, word)), None) = (read.seeded, read.chance) {
            return Err(at(column)(Wrong::Seed(word.to_owned())));
        }
        let harmless = || at(text.trim_end().chars().count() + 1)(Wrong::Harmless);
        Ok(Self {
            text: text.trim().to_owned(),
            api: call.map(|call| call.name),
            topic: read.topic,
            group: read.group,
            client: read.client,
            every: read.every.unwrap_or(1),
            times: read.times,
            chance: read.chance,
            seed: read.seed.unwrap_or_default(),
            effect: read.effect.ok_or_else(harmless)?,
        })
    }

    /// Reads rules, one a line; empty lines say nothing, nor does what follows a `#` at the
    /// beginning of a word. An error comes with its line, counted from 1.
    pub fn parse_lines(text: &str) -> Result<Vec<Self>, (usize, FaultError)> {
        text.lines()
            .map(without_comment)
            .zip(1..)
            .filter(|(line, _)| !line.trim().is_empty())
            .map(|(line, number)| Self::parse(line).map_err(|error| (number, error)))
            .collect()
    }
}

/// Cuts a comment off.
fn without_comment(line: &str) -> &str {
    let begins_word = |at: &usize| {
        line.get(..*at).is_some_and(|before| before.ends_with(char::is_whitespace) || *at == 0)
    };
    let comment = line.match_indices('#').map(|(at, _)| at).find(begins_word);
    comment.and_then(|at| line.get(..at)).unwrap_or(line)
}

/// Finds the words of a rule and their columns.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let with_column = |next: &mut usize, word: &'_ str| {
        let column = *next;
        *next += word.chars().count() + 1;
        Some(column)
    };
    let columns = text.split(char::is_whitespace).scan(1, with_column);
    columns.zip(text.split(char::is_whitespace)).filter(|(_, word)| !word.is_empty())
}

/// What has been read of a rule.
#[derive(Default)]
struct Read<'t> {
    topic: Option<String>,
    group: Option<String>,
    client: Option<String>,
    every: Option<u64>,
    times: Option<u64>,
    chance: Option<f64>,
    seed: Option<u64>,
    /// The word with the seed and its column.
    seeded: Option<(usize, &'t str)>,
    effect: Option<Effect>,
}

impl Read<'_> {
    fn word(&mut self, word: &str) -> Result<(), Wrong> {
        let unknown = || Wrong::Word(word.to_owned());
        let Some((name, value)) = word.split_once('=') else {
            let effect = match word {
                "drop" => Effect::Drop,
                "drop-after" => Effect::DropAfter,
                _ => return Err(unknown()),
            };
            return self.effect(effect, word);
        };
        match name {
            "topic" => put(&mut self.topic, text(word, value)?, word),
            "group" => put(&mut self.group, text(word, value)?, word),
            "client" => put(&mut self.client, text(word, value)?, word),
            "every" => put(&mut self.every, above_zero(word, value)?, word),
            "times" => put(&mut self.times, above_zero(word, value)?, word),
            "seed" => put(&mut self.seed, number(word, value, WHOLE)?, word),
            "chance" => {
                let chance: f64 = number(word, value, PROBABILITY)?;
                if !(chance > 0.0 && chance <= 1.0) {
                    return Err(unfit(word, PROBABILITY));
                }
                put(&mut self.chance, chance, word)
            }
            "error" => self.effect(Effect::Error(error_named(value)?), word),
            "error-after" => self.effect(Effect::ErrorAfter(error_named(value)?), word),
            "delay" => self.effect(Effect::Delay(duration(word, value)?), word),
            "delay-after" => self.effect(Effect::DelayAfter(duration(word, value)?), word),
            "throttle" => self.effect(Effect::Throttle(duration(word, value)?), word),
            _ => Err(unknown()),
        }
    }

    fn effect(&mut self, effect: Effect, word: &str) -> Result<(), Wrong> {
        put(&mut self.effect, effect, word).map_err(|_twice| Wrong::Effects(word.to_owned()))
    }
}

/// Checks that a word can mean something to a call.
fn check(word: &str, call: &Offered) -> Result<(), Wrong> {
    let name = word.split_once('=').map(|(name, _)| name);
    let what = match name {
        Some("topic") => Named::Topic,
        Some("group") => Named::Group,
        Some("throttle") if !call.can_throttle => {
            return Err(Wrong::NotThrottled { word: word.to_owned(), call: call.name.clone() });
        }
        _ => return Ok(()),
    };
    if what.is_named_by(call) {
        return Ok(());
    }
    Err(Wrong::NamesNone { word: word.to_owned(), call: call.name.clone(), what })
}

/// Puts a value where none is yet.
fn put<T>(place: &mut Option<T>, value: T, word: &str) -> Result<(), Wrong> {
    if place.replace(value).is_some() { Err(Wrong::Twice(word.to_owned())) } else { Ok(()) }
}

/// Finds a call by Kafka's name, in any case.
fn call_named(text: &str) -> Result<Offered, Wrong> {
    let is_meant = |name: &str| name.eq_ignore_ascii_case(text);
    if let Some(call) = offered().into_iter().find(|call| is_meant(&call.name)) {
        return Ok(call);
    }
    let known = ApiKey::iter().map(|api| format!("{api:?}")).find(|name| is_meant(name));
    Err(known.map_or_else(|| Wrong::Call(text.to_owned()), Wrong::NotOffered))
}

/// Finds an error by Kafka's name, in any case.
fn error_named(text: &str) -> Result<ResponseError, Wrong> {
    code_names()
        .find_map(|(name, error)| name.eq_ignore_ascii_case(text).then_some(error))
        .ok_or_else(|| Wrong::Error(text.to_owned()))
}

/// Names all errors.
pub(super) fn code_names() -> impl Iterator<Item = (String, ResponseError)> {
    let named = |code| Some((ErrorCode(code).name(), ResponseError::try_from_code(code)?));
    (-1..=i16::from(u8::MAX)).filter_map(named)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
        for (text, column, wrong, hint) in [
            ("", 1, "begins with a call", ""),
            ("Prduce drop", 1, "`Prduce` is no call", "did you mean `Produce`?"),
            ("Call drop", 1, "`Call` is no call", "offered are AddOffsetsToTxn, "),
            ("Produce error=NOPE", 9, "`NOPE` is no error", "NOT_LEADER_OR_FOLLOWER"),
            ("Fetch error=NOT_LEADER_FOLLOWER", 7, "is no error", "`NOT_LEADER_OR_FOLLOWER`?"),
            ("Produce slow", 9, "`slow` is no part", "conditions are topic=, group=, "),
            ("Produce trottle=1s", 9, "is no part", "did you mean `throttle`?"),
            ("Produce topic=a ", 16, "does not say what happens", "delay-after= or throttle="),
            ("Produce drop delay=1s", 14, "`delay=1s` is one effect too many", "the first decides"),
            ("Fetch drop drop-after", 12, "a rule has one", "another rule can have it"),
            ("Produce times=1 times=2 drop", 17, "`times=2` comes after", ""),
            (
                "Produce topic = orders drop",
                9,
                "`topic` is no part",
                "topic=orders, without spaces",
            ),
            ("Produce topic= orders drop", 9, "the name is missing", ""),
            ("Produce delay 1s", 9, "`delay` is no part", "delay=1s, without spaces"),
            ("Produce topic", 9, "`topic` is no part", "topic=orders, without spaces"),
            ("Produce seed=1 drop", 9, "without `chance=`", ""),
            ("Produce delay=x", 9, "`delay=x`: ", ""),
            ("Produce  times=x drop", 10, "`times=x`: it is a whole number", ""),
            ("Produce seed=-1 chance=1 drop", 9, "`seed=-1`: it is a whole number", ""),
            ("Produce chance=often drop", 9, "`chance=often`: it is a number above 0", ""),
            ("\u{e4} drop", 1, "`\u{e4}` is no call", ""),
        ] {
            let error = Fault::parse(text).unwrap_err();
            assert_eq!(error.column, column, "{text}");
            assert!(error.to_string().contains(wrong), "{text}: {error}");
            let told = error.hint().unwrap_or_default();
            assert!(told.contains(hint) && !(hint.is_empty() && !told.is_empty() && column > 1));
        }
    }

    #[test]
    fn a_rule_that_could_never_strike_is_none() {
        for (text, column, wrong, hint) in [
            ("FetchSnapshot drop", 1, "FetchSnapshot is not offered", "offered are AddOffsets"),
            ("Fetch group=g drop", 7, "Fetch names no group", "TxnOffsetCommit"),
            ("Heartbeat drop topic=t", 16, "Heartbeat names no topic", "Produce"),
            ("ListGroups group=g drop", 12, "ListGroups names no group", "DescribeGroups"),
            ("SaslHandshake throttle=1s", 15, "SaslHandshake has no place", "delay="),
            ("Produce times=0 drop", 9, "at least 1", ""),
            ("Produce every=0 drop", 9, "at least 1", ""),
            ("Produce chance=0 drop", 9, "above 0", ""),
            ("Produce chance=2 drop", 9, "1 at most", ""),
            ("Produce chance=NaN drop", 9, "1 at most", ""),
            ("Produce topic= drop", 9, "the name is missing", ""),
            ("Produce throttle=0s", 9, "above 0", ""),
        ] {
            let error = Fault::parse(text).unwrap_err();
            assert_eq!(error.column, column, "{text}");
            assert!(error.to_string().contains(wrong), "{text}: {error}");
            assert!(error.hint().unwrap_or_default().contains(hint), "{text}: {:?}", error.hint());
        }
    }

    #[test]
    fn what_a_call_names_can_be_asked_for_and_nothing_else() {
        for call in offered() {
            let takes = |word: &str| Fault::parse(&format!("{} {word} drop", call.name)).is_ok();
            assert_eq!(takes("topic=t"), call.names_topics, "{}", call.name);
            assert_eq!(takes("group=g"), call.names_groups, "{}", call.name);
            let throttled = Fault::parse(&format!("{} throttle=1s", call.name));
            assert_eq!(throttled.is_ok(), call.can_throttle, "{}", call.name);
        }
        assert!(Fault::parse("* topic=t group=g throttle=1s").is_ok());
    }

    #[test]
    fn a_file_has_a_rule_a_line() {
        let rules = Fault::parse_lines("# none yet\n\n  Fetch drop\n").unwrap();
        assert_eq!(rules.len(), 1);
        assert_eq!(rules[0].text, "Fetch drop");
        let (line, error) = Fault::parse_lines("Fetch drop\n  Nope drop").unwrap_err();
        assert_eq!((line, error.column), (2, 3));
        let text = "\t# all\nFetch drop   # the second # try\nFetch client=a#b drop\n";
        let rules = Fault::parse_lines(text).unwrap();
        assert_eq!(rules.len(), 2);
        assert_eq!(
            (rules[0].text.as_str(), rules[1].client.as_deref()),
            ("Fetch drop", Some("a#b"))
        );
    }
}
