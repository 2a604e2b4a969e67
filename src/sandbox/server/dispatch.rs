//! Which call a request is, and its way from bytes to bytes.

use std::time::Duration;

use bytes::BytesMut;
use kafka_protocol::messages::{self, ApiVersionsRequest, RequestHeader};
use kafka_protocol::protocol::{Decodable, Encodable, Request};
use tokio::sync::mpsc;

use super::frame::{self, Frame};
use super::{Event, say};

use crate::kafka::wire::{guard, request_name};
use crate::sandbox::api::{Call, Caller, every_call, unsupported_version};
use crate::sandbox::broker::Broker;
use crate::sandbox::budget::{Room, SMALL};
use crate::sandbox::faults::{About, Effect};

/// What is sent back.
pub(super) enum Reply {
    /// An answer, whole with its length, and the room that it takes until it is read.
    Answer(BytesMut, Room),
    /// Nothing: the request wants no answer.
    Nothing,
    /// The end of the connection, because a fault says so.
    Close,
}

/// Writes the way of each call through here.
macro_rules! answer_each {
    ($($request:ident),+; never throttled: $($other:ident),+ $(,)?) => {
        /// Answers a request; an error closes the connection.
        pub(super) async fn answer(
            caller: &mut Caller,
            frame: &Frame,
            events: &mpsc::Sender<Event>,
        ) -> Result<Reply, String> {
            match frame.key {
                $(messages::$request::KEY => {
                    serve::<messages::$request>(caller, frame, events).await
                })+
                $(messages::$other::KEY => {
                    serve::<messages::$other>(caller, frame, events).await
                })+
                key => Err(format!("the sandbox does not know API key {key}")),
            }
        }
    };
}

every_call!(answer_each);

/// Decodes one kind of request, has it answered, encodes the answer.
async fn serve<C: Call>(
    caller: &mut Caller,
    frame: &Frame,
    events: &mpsc::Sender<Event>,
) -> Result<Reply, String> {
    let (name, version) = (request_name(C::KEY), frame.version);
    // Nothing is decoded for somebody who is not known.
    if !caller.session.takes(C::KEY) {
        return Err(format!("{name} before it has logged in"));
    }
    let mut body = frame.bytes.clone();
    if !(C::OFFERED.min..=C::OFFERED.max).contains(&version) {
        // The client learns the versions from this one answer, which it can always read.
        return match (C::KEY, frame.bytes.get(4..8)) {
            (ApiVersionsRequest::KEY, Some(&[a, b, c, d])) => {
                let id = i32::from_be_bytes([a, b, c, d]);
                let answer = frame::encode(&unsupported_version(), 0, id)?;
                Ok(Reply::Answer(answer, Room::default()))
            }
            _ => Err(format!("{name} in version {version}, which is not offered")),
        };
    }
    let header = RequestHeader::decode(&mut body, C::header_version(version))
        .map_err(|error| format!("{name} with a header that cannot be read: {error}"))?;
    // Kafka ignores what stands behind a request, and librdkafka 2.16 counts on it: when it asks
    // for the metadata of all topics, it leaves three bytes of another encoding there.
    let (request, _rest): (C, _) = guard::decode_start(&body, version)
        .map_err(|error| format!("{name} in version {version} that cannot be read: {error}"))?;
    caller.version = version;
    caller.is_large = frame.bytes.len() > SMALL;
    caller.client_id = header.client_id.unwrap_or_default();
    let wants_answer = request.wants_answer();
    let response = match strike(caller, &name, &request) {
        None => perform(request, caller).await,
        Some(Struck { effect, rule, edition }) => {
            // What is to be done before the client suffers is done now.
            let done = match effect {
                Effect::Error(_) | Effect::Drop | Effect::Delay(_) => None,
                Effect::ErrorAfter(_)
                | Effect::DropAfter
                | Effect::DelayAfter(_)
                | Effect::Throttle(_) => Some(perform(request.clone(), caller).await),
            };
            say(events, Event::Struck { peer: caller.peer, call: name.clone(), rule });
            match effect {
                Effect::Drop | Effect::DropAfter => return Ok(Reply::Close),
                Effect::Error(error) | Effect::ErrorAfter(error) => request.fail(error, caller),
                Effect::Delay(time) | Effect::DelayAfter(time) => {
                    hold(caller, time, edition).await;
                    answered(done, request, caller).await
                }
                Effect::Throttle(time) => {
                    let mut response = answered(done, request, caller).await;
                    if let Some(throttle) = C::THROTTLE {
                        throttle(
                            &mut response,
                            i32::try_from(time.as_millis()).unwrap_or(i32::MAX),
                        );
                    }
                    response
                }
            }
        }
    };
    if !wants_answer {
        // As by Kafka: the client sees that something is wrong, and asks who the leader is.
        return match C::unheard_error(&response) {
            None => Ok(Reply::Nothing),
            Some(error) => Err(format!("{name} that wants no answer failed: {error}")),
        };
    }
    let answer = frame::encode(&response, version, header.correlation_id)
        .map_err(|error| format!("{name} in version {version} cannot be answered: {error}"))?;
    drop(response);
    let mut room = std::mem::take(&mut caller.room);
    if room.is_none() {
        room = caller.answers.reserve(answer.len()).await;
    } else {
        room.keep(answer.len());
    }
    Ok(Reply::Answer(answer, room))
}

