//! `flowctl sandbox`: an embedded broker, for trying a topology and testing a script.

mod child;
mod prepare;
mod running;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use tokio::net::lookup_host;
use tokio::process::Command;

use child::Child;
use prepare::apply;
use running::{FaultFile, Running};

use super::Context;
use crate::config::{SANDBOX, TopologyArgs};
use crate::error::Problem;
use crate::exit::Exit;
use crate::kafka::Properties;
use crate::model::secret::Secret;
use crate::model::shell::quote;
use crate::model::size::parse_size;
use crate::sandbox::{Fault, Options, Sandbox, Storage, User};

/// Start an embedded Kafka broker in memory, for trying and testing
///
/// Examples:
///
///   flowctl sandbox --listen 127.0.0.1:9092
///
///   flowctl sandbox -f topology.yaml -e dev    # with the topics of a topology
///
///   flowctl sandbox -f topology.yaml -e dev -- sh -c 'flowctl produce orders --count 10'
///
/// Runs until Ctrl-C, and all its records go with it: it is never for data that matters. With a
/// command behind --, it runs on a free port while that command does, with FLOWCTL_BROKERS (and
/// FLOWCTL_ENV) set, and ends with the command's exit code. Signals are passed on to it, and a
/// second one kills it. What differs from Kafka: flowctl help sandbox.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, after_long_help = include_str!("limits.txt"))]
pub struct Args {
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:9092, before a command a free
    /// port]
    #[arg(long, value_name = "HOST:PORT")]
    pub listen: Option<String>,

    /// Create the topics of this topology, `-` for stdin [with --env: FLOWCTL_FILE, else
    /// topology.yaml]
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Create the topics of this environment of the topology [with --file: FLOWCTL_ENV]
    #[arg(short, long, value_name = "NAME")]
    pub env: Option<String>,

    /// Let requests fail: CALL CONDITIONS EFFECT, as in 'Produce topic=orders every=3 drop-after'
    /// (can be repeated)
    #[arg(long = "fault", value_name = "RULE")]
    pub faults: Vec<String>,

    /// Rules as of --fault, one a line; the file is read again when it changes
    #[arg(long, value_name = "FILE", conflicts_with = "faults")]
    pub fault_file: Option<PathBuf>,

    /// Let only users in, by SASL PLAIN or SCRAM: the first one may do everything, the others what
    /// ACLs allow (can be repeated). A password shows in the list of processes: take one for tests
    /// only
    #[arg(long = "user", value_name = "NAME:PASSWORD")]
    pub users: Vec<Secret>,

    /// How much its records may take; beyond it producing is refused
    #[arg(long, value_name = "SIZE", default_value = "512MiB", value_parser = parse_size)]
    pub max_memory: u64,

    /// Keep all records, whatever retention and cleanup policies say
    #[arg(long)]
    pub no_retention: bool,

