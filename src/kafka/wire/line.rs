//! A stream with requests and answers on it: pipelined, matched by correlation id.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kafka_protocol::messages::{ApiVersionsRequest, ApiVersionsResponse};
use kafka_protocol::protocol::{Request, StrBytes};
use rand::Rng;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::AbortHandle;

use super::dial::{Stream, describe};
use super::frame::{self, FrameError};
use super::tls_error::{self, Showed};
use super::versions::request_name;
use crate::clock::Deadline;
use crate::kafka::connection::Address;
use crate::kafka::{Error, ErrorCode};

/// How many requests wait for answers at most. A broker works on one request of a connection at a
/// time, so that more would only fill its socket buffer.
const MOST_IN_FLIGHT: usize = 32;

/// A stream with requests and answers on it. Dropping it closes the stream.
pub(super) struct Line {
    inbox: Arc<Inbox>,
    outgoing: mpsc::UnboundedSender<Bytes>,
    slots: Arc<Semaphore>,
    client_id: StrBytes,
    tasks: [AbortHandle; 2],
}

/// Where answers are waited for.
struct Inbox {
    address: Address,
    showed: Showed,
    state: Mutex<State>,
}

/// Who waits, and whether the line still works.
struct State {
    next_id: i32,
    waiting: BTreeMap<i32, Waiting>,
    /// How many answers came.
    answers: u64,
    closed: Option<Error>,
}

impl State {
    /// The first correlation id is a random one: a peer that echoes it has understood the request,
    /// so what follows is no accident.
    fn new() -> Self {
        let next_id = rand::rng().random_range(0..i32::MAX / 2);
        Self { next_id, waiting: BTreeMap::new(), answers: 0, closed: None }
    }
}

/// Somebody who waits for an answer of at most `largest` bytes.
struct Waiting {
    answer: oneshot::Sender<Result<Bytes, Error>>,
    largest: usize,
    /// Whether its first bytes are here.
    has_begun: bool,
}

/// A request that was sent and whose answer has not been received yet. Dropping it gives the answer
/// up; the connection stays usable.
pub(crate) struct Pending<R> {
    inbox: Arc<Inbox>,
    answer: oneshot::Receiver<Result<Bytes, Error>>,
    id: i32,
    version: i16,
    _slot: OwnedSemaphorePermit,
    request: PhantomData<fn() -> R>,
}

impl Line {
    /// Takes a stream over.
    pub(super) fn new(
        stream: Stream,
        address: Address,
        client_id: StrBytes,
        showed: Showed,
    ) -> Self {
        let inbox = Arc::new(Inbox { address, showed, state: Mutex::new(State::new()) });
        let (outgoing, frames) = mpsc::unbounded_channel();
        let reading = tokio::spawn(read_answers(stream.reader, Arc::clone(&inbox)));
        let writing = tokio::spawn(write_requests(stream.writer, frames, Arc::clone(&inbox)));
        Self {
            inbox,
            outgoing,
            slots: Arc::new(Semaphore::new(MOST_IN_FLIGHT)),
            client_id,
            tasks: [reading.abort_handle(), writing.abort_handle()],
        }
    }

    /// Sends a request; waits only while too many are in flight.
    pub(super) async fn send<R: Request>(
        &self,
        request: &R,
        version: i16,
        largest: usize,
        deadline: Deadline,
    ) -> Result<Pending<R>, Error> {
        let slot = Arc::clone(&self.slots).acquire_owned();
        let Ok(Ok(slot)) = tokio::time::timeout_at(deadline.at(), slot).await else {
            return Err(self.inbox.timeout::<R>(deadline));
        };
        let (sender, answer) = oneshot::channel();
        let id = self.inbox.expect(Waiting { answer: sender, largest, has_begun: false })?;
        let frame = frame::encode(request, version, id, &self.client_id).map_err(|cause| {
            self.inbox.state().waiting.remove(&id);
            self.inbox
                .illegal(format!("cannot encode {} v{version}: {cause}", request_name(R::KEY)))
        })?;
        // When the writer has gone, the line is closed and `answer` says why.
        let _gone = self.outgoing.send(frame).is_err();
        Ok(Pending {
            inbox: Arc::clone(&self.inbox),
            answer,
            id,
            version,
            _slot: slot,
            request: PhantomData,
        })
    }

    /// Closes the line for good; everybody who waits gets the error.
    pub(super) fn close(&self, error: &Error) {
        self.inbox.close(error);
    }

    /// Tells whether the line is closed.
    pub(super) fn is_closed(&self) -> bool {
        self.inbox.state().closed.is_some()
    }

