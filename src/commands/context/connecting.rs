//! Which cluster a command works on: who names it, whether it is the sandbox beside, and how it is
//! reached.

use std::pin::pin;
use std::time::Duration;

use tokio::sync::watch;

use super::Context;
use crate::commands::reading;
use crate::config::{self, Connection};
use crate::error::Problem;
use crate::kafka::{self, Cluster, ConnectionSettings};
use crate::output::waiting::Waiting;
use crate::topology::Resolved;

/// How long nobody wonders why nothing happens; after that the line is drawn anew as often.
const PATIENCE: Duration = Duration::from_secs(1);

impl Context {
    /// Puts the connection settings together and shows what is odd about them. The environment of
    /// `topology`, if there is one, is the lowest layer.
    pub async fn settings(
        &mut self,
        topology: Option<&Resolved>,
    ) -> anyhow::Result<ConnectionSettings> {
        let Connection { settings, overridden, .. } = self.connection(topology).await?;
        if let Some(overridden) = overridden {
            self.output.detail(&overridden.to_string());
        }
        Ok(settings)
    }

    /// Does the same for a command that changes something: it warns where the cluster is another
    /// one than the topology says.
    pub async fn settings_to_write(
        &mut self,
        topology: Option<&Resolved>,
    ) -> anyhow::Result<ConnectionSettings> {
        let Connection { settings, overridden, .. } = self.connection(topology).await?;
        if let Some(overridden) = overridden {
            self.output.warn(&overridden.to_string());
        }
        Ok(settings)
    }

    /// Puts the settings together, and says where they are from.
    pub(in crate::commands) async fn connection(
        &mut self,
        topology: Option<&Resolved>,
    ) -> anyhow::Result<Connection> {
        let (global, environment) = (self.global.clone(), self.environment.clone());
        let cluster = topology.map(|resolved| resolved.cluster.clone());
        let put_together = move || config::connection(&global, &environment, cluster.as_ref());
        let connection = reading::beside(&self.interrupt, put_together).await??;
        for warning in &connection.warnings {
            self.output.warn(&warning.to_string());
        }
        Ok(connection)
    }

    /// Tells whether somebody says how to reach a cluster.
    pub fn names_brokers(&self) -> bool {
        self.global.names_cluster() || self.environment.setting("FLOWCTL_BROKERS").is_some()
    }

    /// Connects within the deadline of the command. A cluster with another id than the topology
    /// pins is refused. A signal ends it at once: nothing has been changed.
    pub async fn connect(
        &self,
        settings: &ConnectionSettings,
        topology: Option<&Resolved>,
    ) -> anyhow::Result<Cluster> {
        let pinned = topology.and_then(|topology| topology.cluster.id.as_deref());
        self.interrupt.cut(Box::pin(self.reach(settings, pinned))).await?
    }

    async fn reach(
        &self,
        settings: &ConnectionSettings,
        pinned: Option<&str>,
    ) -> anyhow::Result<Cluster> {
        let cluster = self.reach_anyone(settings).await?;
        let Some(pinned) = pinned else { return Ok(cluster) };
        let this = match cluster.id(self.deadline).await? {
            Some(id) if id == pinned => return Ok(cluster),
            Some(id) => format!("this is cluster `{id}`"),
            None => "this cluster does not say its id".to_owned(),
        };
        Err(Problem::refused(format!("{this}, and the topology is for `{pinned}`"))
            .hint("check the brokers, or the environment's cluster.id in the topology")
            .into())
    }

    /// Connects; who watches hears after a second what is waited for.
    async fn reach_anyone(&self, settings: &ConnectionSettings) -> Result<Cluster, kafka::Error> {
        let (said, last) = watch::channel(None);
        let tell = |cause: &str| drop(said.send_replace(Some(cause.to_owned())));
        let mut connecting = pin!(Cluster::connect_telling(settings, self.deadline, &tell));
        let mut waiting = Waiting::new(&self.output);
        let addresses: Vec<_> = settings.bootstrap.iter().map(ToString::to_string).collect();
        let addresses = addresses.join(", ");
        loop {
            if let Ok(reached) = tokio::time::timeout(PATIENCE, &mut connecting).await {
                return reached;
            }
            waiting.show(&addresses, last.borrow().as_deref(), self.deadline.left());
        }
    }

    /// Tells whether this command works on the sandbox that it runs beside: not where flags or
    /// variables name another cluster.
    pub(in crate::commands) async fn is_beside_sandbox(&self) -> anyhow::Result<bool> {
        let Some(sandbox) = self.environment.setting(config::SANDBOX).map(str::to_owned) else {
            return Ok(false);
        };
        let (global, environment) = (self.global.clone(), self.environment.clone());
        let names_sandbox = move || {
            // What is no file can be read only once, and is read for the connection.
            let is_readable = global.properties.as_ref().is_none_or(|file| file.is_file());
            // What is wrong with them is told when it comes to connecting.
            let named = is_readable.then(|| config::connection(&global, &environment, None).ok());
            let settings = named.flatten().map(|connection| connection.settings);
            settings.is_some_and(|settings| {
                settings.bootstrap.iter().map(ToString::to_string).eq([sandbox])
            })
        };
        reading::beside(&self.interrupt, names_sandbox).await
    }
}
