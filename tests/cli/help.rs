//! The help of every command: complete, in one voice, and the same by every way to ask for it.

use crate::home::{Home, text};

/// A command with the words that lead to it.
struct Page {
    path: Vec<String>,
    command: clap::Command,
}

impl Page {
    fn name(&self) -> String {
        self.path.join(" ")
    }
}

/// Returns every command but the root, with those that only hold others.
fn pages() -> Vec<Page> {
    let mut root = flowctl::commands::definition();
    root.build();
    let mut pages = Vec::new();
    let mut open = vec![Page { path: Vec::new(), command: root }];
    while let Some(page) = open.pop() {
        for command in page.command.get_subcommands() {
            let mut path = page.path.clone();
            path.push(command.get_name().to_owned());
            open.push(Page { path, command: command.clone() });
        }
        if !page.path.is_empty() {
            pages.push(page);
        }
    }
    pages
}

#[test]
fn every_page_opens_with_an_imperative_line_without_a_full_stop() {
    for page in pages() {
        let line = page.command.get_about().map(ToString::to_string).unwrap_or_default();
        let name = page.name();
        assert!(line.len() <= 80 && !line.contains('\n'), "{name}: the first line is long: {line}");
        assert!(!line.ends_with('.'), "{name}: no full stop: {line}");
        let verb = line.split(' ').next().unwrap_or_default();
        assert!(verb.starts_with(char::is_uppercase), "{name}: a capital: {line}");
        // "Shows", "Printing": Kafka's help is not ours.
        assert!(!verb.ends_with('s') && !verb.ends_with("ing"), "{name}: an imperative: {line}");
    }
}

#[test]
fn every_command_shows_examples_before_its_options() {
    for page in pages().iter().filter(|page| !page.command.has_subcommands()) {
        let name = page.name();
        let long = page.command.clone().render_long_help().to_string();
        let examples = long.find("Examples:").unwrap_or_else(|| panic!("{name}: no examples"));
        let options = long.find("Options:").unwrap_or(long.len());
        assert!(examples < options, "{name}: examples come first");
        assert!(long.contains(&format!("flowctl {name}")), "{name}: an example calls it");
    }
}

#[test]
fn every_flag_says_what_it_does() {
    for page in pages() {
        for argument in page.command.get_arguments() {
            let (name, flag) = (page.name(), argument.get_id());
            let help = argument.get_help().unwrap_or_else(|| panic!("{name}: {flag} has no help"));
            let line = help.to_string();
            assert!(!line.ends_with('.') || line.ends_with("..."), "{name}: {flag}: no full stop");
            let is_repeated = argument.get_action().takes_values()
                && !argument.is_positional()
                && matches!(argument.get_action(), clap::ArgAction::Append);
            assert!(
                !is_repeated || line.contains("(can be repeated)"),
                "{name}: {flag} must say (can be repeated)"
            );
        }
    }
}

#[test]
fn help_of_a_command_is_the_same_by_every_way() {
    for page in pages() {
        let ask = |words: Vec<&str>| {
            let shown = Home::new().flowctl().args(words).assert().success();
            assert!(shown.get_output().stderr.is_empty(), "{}: help is data", page.name());
            text(&shown.get_output().stdout)
        };
        let path: Vec<&str> = page.path.iter().map(String::as_str).collect();
        let by_flag = ask([path.as_slice(), &["--help"]].concat());
        let by_command = ask([&["help"], path.as_slice()].concat());
        assert_eq!(by_flag, by_command, "{}", page.name());
    }
}

#[test]
fn an_unknown_command_gets_a_suggestion() {
    let failed = Home::new().flowctl().arg("completion").assert().code(64);
    assert!(text(&failed.get_output().stderr).contains("completions"));
    let failed = Home::new().flowctl().args(["help", "exit-code"]).assert().code(64);
    assert!(text(&failed.get_output().stderr).contains("exit-codes"));
}

#[test]
fn a_command_is_found_by_its_last_word() {
    let page =
        |words: &[&str]| Home::new().flowctl().arg("help").args(words).output().unwrap().stdout;
    assert_eq!(page(&["redrive"]), page(&["dlq", "redrive"]));
    assert!(text(&page(&["redrive"])).contains("flowctl dlq redrive"));
}

#[test]
fn every_translation_of_another_tool_is_a_command_line_of_ours() {
    let shown = Home::new().flowctl().args(["help", "kcat"]).assert().success();
    let page = text(&shown.get_output().stdout);
    let mut lines = 0;
    for line in page.lines().filter(|line| line.starts_with("  ")) {
        for command in line.split("flowctl ").skip(1) {
            let words = command.split([',', '(', ';']).next().unwrap_or_default();
            let words = words.split_whitespace().map(|word| word.trim_matches('\''));
            let words = std::iter::once("flowctl").chain(words);
            let parsed = flowctl::commands::definition().try_get_matches_from(words);
            assert!(parsed.is_ok(), "{line}\n{}", parsed.unwrap_err());
            lines += 1;
        }
    }
    assert!(lines > 15, "{lines} commands in\n{page}");
}

#[test]
fn a_usage_error_shows_the_way_out_and_an_example() {
    let failed =
        Home::new().flowctl().args(["tail", "orders", "-o", "beginning"]).assert().code(64);
    let told = text(&failed.get_output().stderr);
    let advice = "hint: -o is the output format; where to begin is --from beginning\n\
                  example: flowctl tail user-activity-logs\n";
    assert!(told.ends_with(advice), "{told}");
}
