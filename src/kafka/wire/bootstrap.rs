//! The first connection: any of the addresses that were given, for as long as the deadline allows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::connection::Connection;
use super::dial::Dialer;
use crate::clock::Deadline;
use crate::kafka::connection::Address;
use crate::kafka::{Backoff, Error};

/// How long an address may take before the next one is tried beside it.
const HEAD_START: Duration = Duration::from_millis(500);

/// Connects to the first address that answers. Addresses that refuse are tried again until the
/// deadline: a cluster may be starting. What time does not heal (credentials, TLS, a peer that is
/// not Kafka) ends it at once, unless another address works. Each time that all of them have
/// refused, `tell` is told why.
pub(super) async fn reach(
    dialer: &Arc<Dialer>,
    addresses: &[Address],
    deadline: Deadline,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<Connection, Error> {
    if addresses.is_empty() {
        return Err(Error::Settings("no bootstrap server is given; name one with -b".to_owned()));
    }
    let mut backoff = Backoff::new();
    loop {
        let failures = match try_each(dialer, addresses, deadline).await {
            Ok(connection) => return Ok(connection),
            Err(failures) => failures,
        };
        if let Some(fatal) = failures.values().find(|error| !error.nobody_answered()) {
            return Err(fatal.clone());
        }
        let cause = sum_up(&failures);
        tell(&cause);
        if !backoff.wait(deadline).await {
            let addresses = addresses.iter().map(ToString::to_string).collect();
            return Err(Error::Unreachable { addresses, cause });
        }
    }
}

/// Tries each address once, and returns how each failed when all did.
async fn try_each(
    dialer: &Arc<Dialer>,
    addresses: &[Address],
    deadline: Deadline,
) -> Result<Connection, BTreeMap<Address, Error>> {
    let mut rest = addresses.iter();
    let mut attempts = FuturesUnordered::new();
    let mut failures = BTreeMap::new();
    loop {
        if let Some(address) = rest.next() {
            attempts
                .push(async move { (address, Connection::open(dialer, address, deadline).await) });
        }
        let wait = if rest.len() == 0 { Duration::MAX } else { HEAD_START };
        match tokio::time::timeout(wait, attempts.next()).await {
            Ok(Some((_, Ok(connection)))) => return Ok(connection),
            Ok(Some((address, Err(error)))) => {
                // The same credentials would fail everywhere.
                let is_final = matches!(error, Error::Authentication { .. });
                failures.insert(address.clone(), error);
                if is_final {
                    return Err(failures);
                }
            }
            Ok(None) => return Err(failures),
            Err(_) => {}
        }
    }
}

/// Sums up how the addresses failed.
fn sum_up(failures: &BTreeMap<Address, Error>) -> String {
    let mut causes: Vec<String> = Vec::new();
    for error in failures.values() {
        let cause = if let Error::Unreachable { cause, .. } = error {
            cause.clone()
        } else {
            error.to_string()
        };
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    causes.join("; ")
}
