//! What may stand in one place only, and what may stand nowhere.

use crate::source::Source;

/// Something that only some files may name.
struct Wall {
    /// What it is, each as it stands in the code.
    names: &'static [&'static str],
    /// Where it may stand: a file, or a folder with a slash at the end.
    only: &'static [&'static str],
    /// Why.
    reason: &'static str,
}

const WALLS: &[Wall] = &[
    Wall {
        names: &["rdkafka", "rdkafka_sys"],
        only: &["kafka/rd/"],
        reason: "only kafka/rd writes",
    },
    Wall {
        names: &["kafka_protocol"],
        only: &["kafka/wire/", "sandbox/"],
        reason: "only kafka/wire and the sandbox speak the protocol",
    },
    Wall {
        names: &["println!", "print!", "eprintln!", "eprint!", "dbg!", "io::stdout", "io::stderr"],
        only: &["output/"],
        reason: "only output prints",
    },
    Wall {
        names: &["env::var", "env::vars", "env::var_os", "env::vars_os"],
        only: &["config.rs"],
        reason: "only config.rs reads the environment",
    },
    Wall {
        names: &["Instant::now", "SystemTime::now", "Timestamp::now", "Zoned::now", "Ulid::new"],
        only: &["clock.rs"],
        reason: "only clock.rs asks the time, so that tests decide what time it is",
    },
    Wall {
        names: &["Approval::given"],
        only: &[
            "approval.rs",
            "output/prompt.rs",
            "commands/produce.rs",
            "commands/sandbox/prepare.rs",
            "commands/tour.rs",
        ],
        reason: "an approval is an answer at the prompt, `--yes`, or a command that touches only what \
                 it adds",
    },
    Wall {
        names: &["io::stdin"],
        only: &["commands/reading.rs", "output/streams.rs"],
        reason: "only commands/reading.rs reads stdin, where a signal can end the waiting; output asks \
                 whether it is a terminal",
    },
    Wall { names: &["process::exit"], only: &["main.rs"], reason: "only main.rs ends the process" },
];

/// What says nothing about what a file holds.
const EMPTY_NAMES: [&str; 5] = ["util", "helpers", "common", "misc", "manager"];

/// A file of this many lines holds a second noun; one that does not says so in its head.
const MOST_LINES: usize = 500;

/// How the head of a longer file gives its reason.
const LONG_BECAUSE: &str = "//! Long because ";

/// Finds the walls that a file breaks.
pub(crate) fn broken(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for wall in WALLS {
        let is_inside = wall.only.iter().any(|place| {
            place.strip_suffix('/').map_or(source.path == *place, |folder| {
                source.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
            })
        });
        if is_inside {
            continue;
        }
        for name in wall.names {
            for line in source.places_of(&[name]) {
                found.push(format!("{}:{line}: `{name}`: {}", source.path, wall.reason));
            }
        }
    }
    found
}

/// Finds what is wrong with the form of a file, be it of `src` or of `tests`.
pub(crate) fn ill_formed(source: &Source) -> Vec<String> {
    let Source { path, text, .. } = source;
    let mut found = Vec::new();
    if !text.starts_with("//! ") {
        found.push(format!("{path}: must open with `//!` and one sentence on what lives here"));
    }
    if path.split(['/', '.']).any(|name| EMPTY_NAMES.contains(&name)) {
        found.push(format!("{path}: the name says nothing about what it holds"));
    }
    let lines = text.lines().count();
    let has_reason = text.lines().any(|line| line.starts_with(LONG_BECAUSE));
    if lines > MOST_LINES && !has_reason {
        found.push(format!(
            "{path}: {lines} lines: find the second noun, or write `{LONG_BECAUSE}…`"
        ));
    }
    found
}

/// What belongs to one machine or to an issue, in no file of the repository. Written in two halves,
/// so that this file passes.
const NOWHERE: [(&str, &str); 8] = [
    ("/wo", "rk/"),
    ("/ro", "ot/"),
    ("/home/", "runner"),
    ("/home/", "user/"),
    ("shared/", "design"),
    ("TO", "DO"),
    ("FIX", "ME"),
    ("XX", "X:"),
];

/// Finds what should stand nowhere in a text.
pub(crate) fn out_of_place(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        for (left, right) in NOWHERE {
            if line.contains(&format!("{left}{right}")) {
                found.push(format!("{path}:{}: `{left}{right}` belongs in no file", at + 1));
            }
        }
    }
    found
}