    /// Command to run beside it
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// The port that brokers listen on where nobody says another.
const PORT: u16 = 9092;

/// Runs the sandbox.
pub async fn run(args: Args, context: &mut Context) -> anyhow::Result<Exit> {
    let Args { listen, file, env, faults, fault_file, users, max_memory, no_retention, command } =
        args;
    if context.global.names_cluster() {
        let message = "-b, -F and -X say how to reach a cluster; this one is the sandbox";
        let hint = "--listen says where it listens, --user who may come in";
        return Err(Problem::usage(message).hint(hint).into());
    }
    // Only where it is asked for: also beside a topology.yaml an empty cluster has its use, to try
    // `apply` on.
    let is_wanted = file.is_some() || env.is_some();
    let topology = TopologyArgs { file, env };
    let storage = Storage { max_memory, has_retention: !no_retention };
    let listen = address(listen, !command.is_empty(), context).await?;
    let (faults, rules) = match fault_file {
        Some(path) => FaultFile::open(path, context).await?,
        None => (read_faults(&faults)?, None),
    };
    let users = read_users(&users)?;
    let owner = login(users.first());
    let sandbox = start(listen, users, storage, context).await?;
    let address = sandbox.address();
    let environment = context.topology_environment(&topology).map(str::to_owned);
    if is_wanted {
        let exit = apply(&topology, address, &owner, context).await?;
        if exit != Exit::Done {
            let undone =
                if command.is_empty() { "the sandbox ends" } else { "the command was not run" };
            let message = format!("the topology cannot be applied to the sandbox: {undone}");
            return Err(Problem::new(exit, message).into());
        }
    }
    // What was prepared was prepared without them.
    sandbox.set_faults(faults);
    let mut running = Running::new(sandbox, rules);
    if let Some((program, arguments)) = command.split_first() {
        let mut command = Command::new(program);
        command.args(arguments);
        command.env("FLOWCTL_BROKERS", address.to_string()).env(SANDBOX, address.to_string());
        if let Some(environment) = environment.filter(|_| is_wanted) {
            command.env("FLOWCTL_ENV", environment);
        }
        return Child::start(command, context).await?.wait(&mut running, context).await;
    }
    context.output.note(&format!("the sandbox listens on {address}; Ctrl-C ends it"));
    context.output.note("for trying and testing only: all its records go when it ends");
    context.output.print(&format!("-b {address}\n"))?;
    context.output.flush()?;
    let interrupt = context.interrupt.clone();
    loop {
        tokio::select! {
            _signal = interrupt.wait() => return Ok(Exit::Done),
            () = running.next(context) => {}
        }
    }
}

/// Starts a sandbox and says why it cannot.
pub(super) async fn start(
    listen: SocketAddr,
    users: Vec<User>,
    storage: Storage,
    context: &Context,
) -> anyhow::Result<Sandbox> {
    let options = Options { listen, clock: context.clock, users, storage };
    let started = Sandbox::start(options).await;
    started.map_err(|cause| {
        let problem = Problem::failed(format!("cannot listen on {listen}: {cause}"));
        problem.hint("--listen 127.0.0.1:0 takes a free port").into()
    })
}

/// Returns a free port of this machine.
pub(super) fn free_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// Finds where to listen.
async fn address(
    listen: Option<String>,
    has_command: bool,
    context: &Context,
) -> anyhow::Result<SocketAddr> {
    let Some(text) = listen else {
        let port = if has_command { 0 } else { PORT };
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    };
    let problem = |cause: &str| {
        Problem::usage(format!("cannot listen on `{text}`: {cause}"))
            .hint("it takes HOST:PORT, such as 127.0.0.1:9092")
    };
    // A name may take the resolver its time.
    let found = context.interrupt.cut(lookup_host(&text)).await?;
    let mut found = found.map_err(|cause| problem(&cause.to_string()))?;
    found.next().ok_or_else(|| problem("it has no address").into())
}

/// Reads `--user`. The parser of the command line would show what it cannot read.
fn read_users(texts: &[Secret]) -> Result<Vec<User>, Problem> {
    let read = texts.iter().map(|text| User::parse(text.reveal()));
    let users: Vec<User> = read
        .collect::<Result<_, _>>()
        .map_err(|error| Problem::usage(format!("--user: {error}")))?;
    let mut names = BTreeSet::new();
    match users.iter().find(|user| !names.insert(user.name())) {
        Some(user) => Err(Problem::usage(format!("--user: `{}` comes twice", user.name()))),
        None => Ok(users),
    }
}

/// Returns the properties by which a user logs in.
fn login(user: Option<&User>) -> Properties {
    let mut properties = Properties::new();
    if let Some(user) = user {
        for (key, value) in [
            ("security.protocol", "SASL_PLAINTEXT"),
            ("sasl.mechanism", "PLAIN"),
            ("sasl.username", user.name()),
            ("sasl.password", user.password().reveal()),
        ] {
            properties.set(key, value, "--user");
        }
    }
    properties
}

/// Reads `--fault`.
fn read_faults(rules: &[String]) -> Result<Vec<Fault>, Problem> {
    let read = |rule: &String| {
        Fault::parse(rule).map_err(|error| {
            let place = format!("--fault {}, column {}", quote(rule), error.column);
            running::no_rule(&place, &error)
        })
    };
    rules.iter().map(read).collect()
}
