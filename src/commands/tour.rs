//! `flowctl tour`: the main job on the given brokers, or on a sandbox, step by step.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use super::{Context, reading};
use crate::approval::{Approval, ApprovedBy};
use crate::clock::Deadline;
use crate::config::{self, Connection, GlobalArgs};
use crate::error::Problem;
use crate::exit::Exit;
use crate::kafka::connection::property_line;
use crate::model::secret::Secret;
use crate::output::tour;
use crate::sandbox::Storage;
use crate::tour::run::{self, Tour};

/// Show the main job step by step, on a cluster or on an embedded sandbox
///
/// Examples:
///
///   flowctl tour                               # on a sandbox, unless FLOWCTL_BROKERS is set
///
///   flowctl tour -b localhost:9092
///
///   flowctl tour -b localhost:9092 --keep      # leave the topics there to look at
///
/// Applies a topology, produces test events, tails them, shows the lag of a consumer that fails on
/// some, lists and redrives its dead letters, and shows that all is well again: each command as you
/// would type it, with its real output. Every name begins with `tour-` and an id, and nothing is
/// left behind; when a step's outcome is not what it announced, the tour fails.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Leave topics and group there
    #[arg(long)]
    pub keep: bool,
}

/// How long the cleaning up may take, also after Ctrl-C.
const CLEAN_UP: Duration = Duration::from_secs(15);

/// Runs the tour.
pub async fn run(args: Args, context: &mut Context) -> anyhow::Result<Exit> {
    // Whoever names no cluster sees it on one that is made for it.
    let is_named = context.names_brokers();
    let sandbox = if is_named {
        None
    } else {
        let sandbox = super::sandbox::start(
            super::sandbox::free_port(),
            Vec::new(),
            Storage::default(),
            context,
        )
        .await?;
        context.output.note("no brokers are named: the tour runs on a sandbox in memory");
        context.global.brokers = Some(sandbox.address().to_string());
        Some(sandbox)
    };
    let Connection { settings, named_by, .. } = context.connection(None).await?;
    let brokers: Vec<_> = settings.bootstrap.iter().map(ToString::to_string).collect();
    let brokers = brokers.join(",");
    if is_named {
        // A variable may have been set hours ago, and for another cluster than one tries things on.
        let kind = if context.is_beside_sandbox().await? { "the sandbox at " } else { "" };
        context.output.note(&format!("the tour runs on {kind}{brokers}, as {named_by} says"));
    }
    // Nothing has been made yet: a signal or a cluster that is not there ends the tour here.
    let cluster = context.connect(&settings, None).await?;
    let private = tempfile::tempdir().context("cannot make a temporary folder")?;
    let properties = properties(context, private.path()).await?;
    let tour = Tour {
        program: std::env::current_exe().context("cannot find this program's own file")?,
        connection: connection(context)?,
        properties,
        brokers,
        settings,
        cluster,
        namespace: format!("tour-{:06x}.", rand::random::<u32>() & 0xff_ffff),
        clock: context.clock,
        width: context.output.screen().width.map(|columns| (config::WIDTH, columns)),
    };
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let timeout = context.global.timeout;
    let interrupt = context.interrupt.clone();
    let output = &mut context.output;
    let mut said = Ok(());
    let mut say = |event| {
        if said.is_ok() {
            said = tour::show(output, &event);
        }
    };
    let path = folder.path().to_owned();
    let work = run::run(&tour, path, || Deadline::after(timeout), &mut say);
    let ended = tokio::select! {
        ended = work => ended.map(|()| Exit::Done),
        signal = interrupt.wait() => Ok(signal.exit()),
    };
    if args.keep && sandbox.is_none() {
        context.output.note(&format!("kept: every topic that begins with {}", tour.namespace));
    } else {
        let approve = || Approval::given(ApprovedBy::Command);
        let left = run::clean(&tour, approve, Deadline::after(CLEAN_UP)).await?;
        if let [first, ..] = left.as_slice() {
            let problem = Problem::failed(format!("the tour could not clean up: {first}"));
            return Err(problem.into());
        }
    }
    said?;
    let exit = ended?;
    if exit == Exit::Done {
        context.output.print("\nEverything came as announced.\n")?;
    }
    Ok(exit)
}

/// Returns the connection flags for the commands of the tour, files by their full path.
fn connection(context: &Context) -> anyhow::Result<Vec<Secret>> {
    let mut flags: Vec<Secret> = Vec::new();
    if let Some(file) = &context.global.properties {
        let file = std::path::absolute(file).context("cannot find the properties file")?;
        flags.extend(["-F".into(), file.display().to_string().as_str().into()]);
    }
    for property in &context.global.property {
        flags.extend(["-X".into(), property.clone()]);
    }
    Ok(flags)
}

/// Writes the properties of the command line into a file that only this user can read: first those
/// of `-F`, then those of `-X`, which win.
async fn properties(context: &Context, folder: &Path) -> anyhow::Result<Option<PathBuf>> {
    let GlobalArgs { properties, property, .. } = &context.global;
    if properties.is_none() && property.is_empty() {
        return Ok(None);
    }
    let mut text = String::new();
    if let Some(file) = properties.clone() {
        let read = move || std::fs::read_to_string(file);
        let read = reading::beside(&context.interrupt, read).await?;
        text = read.context("cannot read the properties file")?;
        text.push('\n');
    }
    text.extend(property.iter().map(|property| property_line(property.reveal())));
    let path = folder.join("client.properties");
    std::fs::write(&path, text).context("cannot write a temporary properties file")?;
    Ok(Some(path))
}
