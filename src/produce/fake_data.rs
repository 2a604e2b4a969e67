//! The functions that templates have: made-up names, addresses, numbers, times.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fake::Fake;
use fake::faker::address::en::{CityName, CountryName};
use fake::faker::company::en::CompanyName;
use fake::faker::internet::en::{IPv4, IPv6, SafeEmail, UserAgent, Username};
use fake::faker::lorem::en::{Sentence, Word};
use fake::faker::name::en::{FirstName, LastName, Name};
use fake::faker::phone_number::en::PhoneNumber;
use fake::rand::rngs::ChaCha8Rng;
use fake::rand::{RngExt, SeedableRng};
use minijinja::value::{Rest, Value};
use minijinja::{Environment, Error, ErrorKind};

use crate::model::timestamp::Timestamp;

/// The names of all functions, for help.
pub const FUNCTIONS: &[&str] = &[
    "bool(p)",
    "choice(a, b, …)",
    "city()",
    "company()",
    "country()",
    "email()",
    "first_name()",
    "float(low, high)",
    "hex(n)",
    "int(low, high)",
    "ipv4()",
    "ipv6()",
    "last_name()",
    "name()",
    "now()",
    "now_ms()",
    "phone()",
    "sentence()",
    "user_agent()",
    "username()",
    "uuid()",
    "word()",
];

/// Where made-up data comes from: the same seed gives the same data.
#[derive(Debug, Clone)]
pub(super) struct FakeData {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    random: ChaCha8Rng,
    now: Timestamp,
}

impl FakeData {
    pub(super) fn new(seed: u64) -> Self {
        let random = ChaCha8Rng::seed_from_u64(seed);
        Self { state: Arc::new(Mutex::new(State { random, now: Timestamp(0) })) }
    }

