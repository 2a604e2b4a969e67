//! `OffsetDelete`.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::offset_delete_response::{
    OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};
use kafka_protocol::messages::{OffsetDeleteRequest, OffsetDeleteResponse};
use kafka_protocol::protocol::VersionRange;

use super::offset_commit::{codes, existing, named};
use super::{Call, Caller, GroupsOf, TopicsOf, code, versions};
use crate::model::name::GroupId;
use crate::model::offset::TopicPartition;
use crate::sandbox::access::needs::{DELETE_GROUP, READ_TOPIC};
use crate::sandbox::access::{Need, Who};
use crate::sandbox::broker::Broker;

impl Call for OffsetDeleteRequest {
    const OFFERED: VersionRange = versions(0, 0);

    const TOPICS: Option<TopicsOf<Self>> = Some(|request, _topics| {
        request.topics.iter().map(|topic| topic.name.to_string()).collect()
    });

    const GROUPS: Option<GroupsOf<Self>> = Some(|request| vec![request.group_id.to_string()]);

    async fn answer(self, caller: &mut Caller) -> OffsetDeleteResponse {
        let group = GroupId::new(self.group_id.as_str());
        let partitions = self.topics.iter().flat_map(|topic| {
            let partitions = topic.partitions.iter();
            partitions.map(|partition| named(&topic.name, partition.partition_index))
        });
        let partitions = partitions.collect();
        let who = caller.who();
        let deleted = caller.broker.change(|broker| delete(broker, &who, &group, partitions));
        let codes = match deleted {
            Err(error) => return self.refuse(error),
            Ok(codes) => codes,
        };
        let mut codes = codes.into_iter();
        let topics = self.topics.into_iter().map(|topic| {
            let partitions = topic.partitions.into_iter().zip(&mut codes);
            let partitions = partitions.map(|(partition, code)| {
                OffsetDeleteResponsePartition::default()
                    .with_partition_index(partition.partition_index)
                    .with_error_code(code)
            });
            OffsetDeleteResponseTopic::default()
                .with_name(topic.name)
                .with_partitions(partitions.collect())
        });
        OffsetDeleteResponse::default().with_topics(topics.collect())
    }

    fn needs(&self) -> Vec<(Need, String)> {
        vec![(DELETE_GROUP, self.group_id.to_string())]
    }

    fn refuse(self, error: ResponseError) -> OffsetDeleteResponse {
        OffsetDeleteResponse::default().with_error_code(error.code())
    }
}

/// Deletes the offsets of those partitions that exist; the others have none.
fn delete(
    broker: &mut Broker,
    who: &Who,
    group: &GroupId,
    partitions: Vec<TopicPartition>,
) -> Result<Vec<i16>, ResponseError> {
    let exists = existing(broker, who, READ_TOPIC, partitions.iter());
    let present = partitions.into_iter().zip(&exists).filter(|(_, exists)| exists.is_ok());
    let present = present.map(|(partition, _)| partition).collect();
    let results = broker.groups.delete_offsets(group, present)?;
    Ok(codes(&exists, results.iter().map(|(_, result)| code(result)).collect()))
}
