//! Every command that the documentation shows is run: README.md, `docs/`, and the help of each
//! command.

mod fixture;
mod page;
mod project;
mod shown;

use page::{Example, Page};
use project::{Ended, Project};

#[test]
fn every_command_shown_does_what_is_shown() {
    let project = Project::new();
    let mut failures = Vec::new();
    let mut is_prepared = false;
    for page in page::all() {
        let is_help = page.name.ends_with("--help");
        // What the help pages do to the cluster does not disturb the next one.
        if !(is_help && is_prepared) {
            project.empty();
            if !page.begins_with_nothing() || is_help {
                project.prepare();
            }
            is_prepared = is_help;
        }
        run(&project, &page, &mut failures);
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// Runs a page from top to bottom.
fn run(project: &Project, page: &Page, failures: &mut Vec<String>) {
    for example in &page.examples {
        let mut ended = project.run(&example.script);
        // Without a terminal nobody can be asked; then the flag stands for the yes.
        if ended.code() == 4 && ended.stderr.contains("--yes") {
            let (command, _) = example.script.split_once("   #").unwrap_or((&example.script, ""));
            ended = project.run(&format!("{command} --yes"));
        }
        if let Some(complaint) = judge(example, &ended) {
            let Example { line, script, .. } = example;
            failures.push(format!("{}:{line}: {script}\n{complaint}\n", page.name));
        }
    }
}

/// Says what is wrong with how an example ended.
fn judge(example: &Example, ended: &Ended) -> Option<String> {
    let Ended { stdout, stderr, asked, .. } = ended;
    let code = ended.code();
    // 2 is a finding, which was asked for; 130 is Ctrl-C while something was being sent.
    if code != 0 && code != 2 && !(*asked && code == 130) {
        return Some(format!("ended with {code}\n{stdout}{stderr}"));
    }
    let shown = example.shown.as_deref()?;
    // On a terminal the two streams mix; here they are apart.
    let both = [format!("{stdout}{stderr}"), format!("{stderr}{stdout}")];
    if both.iter().any(|printed| shown::is_printed(shown, printed)) {
        return None;
    }
    Some(format!("printed\n{stdout}{stderr}but the page shows\n{}", shown.join("\n")))
}
