//! `flowctl sandbox`: an embedded broker, for trying a topology and testing a script.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::Context as _;
use tokio::process::{Child, Command};

use super::{Context, plan};
use crate::approval::{Approval, ApprovedBy};
use crate::config::TopologyArgs;
use crate::error::Problem;
use crate::exit::Exit;
use crate::interrupt::Signal;
use crate::kafka::{Cluster, ConnectionSettings, Properties};
use crate::model::secret::Secret;
use crate::model::size::parse_size;
use crate::output::{Place, plan as plan_view};
use crate::plan::run::{self, Limits};
use crate::plan::{Permissions, Plan};
use crate::sandbox::{Event, Fault, Options, Sandbox, Storage, User};
use crate::topology::resolved::ResolvedCluster;

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
/// Runs until Ctrl-C, and all its records go with it: it is never for data that matters. With a command
/// behind --, it runs on a free port while that command does, with FLOWCTL_BROKERS (and FLOWCTL_ENV)
/// set, and ends with the command's exit code. What differs from Kafka: flowctl help sandbox.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, after_long_help = include_str!("sandbox.txt"))]
pub struct Args {
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:9092, before a command a free port]
    #[arg(long, value_name = "HOST:PORT")]
    pub listen: Option<String>,

    /// The topology.
    #[command(flatten)]
    pub topology: TopologyArgs,

    /// Let requests fail: CALL CONDITIONS EFFECT, as in 'Produce topic=orders every=3 drop-after' (can
    /// be repeated)
    #[arg(long = "fault", value_name = "RULE", value_parser = parse_fault)]
    pub faults: Vec<Fault>,

    /// Rules as of --fault, one a line; the file is read again when it changes
    #[arg(long, value_name = "FILE", conflicts_with = "faults")]
    pub fault_file: Option<PathBuf>,

    /// Let only users in, by SASL PLAIN or SCRAM: the first one may do everything, the others what ACLs
    /// allow (can be repeated). A password shows in the list of processes: take one for tests only
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
    let Args { listen, topology, faults, fault_file, users, max_memory, no_retention, command } =
        args;
    let storage = Storage { max_memory, has_retention: !no_retention };
    let listen = address(listen.as_deref(), !command.is_empty())?;
    let mut rules = fault_file.map(FaultFile::new);
    let faults = match &mut rules {
        Some(file) => file.read()?.unwrap_or_default(),
        None => faults,
    };
    let users = read_users(&users)?;
    let owner = login(users.first());
    let sandbox = start(listen, users, storage, context).await?;
    let address = sandbox.address();
    let is_wanted = topology.file.is_some() || topology.env.is_some();
    let environment = context.topology_environment(&topology).map(str::to_owned);
    if is_wanted {
        let exit = apply(&topology, address, &owner, context).await?;
        if exit != Exit::Done {
            return Ok(exit);
        }
    }
    // What was prepared was prepared without them.
    sandbox.set_faults(faults);
    let mut running = Running { sandbox, rules };
    if let Some((program, arguments)) = command.split_first() {
        let mut child = Command::new(program);
        child.args(arguments).env("FLOWCTL_BROKERS", address.to_string()).kill_on_drop(true);
        if let Some(environment) = environment.filter(|_| is_wanted) {
            child.env("FLOWCTL_ENV", environment);
        }
        let child = child.spawn().with_context(|| format!("cannot run `{}`", program.display()))?;
        return beside(child, &mut running, context).await;
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
    let options = Options { listen, clock: context.clock, faults: Vec::new(), users, storage };
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

/// Reads where to listen.
fn address(listen: Option<&str>, has_command: bool) -> anyhow::Result<SocketAddr> {
    let Some(text) = listen else {
        let port = if has_command { 0 } else { PORT };
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    };
    let problem = |cause: &str| {
        Problem::usage(format!("cannot listen on `{text}`: {cause}"))
            .hint("it takes HOST:PORT, such as 127.0.0.1:9092")
    };
    let mut found = text.to_socket_addrs().map_err(|cause| problem(&cause.to_string()))?;
    found.next().ok_or_else(|| problem("it has no address").into())
}

/// Creates what the topology declares. Whatever cluster it names, this is the sandbox.
async fn apply(
    args: &TopologyArgs,
    address: SocketAddr,
    owner: &Properties,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    let mut wanted = context.topology(args).await?;
    context.output.diagnostics(&wanted.warnings);
    wanted.cluster = ResolvedCluster::default();
    let (settings, _) = ConnectionSettings::from_properties(Some(&address.to_string()), owner)?;
    let cluster = Cluster::connect(&settings, context.deadline).await?;
    let plan = plan::compare(&wanted, &cluster, &Permissions::default(), context).await?;
    create(&cluster, plan, context).await
}

/// Applies a plan to a sandbox: there is nothing in it that anybody would have to be asked for.
async fn create(cluster: &Cluster, plan: Plan, context: &mut Context) -> anyhow::Result<Exit> {
    if plan.exit() != Exit::Done {
        context.output.note(&plan_view::text(&plan, Place::default()));
        return Ok(plan.exit());
    }
    let approval = Approval::given(ApprovedBy::Command);
    let interrupt = context.interrupt.clone();
    let limits = Limits { timeout: context.global.timeout, interrupt: &interrupt };
    let applied = run::apply(cluster, plan, approval, limits, &mut |_, _| {}).await;
    if applied.exit() != Exit::Done {
        context.output.note(&plan_view::text(&applied.plan, Place::default()));
    }
    context.output.note(plan_view::tally_line(&applied).trim_end());
    Ok(applied.exit())
}

/// Waits for a command, and passes its exit code on. Ctrl-C reaches it by itself; SIGTERM is passed on.
async fn beside(
    mut child: Child,
    running: &mut Running,
    context: &mut Context,
) -> anyhow::Result<Exit> {
    let interrupt = context.interrupt.clone();
    let mut is_asked = false;
    loop {
        tokio::select! {
            ended = child.wait() => return Ok(exit_of(ended.context("cannot wait for the command")?)),
            () = running.next(context) => {}
            signal = interrupt.wait(), if !is_asked => {
                is_asked = true;
                if signal == Signal::Terminate {
                    terminate(&child);
                }
            }
        }
    }
}

/// A sandbox with its rules.
struct Running {
    sandbox: Sandbox,
    rules: Option<FaultFile>,
}

/// How often the file with the rules is looked at: sooner than anybody types the next command.
const LOOK: Duration = Duration::from_millis(100);

impl Running {
    /// Waits for what the sandbox has to say, or for other rules.
    async fn next(&mut self, context: &mut Context) {
        tokio::select! {
            event = self.sandbox.event() => tell(&event, context),
            () = tokio::time::sleep(LOOK), if self.rules.is_some() => {
                match self.rules.as_mut().map_or(Ok(None), FaultFile::read) {
                    Ok(None) => {}
                    Ok(Some(faults)) => self.sandbox.set_faults(faults),
                    Err(problem) => context.output.warn(&format!("{problem}; the rules before hold")),
                }
            }
        }
    }
}

/// A file with rules.
struct FaultFile {
    path: PathBuf,
    /// What was in it the last time.
    text: Option<String>,
}

impl FaultFile {
    fn new(path: PathBuf) -> Self {
        Self { path, text: None }
    }

    /// Reads the rules, if they are others than the last time.
    fn read(&mut self) -> Result<Option<Vec<Fault>>, Problem> {
        let name = self.path.display();
        let text = std::fs::read_to_string(&self.path)
            .map_err(|cause| Problem::usage(format!("cannot read `{name}`: {cause}")))?;
        if self.text.as_ref() == Some(&text) {
            return Ok(None);
        }
        let rules = Fault::parse_lines(&text)
            .map_err(|(line, error)| Problem::usage(format!("{name}:{line}: {error}")));
        self.text = Some(text);
        rules.map(Some)
    }
}

/// Reads `--user`. The parser of the command line would show what it cannot read.
fn read_users(texts: &[Secret]) -> Result<Vec<User>, Problem> {
    let read = texts.iter().map(|text| User::parse(text.reveal()));
    read.collect::<Result<_, _>>().map_err(|error| Problem::usage(format!("--user: {error}")))
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
fn parse_fault(text: &str) -> Result<Fault, String> {
    Fault::parse(text).map_err(|error| error.to_string())
}

/// Asks a command to end.
fn terminate(child: &Child) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) {
        // It may have ended by itself.
        let _gone = rustix::process::kill_process(pid, rustix::process::Signal::TERM).is_err();
    }
}

/// Returns the exit of a command: its own code, or as shells have it for one that a signal ended.
fn exit_of(status: ExitStatus) -> Exit {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    Exit::OfCommand(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
}

/// Shows what the sandbox has to say.
fn tell(event: &Event, context: &mut Context) {
    match event {
        Event::Closed { peer, reason } => {
            context.output.warn(&format!("closed the connection of {peer}: {reason}"));
        }
        Event::Panicked => {
            context.output.warn("a connection ended by a mistake in the sandbox: please report it");
        }
        Event::NotAccepted(cause) => {
            context.output.warn(&format!("could not take a connection: {cause}"));
        }
    }
}
