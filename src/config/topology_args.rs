//! The flags that say where the topology is, and what wins over it.

use std::path::PathBuf;

use crate::topology::SetOption;

/// Where the topology is, for commands whose short flags are free (`plan`, `lag`, `dlq` …).
#[derive(Debug, Clone, clap::Args)]
pub struct TopologyArgs {
    /// Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Environment of the topology [env: FLOWCTL_ENV]
    #[arg(short, long, value_name = "NAME")]
    pub env: Option<String>,
}

/// Settings that win over the topology's, for the commands that check it or make a cluster like it.
#[derive(Debug, Clone, clap::Args)]
pub struct SetArgs {
    /// Override a setting, as in flows.orders.partitions=6 (can be repeated)
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = parse_set)]
    pub sets: Vec<SetOption>,
}

/// Reads `--set PATH=VALUE`.
fn parse_set(text: &str) -> Result<SetOption, String> {
    match text.split_once('=') {
        Some((path, value)) if !path.is_empty() => {
            Ok(SetOption { path: path.to_owned(), value: value.to_owned() })
        }
        Some(_) | None => Err("write PATH=VALUE, as in flows.orders.partitions=6".to_owned()),
    }
}

/// Where the topology is, for record commands: they keep kcat's letters.
#[derive(Debug, Clone, clap::Args)]
pub struct RecordTopologyArgs {
    /// Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Environment of the topology [env: FLOWCTL_ENV]
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,
}

impl From<RecordTopologyArgs> for TopologyArgs {
    fn from(args: RecordTopologyArgs) -> Self {
        let RecordTopologyArgs { file, env } = args;
        Self { file, env }
    }
}
