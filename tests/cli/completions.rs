//! The files of `completions/` are what the binary prints.

use std::path::Path;

use crate::home::{Home, PATIENCE, text};

#[test]
fn the_files_are_what_the_binary_prints() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    for (shell, file) in [
        ("bash", "flowctl.bash"),
        ("zsh", "_flowctl"),
        ("fish", "flowctl.fish"),
        ("powershell", "_flowctl.ps1"),
        ("elvish", "flowctl.elv"),
    ] {
        let printed = Home::new().flowctl().args(["completions", shell]).assert().success();
        let kept = std::fs::read(folder.join(file)).unwrap_or_default();
        assert!(
            text(&printed.get_output().stdout) == text(&kept),
            "completions/{file} is not what the binary prints: run dev/completions"
        );
    }
}

#[test]
fn bash_completes_a_command() {
    let home = Home::new();
    let printed = home.flowctl().args(["completions", "bash"]).assert().success();
    let script = home.write("flowctl.bash", &text(&printed.get_output().stdout));
    let completed = assert_cmd::Command::new("bash")
        .args(["--norc", "-c"])
        .arg(
            "source \"$0\"; COMP_WORDS=(flowctl comp); COMP_CWORD=1; \
             _flowctl flowctl comp flowctl; echo \"${COMPREPLY[@]}\"",
        )
        .arg(script)
        .timeout(PATIENCE)
        .assert();
    completed.success().stdout("completions\n").stderr("");
}
