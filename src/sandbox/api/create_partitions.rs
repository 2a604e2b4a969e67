//! `CreatePartitions`.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::create_partitions_request::CreatePartitionsTopic;
use kafka_protocol::messages::create_partitions_response::CreatePartitionsTopicResult;
use kafka_protocol::messages::{CreatePartitionsRequest, CreatePartitionsResponse};
use kafka_protocol::protocol::VersionRange;

use super::{Call, Caller, Repeated, TopicsOf, told, versions};
use crate::sandbox::access::Who;
use crate::sandbox::access::needs::ALTER_TOPIC;
use crate::sandbox::broker::Broker;
use crate::sandbox::topics::Refusal;

impl Call for CreatePartitionsRequest {
    const OFFERED: VersionRange = versions(0, 3);

    const TOPICS: Option<TopicsOf<Self>> = Some(|request, _topics| {
        request.topics.iter().map(|topic| topic.name.to_string()).collect()
    });

    async fn answer(self, caller: &mut Caller) -> CreatePartitionsResponse {
        let mut repeated = Repeated::of(self.topics.iter().map(|topic| topic.name.0.clone()));
        let (who, validate_only) = (caller.who(), self.validate_only);
        let grow = |broker: &mut Broker| {
            let mut results = Vec::new();
            for topic in &self.topics {
                match repeated.check(&topic.name.0) {
                    None => results.push(answered(topic, grow(broker, &who, topic, validate_only))),
                    Some(true) => {
                        let message = "Duplicate topic name.";
                        let refusal = Refusal::new(ResponseError::InvalidRequest, message);
                        results.push(answered(topic, Err(refusal)));
                    }
                    Some(false) => {}
                }
            }
            results
        };
        CreatePartitionsResponse::default().with_results(caller.broker.change(grow))
    }

    fn refuse(self, error: ResponseError) -> CreatePartitionsResponse {
        let refused = |topic| answered(topic, Err(Refusal::new(error, error.to_string())));
        CreatePartitionsResponse::default().with_results(self.topics.iter().map(refused).collect())
    }
}

/// Adds partitions to one topic.
fn grow(
    broker: &mut Broker,
    who: &Who,
    topic: &CreatePartitionsTopic,
    validate_only: bool,
) -> Result<(), Refusal> {
    broker.access.check(who, ALTER_TOPIC, &topic.name)?;
    let assignments: Option<Vec<Vec<i32>>> = topic.assignments.as_ref().map(|assignments| {
        let brokers = |one: &kafka_protocol::messages::create_partitions_request::CreatePartitionsAssignment| {
            one.broker_ids.iter().map(|id| id.0).collect()
        };
        assignments.iter().map(brokers).collect()
    });
    let (name, count, assignments) = (&topic.name, topic.count, assignments.as_deref());
    broker.topics.add_partitions(name, count, assignments, true)?;
    broker.check_memory()?;
    broker.topics.add_partitions(name, count, assignments, validate_only)
}

/// Says what became of a topic.
fn answered(
    topic: &CreatePartitionsTopic,
    outcome: Result<(), Refusal>,
) -> CreatePartitionsTopicResult {
    let (code, message) = told(outcome);
    CreatePartitionsTopicResult::default()
        .with_name(topic.name.clone())
        .with_error_code(code)
        .with_error_message(message)
}
