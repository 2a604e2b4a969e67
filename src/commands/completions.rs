//! `flowctl completions`: the shell completion scripts.

use clap_complete::Shell;

use super::Context;
use crate::exit::Exit;

/// Print the shell completion script
///
/// Examples:
///
///   source <(flowctl completions bash)
///
///   flowctl completions zsh > ~/.zfunc/_flowctl
///
///   flowctl completions fish > ~/.config/fish/completions/flowctl.fish
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Shell to complete in
    pub shell: Shell,
}

/// Returns the script of a shell.
pub fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::definition(), "flowctl", &mut script);
    script
}

/// Prints the script.
pub fn run(args: &Args, context: &mut Context) -> anyhow::Result<Exit> {
    context.output.print(&String::from_utf8_lossy(&script(args.shell)))?;
    Ok(Exit::Done)
}
