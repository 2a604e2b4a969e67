//! One connection: requests in, answers out, one after the other as Kafka does it.

use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::dispatch::{self, Reply};
use super::frame::{self, Frame};
use super::{Event, Memory};
use crate::sandbox::api::{Caller, answer_token};
use crate::sandbox::broker::Shared;
use crate::sandbox::budget::{Budget, Room};

/// How long a connection may be idle, as `connections.max.idle.ms` has it.
const IDLE: Duration = Duration::from_secs(600);
/// How long a client may take to read an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Talks with a client until it leaves, or gives the reason why it has to.
pub(super) async fn converse(
    stream: TcpStream,
    shared: Shared,
    memory: Memory,
    events: &mpsc::Sender<Event>,
) -> Result<(), String> {
    let address = stream.local_addr().map_err(|error| error.to_string())?;
    let peer = stream.peer_addr().map_err(|error| error.to_string())?;
    let mut caller = Caller::new(shared, address, peer, memory.answers);
    let (input, mut output) = stream.into_split();
    let mut input = BufReader::new(input);
    loop {
        let read = timeout(IDLE, read(&mut input, &caller, &memory.requests));
        let Ok(read) = read.await else { return Ok(()) };
        let Some(incoming) = read? else { return Ok(()) };
        let reply = answer(&mut caller, &incoming, events).await?;
        // Its part of the memory is for others while the answer is read.
        drop(incoming);
        match reply {
            Reply::Nothing => {}
            Reply::Close => return Ok(()),
            Reply::Answer(bytes, _room) => {
                match timeout(PATIENCE, output.write_all(&bytes)).await {
                    Ok(Ok(())) => {}
                    // The client has gone before it read the answer: that is its own business.
                    Ok(Err(_)) => return Ok(()),
                    Err(_) => return Err("the client does not read its answers".to_owned()),
                }
            }
        }
        if caller.session.is_refused() {
            return Err("it could not log in".to_owned());
        }
    }
}

/// What a client sends.
enum Incoming {
    /// A request.
    Request(Frame),
    /// A bare message of the mechanism by which it logs in.
    Token(BytesMut),
}

/// Reads what comes next; nothing when the client has left.
async fn read(
    input: &mut (impl AsyncRead + Unpin),
    caller: &Caller,
    budget: &Budget,
) -> Result<Option<Incoming>, String> {
    if caller.session.expects_token() {
        return Ok(frame::read_token(input).await?.map(Incoming::Token));
    }
    Ok(frame::read(input, budget).await?.map(Incoming::Request))
}

/// Answers it; an error closes the connection.
async fn answer(
    caller: &mut Caller,
    incoming: &Incoming,
    events: &mpsc::Sender<Event>,
) -> Result<Reply, String> {
    match incoming {
        Incoming::Request(frame) => dispatch::answer(caller, frame, events).await,
        Incoming::Token(token) => match answer_token(caller, token) {
            Some(answer) => {
                let bytes = frame::encode_token(&answer)?;
                Ok(Reply::Answer(bytes, Room::default()))
            }
            None => Ok(Reply::Nothing),
        },
    }
}
