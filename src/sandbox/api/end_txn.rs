//! `EndTxn`.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::{EndTxnRequest, EndTxnResponse};
use kafka_protocol::protocol::VersionRange;

use super::{Call, Caller, GroupsOf, code, since, versions};
use crate::sandbox::access::Need;
use crate::sandbox::access::needs::WRITE_TRANSACTIONAL_ID;
use crate::sandbox::broker::Broker;
use crate::sandbox::transactions::{Outcome, Producer};

/// From this version on a client knows that it was fenced (KIP-588).
const FENCED: i16 = 2;

impl Call for EndTxnRequest {
    // Version 5 ends with a new epoch: transactions of version 2 (KIP-890).
    const OFFERED: VersionRange = versions(0, 4);

    const GROUPS: Option<GroupsOf<Self>> =
        Some(|request| vec![request.transactional_id.to_string()]);

    async fn answer(self, caller: &mut Caller) -> EndTxnResponse {
        let ended = caller.broker.change(|broker| end(broker, &self));
        let ended = ended.map_err(|error| since(FENCED, caller.version, error));
        EndTxnResponse::default().with_error_code(code(&ended))
    }

    fn needs(&self) -> Vec<(Need, String)> {
        vec![(WRITE_TRANSACTIONAL_ID, self.transactional_id.to_string())]
    }

    fn refuse(self, error: ResponseError) -> EndTxnResponse {
        EndTxnResponse::default().with_error_code(error.code())
    }
}

/// Ends the transaction, with all that this writes.
fn end(broker: &mut Broker, request: &EndTxnRequest) -> Result<(), ResponseError> {
    let producer = Producer { id: request.producer_id.0, epoch: request.producer_epoch };
    let outcome = if request.committed { Outcome::Commit } else { Outcome::Abort };
    let ending = broker.transactions.end(request.transactional_id.as_str(), producer, outcome)?;
    if let Some(ending) = ending {
        broker.end(&ending);
    }
    Ok(())
}
