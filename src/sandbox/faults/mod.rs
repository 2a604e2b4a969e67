//! Faults on demand, which no real broker offers: which requests meet one, and what happens to
//! them.

mod error;
mod parse;
mod rule;

pub use error::FaultError;
pub use rule::Fault;

pub(super) use rule::Effect;

/// What a request is about, for the rules.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct About<'a> {
    /// Kafka's name of the call.
    pub(super) api: &'a str,
    /// The topics that it names.
    pub(super) topics: &'a [String],
    /// The groups and transactional ids that it names.
    pub(super) groups: &'a [String],
    /// What the client calls itself.
    pub(super) client: &'a str,
    /// Whether its answer can ask the client to wait.
    pub(super) can_throttle: bool,
}

/// The rules, and how often each has been met.
#[derive(Debug, Default)]
pub(super) struct Faults {
    rules: Vec<Counted>,
    /// How often there were other rules.
    edition: u64,
}

#[derive(Debug)]
struct Counted {
    rule: Fault,
    /// How many requests it was about.
    met: u64,
    /// How many of those it struck.
    struck: u64,
    /// The state of its dice.
    dice: u64,
}

impl Faults {
    /// Takes other rules; counting begins anew.
    pub(super) fn set(&mut self, rules: Vec<Fault>) {
        let counted = |rule: Fault| Counted { dice: rule.seed, rule, met: 0, struck: 0 };
        self.rules = rules.into_iter().map(counted).collect();
        self.edition += 1;
    }

    /// Numbers the rules that hold: what one of them holds up goes on when there are others.
    pub(super) fn edition(&self) -> u64 {
        self.edition
    }

    /// Tells whether there are none, so that nobody has to find out what a request is about.
    pub(super) fn are_none(&self) -> bool {
        self.rules.is_empty()
    }

    /// Finds the rule that decides what happens to a request: the first one that is to strike. Each
    /// of them counts the requests that it is about, and only the one that decides has struck.
    pub(super) fn strike(&mut self, about: About<'_>) -> Option<&Fault> {
        let mut first = None;
        for counted in &mut self.rules {
            if counted.rule.is_about(about) && counted.is_due() && first.is_none() {
                counted.struck += 1;
                first = Some(&counted.rule);
            }
        }
        first
    }
}

impl Counted {
    /// Counts a request that the rule is about, and tells whether it is to strike.
    fn is_due(&mut self) -> bool {
        self.met = self.met.saturating_add(1);
        let Fault { every, times, chance, .. } = self.rule;
        self.met.is_multiple_of(every)
            && times.is_none_or(|times| self.struck < times)
            && chance.is_none_or(|chance| self.throw() < chance)
    }

    /// Throws the dice: a number from 0 up to 1, the same ones for the same seed (splitmix64).
    fn throw(&mut self) -> f64 {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.dice;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        // 32 bits are exact in a float.
        f64::from(u32::try_from(bits >> 32).unwrap_or_default()) / 4_294_967_296.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(rules: &[&str]) -> Faults {
        let mut faults = Faults::default();
        faults.set(rules.iter().map(|rule| Fault::parse(rule).unwrap()).collect());
        faults
    }

    fn struck(faults: &mut Faults, api: &str, topics: &[&str], times: usize) -> String {
        let topics: Vec<String> = topics.iter().map(|&topic| topic.to_owned()).collect();
        let about = About { api, topics: &topics, ..About::default() };
        (0..times).map(|_| if faults.strike(about).is_some() { 'x' } else { '.' }).collect()
    }

    #[test]
    fn a_rule_strikes_what_it_is_about() {
        let mut faults = faults(&["Produce topic=orders drop"]);
        assert_eq!(struck(&mut faults, "Produce", &["orders"], 2), "xx");
        assert_eq!(struck(&mut faults, "Produce", &["others", "orders"], 1), "x");
        assert_eq!(struck(&mut faults, "Produce", &["others"], 1), ".");
        assert_eq!(struck(&mut faults, "Fetch", &["orders"], 1), ".");
    }

    #[test]
    fn every_nth_and_only_so_often() {
        assert_eq!(struck(&mut faults(&["Fetch every=3 drop"]), "Fetch", &[], 7), "..x..x.");
        assert_eq!(struck(&mut faults(&["Fetch times=2 drop"]), "Fetch", &[], 4), "xx..");
        assert_eq!(struck(&mut faults(&["Fetch every=2 times=1 drop"]), "Fetch", &[], 4), ".x..");
    }

    #[test]
    fn chance_is_the_same_for_the_same_seed() {
        let throw = |seed: u32| {
            let rule = format!("* chance=0.5 seed={seed} drop");
            struck(&mut faults(&[&rule]), "Fetch", &[], 100)
        };
        assert_eq!(throw(1), throw(1));
        assert_ne!(throw(1), throw(2));
        let hits = throw(1).matches('x').count();
        assert!((30..70).contains(&hits), "{hits}");
        let always = struck(&mut faults(&["* chance=1 drop"]), "Fetch", &[], 50);
        assert!(!always.contains('.'));
    }

    #[test]
    fn what_cannot_be_throttled_does_not_count() {
        let mut faults = faults(&["* times=1 throttle=1s"]);
        let about = |can_throttle| About { can_throttle, ..About::default() };
        assert!(faults.strike(about(false)).is_none());
        assert!(faults.strike(about(true)).is_some());
    }

    #[test]
    fn the_first_rule_that_strikes_decides() {
        let mut faults = faults(&["Fetch times=1 delay=1s", "Fetch drop"]);
        let about = About { api: "Fetch", ..About::default() };
        let effect = |faults: &mut Faults| faults.strike(about).map(|rule| rule.effect);
        assert!(matches!(effect(&mut faults), Some(Effect::Delay(_))));
        assert_eq!(effect(&mut faults), Some(Effect::Drop));
    }

    #[test]
    fn one_that_does_not_decide_has_not_struck() {
        let mut faults = faults(&["Fetch times=1 drop", "Fetch times=1 drop-after"]);
        let about = About { api: "Fetch", ..About::default() };
        let mut effect = || faults.strike(about).map(|rule| rule.effect);
        assert_eq!(
            [effect(), effect(), effect()],
            [Some(Effect::Drop), Some(Effect::DropAfter), None]
        );
    }
}