    /// Returns how many answers came so far.
    pub(super) fn answers(&self) -> u64 {
        self.inbox.state().answers
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl<R: Request> Pending<R> {
    /// Waits for the answer; dropping this future loses nothing, it can be called again. A
    /// connection that misses a deadline is closed: what comes later would be for nobody.
    pub(crate) async fn receive(&mut self, deadline: Deadline) -> Result<R::Response, Error> {
        let frame = self.receive_frame(deadline).await?;
        self.decode(frame, self.version)
    }

    /// Tells whether the answer is on its way: a slow line takes its time over a large one, while a
    /// broker that sends nothing may never do so.
    pub(crate) fn has_begun(&self) -> bool {
        self.inbox.state().waiting.get(&self.id).is_some_and(|waiting| waiting.has_begun)
    }

    /// Waits for the bytes of the answer.
    async fn receive_frame(&mut self, deadline: Deadline) -> Result<Bytes, Error> {
        match tokio::time::timeout_at(deadline.at(), &mut self.answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(self.inbox.lost("it was closed".to_owned())),
            Err(_) => {
                let error = self.inbox.timeout::<R>(deadline);
                self.inbox.close(&error);
                Err(error)
            }
        }
    }

    fn decode(&self, frame: Bytes, version: i16) -> Result<R::Response, Error> {
        frame::decode::<R>(frame, version).map_err(|cause| {
            let name = request_name(R::KEY);
            self.inbox.illegal(format!("cannot decode {name} v{version}: {cause}"))
        })
    }
}

impl Pending<ApiVersionsRequest> {
    /// Waits for the answer; a broker that does not know the version answers in the layout of
    /// version 0.
    pub(super) async fn receive_versions(
        &mut self,
        deadline: Deadline,
    ) -> Result<ApiVersionsResponse, Error> {
        let frame = self.receive_frame(deadline).await?;
        // Behind the correlation id comes the error code.
        let unsupported =
            frame.get(4..6) == Some(&ErrorCode::UNSUPPORTED_VERSION.0.to_be_bytes()[..]);
        self.decode(frame, if unsupported { 0 } else { self.version })
    }
}

impl Inbox {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers somebody who waits and returns the correlation id.
    fn expect(&self, waiting: Waiting) -> Result<i32, Error> {
        let mut state = self.state();
        if let Some(error) = &state.closed {
            return Err(error.clone());
        }
        let id = state.next_id;
        state.next_id = id.checked_add(1).unwrap_or(0);
        state.waiting.insert(id, waiting);
        Ok(id)
    }

    /// Hands an answer to the one who waits for it.
    fn deliver(&self, id: i32, frame: Bytes) {
        let waiting = {
            let mut state = self.state();
            state.answers += 1;
            state.waiting.remove(&id)
        };
        if let Some(waiting) = waiting {
            // Who dropped the call does not want the answer.
            let _unwanted = waiting.answer.send(Ok(frame)).is_err();
        }
    }

    /// Closes the line; the first error stays.
    fn close(&self, error: &Error) {
        let waiting = {
            let mut state = self.state();
            state.closed.get_or_insert_with(|| error.clone());
            std::mem::take(&mut state.waiting)
        };
        for (_, waiting) in waiting {
            let _unwanted = waiting.answer.send(Err(error.clone())).is_err();
        }
    }

    fn timeout<R: Request>(&self, deadline: Deadline) -> Error {
        Error::Timeout {
            doing: format!("{} from {}", request_name(R::KEY), self.address),
            allowed: deadline.allowed(),
        }
    }

    fn lost(&self, cause: String) -> Error {
        Error::Disconnected { address: self.address.to_string(), cause }
    }

    fn illegal(&self, cause: String) -> Error {
        Error::Protocol { address: self.address.to_string(), cause }
    }

    fn error_of(&self, error: FrameError) -> Error {
        match error {
            FrameError::Io(error) => tls_error::of_reading(&self.address, &error, self.showed)
                .unwrap_or_else(|| self.lost(describe(&error))),
            FrameError::Tls => tls_error::plaintext_to_tls(&self.address),
            FrameError::Illegal(cause) => self.illegal(cause),
        }
    }
}

/// Reads answers until the stream ends.
async fn read_answers(mut reader: impl AsyncRead + Unpin, inbox: Arc<Inbox>) {
    let largest = |id| {
        let mut state = inbox.state();
        let waiting = state.waiting.get_mut(&id)?;
        waiting.has_begun = true;
        Some(waiting.largest)
    };
    loop {
        match frame::read(&mut reader, largest).await {
            Ok((id, frame)) => inbox.deliver(id, frame),
            Err(error) => return inbox.close(&inbox.error_of(error)),
        }
    }
}

/// Writes requests until the line is dropped. A task of its own does it, so that a call which is
/// dropped half-way never leaves half a frame behind.
async fn write_requests(
    mut writer: impl AsyncWrite + Unpin,
    mut frames: mpsc::UnboundedReceiver<Bytes>,
    inbox: Arc<Inbox>,
) {
    while let Some(frame) = frames.recv().await {
        let written = async {
            writer.write_all(&frame).await?;
            writer.flush().await
        };
        if let Err(error) = written.await {
            // The reader may still find out more: a TLS alert, a clean end. It closes the line.
            if tls_error::of_reading(&inbox.address, &error, inbox.showed).is_some() {
                inbox.close(&inbox.error_of(FrameError::Io(error)));
            }
            return;
        }
    }
}
