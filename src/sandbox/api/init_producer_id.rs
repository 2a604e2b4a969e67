//! `InitProducerId`.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{InitProducerIdRequest, InitProducerIdResponse, ProducerId};
use kafka_protocol::protocol::VersionRange;

use super::{Call, Caller, GroupsOf, since, versions};
use crate::sandbox::access::CLUSTER;
use crate::sandbox::access::Need;
use crate::sandbox::access::needs::{WRITE_IDEMPOTENTLY, WRITE_TOPIC, WRITE_TRANSACTIONAL_ID};
use crate::sandbox::broker::Broker;
use crate::sandbox::transactions::Producer;

/// From this version on a client knows that it was fenced (KIP-588).
const FENCED: i16 = 4;

impl Call for InitProducerIdRequest {
    const OFFERED: VersionRange = versions(0, 5);

    const GROUPS: Option<GroupsOf<Self>> =
        Some(|request| request.transactional_id.iter().map(|id| id.to_string()).collect());

    async fn answer(self, caller: &mut Caller) -> InitProducerIdResponse {
        // Who may write to any topic may do so idempotently (KIP-679).
        let who = caller.who();
        let may_write = caller.broker.look(|broker| {
            broker.allows(&who, WRITE_IDEMPOTENTLY, CLUSTER)
                || broker.access.allows_any(&who, WRITE_TOPIC)
        });
        if self.transactional_id.is_none() && !may_write {
            return self.refuse(WRITE_IDEMPOTENTLY.error());
        }
        let started = caller.broker.change(|broker| start(broker, &self));
        match started {
            Err(error) => self.refuse(since(FENCED, caller.version, error)),
            Ok(producer) => InitProducerIdResponse::default()
                .with_producer_id(ProducerId(producer.id))
                .with_producer_epoch(producer.epoch),
        }
    }

    fn needs(&self) -> Vec<(Need, String)> {
        let id = self.transactional_id.iter();
        id.map(|id| (WRITE_TRANSACTIONAL_ID, id.to_string())).collect()
    }

    fn refuse(self, error: ResponseError) -> InitProducerIdResponse {
        InitProducerIdResponse::default()
            .with_error_code(error.code())
            .with_producer_id(ProducerId(-1))
            .with_producer_epoch(-1)
    }
}

/// Starts a producer; what the instance before it was doing is aborted at the same time.
fn start(broker: &mut Broker, request: &InitProducerIdRequest) -> Result<Producer, ResponseError> {
    let current = match (request.producer_id.0, request.producer_epoch) {
        (-1, -1) => None,
        (-1, _) | (_, -1) => return Err(ResponseError::InvalidRequest),
        (id, epoch) => Some(Producer { id, epoch }),
    };
    let transactional_id = request.transactional_id.as_ref().map(|id| id.as_str());
    let timeout_ms = request.transaction_timeout_ms;
    let initialised = broker.transactions.init(transactional_id, timeout_ms, current);
    if let Some(ending) = initialised.ending {
        broker.end(&ending);
    }
    initialised.answer
}