/// The most columns of a line, as rustfmt has it for code.
const MOST_COLUMNS: usize = 100;

/// Tells whether a file is a script of `sh`, `bash` or Python.
pub(crate) fn is_script(path: &str) -> bool {
    path.starts_with("dev/") || path.starts_with(".ci/")
}

/// Finds lines of comments that are too long: rustfmt breaks code, and leaves comments as they are.
/// One whose longest word is to blame, such as an address, cannot be broken.
pub(crate) fn long_comments(path: &str, text: &str) -> Vec<String> {
    let marker = match path.rsplit_once('.') {
        Some((_, "rs")) => "//",
        _ if is_script(path) => "#",
        _ => return Vec::new(),
    };
    let too_long = |line: &&str| {
        let comment = line.trim_start();
        let columns = |text: &str| text.chars().count();
        let longest = comment.split_whitespace().map(columns).max().unwrap_or(0);
        let before = columns(line) - columns(comment) + marker.len() + 1;
        comment.starts_with(marker)
            && columns(line) > MOST_COLUMNS
            && before + longest <= MOST_COLUMNS
    };
    let found = text.lines().enumerate().filter(|(_, line)| too_long(line));
    found.map(|(at, _)| format!("{path}:{}: longer than {MOST_COLUMNS} columns", at + 1)).collect()
}

#[test]
fn a_broken_wall_is_seen() {
    let broken = |path: &str, text: &str| broken(&Source::new(path, text));
    assert_eq!(
        broken("lag/run.rs", "\nuse rdkafka::util;"),
        ["lag/run.rs:2: `rdkafka`: only kafka/rd writes"]
    );
    assert!(broken("kafka/rd/mod.rs", "use rdkafka::util;").is_empty());
    assert!(!broken("kafka/rdx.rs", "use rdkafka::util;").is_empty());
    assert!(!broken("kafka/mod.rs", "fn f() -> kafka_protocol::X {}").is_empty());
    assert!(!broken("lag/run.rs", "println!(\"a\")").is_empty());
    assert!(!broken("lag/run.rs", "let a = std::io::stdout();").is_empty());
    assert!(!broken("lag/run.rs", "let a = tokio::io::stdin();").is_empty());
    assert!(!broken("lag/run.rs", "std::env::var(\"A\")").is_empty());
    assert!(!broken("lag/run.rs", "let a = Instant::now();").is_empty());
    assert!(!broken("dlq/run.rs", "Approval::given(by)").is_empty());
    assert!(broken("output/prompt.rs", "Approval::given(by)").is_empty());
    assert!(broken("lag/run.rs", "// println! of rdkafka\nfn now() {}").is_empty());
}

#[test]
fn an_ill_formed_file_is_seen() {
    let found = |path: &str, text: &str| ill_formed(&Source::new(path, text)).len();
    assert_eq!(found("lag/run.rs", "//! Reads.\n"), 0);
    assert_eq!(found("lag/run.rs", "use a;\n"), 1);
    assert_eq!(found("lag/util.rs", "//! Reads.\n"), 1);
    assert_eq!(found("common/a.rs", "//! Reads.\n"), 1);
    let long = "//! Reads.\n".to_owned() + &"\n".repeat(MOST_LINES);
    assert_eq!(found("lag/run.rs", &long), 1);
    assert_eq!(found("lag/run.rs", &(LONG_BECAUSE.to_owned() + "it is a table.\n" + &long)), 0);
}

#[test]
fn a_note_to_oneself_is_seen() {
    for (left, right) in NOWHERE {
        assert_eq!(out_of_place("a", &format!("ok\n// {left}{right} b")).len(), 1);
    }
    assert!(out_of_place("a", "work/ at home").is_empty());
}

#[test]
fn a_long_comment_is_seen_and_one_that_cannot_be_broken_is_not() {
    let words = "word ".repeat(20);
    for (path, line) in [
        ("src/a.rs", format!("    /// {words}")),
        ("tests/a.rs", format!("// {words}")),
        ("dev/kafka", format!("  # {words}")),
    ] {
        assert_eq!(long_comments(path, &format!("\n{line}.")).len(), 1, "{line}");
        assert!(long_comments("docs/a.md", &line).is_empty());
    }
    let address = format!("// - <https://example.org/{}>", "x".repeat(90));
    assert!(long_comments("src/a.rs", &address).is_empty());
    assert!(long_comments("src/a.rs", &format!("let s = \"{words}\";")).is_empty());
    assert!(long_comments("dev/kafka", &format!("echo {words}")).is_empty());
}