    /// Sets the time that `now()` gives.
    pub(super) fn set_now(&self, now: Timestamp) {
        self.lock().now = now;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a function that needs nothing but chance.
    fn add<T: Into<Value>>(
        &self,
        environment: &mut Environment<'static>,
        name: &'static str,
        make: impl Fn(&mut ChaCha8Rng) -> T + Send + Sync + 'static,
    ) {
        let data = self.clone();
        environment.add_function(name, move || -> Value { make(&mut data.lock().random).into() });
    }

    /// Makes all functions known to templates.
    pub(super) fn install(&self, environment: &mut Environment<'static>) {
        self.add(environment, "city", |r| CityName().fake_with_rng::<String, _>(r));
        self.add(environment, "company", |r| CompanyName().fake_with_rng::<String, _>(r));
        self.add(environment, "country", |r| CountryName().fake_with_rng::<String, _>(r));
        self.add(environment, "email", |r| SafeEmail().fake_with_rng::<String, _>(r));
        self.add(environment, "first_name", |r| FirstName().fake_with_rng::<String, _>(r));
        self.add(environment, "ipv4", |r| IPv4().fake_with_rng::<String, _>(r));
        self.add(environment, "ipv6", |r| IPv6().fake_with_rng::<String, _>(r));
        self.add(environment, "last_name", |r| LastName().fake_with_rng::<String, _>(r));
        self.add(environment, "name", |r| Name().fake_with_rng::<String, _>(r));
        self.add(environment, "phone", |r| PhoneNumber().fake_with_rng::<String, _>(r));
        self.add(environment, "sentence", |r| Sentence(4..9).fake_with_rng::<String, _>(r));
        self.add(environment, "user_agent", |r| UserAgent().fake_with_rng::<&str, _>(r));
        self.add(environment, "username", |r| Username().fake_with_rng::<String, _>(r));
        self.add(environment, "uuid", |r| uuid(r.random()));
        self.add(environment, "word", |r| Word().fake_with_rng::<&str, _>(r));
        self.install_with_arguments(environment);
    }

    /// The functions that take arguments, and those of time.
    fn install_with_arguments(&self, environment: &mut Environment<'static>) {
        let data = self.clone();
        environment.add_function("int", move |low: i64, high: i64| {
            if low > high {
                return Err(wrong(format!("int({low}, {high}): the range is empty")));
            }
            Ok(data.lock().random.random_range(low..=high))
        });
        let data = self.clone();
        environment.add_function("float", move |low: f64, high: f64| {
            // Also refuses what is not a number.
            if !(low < high && (high - low).is_finite()) {
                return Err(wrong(format!("float({low}, {high}): the range is empty")));
            }
            Ok(data.lock().random.random_range(low..high))
        });
        let data = self.clone();
        environment.add_function("bool", move |p: Option<f64>| {
            let p = p.unwrap_or(0.5);
            if !(0.0..=1.0).contains(&p) {
                return Err(wrong(format!("bool({p}): a probability lies between 0 and 1")));
            }
            Ok(data.lock().random.random_bool(p))
        });
        let data = self.clone();
        environment.add_function("hex", move |digits: u16| {
            let mut state = data.lock();
            (0..digits)
                .filter_map(|_| char::from_digit(state.random.random_range(0..16), 16))
                .collect::<String>()
        });
        let data = self.clone();
        environment.add_function("choice", move |values: Rest<Value>| {
            // One list, or the values themselves.
            let values: Vec<Value> = match values.as_slice() {
                [list] if list.len().is_some() && list.as_str().is_none() => {
                    list.try_iter()?.collect()
                }
                values => values.to_vec(),
            };
            if values.is_empty() {
                return Err(wrong("choice() needs values".to_owned()));
            }
            let index = data.lock().random.random_range(0..values.len());
            Ok(values.get(index).cloned().unwrap_or_default())
        });
        let data = self.clone();
        environment.add_function("now", move || data.lock().now.rfc3339());
        let data = self.clone();
        environment.add_function("now_ms", move || data.lock().now.0);
    }
}

/// Says that a function was called in a way that makes no sense.
fn wrong(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// Makes a random UUID (version 4, RFC 9562) of 128 random bits.
fn uuid(random: u128) -> String {
    let bits = (random & !(0xf << 76) & !(0b11 << 62)) | (0x4 << 76) | (0b10 << 62);
    let hex = format!("{bits:032x}");
    let mut text = String::with_capacity(36);
    for (index, digit) in hex.chars().enumerate() {
        if matches!(index, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(template: &str, seed: u64) -> Result<String, Error> {
        let mut environment = Environment::new();
        let data = FakeData::new(seed);
        data.set_now(Timestamp(1_700_000_000_120));
        data.install(&mut environment);
        environment.render_str(template, ())
    }

    #[test]
    fn every_function_in_the_list_exists_and_repeats_with_its_seed() {
        for function in FUNCTIONS {
            let call = function
                .replace("(p)", "(0.5)")
                .replace("(a, b, …)", "('a', 'b', 'c')")
                .replace("(low, high)", "(1, 1000000)")
                .replace("(n)", "(16)");
            let template = format!("{{{{ {call} }}}}");
            let first = render(&template, 7).unwrap();
            assert!(!first.is_empty(), "{call}");
            assert_eq!(first, render(&template, 7).unwrap(), "{call}");
        }
    }

    #[test]
    fn another_seed_gives_other_data() {
        let template = "{{ uuid() }} {{ int(0, 1000000000) }}";
        assert_ne!(render(template, 1).unwrap(), render(template, 2).unwrap());
    }

    #[test]
    fn a_uuid_names_version_and_variant() {
        assert_eq!(uuid(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn time_and_choice() {
        assert_eq!(render("{{ now() }}", 1).unwrap(), "2023-11-14T22:13:20.120Z");
        assert_eq!(render("{{ now_ms() }}", 1).unwrap(), "1700000000120");
        assert_eq!(render("{{ choice(['a']) }}{{ choice('b') }}", 1).unwrap(), "ab");
        for wrong in ["{{ choice() }}", "{{ int(2, 1) }}", "{{ bool(2) }}", "{{ float(1, 1) }}"] {
            assert!(render(wrong, 1).is_err(), "{wrong}");
        }
    }
}
