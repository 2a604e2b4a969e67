//! The cluster as a whole.

/// A cluster and its brokers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterDescription {
    /// The cluster's id; `None` from brokers that do not say it.
    pub id: Option<String>,
    /// The broker that takes administrative requests; `None` while there is none.
    pub controller: Option<i32>,
    /// The brokers by id.
    pub brokers: Vec<Broker>,
}

/// A broker of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// The id.
    pub id: i32,
    /// The advertised host.
    pub host: String,
    /// The advertised port.
    pub port: u16,
    /// The rack, if one is configured.
    pub rack: Option<String>,
}
