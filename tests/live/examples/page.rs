//! Where the documentation shows commands: the help of each command, README.md and `docs/`.
//!
//! In Markdown a `console` block shows commands behind `$ ` and what they print; `…` stands for any
//! text in a line, a line `…` for any lines. A `sh` block is a script. In a help text every line
//! under `Examples:` is a command.

use std::path::Path;

/// A page of documentation, with its examples in order.
#[derive(Debug)]
pub(super) struct Page {
    /// Where it is, for messages.
    pub(super) name: String,
    /// What it shows.
    pub(super) examples: Vec<Example>,
}

/// A command line or a short script, and what the page says that it prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Example {
    /// The line of the page, from 1.
    pub(super) line: usize,
    /// What bash is given.
    pub(super) script: String,
    /// The lines shown; `None` where the page shows none.
    pub(super) shown: Option<Vec<String>>,
}

/// Programs that set things up or run this very test; the gate runs them in its own way.
const NOT_RUN: [&str; 6] = ["cargo ", "git ", "dev/", "eval \"$(dev/", "cd ", "rustup "];

impl Page {
    /// Reads a page in Markdown.
    pub(super) fn of_markdown(name: &str, text: &str) -> Self {
        let mut examples = Vec::new();
        let mut block: Option<(&str, usize, Vec<&str>)> = None;
        for (at, line) in text.lines().enumerate() {
            let fence = line.trim_start().strip_prefix("```");
            block = match (block, fence) {
                (None, Some(language)) => Some((language.trim(), at + 2, Vec::new())),
                (None, None) => None,
                (Some((language, first, lines)), Some(_)) => {
                    match language {
                        "console" => examples.extend(session(first, &lines)),
                        "sh" | "bash" => examples.extend(script(first, &lines)),
                        _ => {}
                    }
                    None
                }
                (Some((language, first, mut lines)), None) => {
                    lines.push(line);
                    Some((language, first, lines))
                }
            };
        }
        Self { name: name.to_owned(), examples }
    }

    /// Reads the long help of a command.
    pub(super) fn of_help(name: &str, text: &str) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let first =
            lines.iter().position(|line| *line == "Examples:").map_or(lines.len(), |at| at + 1);
        let shown =
            lines.iter().skip(first).take_while(|line| line.is_empty() || line.starts_with("  "));
        let commands: Vec<&str> = shown.map(|line| line.trim_start()).collect();
        let examples = joined(&commands)
            .into_iter()
            .filter(|(_, command)| !command.is_empty())
            .map(|(at, script)| Example { line: first + at + 1, script, shown: None })
            .collect();
        Self { name: name.to_owned(), examples }
    }

    /// Tells whether the page begins with an empty cluster: it makes the topics itself.
    pub(super) fn begins_with_nothing(&self) -> bool {
        let commands = self.examples.iter().flat_map(|example| example.script.lines());
        let mut reaching = commands.filter(|line| {
            line.contains("flowctl ") && !line.contains("validate") && !line.contains(" help")
        });
        reaching.next().is_some_and(|line| line.contains(" plan") || line.contains(" apply"))
    }
}

/// Returns every page that shows a command, the help of each command last.
pub(super) fn all() -> Vec<Page> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join("README.md")];
    let mut folders = vec![root.join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                files.push(path);
            }
        }
    }
    files.sort();
    let mut pages = Vec::new();
    for file in files.iter().filter(|file| file.exists()) {
        let name = file.strip_prefix(root).unwrap().display().to_string();
        pages.push(Page::of_markdown(&name, &std::fs::read_to_string(file).unwrap()));
    }
    let mut root = flowctl::commands::definition();
    root.build();
    help_pages(&root, &mut pages);
    pages.retain(|page| !page.examples.is_empty());
    pages
}

fn help_pages(command: &clap::Command, pages: &mut Vec<Page>) {
    for command in command.get_subcommands() {
        let text = command.clone().render_long_help().to_string();
        pages.push(Page::of_help(&format!("{} --help", command.get_bin_name().unwrap()), &text));
        help_pages(command, pages);
    }
}

/// Reads a `console` block.
fn session(first: usize, lines: &[&str]) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    for (at, line) in joined(lines) {
        if let Some(command) = line.strip_prefix("$ ") {
            examples.push(Example { line: first + at, script: command.to_owned(), shown: None });
        } else if let Some(example) = examples.last_mut() {
            example.shown.get_or_insert_default().push(line);
        }
    }
    examples.retain(|example| is_run(&example.script));
    examples
}

/// Reads a `sh` block: one script, without the lines that are not run.
fn script(first: usize, lines: &[&str]) -> Option<Example> {
    let run: Vec<String> =
        joined(lines).into_iter().map(|(_, line)| line).filter(|line| is_run(line)).collect();
    let has_command = run.iter().any(|line| !line.is_empty() && !line.starts_with('#'));
    has_command.then(|| Example { line: first, script: run.join("\n"), shown: None })
}

fn is_run(line: &str) -> bool {
    !NOT_RUN.iter().any(|program| line.starts_with(program))
}

/// Joins lines that end with a backslash to the next one; each with the place of its first.
fn joined(lines: &[&str]) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (at, line) in lines.iter().enumerate() {
        let (text, continues) = line.strip_suffix('\\').map_or((*line, false), |text| (text, true));
        match found.last_mut() {
            Some((_, begun)) if goes_on => begun.push_str(text.trim_start()),
            Some(_) | None => found.push((at, text.to_owned())),
        }
        goes_on = continues;
    }
    found
}

#[test]
fn a_console_block_shows_commands_and_their_output() {
    let text =
        "# Page\n\n```console\n$ flowctl a \\\n    b\nONE\n\n$ dev/kafka up\n$ flowctl c\n```\n";
    let page = Page::of_markdown("page", text);
    let example = |line, script: &str, shown: Option<Vec<String>>| Example {
        line,
        script: script.to_owned(),
        shown,
    };
    let shown = Some(vec!["ONE".to_owned(), String::new()]);
    assert_eq!(page.examples, [example(4, "flowctl a b", shown), example(9, "flowctl c", None)]);
}

#[test]
fn a_script_block_is_one_script() {
    let text = "```sh\neval \"$(dev/kafka up)\"\nflowctl a\nflowctl b\n```\n```yaml\na: b\n```\n";
    let page = Page::of_markdown("page", text);
    assert_eq!(page.examples.len(), 1);
    assert_eq!(page.examples[0].script, "flowctl a\nflowctl b");
    assert!(!page.begins_with_nothing());
}

#[test]
fn a_help_text_shows_its_examples() {
    let text = "Do it\n\nExamples:\n\n  flowctl a   # so\n\n  flowctl b\n\nMore.\n  flowctl c\n";
    let page = Page::of_help("flowctl a --help", text);
    let scripts: Vec<&str> = page.examples.iter().map(|example| example.script.as_str()).collect();
    assert_eq!(scripts, ["flowctl a   # so", "flowctl b"]);
    assert_eq!(page.examples[0].line, 5);
}

#[test]
fn every_command_has_a_page() {
    let names: Vec<String> = all().into_iter().map(|page| page.name).collect();
    assert!(names.contains(&"flowctl validate --help".to_owned()), "{names:?}");
}
