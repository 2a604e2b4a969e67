//! One connection: requests in, answers out, one after the other as Kafka does it.

use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::Event;
use super::dispatch::{self, Reply};
use super::frame::{self, Budget};
use crate::sandbox::api::Caller;
use crate::sandbox::broker::Shared;

/// How long a connection may be idle, as `connections.max.idle.ms` has it.
const IDLE: Duration = Duration::from_secs(600);
/// How long a client may take to read an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Talks with a client until it leaves, or gives the reason why it has to.
pub(super) async fn converse(
    stream: TcpStream,
    shared: Shared,
    budget: Budget,
    events: &mpsc::Sender<Event>,
) -> Result<(), String> {
    let address = stream.local_addr().map_err(|error| error.to_string())?;
    let peer = stream.peer_addr().map_err(|error| error.to_string())?;
    let mut caller = Caller::new(shared, address, peer);
    let (input, mut output) = stream.into_split();
    let mut input = BufReader::new(input);
    loop {
        let Ok(read) = timeout(IDLE, frame::read(&mut input, &budget)).await else {
            return Ok(());
        };
        let Some(frame) = read? else { return Ok(()) };
        match dispatch::answer(&mut caller, &frame, events).await? {
            Reply::Nothing => {}
            Reply::Close => return Ok(()),
            Reply::Answer(bytes) => match timeout(PATIENCE, output.write_all(&bytes)).await {
                Ok(Ok(())) => {}
                // The client has gone before it read the answer: that is its own business.
                Ok(Err(_)) => return Ok(()),
                Err(_) => return Err("the client does not read its answers".to_owned()),
            },
        }
        if caller.session.is_refused() {
            return Err("it could not log in".to_owned());
        }
    }
}
