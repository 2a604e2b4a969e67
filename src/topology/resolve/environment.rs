//! Which environment is meant.

use crate::model::similar::closest;

use super::Topology;

/// Why no environment could be chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// There are several, and none was asked for.
    #[error("the topology has several environments: {}", .known.join(", "))]
    Unsaid {
        /// Those that there are.
        known: Vec<String>,
    },
    /// There is none of this name.
    #[error("the topology has no environment `{asked}`")]
    Unknown {
        /// The one that was asked for.
        asked: String,
        /// Those that there are.
        known: Vec<String>,
    },
}

impl EnvironmentError {
    /// Returns the way out.
    pub fn hint(&self) -> String {
        match self {
            Self::Unsaid { .. } => "choose one with --env or FLOWCTL_ENV".to_owned(),
            Self::Unknown { known, .. } if known.is_empty() => {
                "the file has no `environments`: leave out --env and unset FLOWCTL_ENV".to_owned()
            }
            Self::Unknown { asked, known } => {
                match closest(asked, known.iter().map(String::as_str)) {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => format!("the environments are {}", known.join(", ")),
                }
            }
        }
    }
}

impl Topology {
    /// Chooses the environment: the one that was asked for, or the only one that there is. `None`
    /// when the file declares none.
    pub fn choose(&self, asked: Option<&str>) -> Result<Option<&str>, EnvironmentError> {
        let known = self.environments();
        match (asked, known) {
            (Some(asked), _) => {
                let found = known.iter().find(|name| *name == asked);
                found.map(|name| Some(name.as_str())).ok_or_else(|| EnvironmentError::Unknown {
                    asked: asked.to_owned(),
                    known: known.to_vec(),
                })
            }
            (None, []) => Ok(None),
            (None, [only]) => Ok(Some(only)),
            (None, _) => Err(EnvironmentError::Unsaid { known: known.to_vec() }),
        }
    }
}