/// Holds a request up, until there are other rules at the latest.
async fn hold(caller: &Caller, time: Duration, edition: u64) {
    let has_changed = |broker: &mut Broker| (broker.faults.edition() != edition).then_some(());
    // `None` when the time is over, which is as good.
    let _changed = caller.broker.wait_for(time, has_changed).await;
}

/// Returns the answer, of a request that may have been done before.
async fn answered<C: Call>(
    done: Option<C::Response>,
    request: C,
    caller: &mut Caller,
) -> C::Response {
    match done {
        Some(response) => response,
        None => perform(request, caller).await,
    }
}

/// Has a request answered, if the caller may ask for it.
async fn perform<C: Call>(request: C, caller: &mut Caller) -> C::Response {
    let denied = caller.broker.look(|broker| {
        if !broker.access.is_enforced() {
            return None;
        }
        let (who, needs) = (caller.who(), request.needs());
        needs.into_iter().find(|(need, name)| !broker.allows(&who, *need, name))
    });
    match denied {
        Some((need, _)) => request.refuse(need.error()),
        None if C::HAS_LARGE_ANSWER => {
            let response = request.clone().answer(caller).await;
            let size = response.compute_size(caller.version).unwrap_or_default();
            if let Some(room) = caller.answers.try_reserve(size) {
                caller.room = room;
                return response;
            }
            // Nothing is held while it waits for those that others do not read.
            drop(response);
            caller.room = caller.answers.reserve(size).await;
            request.answer(caller).await
        }
        None => request.answer(caller).await,
    }
}

/// What goes wrong with a request because somebody wants it to.
struct Struck {
    effect: Effect,
    /// The rule as it is written.
    rule: String,
    /// The edition of the rules that it is from.
    edition: u64,
}

/// Asks the rules about a request.
fn strike<C: Call>(caller: &Caller, name: &str, request: &C) -> Option<Struck> {
    if caller.broker.look(|broker| broker.faults.are_none()) {
        return None;
    }
    caller.broker.touch(|broker| {
        let about = About {
            api: name,
            topics: &C::TOPICS.map(|topics| topics(request, &broker.topics)).unwrap_or_default(),
            groups: &C::GROUPS.map(|groups| groups(request)).unwrap_or_default(),
            client: &caller.client_id,
            can_throttle: C::THROTTLE.is_some(),
        };
        let edition = broker.faults.edition();
        let rule = broker.faults.strike(about)?;
        Some(Struck { effect: rule.effect, rule: rule.text.clone(), edition })
    })
}
